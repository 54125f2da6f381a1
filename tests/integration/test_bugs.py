"""A bug of ours, put into the packaged add-on: where it is is told, what it says is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import requests

from tests.integration.pages import SETTINGS
from tests.integration.support import INPUT, Site, field, site
from tests.standins.invicti_tenant import Switches

SECRET = "Zq9-s3cr3t-Zq9"  # noqa: S105 - opens nothing


def put_a_bug(place: Site, module: str, function: str) -> None:
    """Has a function of the installed add-on fail, with a secret in the error's text."""
    path = place.splunkd.app_dir / "bin" / "invicti_collector" / f"{module}.py"
    bug = f"\n\ndef {function}(*_, **__):\n    raise RuntimeError('{SECRET}')\n"
    path.write_text(path.read_text("utf-8") + bug, "utf-8")


@pytest.mark.parametrize("interpreter", ["3.13"], indirect=True)
def test_a_bug_in_a_run(package: Path, interpreter: Path, tmp_path: Path) -> None:
    with site(package, interpreter, tmp_path, Switches(records=10)) as place:
        place.splunkd.set_setting("logging", loglevel="DEBUG")
        put_a_bug(place, "survey", "probe")
        line = place.failing_run()
        assert line.startswith(f'ERROR input="{INPUT}" error="RuntimeError" where="survey.py:')
        assert field(place.log, "exc_l") == ["Bug"]
        (trace,) = field(place.log, "trace")
        assert trace.startswith("run.py:")
        assert trace.endswith(field(line, "where")[0])
        assert SECRET not in line + place.log
        lease = place.splunkd.kvstore.documents("invicti_auditlogs_progress")
        assert [document for document in lease if document["kind"] == "lease"] == []
        (told,) = (json.loads(each["report"]) for each in lease if each["kind"] == "failure")
        assert told["error"] == "a bug of the add-on: RuntimeError"
        assert "report it" in told["remedy"]


@pytest.mark.parametrize("interpreter", ["3.13"], indirect=True)
def test_a_bug_in_a_handler(package: Path, interpreter: Path, tmp_path: Path) -> None:
    with site(package, interpreter, tmp_path, Switches(records=10)) as place:
        put_a_bug(place, "administration", "check_texts")
        splunkd = place.splunkd
        answer = requests.post(
            f"{splunkd.management_uri}/servicesNS/nobody/{splunkd.app}/{SETTINGS}/logging",
            params={"output_mode": "json"},
            data={"loglevel": "DEBUG"},
            headers={"Authorization": f"Splunk {splunkd.session_key}"},
            verify=str(splunkd.home.path / "etc" / "auth" / "cacert.pem"),
            timeout=120,
        )
        assert answer.status_code == 500
        assert "The add-on failed (RuntimeError). Its log says where" in answer.text
        assert field(place.log, "where")[0].startswith("administration.py:")
        assert SECRET not in answer.text + place.log
