"""Inputs with any name that Splunk itself lets them have: by inputs.conf, or by data/inputs."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from tests.integration.support import INPUT, SETTINGS, Site, site
from tests.knowledge.search_time import fields_of
from tests.standins.invicti_tenant import Switches

LOG = "invicti:auditlogs:log"
NATIVE = ("eu-prod", "a b", "a_b", "other input/é")


def _actions(place: Site, app_folder: Path) -> dict[str, list[str]]:
    """What searches find of each input in the add-on's log, in its order."""
    found = defaultdict(list)
    for path in sorted(place.splunkd.log_dir.glob("ta_invicti_auditlogs_*.log")):
        for line in path.read_text("utf-8").splitlines():
            fields = fields_of(app_folder, LOG, line, source=str(path), host="h", index="_internal")
            found[str(fields.get("input"))].append(str(fields.get("action") or fields["error"]))
    return found


def test_searches_tell_the_runs_of_every_input(
    interpreter: Path, package: Path, app_folder: Path, tmp_path: Path
) -> None:
    with site(package, interpreter, tmp_path, Switches(records=20)) as place:
        for name in NATIVE:
            place.splunkd.set_input(name, **SETTINGS)
            place.good_run(name)
        place.good_run()
        place.splunkd.set_input("b-c", **{**SETTINGS, "account": "nobody"})
        assert place.run("b-c").exit_code == 1

        found = _actions(place, app_folder)
        failed = found.pop("b-c")
        assert (failed[0], failed[-1]) == ("started", "the account nobody does not exist")
        assert found.keys() == {*NATIVE, INPUT}
        for actions in found.values():
            assert actions == found[INPUT]
            assert {"started", "reconciliation", "ended"} <= set(actions)


def test_no_input_has_the_name_of_the_pages_log(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    reason = "an input cannot be called configuration"
    with site(package, interpreter, tmp_path, Switches(records=20)) as place:
        refused = place.splunkd.validate("configuration", **SETTINGS)
        assert (refused.exit_code, reason in str(refused.message)) == (1, True)
        place.splunkd.set_input("configuration", **SETTINGS)
        run = place.run("configuration")
        assert (run.exit_code, run.event_count) == (1, 0)
        assert run.stderr.startswith(f'ERROR input="configuration" error="{reason}')
        assert f'input="configuration" error="{reason}' in place.log
