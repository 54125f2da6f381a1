"""collector: a tenant whose clock was days ahead and is put right loses nothing by it."""

from __future__ import annotations

import logging
from collections import Counter

import pytest

from invicti_collector import timeline
from invicti_collector.timeline import live_window
from tests.fakes.tenant import DAY, NOON, Clock, FakeTenant
from tests.unit.bench import Bench, input_settings

AHEAD = 40 * DAY
WINDOW_START = live_window(NOON).start or 0
LINE = (
    "action=clock_set_back date=2024-05-17T00:00:00Z "
    'remedy="check the tenant\'s clock; records since the date may come in twice"'
)


@pytest.fixture(name="tenant")
def _tenant(monkeypatch: pytest.MonkeyPatch) -> FakeTenant:
    """Ten days of history, and a clock that is far ahead; that of this machine is right."""
    monkeypatch.setattr(timeline, "TARGET_RECORDS", 10)
    tenant = FakeTenant(Clock(NOON + AHEAD, -AHEAD), page_size=5, seconds=0.01)
    tenant.fill(40, NOON - 10 * DAY, NOON - 60)
    return tenant


def put_right(clock: Clock) -> None:
    clock.time -= AHEAD
    clock.local_error = 0.0


def set_back(caplog: pytest.LogCaptureFixture) -> list[str]:
    lines = [record.getMessage() for record in caplog.records]
    return [line for line in lines if "action=clock_set_back" in line]


def came_twice_since_the_date_only(bench: Bench) -> bool:
    """Ids were forgotten as far as the wrong clock had come; what is older is not asked for."""
    counts = Counter(bench.destination.names)
    return all(
        counts[item.name] <= (2 if WINDOW_START <= item.created <= NOON else 1)
        for item in bench.tenant.items
    )


def test_between_two_runs(tenant: FakeTenant, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    bench = Bench(tenant, input_settings(NOON - 10 * DAY))
    bench.run()
    assert bench.lost == set()
    assert set_back(caplog) == []

    put_right(tenant.clock)
    tenant.fill(10, NOON - 2 * DAY, NOON, seed=2)
    bench.run()
    assert bench.lost == set()
    assert set_back(caplog) == [LINE]
    assert came_twice_since_the_date_only(bench)

    written = len(bench.destination.names)
    bench.later(300)
    tenant.add(NOON + 200)
    bench.run()
    assert len(bench.destination.names) == written + 1
    assert bench.lost == set()
    assert set_back(caplog) == [LINE]


def test_within_a_tile_of_days_that_have_not_come(
    tenant: FakeTenant, caplog: pytest.LogCaptureFixture
) -> None:
    """That tile must not count as read: its days are still to come."""
    bench = Bench(tenant, input_settings(NOON - 10 * DAY))

    def before(_number: int) -> None:
        start = tenant.requests[-1][0].start or 0
        if tenant.clock.local_error and NOON + 5 * DAY < start < NOON + AHEAD - 5 * DAY:
            put_right(tenant.clock)
            tenant.clock.time += bench.settings.interval

    tenant.before = before
    bench.run()
    assert tenant.clock.local_error == 0.0
    assert set_back(caplog) == [LINE]
    assert bench.state.covered == WINDOW_START
    assert bench.lost == set()

    for day in range(1, 20):
        bench.later(DAY)
        tenant.add(NOON + day * DAY)
        bench.run()
    assert bench.lost == set()
    assert came_twice_since_the_date_only(bench)
