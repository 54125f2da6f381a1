"""The packaged REST handlers, called as their own OpenAPI description says.

UCC writes that description (appserver/static/openapi.json) into the package. It documents the
answer 200 alone, and neither what is required nor which values our handlers refuse: so any refusal
is right here, a crash is not. Whether answers have the described form and content type is not
judged: of the stand-in's answers some have not, and whether Splunk's own have is not known.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

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
                "--checks=not_a_server_error",
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
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    assert operations == 23
    assert f"Tested: {operations}" in done.stdout, done.stdout
