"""Judges an AppInspect report: only success, and warnings that are accepted with a reason.

Run by package.sh as ``check_inspection.py REPORT ACCEPTED_WARNINGS``; ends with 1 and says why when
a check did not pass, a warning is new, or an accepted warning no longer occurs.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

PASSED = ("success", "not_applicable")


class Warned(NamedTuple):
    """One message of a check: where it points, and what it says."""

    check: str
    file: str
    message: str

    def __str__(self) -> str:
        """Give the line that a person reads."""
        return f"{self.check}: {self.file or '(whole package)'}: {self.message}"

    def is_covered_by(self, accepted: Warned) -> bool:
        """Compare check and file exactly; the text only in part, as it may hold line numbers."""
        here, there = (self.check, self.file), (accepted.check, accepted.file)
        return here == there and accepted.message in self.message


def read_checks(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Every check of the report; a report without any must not pass for a clean one."""
    groups = [group for part in report["reports"] for group in part["groups"]]
    checks = [check for group in groups for check in group["checks"]]
    if not checks:
        raise SystemExit("check_inspection.py: the report holds no checks: nothing was inspected")
    return checks


def warnings_of(check: dict[str, Any]) -> list[Warned]:
    """The warnings of a check; one without a message still counts."""
    messages = [message for message in check["messages"] if message["result"] == "warning"]
    found = [Warned(check["name"], _file_of(message), message["message"]) for message in messages]
    return found or [Warned(check["name"], "", "")]


def _file_of(message: dict[str, Any]) -> str:
    # AppInspect writes the text "None" where a message is about no file.
    return "" if message["message_filename"] in (None, "None") else str(message["message_filename"])


def read_accepted(file: Path) -> list[Warned]:
    """The accepted warnings; each group must say why."""
    groups = json.loads(file.read_text(encoding="utf-8"))
    for group in groups:
        if not group.get("reason", "").strip():
            raise SystemExit(f"check_inspection.py: {group['check']} is accepted without a reason")
    return [
        Warned(group["check"], warning["file"], warning["message"])
        for group in groups
        for warning in group["warnings"]
    ]


def complaints(checks: list[dict[str, Any]], accepted: list[Warned]) -> list[str]:
    """What is wrong with the report, one line each; empty when it passes."""
    failed = [check for check in checks if check["result"] not in (*PASSED, "warning")]
    warned = [check for check in checks if check["result"] == "warning"]
    found = [warning for check in warned for warning in warnings_of(check)]
    new = [item for item in found if not any(item.is_covered_by(known) for known in accepted)]
    stale = [known for known in accepted if not any(item.is_covered_by(known) for item in found)]
    return [
        *(f"{check['result']}: {check['name']}: {_messages(check)}" for check in failed),
        *(f"new warning: {warning}" for warning in new),
        *(f"accepted warning that no longer occurs, remove it: {known}" for known in stale),
    ]


def _messages(check: dict[str, Any]) -> str:
    return " | ".join(message["message"] for message in check["messages"])


def main(report_file: Path, accepted_file: Path) -> int:
    """Print the counts and the complaints; 1 when there are any."""
    checks = read_checks(json.loads(report_file.read_text(encoding="utf-8")))
    accepted = read_accepted(accepted_file)
    found = complaints(checks, accepted)
    counts = Counter(check["result"] for check in checks)
    print("AppInspect:", ", ".join(f"{counts[name]} {name}" for name in sorted(counts)))  # noqa: T201
    for line in found:
        print(f"  {line}", file=sys.stderr)  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
