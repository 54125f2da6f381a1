"""The packaged REST handlers, called as their own OpenAPI description says.

UCC writes that description (appserver/static/openapi.json) into the package. It documents the
answer 200 alone, and neither what is required nor which values our handlers refuse: so any refusal
is right here, a crash is not. A good answer has the form and the content type described, but for
what `is_known` names.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.support import INPUT, SETTINGS, splunk
from tests.receivers.installing import or_skip, schemathesis


@pytest.mark.parametrize("interpreter", ["3.9"], indirect=True)
def test_the_handlers_keep_to_their_description(
    package: Path, interpreter: Path, app_folder: Path, tmp_path: Path
) -> None:
    command = or_skip(schemathesis)
    description = app_folder / "appserver" / "static" / "openapi.json"
    operations = sum(
        method in ("get", "post", "delete")
        for path in json.loads(description.read_text("utf-8"))["paths"].values()
        for method in path
    )
    report = tmp_path / "report.ndjson"
    with splunk(package, interpreter, tmp_path) as splunkd:
        splunkd.set_account("main", base_url="http://127.0.0.1:9", user_id="u", api_token="t")  # noqa: S106
        splunkd.set_input(INPUT, **SETTINGS)
        done = subprocess.run(
            [
                command,
                "run",
                description,
                f"--url={splunkd.management_uri}/servicesNS/nobody/{splunkd.app}",
                f"--header=Authorization: Splunk {splunkd.session_key}",
                "--tls-verify=false",
                "--checks=not_a_server_error,content_type_conformance,response_schema_conformance",
                "--phases=fuzzing",
                f"--max-examples={os.environ.get('FUZZ_EXAMPLES', '2')[:2]}",
                "--generation-deterministic",
                "--no-shrink",
                "--continue-on-failure",
                "--request-timeout=120",
                f"--report-ndjson-path={report}",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert operations == 23
    assert f" {operations} total" in done.stdout, done.stdout + done.stderr
    assert list(differences(report)) == [], done.stdout[-6000:]


def differences(report: Path) -> Iterator[tuple[str, str]]:
    """What an answer was to, and how it differs from the description; known ones left out."""
    finished = 0
    for line in report.read_text("utf-8").splitlines():
        scenario = json.loads(line).get("ScenarioFinished")
        if scenario is None:
            continue
        finished += 1
        recorder = scenario["recorder"]
        for case, checks in recorder["checks"].items():
            asked = recorder["cases"][case]["value"]
            for check in checks:
                if check["status"] == "success":
                    continue
                message = str(check["failure_info"]["failure"]["message"])
                if not is_known(asked, check["name"], message):
                    yield recorder["label"], message
    assert finished >= 23


def is_known(asked: dict[str, Any], check: str, message: str) -> bool:
    """Atom instead of JSON where the request does not ask for JSON; `disabled` as a boolean.

    UCC describes `output_mode` as always `json`; splunkd answers Atom to anything else ("Using the
    REST API": the default is XML). That is splunkd's, no handler is asked about it.

    UCC describes `disabled` of an input as the text "False" or "True", which its own pages cannot
    read: of those, both count as disabled. So the stand-in gives what the pages need.
    """
    if check == "content_type_conformance":
        return (asked.get("query") or {}).get("output_mode") != "json"
    is_boolean = message.startswith(("false is not ", "true is not "))
    return check == "response_schema_conformance" and is_boolean and '"False"' in message
