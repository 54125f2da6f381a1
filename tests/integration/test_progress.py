"""Where progress is kept, whom it belongs to, and who may write it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from tests.integration.support import COLLECTION, DAY, INPUT, SETTINGS, Site, collected, field, site
from tests.standins.invicti_tenant import Switches, TenantServer
from tests.standins.splunkd import SplunkdSwitches

SMALL = Switches(records=2_000)


def test_files_while_the_kv_store_is_off_then_the_move(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    with site(package, interpreter, tmp_path, SMALL, SplunkdSwitches(kv_state="disabled")) as place:
        place.run(kill_after_events=900)
        place.good_run()
        place.tenant.grow(30)
        place.good_run()
        folder = next(place.splunkd.checkpoint_dir.iterdir())
        assert (folder / "state.json").exists()
        assert place.splunkd.kvstore.documents(COLLECTION) == []
        assert 'action=started store="files"' in place.log
        before = len(place.texts)

        place.splunkd.set(kv_state="ready")
        place.tenant.grow(30)
        place.good_run()

        assert len(place.texts) == before + 30
        assert "action=progress_moved from=files to=kvstore" in place.log
        assert {"state", "ids"} <= {str(document["kind"]) for document in place.progress}
        assert not (folder / "state.json").exists()
        assert collected(place.texts).keys() == place.tenant.ids()


def test_a_kv_store_switched_off_with_progress_in_it_is_no_new_start(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    with site(package, interpreter, tmp_path, SMALL) as place:
        place.good_run()
        place.tenant.grow(30)
        progress = place.progress

        place.splunkd.set(kv_state="disabled")
        line = place.failing_run()
        assert "the KV Store is switched off, but holds the progress of this input" in line
        assert place.progress == progress

        place.splunkd.set(kv_state="ready")
        place.good_run()
        place.assert_complete()


def test_a_move_that_is_broken_off_is_made_again(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    with site(package, interpreter, tmp_path, SMALL, SplunkdSwitches(kv_state="disabled")) as place:
        place.good_run()
        place.splunkd.set(kv_state="ready", kv_fail_write=2, kv_fail_times=None)
        place.failing_run()
        place.splunkd.set(kv_fail_write=None)
        place.tenant.grow(30)
        place.good_run()

        place.assert_complete()


def test_notes_of_the_tenant_that_no_run_has_left_are_no_new_start(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    with site(package, interpreter, tmp_path, SMALL) as place:
        place.good_run()
        place.tenant.grow(30)
        (state,) = (document for document in place.progress if document["kind"] == "state")
        notes = {"source": "export", "zone": 5}
        garbled = json.dumps({**json.loads(state["state"]), "notes": notes})
        _save(place, {**state, "state": garbled})
        line = place.failing_run()
        assert "the saved progress cannot be read" in line
        assert "reset the input's progress" in line
        _save(place, state)
        place.good_run()

        place.assert_complete()


def test_two_copies_at_once_double_nothing(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    """The second one as another member of a search head cluster, which shares the KV Store."""
    with site(package, interpreter, tmp_path, SMALL) as place:
        place.server.set(latency_ms=100.0)
        first = place.splunkd.start_input(INPUT)
        while first.event_count == 0:
            time.sleep(0.01)
        second = place.splunkd.start_input(INPUT)
        place.splunkd.set(server_host="another-member")
        third = place.splunkd.start_input(INPUT)
        runs = [place.finish(process) for process in (second, third, first)]

        assert [run.exit_code for run in runs] == [0, 0, 0]
        assert [run.event_count for run in runs] == [0, 0, 2_000]
        assert place.log.count('action=skipped reason="another copy of this input runs"') == 2
        place.assert_complete()


def test_copies_started_in_the_same_instant_double_nothing(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    with site(package, interpreter, tmp_path, SMALL) as place:
        processes = []
        for number in range(4):
            place.splunkd.set(server_host=f"member{number}")
            processes.append(place.splunkd.start_input(INPUT))
        for process in processes:
            assert place.finish(process).exit_code == 0
        place.good_run()

        place.assert_complete()


def test_the_lease_of_a_killed_run_is_taken_over(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    with site(package, interpreter, tmp_path, SMALL) as place:
        place.run(kill_after_events=1)
        kinds = [document["kind"] for document in place.splunkd.kvstore.documents(COLLECTION)]
        assert "lease" in kinds

        # On another machine only once it has expired, on this one at once.
        place.splunkd.set(server_host="another-member")
        assert place.good_run().event_count == 0
        place.splunkd.set(server_host="splunk-forwarder")
        assert place.good_run().event_count > 1_000
        assert collected(place.texts).keys() == place.tenant.ids()


def test_a_lease_that_has_expired_is_taken_over_anywhere(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    with site(package, interpreter, tmp_path, SMALL) as place:
        place.run(kill_after_events=1)
        store = place.splunkd.kvstore
        lease = next(d for d in store.documents(COLLECTION) if d["kind"] == "lease")
        assert 0 < lease["expires"] - time.time() <= 600
        _save(place, {**lease, "expires": int(time.time()) - 1})

        place.splunkd.set(server_host="another-member")
        assert place.good_run().event_count > 1_000


def test_another_tenant_is_a_new_start_and_says_so(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    with (
        site(package, interpreter, tmp_path, SMALL) as place,
        TenantServer(Switches(records=1_000, seed=99)) as other,
    ):
        place.good_run()
        place.assert_complete()
        place.texts.clear()
        place.point_to(other)
        place.good_run()
        place.good_run()

        assert collected(place.texts).keys() == other.tenant.ids()
        assert len(place.texts) == 1_000
        assert place.log.count("action=account_changed tenant=other remedy=") == 1


def test_another_user_of_the_same_tenant_goes_on(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    with site(package, interpreter, tmp_path, SMALL) as place:
        place.good_run()
        place.tenant.grow(30)
        changes = {"user_id": "0123456789abcdef0123456789abcdef", "api_token": "YW5vdGhlcg=="}
        place.server.set(**changes)
        assert "HTTP 401" in place.failing_run()
        place.point_to(place.server, **changes)
        place.good_run()

        assert field(place.log, "tenant") == ["same"]
        place.assert_complete()


def test_inputs_do_not_share_progress(interpreter: Path, package: Path, tmp_path: Path) -> None:
    with site(package, interpreter, tmp_path, SMALL) as place:
        place.splunkd.set_input("other input/é", **SETTINGS)
        place.good_run()
        count = place.good_run("other input/é").event_count
        assert count == 2_000
        assert place.good_run().event_count == 0


def test_the_default_start_is_the_last_24_hours(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    switches = Switches(records=3_000, span_days=3.0, now="2026-06-15T12:00:00Z")
    with site(package, interpreter, tmp_path, switches, start_date="") as place:
        place.good_run()
        written = collected(place.texts)
        since = place.tenant.now.timestamp() - DAY
        assert written.keys() <= place.tenant.ids()
        assert 0 < len(written) < 2_000
        newest_left_out = [
            event
            for event in place.tenant.ids() - written.keys()
            if _created(place.tenant.record(event)) > since + 60
        ]
        assert newest_left_out == []
        place.tenant.grow(30)
        place.good_run()
        assert len(place.texts) == len(written) + 30


def _save(place: Site, document: dict[str, Any]) -> None:
    place.splunkd.kvstore.save(place.splunkd.app, COLLECTION, "nobody", [document])


def _created(record: dict[str, str]) -> float:
    text = record["CreatedAt"][:19] + " UTC"
    return time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%S UTC")) - time.timezone
