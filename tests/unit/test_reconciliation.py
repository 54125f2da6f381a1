"""reconciliation: the line that proves a window, or says that it is not proven."""

from __future__ import annotations

import logging
import re

import pytest

from invicti_collector.reading import Reading
from invicti_collector.reconciliation import tell
from invicti_collector.timeline import EVERYTHING, Window
from tests.unit.bench import LOG

# 2024-05-01 00:00:00 UTC, and a day and a second later.
WINDOW = Window(1_714_521_600, 1_714_608_001)


def told(
    caplog: pytest.LogCaptureFixture, reading: Reading, window: Window = WINDOW, *, last: bool
) -> tuple[str, dict[str, str]]:
    """Level and fields of the one line."""
    caplog.set_level(logging.DEBUG)
    tell(LOG, window, reading, "backfill", last=last)
    (record,) = caplog.records
    pairs = re.findall(r'(\w+)=("[^"]*"|\S+)', record.getMessage())
    return record.levelname, {name: value.strip('"') for name, value in pairs}


@pytest.mark.parametrize(
    ("verified", "total", "collected", "level", "count", "missing"),
    [
        (True, 7, 7, "INFO", "7", "0"),
        (True, 0, 0, "DEBUG", "0", "0"),  # from the beginning of time there are many
        (True, None, 7, "INFO", "unknown", "unknown"),
        (False, 9, 7, "ERROR", "9", "2"),
        (False, 1, 0, "ERROR", "1", "1"),
        (False, 7, 9, "ERROR", "7", "0"),
        (False, 0, 2, "ERROR", "0", "0"),
        (False, None, 7, "WARNING", "unknown", "unknown"),
    ],
)
@pytest.mark.parametrize("last", [False, True])
def test_a_line_tells_counts_and_what_to_do(
    caplog: pytest.LogCaptureFixture,
    total: int | None,
    collected: int,
    level: str,
    count: str,
    missing: str,
    *,
    verified: bool,
    last: bool,
) -> None:
    found, fields = told(caplog, Reading(verified, total, collected, "f"), last=last)
    assert found == level
    remedy = fields.pop("remedy")
    assert fields == {
        "action": "reconciliation",
        "scope": "backfill",
        "from": "2024-05-01T00:00:00Z",
        "to": "2024-05-02T00:00:01Z",
        "server_count": count,
        "collected_count": str(collected),
        "missing": missing,
    }
    assert ("ask Invicti" in remedy) is (last and not verified)
    assert ("none needed" in remedy) is (verified or not last)
    assert ("read again" in remedy) is (not verified and not last)


@pytest.mark.parametrize(
    ("scope", "again", "level"),
    [("live", False, "INFO"), ("backfill", True, "INFO"), ("backfill", False, "DEBUG")],
)
def test_an_empty_window_is_told_where_an_error_may_have_been_told(
    caplog: pytest.LogCaptureFixture, scope: str, level: str, *, again: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    tell(LOG, WINDOW, Reading(True, 0, 0, "f"), scope, again=again)
    assert [record.levelname for record in caplog.records] == [level]


def test_a_list_without_dates_has_no_bounds(caplog: pytest.LogCaptureFixture) -> None:
    _, fields = told(caplog, Reading(True, 1, 1, "f"), EVERYTHING, last=False)
    assert (fields["from"], fields["to"]) == ("any", "any")
