"""What of `make real-splunk` can be tested without a Splunk."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.integration.pages import PROGRESS, account_form, input_form, tenant
from tests.integration.support import splunk
from tests.knowledge.samples import samples, seen
from tests.knowledge.search_time import Json
from tests.knowledge.searches import dashboard_searches, saved_searches
from tests.real_splunk import __main__ as real_splunk
from tests.real_splunk import trial
from tests.real_splunk.addon_tests import pytest_of_addon
from tests.real_splunk.container import IMAGE, Container, run_arguments
from tests.real_splunk.rest import RefusedError, Rest, rows_of_export, wait_for
from tests.receivers.installing import addon_tester, or_skip
from tests.standins.invicti_tenant import Switches, TenantServer

RUN = ROOT / "tests" / "real_splunk" / "run"
CONSENT = {"SPLUNK_GENERAL_TERMS": "x", "SPLUNK_START_ARGS": "x"}
DOCKER = shutil.which("docker")


def attempt(**environment: str) -> subprocess.CompletedProcess[str]:
    variables = {"PATH": os.environ["PATH"], "DOCKER_HOST": "unix:///nowhere.sock", **environment}
    return subprocess.run([RUN], env=variables, capture_output=True, text=True, check=False)


def folder_with(tmp_path: Path, *programs: str) -> str:
    """A PATH with these programs alone; a docker among them has an engine."""
    for name in programs:
        found = "/bin/true" if name == "docker" else shutil.which(name)
        (tmp_path / name).symlink_to(str(found))
    return str(tmp_path)


def test_without_docker_it_says_so_in_a_line(tmp_path: Path) -> None:
    done = attempt(PATH=folder_with(tmp_path, "env", "bash", "dirname"), **CONSENT)
    assert (done.returncode, done.stdout) == (77, "")
    assert done.stderr == "make real-splunk was not run: there is no docker command\n"


@pytest.mark.skipif(DOCKER is None, reason="needs the docker command")
def test_without_an_engine_it_says_so_in_a_line() -> None:
    done = attempt(**CONSENT)
    assert (done.returncode, done.stdout) == (77, "")
    assert done.stderr.splitlines() == [
        "make real-splunk was not run: no Docker engine answers (docker version)"
    ]


def test_without_consent_to_the_terms_nothing_starts(tmp_path: Path) -> None:
    path = folder_with(tmp_path, "env", "bash", "dirname", "docker")
    for given in ({}, {"SPLUNK_GENERAL_TERMS": "x"}, {"SPLUNK_START_ARGS": "x"}):
        done = attempt(PATH=path, **given)
        assert done.returncode == 77
        assert "consent to them yourself" in done.stderr


def test_with_all_there_it_starts(tmp_path: Path) -> None:
    path = folder_with(tmp_path, "env", "bash", "dirname", "docker")
    command = [str(RUN), "--help"]
    environment = {"PATH": path, "PYTHON": sys.executable, **CONSENT}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--image IMAGE" in done.stdout


@pytest.mark.skipif(DOCKER is None, reason="needs the docker command")
def test_docker_understands_how_it_is_called() -> None:
    """The real command reads all its arguments before it looks for an engine."""
    environment = {"PATH": os.environ["PATH"], "DOCKER_HOST": "unix:///nowhere.sock"}
    for arguments, wrong in ((run_arguments(IMAGE), False), (["run", "--no-such", IMAGE], True)):
        command = [str(DOCKER), *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert ("unknown flag" in done.stderr) is wrong
        assert ("Docker daemon" in done.stderr or "docker daemon" in done.stderr) is not wrong


def test_no_secret_is_on_the_command_line() -> None:
    arguments = run_arguments(IMAGE)
    assert [part for part in arguments if part.startswith("SPLUNK_") and "=" in part] == []
    assert "SPLUNK_PASSWORD" in arguments


@pytest.mark.parametrize("interpreter", ["3.13"], indirect=True)
def test_the_client_sets_up_a_splunk(package: Path, interpreter: Path, tmp_path: Path) -> None:
    """Against the packaged handlers, behind the splunkd that stands for Splunk's."""
    with tenant() as server, splunk(package, interpreter, tmp_path) as place:
        rest = Rest(place.management_uri, str(place.home.path / "etc" / "auth" / "cacert.pem"))
        with pytest.raises(RefusedError, match="HTTP 401"):
            rest.app_call("GET", PROGRESS)
        rest.use_session_key(place.session_key)
        manifest = json.loads((ROOT / "app.manifest").read_text("utf-8"))
        assert rest.app_version() == manifest["info"]["id"]["version"]
        assert rest.server_version() == place.switches.version

        form = account_form(server)
        made = rest.app_call("POST", "ta_invicti_auditlogs_account", name="main", **form)
        assert ": works" in made["main"]["last_check"]
        with pytest.raises(RefusedError, match=r"HTTP 4.. .*does not exist"):
            rest.app_call(
                "POST",
                "ta_invicti_auditlogs_invicti_auditlogs",
                name=trial.INPUT,
                **input_form(account="nobody"),
            )
        rest.app_call(
            "POST", "ta_invicti_auditlogs_invicti_auditlogs", name=trial.INPUT, **input_form()
        )
        assert place.run_input(trial.INPUT).exit_code == 0
        assert rest.app_call("GET", PROGRESS)[trial.INPUT]["failing"] == "0"
        # What `trial.own_log` asks of the log.
        ours = [line for line in place.log_text().splitlines() if " action=" in line]
        assert [line for line in ours if "log_level=INFO" not in line] == []
        assert any(" missing=0 " in line for line in ours)


@pytest.mark.parametrize("interpreter", ["3.13"], indirect=True)
def test_account_and_input_are_added_over_https(
    package: Path, interpreter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the container, but for the tenant's name, which resolves there only."""
    monkeypatch.setattr(real_splunk, "TENANT", "localhost")
    pem = real_splunk.certified(tmp_path)
    monkeypatch.setattr(real_splunk, "CA", str(tmp_path / "tenant-ca.pem"))
    container = Container("", "", IMAGE, keep=False)
    attempt = real_splunk.Attempt(package, tmp_path, container, "", "")
    with (
        TenantServer(Switches(records=300), tls_cert=pem, tls_key=pem) as server,
        splunk(package, interpreter, tmp_path) as place,
    ):
        ca = place.home.path / "etc" / "auth" / "cacert.pem"
        attempt.rest = Rest(place.management_uri, str(ca))
        attempt.rest.use_session_key(place.session_key)
        attempt.configure(server, int(server.base_url.rpartition(":")[2]))
        assert attempt.findings.checks == {"the account works": []}
        assert place.run_input(trial.INPUT).event_count == server.tenant.count()


def test_findings_decide_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report, package = tmp_path / "report.json", tmp_path / "package"
    package.write_bytes(b"x")
    monkeypatch.setattr(real_splunk, "REPORT", report)
    monkeypatch.setattr(real_splunk, "ROOT", tmp_path)
    findings = real_splunk.Findings()
    findings.add("one", [])
    assert real_splunk.tell(findings, package, IMAGE, "10.2.0") == 0
    assert json.loads(report.read_text())["sha256"] == hashlib.sha256(b"x").hexdigest()
    report.unlink()
    findings.add("two", ["is wrong"])
    assert real_splunk.tell(findings, package, IMAGE, "10.2.0") == 1
    assert not report.exists()
    assert "FAILED two\n       is wrong" in capsys.readouterr().out


def test_rows_of_an_export() -> None:
    """Its form: "search/v2/jobs/export" of Splunk's REST API Reference Manual."""
    text = (
        '{"preview":false,"offset":0,"result":{"count":"7"}}\n\n'
        '{"preview":false,"offset":1,"lastrow":true,"result":{"count":"8"}}\n'
        '{"messages":[{"type":"INFO","text":"Your timerange was substituted"}]}\n'
    )
    assert [row["count"] for row in rows_of_export(text, "x")] == ["7", "8"]
    assert list(rows_of_export('{"preview":false,"lastrow":true}\n', "x")) == []
    with pytest.raises(RefusedError, match="x: Unknown search command 'statz'"):
        list(
            rows_of_export(
                '{"messages":[{"type":"FATAL","text":"Unknown search command \'statz\'."}]}', "x"
            )
        )


def test_waiting_ends() -> None:
    answers = iter(["refused", "", "true"])

    def condition() -> bool:
        answer = next(answers)
        if answer == "refused":
            raise RefusedError("not yet")
        return bool(answer)

    wait_for("it", condition, 10, pause=0)
    with pytest.raises(TimeoutError, match="it: not within 0 s"):
        wait_for("it", lambda: False, 0.01, pause=0.02)


def row(name: str, epoch: str = "1714564800.123") -> dict[str, str]:
    return {"Id": name, "CreatedAt": "2024-05-01T12:00:00.1234567+00:00", "epoch": epoch}


def test_the_books_find_what_is_lost_doubled_invented_or_moved() -> None:
    assert trial.books([row("AA-01"), row("bb02")], {"aa01", "bb02"}) == []
    assert trial.books([row("aa01")], {"aa01", "bb02"}) == ["1 records lost"]
    assert trial.books([row("aa01"), row("AA01")], {"aa01"}) == ["1 records doubled"]
    assert trial.books([row("aa01"), row("cc03")], {"aa01"}) == ["1 records invented"]
    assert trial.books([row("aa01", "1714564801.0")], {"aa01"}) == ["1 events with another time"]


def test_each_sample_is_compared(app_folder: Path) -> None:
    """What the search-time evaluator sees passes; any other value does not."""
    for sample in samples():
        fields = dict(seen(app_folder, sample.raw, Json()))
        assert trial.differences(sample, fields) == []
        for name in sample.expected:
            assert len(trial.differences(sample, {**fields, name: "something else"})) == 1


class Recorder(Rest):
    """Keeps what it is asked to search, and refuses one search."""

    def __init__(self) -> None:
        super().__init__("", "")
        self.asked: list[str] = []

    def search(self, spl: str, app: str = "") -> list[dict[str, Any]]:
        """See `Rest`."""
        assert app == ""
        self.asked.append(spl)
        if len(self.asked) == 1:
            raise RefusedError("no")
        return []


def test_every_search_that_ships_is_run(app_folder: Path) -> None:
    rest = Recorder()
    complaints = trial.searches(rest, app_folder)
    names = [search.name for search in saved_searches(app_folder)]
    assert complaints == [f"{names[0]}: no"]
    assert len(rest.asked) == len(names) + len(dashboard_searches(app_folder)) > 5
    assert not [spl for spl in rest.asked if re.search(r"\$\w+(\|s)?\$", spl)]


def test_btool_is_heard_where_it_speaks_of_the_app() -> None:
    said = (
        "Invalid key in stanza [x] in /opt/splunk/etc/apps/search/default/a.conf, line 1: b\n"
        "Invalid key in stanza [y] in /opt/splunk/etc/apps/TA-invicti-auditlogs/default/a.conf\n"
    )
    assert trial.btool(said) == [said.splitlines()[1]]
    assert trial.btool("") == []


def test_splunks_own_tool_finds_its_tests(app_folder: Path) -> None:
    or_skip(addon_tester)
    done = pytest_of_addon(app_folder, "--collect-only")
    assert done.returncode == 0, done.stdout[-2000:]
    for test in (
        'test_tags[eventtype="invicti_audit_authentication"::tag::authentication]',
        "test_props_fields[invicti:enterprise:audit::field::signature_id]",
        "test_cim_required_fields",
    ):
        assert test in done.stdout
