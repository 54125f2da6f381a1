"""The AppInspect report is judged strictly: whatever is not accepted fails the build."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

CHECKER = ROOT / ".ci" / "package" / "check_inspection.py"
ACCEPTED = ROOT / ".ci" / "package" / "accepted-warnings.json"


def check(name: str, result: str, *messages: tuple[str, str]) -> dict[str, Any]:
    said = [
        {"result": result, "message_filename": file, "message": text} for file, text in messages
    ]
    return {"name": name, "result": result, "messages": said}


def accepted_checks() -> list[dict[str, Any]]:
    """A report's checks with exactly the warnings that are accepted."""
    groups = json.loads(ACCEPTED.read_text(encoding="utf-8"))
    found = []
    for group in groups:
        said = [(item["file"] or "None", f"{item['message']} x") for item in group["warnings"]]
        found.append(check(group["check"], "warning", *said))
    return found


def judge(tmp_path: Path, checks: list[dict[str, Any]], accepted: Path = ACCEPTED) -> Any:
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"reports": [{"groups": [{"checks": checks}]}]}))
    command = [sys.executable, str(CHECKER), str(report), str(accepted)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_success_and_accepted_warnings_pass(tmp_path: Path) -> None:
    checks = [*accepted_checks(), check("fine", "success"), check("other", "not_applicable")]
    done = judge(tmp_path, checks)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "result", ["error", "failure", "future_failure", "manual_check", "skipped", "of_a_new_kind"]
)
def test_any_other_result_fails(tmp_path: Path, result: str) -> None:
    done = judge(tmp_path, [*accepted_checks(), check("bad", result, ("bin/a.py", "it is bad"))])
    assert done.returncode == 1
    assert f"{result}: bad: it is bad" in done.stderr


def test_a_warning_of_another_check_fails(tmp_path: Path) -> None:
    done = judge(tmp_path, [*accepted_checks(), check("new", "warning", ("bin/a.py", "look"))])
    assert done.returncode == 1
    assert "new warning: new: bin/a.py: look" in done.stderr


def test_a_warning_without_a_message_fails(tmp_path: Path) -> None:
    done = judge(tmp_path, [*accepted_checks(), check("silent", "warning")])
    assert done.returncode == 1


def test_an_accepted_check_that_warns_about_our_file_fails(tmp_path: Path) -> None:
    checks = accepted_checks()
    threads = next(item for item in checks if item["name"] == "check_for_possible_threading")
    ours = {**threads["messages"][0], "message_filename": "bin/invicti_auditlogs.py"}
    threads["messages"].append(ours)
    done = judge(tmp_path, checks)
    assert done.returncode == 1
    assert "bin/invicti_auditlogs.py" in done.stderr


def test_an_accepted_warning_that_is_gone_fails(tmp_path: Path) -> None:
    done = judge(tmp_path, accepted_checks()[1:])
    assert done.returncode == 1
    assert "no longer occurs, remove it: check_python_sdk_version" in done.stderr


def test_an_accepted_warning_without_a_reason_fails(tmp_path: Path) -> None:
    groups = json.loads(ACCEPTED.read_text(encoding="utf-8"))
    groups[0]["reason"] = " "
    doctored = tmp_path / "accepted.json"
    doctored.write_text(json.dumps(groups))
    done = judge(tmp_path, accepted_checks(), doctored)
    assert "accepted without a reason" in done.stderr
    assert done.returncode == 1


def test_an_empty_report_is_not_a_clean_one(tmp_path: Path) -> None:
    done = judge(tmp_path, [])
    assert done.returncode == 1
    assert "nothing was inspected" in done.stderr
