"""collector: the tiles of a backfill, as the log proves them and as they are asked for ahead."""

from __future__ import annotations

import logging
import re
from datetime import datetime
from typing import Callable

import pytest

from invicti_collector import timeline
from invicti_collector.pages import Page
from invicti_collector.timeline import HOUR, DateFormat, Window
from tests.fakes.tenant import DAY, NOON, Clock, FakeTenant
from tests.unit.bench import Bench, input_settings


class Noting(FakeTenant):
    """A tenant that notes which window was said to follow which."""

    def onwards(
        self, window: Window, date_format: DateFormat, first: Page, following: Window | None
    ) -> Callable[[int], Page]:
        """See `ports.Tenant`."""
        assert (first.number, first.total) == (1, self._count(window))
        self.followed.append((window, following))
        return super().onwards(window, date_format, first, following)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.followed: list[tuple[Window, Window | None]] = []

    def _count(self, window: Window) -> int:
        assert window.start is not None
        assert window.end is not None
        return sum(window.start <= item.created <= window.end for item in self.items)


@pytest.fixture(name="tenant")
def _tenant(monkeypatch: pytest.MonkeyPatch) -> Noting:
    """Sixty days of even history, in tiles of some days each."""
    monkeypatch.setattr(timeline, "TARGET_RECORDS", 60)
    tenant = Noting(Clock(), page_size=20)
    for step in range(60 * 12):
        tenant.add(NOON - 60 * DAY + step * 2 * HOUR)
    return tenant


def test_what_is_asked_for_ahead_is_the_tile_that_follows(tenant: Noting) -> None:
    bench = Bench(tenant, input_settings(NOON - 60 * DAY))
    bench.run()
    assert not bench.lost
    read = [window for window, _ in tenant.followed]
    assert len(read) > 6
    # Where a tile holds as many records as announced, the guess comes true.
    assert [following for _, following in tenant.followed] == [*read[1:], None]


def test_each_tile_is_proven_in_the_log_and_then_the_live_window_goes_on(
    tenant: Noting, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    Bench(tenant, input_settings(NOON - 60 * DAY)).run()
    lines = [
        dict(re.findall(r'(\w+)=("[^"]*"|\S+)', record.getMessage()))
        for record in caplog.records
        if "action=reconciliation" in record.getMessage()
    ]
    told = [line for line in lines if line["scope"] == "backfill"]
    assert len(told) + 1 == len(lines)
    assert lines[0]["scope"] == "live"
    bounds = []
    for line in told:
        start, end = (
            int(datetime.fromisoformat(line[name].replace("Z", "+00:00")).timestamp())
            for name in ("from", "to")
        )
        bounds.append((start, end))
        count = sum(start <= item.created <= end for item in tenant.items)
        assert int(line["server_count"]) == int(line["collected_count"]) == count
        assert line["missing"] == "0"
    assert all(end - HOUR == start for (_, end), (start, _) in zip(bounds, bounds[1:]))
    assert [Window(*each) for each in bounds] == [window for window, _ in tenant.followed]
