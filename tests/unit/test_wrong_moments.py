"""collector: what is wrong for a moment only - a clock, an empty log, the filter's zone."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from invicti_collector import timeline
from invicti_collector.configuration import START_DAY_BEFORE
from invicti_collector.errors import AuthenticationError, LeaseLostError, ServerError
from invicti_collector.lease import InputLease
from invicti_collector.survey import Connection
from invicti_collector.timeline import DateFormat
from tests.fakes.tenant import DAY, NOON, Clock, FakeTenant
from tests.unit.bench import LOG, Bench, input_settings

HOUR = 3600


def fail(*_: object) -> None:
    raise ServerError("HTTP 429", "fake tenant", "none", 60.0)


# --- clocks -----------------------------------------------------------------------------------


@dataclass
class Balanced(FakeTenant):
    """Several servers, of which one may be ahead."""

    ahead: float = 0.0

    def now(self) -> float | None:
        """See `ports.Tenant`."""
        told = super().now()
        return None if told is None else told + self.ahead


@pytest.mark.parametrize("days", [2, 6, 40])
def test_one_answer_that_is_days_ahead_has_no_days_covered_that_are_still_to_come(
    days: int,
) -> None:
    tenant = Balanced(Clock())
    tenant.fill(300, NOON - 20 * DAY, NOON - 60)
    told: list[int] = []

    def before(number: int) -> None:
        last_tile = tenant.requests[-1][0].end == (timeline.live_window(NOON).start or 0) + HOUR
        if last_tile and not told:
            told.append(number)
        tenant.ahead = days * DAY if told == [number] else 0

    tenant.before = before
    bench = Bench(tenant, input_settings(NOON - 20 * DAY))
    bench.run()
    assert len(told) == 1
    for _ in range(14 * 4):
        bench.later(6 * HOUR)
        tenant.add(tenant.clock.time - 30)
        bench.run()
    assert (bench.lost, bench.doubled) == (set(), 0)


@pytest.mark.parametrize("days", [2, 6, 40])
def test_one_answer_that_is_days_ahead_at_the_poll_covers_no_days_to_come(days: int) -> None:
    tenant = Balanced(Clock())
    tenant.fill(300, NOON - 20 * DAY, NOON - 60)
    bench = Bench(tenant, input_settings(NOON - 20 * DAY))
    bench.run()
    poll = len(tenant.requests) + 1

    def before(number: int) -> None:
        tenant.ahead = days * DAY if number == poll else 0

    tenant.before = before
    for _ in range(14 * 4):
        bench.later(6 * HOUR)
        tenant.add(tenant.clock.time - 30)
        bench.run()
        assert bench.state.covered <= tenant.clock.time
    assert (bench.lost, bench.doubled) == (set(), 0)


def test_a_list_without_dates_that_was_read_at_a_wrong_time_covers_no_days_to_come() -> None:
    tenant = Balanced(Clock(), order="oldest", reads=frozenset(), unread="ignore")
    tenant.fill(900, NOON - 20 * DAY, NOON - 60)
    bench = Bench(tenant, input_settings(NOON - 20 * DAY))
    bench.run()
    bench.later(11 * HOUR)
    tenant.add(tenant.clock.time - 30)
    second = len(tenant.requests) + 2

    def before(number: int) -> None:
        tenant.ahead = 40 * DAY if number == second else 0

    tenant.before = before
    bench.run()
    assert len(tenant.requests) == second
    tenant.ahead = 0
    tenant.reads = frozenset({DateFormat.US})
    for _ in range(20):
        bench.later(DAY)
        tenant.add(tenant.clock.time - 30)
        bench.run()
    assert (bench.lost, bench.doubled) == (set(), 0)


def test_a_pause_that_was_noted_by_a_wrong_clock_stops_nothing() -> None:
    tenant = FakeTenant(Clock(NOON, 200 * DAY))
    tenant.fill(50, NOON - DAY, NOON)
    bench = Bench(tenant, input_settings(NOON - 2 * DAY))
    bench.run()
    tenant.before = fail
    with pytest.raises(ServerError):
        bench.run()
    tenant.before = lambda _: None
    tenant.clock.local_error = 0
    bench.later(HOUR)
    tenant.add(tenant.clock.time - 30)
    bench.run()
    assert bench.lost == set()


def test_a_clock_that_is_set_back_in_a_backfill_does_not_stop_the_polls() -> None:
    tenant = FakeTenant(Clock(), seconds=30.0)
    tenant.fill(20_000, NOON - 60 * DAY, NOON - 60)
    polls: list[float] = []

    def before(number: int) -> None:
        if number == 20:
            tenant.clock.local_error -= DAY
        if (tenant.requests[-1][0].end or 0) > NOON:
            polls.append(tenant.clock.time)

    tenant.before = before
    bench = Bench(tenant, input_settings(NOON - 60 * DAY))
    bench.run()
    assert tenant.clock.time > NOON + 3000
    # The interval, and the page at hand.
    assert max(later - sooner for sooner, later in zip(polls, polls[1:])) <= 300 + 2 * 30


# --- what the tenant shows --------------------------------------------------------------------


@pytest.mark.parametrize("reads", [frozenset(DateFormat) - {DateFormat.NONE}, frozenset()])
def test_old_records_do_not_hide_as_many_new_ones(reads: frozenset[DateFormat]) -> None:
    """Those of before what is covered come in no more, but the tenant counts them."""
    began = NOON - 9 * HOUR - 1800
    tenant = FakeTenant(Clock(began), order="oldest", reads=reads, unread="ignore")
    tenant.add(NOON // DAY * DAY - 3 * DAY + 900)
    tenant.fill(320, began - 40 * HOUR, began - 60)
    bench = Bench(tenant, input_settings(START_DAY_BEFORE))
    bench.run()
    for _ in range(30):
        bench.later(300)
        new = tenant.add(tenant.clock.time - 30)
        bench.run()
        assert new in bench.destination.names


def test_a_log_that_shows_nothing_any_more_is_told_and_covers_nothing() -> None:
    tenant = FakeTenant(Clock())
    tenant.fill(300, NOON - 20 * DAY, NOON - 60)
    bench = Bench(tenant)
    bench.run()
    saved, hidden, tenant.items = bench.state, tenant.items, []
    for _ in range(10):
        bench.later(DAY)
        with pytest.raises(AuthenticationError, match="shows no records at all") as caught:
            bench.run()
        assert "permission to see the activity of all members" in caught.value.remedy
        assert bench.state == saved
    tenant.items = hidden
    tenant.fill(50, NOON, NOON + 10 * DAY, seed=2)
    bench.run()
    assert (bench.lost, bench.doubled) == (set(), 0)


@pytest.mark.parametrize("within_a_run", [True, False])
def test_a_log_that_shows_nothing_from_the_middle_of_a_backfill_on_covers_nothing(
    *, within_a_run: bool
) -> None:
    tenant = FakeTenant(Clock())
    tenant.fill(3000, NOON - 60 * DAY, NOON - 60)
    bench = Bench(tenant, input_settings(NOON - 60 * DAY))
    hidden = tenant.items

    def before(number: int) -> None:
        if number == 12 and within_a_run:
            tenant.items = []
        elif number == 12:
            fail()

    tenant.before = before
    with pytest.raises(AuthenticationError if within_a_run else ServerError):
        bench.run()
    tenant.items = []
    bench.later(300)
    with pytest.raises(AuthenticationError):
        bench.run()
    tenant.items = hidden
    bench.run()
    assert (bench.lost, bench.doubled) == (set(), 0)


def test_of_a_tenant_that_has_shown_nothing_no_backfill_is_told_of() -> None:
    assert Bench(FakeTenant(Clock()), input_settings(START_DAY_BEFORE)).run().backfill_left == 0


@pytest.mark.parametrize(("before", "after"), [(1, -5), (10, -8), (14, -12), (-12, 14)])
@pytest.mark.parametrize("changed", ["user", "form"])
def test_another_zone_of_the_filter_in_a_backfill_loses_nothing(
    before: int, after: int, changed: str
) -> None:
    """The zone may be the user's, or that of the form of date (api 1.5)."""
    tenant = FakeTenant(Clock(), zone_hours=before)
    for half_hour in range(60 * 48):
        tenant.add(NOON - 60 * DAY + half_hour * 1800)
    bench = Bench(tenant, input_settings(NOON - 50 * DAY))
    failed: list[int] = []

    def fail_in_the_middle(number: int) -> None:
        if not failed and NOON - 30 * DAY < (tenant.requests[-1][0].end or 0) < NOON - 5 * DAY:
            failed.append(number)
            fail()

    tenant.before = fail_in_the_middle
    with pytest.raises(ServerError):
        bench.run()
    tenant.zone_hours = after
    if changed == "user":
        bench.connection = Connection("another user", "auto")
    else:
        tenant.reads = frozenset({DateFormat.ISO})
    bench.later(300)
    bench.run()
    wanted = {item.name for item in tenant.items if item.created >= NOON - 50 * DAY}
    assert wanted == set(bench.destination.names)
    assert bench.doubled == 0


def test_dates_that_are_read_by_turns_double_nothing() -> None:
    """Of several servers one does not read them; the probe may meet the one, the poll the other."""
    tenant = FakeTenant(Clock(), unread="ignore")
    tenant.fill(400, NOON - 40 * DAY, NOON - 60)
    bench = Bench(tenant, input_settings(NOON - 40 * DAY))
    bench.run()
    good = tenant.reads
    day: list[float] = []

    def before(_: int) -> None:
        today = tenant.clock.time // DAY
        day.append(today)
        tenant.reads = good if day.count(today) <= 3 else frozenset()

    tenant.before = before
    for _ in range(20 * 4):
        bench.later(6 * HOUR)
        tenant.add(tenant.clock.time - 30)
        bench.run()
    assert (bench.lost, bench.doubled) == (set(), 0)


def test_another_user_on_the_same_day_delays_nothing() -> None:
    began = NOON - 9 * HOUR - 1800
    tenant = FakeTenant(Clock(began), order="oldest")
    tenant.add(NOON // DAY * DAY - 3 * DAY + 900)
    tenant.fill(320, began - 37 * HOUR, began - 60)
    bench = Bench(tenant, input_settings(START_DAY_BEFORE))
    bench.run()
    bench.connection = Connection("another user", "auto")
    bench.later(300)
    new = tenant.add(tenant.clock.time - 30)
    bench.run()
    assert new in bench.destination.names


@pytest.mark.parametrize("changed", ["user", "form"])
def test_a_count_that_was_made_in_another_zone_proves_nothing(changed: str) -> None:
    """One record falls out of the window with the zone, and a late one makes up for it."""
    tenant = FakeTenant(Clock(), reads=frozenset({DateFormat.US}))
    tenant.add(NOON // DAY * DAY - 3 * DAY + HOUR / 2)
    tenant.fill(500, NOON - 2 * DAY, NOON - 60)
    bench = Bench(tenant, input_settings(NOON - 2 * DAY))
    bench.run()
    tenant.zone_hours = -1
    late = tenant.add(NOON - 2 * DAY + HOUR)
    bench.later(300)
    if changed == "form":
        tenant.reads = frozenset({DateFormat.ISO})
    else:
        bench.connection = Connection("another user", "auto")
        probed = len(tenant.requests) + 3
        tenant.before = lambda number: fail() if number > probed else None
        with pytest.raises(ServerError):
            bench.run()
        tenant.before = lambda _: None
        bench.later(300)
    assert bench.run().polled
    assert late in bench.destination.names
    assert bench.doubled == 0


def test_a_tile_is_not_passed_for_the_doubts_about_another() -> None:
    def total(count: int) -> int:
        window = tenant.requests[-1][0]
        return count + (window.end is not None and window.end < NOON - 4 * DAY)

    tenant = FakeTenant(Clock(), total=total)
    tenant.fill(3000, NOON - 60 * DAY, NOON - 60)
    bench = Bench(tenant, input_settings(NOON - 60 * DAY))
    for connection, doubts in (("connection", 1), ("connection", 2), ("another user", 1)):
        bench.connection = Connection(connection, "auto")
        bench.run()
        assert bench.state.doubts == doubts
    assert bench.state.covered < NOON - 60 * DAY - 14 * HOUR


def test_a_pause_that_is_asked_for_after_a_new_probe_is_kept() -> None:
    tenant = FakeTenant(Clock())
    tenant.fill(50, NOON - DAY, NOON - 60)
    bench = Bench(tenant, input_settings(NOON - 2 * DAY))
    bench.run()
    tenant.reads = frozenset()
    asked = len(tenant.requests)
    tenant.before = lambda number: fail() if number == asked + 5 else None
    bench.later(300)
    with pytest.raises(ServerError):
        bench.run()
    assert bench.state.not_before == int(tenant.clock.local()) + 60


# --- another copy of the input ----------------------------------------------------------------


def test_a_copy_that_ran_while_the_lease_had_expired_is_noticed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It has collected, saved and given back the lease, when this one gets its page at last."""
    tenant = FakeTenant(Clock(), seconds=1.0)
    tenant.fill(3000, NOON - 60 * DAY, NOON - 60)
    bench = Bench(tenant)

    def another(number: int) -> None:
        if number == 12:
            tenant.clock.time += 660
            assert InputLease(bench.store, "other", tenant.clock.local).acquire() is None
            bench.store.lease = None
            Bench(tenant, store=bench.store, destination=bench.destination).run()
            LOG.warning("the other has ended")
            fail()

    tenant.before = another
    with pytest.raises(LeaseLostError):
        bench.run()
    after = [record.getMessage() for record in caplog.records]
    assert after.index("the other has ended") == len(after) - 1
    saved = bench.state
    bench.later(300)
    bench.run()
    assert bench.state.covered == saved.covered
    assert (bench.lost, bench.doubled) == (set(), 0)
