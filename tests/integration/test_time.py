"""Time passes: days change, outages last, records turn up late, clocks are wrong."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

from tests.integration.support import DAY, HOUR, field, in_turn, site
from tests.standins.invicti_tenant import Switches


@in_turn("order", ["newest", "shuffled"])
def test_an_outage_of_ten_days_is_caught_up(
    order: str, interpreter: Path, package: Path, tmp_path: Path
) -> None:
    switches = Switches(records=10_000, span_days=100.0, growing=True, order=order)
    with site(package, interpreter, tmp_path, switches) as place:
        place.good_run()
        before = len(place.texts)
        place.tenant.grow(30)
        place.tenant.advance(10 * DAY)
        place.server.set(clock_speed=0.0)
        place.good_run()

        place.assert_complete()
        assert len(place.texts) > before + 500


def test_an_outage_in_the_middle_of_a_backfill(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    switches = Switches(records=10_000, span_days=100.0, growing=True)
    with site(package, interpreter, tmp_path, switches) as place:
        place.run(terminate_after_events=3_000)
        place.tenant.advance(10 * DAY)
        place.server.set(clock_speed=0.0)
        place.good_run()

        place.assert_complete()


def test_day_after_day(interpreter: Path, package: Path, tmp_path: Path) -> None:
    switches = Switches(records=5_000, span_days=50.0, growing=True, late_share=0.2)
    with site(package, interpreter, tmp_path, switches) as place:
        for _ in range(8):
            place.good_run()
            place.tenant.advance(9 * HOUR)
        place.server.set(clock_speed=0.0)
        place.good_run()

        place.assert_complete()


@in_turn("day_later", [False, True])
def test_a_record_40_hours_late(
    day_later: bool, interpreter: Path, package: Path, tmp_path: Path
) -> None:
    with site(package, interpreter, tmp_path, Switches(records=2_000)) as place:
        place.good_run()
        if day_later:
            place.tenant.advance(DAY)
        place.tenant.grow(25, late_hours=40.0)
        place.good_run()

        assert len(place.texts) == 2_025
        place.assert_complete()


@in_turn("hours", [-48.0, 24.0 * 400, -24.0 * 400, 48.0])
def test_a_wrong_clock_loses_nothing(
    hours: float, interpreter: Path, package: Path, tmp_path: Path
) -> None:
    """What is off here is the tenant's clock; only the difference matters."""
    now = datetime.now(timezone.utc) + timedelta(hours=hours)
    switches = Switches(records=3_000, growing=True, now=now.isoformat())
    with site(package, interpreter, tmp_path, switches) as place:
        place.good_run()
        place.tenant.grow(30)
        place.good_run()
        place.tenant.advance(DAY)
        place.tenant.grow(30)
        place.server.set(clock_speed=0.0)
        place.good_run()

        place.assert_complete()
        told = [int(seconds) for seconds in field(place.log, "seconds") if "." not in seconds]
        assert any(abs(seconds - hours * HOUR) < HOUR for seconds in told), told
        assert "action=clock_differs" in place.log


def test_a_clock_that_is_right_is_not_mentioned(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    with site(package, interpreter, tmp_path, Switches(records=500)) as place:
        place.good_run()
        assert "action=clock_differs" not in place.log
