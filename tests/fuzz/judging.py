"""What any error must be, whatever led to it."""

from __future__ import annotations

from invicti_collector.errors import CollectorError


def judge_line(fault: CollectorError, *secrets: str) -> None:
    """An error is one short line with a remedy, and has no secret in it."""
    line = str(fault)
    assert len(line.splitlines()) == 1
    assert line.isprintable()
    assert fault.error
    assert fault.remedy
    assert len(line) < 1_500
    for secret in secrets:
        assert secret not in line
