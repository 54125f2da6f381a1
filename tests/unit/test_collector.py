"""collector: nothing lost, nothing doubled, whatever the tenant is like."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invicti_collector import collector as program
from invicti_collector import timeline
from invicti_collector.configuration import START_ALL, START_DAY_BEFORE
from invicti_collector.errors import (
    CollectorError,
    ConfigurationError,
    LeaseLostError,
    ServerError,
)
from invicti_collector.ports import Lease
from invicti_collector.survey import Connection
from invicti_collector.timeline import DateFormat, Window
from tests.fakes.ports import ListDestination, MemoryStore
from tests.fakes.tenant import DAY, NOON, Clock, FakeTenant, guid, iso
from tests.unit.bench import Bench, input_settings

HOUR = 3600
US, ISO = DateFormat.US, DateFormat.ISO


def small_tenant(**fields: object) -> FakeTenant:
    """Sixty records over forty days in pages of five, and ten in the last hours."""
    tenant = FakeTenant(Clock(), page_size=5, seconds=0.01, **fields)  # type: ignore[arg-type]
    tenant.fill(60, NOON - 40 * DAY, NOON - HOUR)
    tenant.fill(10, NOON - 20 * HOUR, NOON - 60, seed=2)
    return tenant


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles of about ten records, so that a small history is a backfill of many tiles."""
    monkeypatch.setattr(timeline, "TARGET_RECORDS", 10)


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


# --- one run collects all, whatever the tenant is like ----------------------------------------


@settings(max_examples=60)
@given(
    order=st.sampled_from(["newest", "oldest", "shuffled", "reshuffled"]),
    zone=st.sampled_from([0, -11, -12, 14, 5.5]),
    reads=st.sampled_from([{US, ISO}, {US}, {ISO}, set()]),
    unread=st.sampled_from(["refuse", "ignore"]),
    swapped=st.booleans(),
    at=st.integers(0, 40 * DAY),
    seed=st.integers(0, 10**6),
)
def test_all_is_collected_once_from_any_tenant(
    order: str,
    zone: float,
    reads: set[DateFormat],
    unread: str,
    at: int,
    seed: int,
    *,
    swapped: bool,
) -> None:
    tenant = FakeTenant(
        Clock(NOON + at),
        order=order,
        zone_hours=zone,
        reads=frozenset(reads),
        unread=unread,
        swapped=swapped,
        page_size=25,
        seconds=0.01,
    )
    now = NOON + at
    tenant.fill(100, now - 60 * DAY, now, seed)
    bench = Bench(tenant)
    bench.run()
    for _ in range(3):
        bench.later(10 * HOUR)
        tenant.fill(5, tenant.clock.time - 9 * HOUR, tenant.clock.time, seed)
        bench.run()
    if order != "reshuffled":  # chance may leave a count unproved: that is told, and read again
        assert bench.lost == set()
    assert bench.doubled == 0


@pytest.mark.parametrize("order", ["newest", "oldest", "shuffled"])
def test_an_idle_poll_is_one_request_and_one_read_of_progress(order: str) -> None:
    bench = Bench(small_tenant(order=order))
    bench.run()
    bench.later(300)
    bench.tenant.requests.clear()
    writes, reads = bench.store.writes, (bench.store.id_reads, bench.store.state_reads)
    bench.run()
    assert len(bench.tenant.requests) == 1
    assert bench.store.writes == writes
    assert (bench.store.id_reads, bench.store.state_reads - 1) == reads


@pytest.mark.parametrize(
    ("order", "known"), [("newest", 4000), ("oldest", 4000), ("shuffled", 500)]
)
def test_three_hundred_new_records_take_four_requests(order: str, known: int) -> None:
    tenant = FakeTenant(Clock(), order=order)
    tenant.fill(known, NOON - 20 * HOUR, NOON - 60)
    bench = Bench(tenant, input_settings(NOON - 20 * HOUR))
    bench.run()
    bench.later(600)
    tenant.fill(300, NOON, NOON + 600)
    tenant.requests.clear()
    bench.run()
    assert len(tenant.requests) <= 4
    assert (bench.lost, bench.doubled) == (set(), 0)


def test_a_save_stays_small_however_many_records_there_are() -> None:
    tenant = FakeTenant(Clock())
    tenant.fill(8000, NOON - 9 * DAY, NOON)
    bench = Bench(tenant)
    bench.run()
    assert (bench.lost, bench.doubled) == (set(), 0)
    assert bench.store.largest_write < 64 * 1024


def test_ids_of_the_covered_past_are_forgotten() -> None:
    bench = Bench(small_tenant())
    bench.run()
    kept = min(ids.until for ids in bench.store.ids)
    assert kept >= bench.state.covered - timeline.SLACK - HOUR
    for _ in range(30):
        bench.later(DAY)
        bench.run()
    assert bench.store.ids == []


# --- late records, days, clocks ---------------------------------------------------------------


@pytest.mark.parametrize("zone", [-12, 0, 14])
@pytest.mark.parametrize("order", ["newest", "oldest", "shuffled"])
def test_records_listed_two_days_late_are_collected(order: str, zone: int) -> None:
    tenant = small_tenant(order=order, zone_hours=zone)
    for hour in range(0, 120, 7):
        created = NOON + hour * HOUR
        tenant.add(created, listed=created + 48 * HOUR)
        tenant.add(created + 1, listed=created + hour * 600)
    bench = Bench(tenant)
    for _ in range(60):
        bench.run()
        bench.later(5 * HOUR)
    assert len(tenant.names) == 106
    assert (bench.lost, bench.doubled) == (set(), 0)


def test_a_new_day_reads_the_window_whole_and_closes_the_day_before() -> None:
    bench = Bench(small_tenant())
    bench.run()
    covered = bench.state.covered
    assert covered == NOON // DAY * DAY - 3 * DAY
    bench.later(DAY)
    bench.run()
    assert bench.state.covered == covered + DAY
    assert bench.state.live is not None
    assert bench.state.live.window == Window(covered + DAY, covered + 6 * DAY)
    assert bench.doubled == 0


@pytest.mark.parametrize("days", [10, 200])
def test_after_an_outage_nothing_is_missing(days: int) -> None:
    bench = Bench(small_tenant())
    bench.run()
    bench.later(days * DAY)
    bench.tenant.fill(50, NOON, NOON + days * DAY, seed=3)
    bench.run()
    assert (bench.lost, bench.doubled) == (set(), 0)


@pytest.mark.parametrize("error", [-2 * DAY, -400, 400, 2 * DAY, 400 * DAY])
@pytest.mark.parametrize("start", [START_ALL, START_DAY_BEFORE])
def test_a_wrong_clock_of_this_machine_loses_nothing_and_is_told(
    error: int, start: str, caplog: pytest.LogCaptureFixture
) -> None:
    tenant = small_tenant()
    tenant.clock.local_error = error
    bench = Bench(tenant, input_settings(start))
    bench.run()
    wanted = {
        item.name for item in tenant.items if start == START_ALL or item.created > NOON - DAY + 60
    }
    assert wanted <= set(bench.destination.names)
    assert bench.state.clock_offset == -error
    assert any(f"action=clock_differs seconds={-error} " in line for line in messages(caplog))
    # The clock is put right: still nothing lost or doubled.
    tenant.clock.local_error = 0
    bench.later(300)
    new = tenant.add(tenant.clock.time - 10)
    bench.run()
    assert new in bench.destination.names
    assert bench.doubled == 0


def test_a_clock_within_five_minutes_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    tenant = small_tenant()
    tenant.clock.local_error = 290
    Bench(tenant).run()
    assert not any("clock_differs" in line for line in messages(caplog))


def test_a_day_that_only_the_tenants_clock_has_begun_is_surveyed() -> None:
    bench = Bench(small_tenant())
    bench.run()
    bench.tenant.clock.time += DAY
    bench.tenant.clock.local_error -= DAY  # this machine's clock stands still
    bench.tenant.requests.clear()  # before its first answer, a run knows no other
    bench.run()
    assert bench.state.probed_day == timeline.day_of(bench.tenant.clock.time)


@pytest.mark.parametrize(("seconds", "told"), [(120, 0), (2 * DAY, 1)])
def test_servers_that_disagree_about_the_day_are_no_clock_set_back(
    seconds: int, told: int, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(small_tenant())
    bench.run()
    bench.later(DAY // 2 + 60)  # past midnight
    bench.run()
    live = bench.state.live
    bench.later(-seconds)
    bench.run()
    assert sum("clock_set_back" in line for line in messages(caplog)) == told
    assert live is not None
    assert bench.state.live is not None
    assert (bench.state.live.window == live.window) is not bool(told)


def test_a_day_that_begins_as_the_first_page_is_read_has_its_own_window_read() -> None:
    tenant = small_tenant()
    tenant.clock.time = NOON + DAY // 2 - 60
    before = timeline.live_window(tenant.clock.time)

    def midnight(_: int) -> None:
        if tenant.requests[-1][0] == before:
            tenant.clock.time = NOON + DAY // 2

    tenant.before = midnight
    bench = Bench(tenant)
    bench.run()
    assert (bench.lost, bench.doubled) == (set(), 0)
    assert bench.state.live is not None
    assert bench.state.live.window == timeline.live_window(NOON + DAY // 2)


def test_a_run_of_many_days_doubles_nothing() -> None:
    # Each request takes an hour: the backfill goes on while the live window moves on.
    tenant = FakeTenant(Clock(), page_size=5, seconds=HOUR)
    tenant.fill(300, NOON - 40 * DAY, NOON)
    for hour in range(0, 40 * 24, 3):
        tenant.add(NOON + hour * HOUR, listed=NOON + hour * HOUR)
    bench = Bench(tenant)
    bench.run()
    assert tenant.clock.time > NOON + 5 * DAY
    assert bench.doubled == 0
    tenant.seconds = 0.1
    bench.run()
    assert (bench.lost, bench.doubled) == (set(), 0)


# --- where it begins, what is wanted ----------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "first"),
    [
        (START_ALL, 0),
        (START_DAY_BEFORE, NOON - DAY),
        (NOON - 5 * HOUR, NOON - 5 * HOUR),
        (NOON - 10 * DAY, NOON - 10 * DAY),
        (0, 0),
    ],
)
@pytest.mark.parametrize("zone", [-12, 0, 14])
def test_an_input_begins_at_its_start(start: int | str, first: int, zone: int) -> None:
    tenant = small_tenant(zone_hours=zone)
    # Nothing can be told apart within half a day of 1970: the filter's zone may lie before it.
    first += DAY if first == 0 else 0
    edge = [tenant.add(first + 30), tenant.add(first - 30)]
    bench = Bench(tenant, input_settings(start))
    bench.run()
    expected = {item.name for item in tenant.items if item.created >= first}
    expected |= {edge[1]} if first == DAY else set()
    assert set(bench.destination.names) == expected
    assert bench.doubled == 0


def test_only_wanted_records_are_written_and_the_rest_counted() -> None:
    tenant = FakeTenant(Clock())
    wanted = [tenant.add(NOON - 50, EndpointType="Web"), tenant.add(NOON - 40, EndpointType=None)]
    tenant.add(NOON - 30, EndpointType="Api")
    tenant.add(NOON - 20, EndpointType="Web", Type="ScanStarted")
    some = input_settings(
        endpoint_types=frozenset({"Web"}), exclude_types=frozenset({"scanstarted"})
    )
    bench = Bench(tenant, some)
    tally = bench.run().tally
    assert set(bench.destination.names) == set(wanted)
    assert (tally.events, tally.excluded) == (2, 2)
    # What is left out is seen: an idle poll stays idle.
    tenant.requests.clear()
    bench.run()
    assert len(tenant.requests) == 1


def test_flawed_records_are_written_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    tenant = small_tenant()
    tenant.add(NOON - 90, created_at="user form 20/05/2024")
    tenant.add(NOON - 80, Id=None)
    tenant.items[-1].name = ""
    tenant.add(NOON - 70, RequestData="x" * 5_000_000)
    tenant.items.append(replace(tenant.items[-1], name="", body="no object", created=NOON - 60))
    bench = Bench(tenant)
    bench.run()
    bench.later(DAY)
    bench.run()
    assert len(bench.destination.events) == 74
    (undated,) = [event for event in bench.destination.events if "user form" in event.data]
    assert abs(undated.time - NOON) < 60  # the time of collection
    flaws = " ".join(line for line in messages(caplog) if "record_flawed" in line)
    for flaw in ("unreadable_created_at", "no_id", "oversized", "not_an_object"):
        assert flaw in flaws


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_the_emptiest_and_the_farthest_date_of_dotnet_stop_nothing(year: str) -> None:
    tenant = FakeTenant(Clock())
    tenant.add(NOON - 60, created_at=f"{year}-12-31T23:59:59.9999999Z")
    bench = Bench(tenant)
    bench.run()
    assert bench.lost == set()
    tenant.fill(20, NOON - DAY, NOON)
    bench.run()
    assert (bench.lost, bench.doubled) == (set(), 0)


def test_an_empty_tenant_is_no_error_and_its_first_record_is_collected() -> None:
    tenant = FakeTenant(Clock())
    bench = Bench(tenant, input_settings(START_DAY_BEFORE))
    bench.run()
    assert bench.destination.pages == []
    # No date either, which a tenant may refuse: it has not shown yet which form of them it reads.
    assert all(not window.dated for window, _, _ in tenant.requests)
    bench.later(300)
    tenant.add(tenant.clock.time - 10)
    bench.run()
    assert bench.lost == set()


# --- live first -------------------------------------------------------------------------------


def test_during_a_backfill_the_live_window_is_polled_every_interval() -> None:
    tenant = FakeTenant(Clock(), page_size=5, seconds=20)
    tenant.fill(400, NOON - 60 * DAY, NOON - 5 * DAY)
    for second in range(0, 3600, 100):
        tenant.add(NOON + second, listed=NOON + second)
    arrived: dict[str, float] = {}

    class Arrivals(ListDestination):
        def deliver(self, events: object) -> None:
            super().deliver(events)  # type: ignore[arg-type]
            arrived.update((event.name, tenant.clock.time) for event in self.pages[-1])

    bench = Bench(tenant, input_settings(START_ALL, interval=60), destination=Arrivals())
    bench.run()
    ended = tenant.clock.time
    assert ended > NOON + 1800
    new = [item for item in tenant.items if item.created >= NOON and item.created < ended - 300]
    assert len(new) > 10
    for item in new:
        # The interval, the page at hand, and the requests of the poll itself.
        assert arrived[item.name] - item.created <= 60 + 8 * 20
    first_live = min(number for number, page in enumerate(bench.destination.pages) if page)
    assert bench.destination.pages[first_live][0].time >= NOON - 4 * DAY


# --- failures ---------------------------------------------------------------------------------


def count_of(kind: str) -> int:
    """How many writes or deliveries a run of the small tenant has."""
    bench = Bench(small_tenant())
    bench.run()
    return bench.store.writes if kind == "write" else bench.destination.deliveries


@pytest.mark.parametrize("applied", [False, True])
def test_a_failure_at_any_write_of_the_store_loses_nothing(*, applied: bool) -> None:
    for number in range(1, count_of("write") + 1):
        bench = Bench(small_tenant(), store=MemoryStore(number, applied=applied))
        bench.run_through()
        assert bench.lost == set(), number
        assert bench.doubled <= bench.tenant.page_size, number


@pytest.mark.parametrize("applied", [False, True])
def test_a_failure_at_any_delivery_loses_nothing(*, applied: bool) -> None:
    for number in range(1, count_of("delivery") + 1):
        bench = Bench(small_tenant(), destination=ListDestination(number, applied=applied))
        bench.run_through()
        assert bench.lost == set(), number
        assert bench.doubled <= (bench.tenant.page_size if applied else 0), number


def test_a_failure_at_any_request_loses_and_doubles_nothing() -> None:
    whole = Bench(small_tenant())
    whole.run()
    for number in range(1, len(whole.tenant.requests) + 1):
        bench = Bench(small_tenant())

        def fail(count: int, number: int = number) -> None:
            if count == number:
                raise ServerError("HTTP 503", "fake tenant", "none")

        bench.tenant.before = fail
        bench.run_through()
        assert (bench.lost, bench.doubled) == (set(), 0), number


@settings(max_examples=40)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=6), st.booleans(), st.booleans())
def test_repeated_failures_with_new_records_in_between_lose_nothing(
    gaps: list[int], late: bool, applied: bool
) -> None:
    bench = Bench(small_tenant())
    bench.store.applied = applied
    for number, gap in enumerate(gaps):
        bench.store.fail_on_write = bench.store.writes + gap
        bench.run_through()
        bench.later(7 * HOUR if late else 60)
        now = bench.tenant.clock.time
        bench.tenant.fill(7, now - 6 * HOUR, now, seed=number)
    bench.store.fail_on_write = 0
    bench.run()
    assert bench.lost == set()
    assert bench.doubled <= bench.tenant.page_size * len(gaps)


def test_progress_that_cannot_be_loaded_is_never_started_over() -> None:
    bench = Bench(small_tenant())
    bench.run()
    saved = bench.store.state
    for broken in ("", "{}", '{"schema":99}', "[]", "null"):
        bench.store.state = broken
        with pytest.raises(ConfigurationError):
            bench.run()
        assert bench.store.state == broken
    bench.store.state = saved
    bench.run()
    assert bench.doubled == 0


# --- counts -----------------------------------------------------------------------------------


def test_a_tile_whose_count_stays_wrong_is_read_again_then_passed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tenant = FakeTenant(Clock(), page_size=5, seconds=0.01)
    tenant.fill(60, NOON - 60 * DAY, NOON - 10 * DAY)
    tenant.total = lambda count: count + 1 if count else 0
    bench = Bench(tenant, input_settings(NOON - 70 * DAY))
    covered = [NOON - 70 * DAY - 14 * HOUR]
    for _ in range(program.MOST_DOUBTS):
        bench.run()
        covered.append(bench.state.covered)
        bench.later(300)
    assert covered[1] == covered[2] < covered[3]
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert all("missing=1" in error.getMessage() for error in errors)
    # The last is that of the next tile, of which there is no doubt yet.
    assert ["it is read again" in error.getMessage() for error in errors] == [
        True,
        True,
        False,
        True,
    ]
    assert "the tenant counts other than it lists; ask Invicti" in errors[2].getMessage()
    for _ in range(200):
        bench.run()
        bench.later(300)
    assert (bench.lost, bench.doubled) == (set(), 0)


def test_a_tile_whose_count_comes_right_is_collected_whole() -> None:
    tenant = FakeTenant(Clock(), page_size=5, seconds=0.01, order="newest")
    tenant.fill(60, NOON - 60 * DAY, NOON - 10 * DAY)
    hidden = tenant.items[10]
    tenant.total = lambda count: count + (1 if hidden.listed > tenant.clock.time and count else 0)
    hidden.listed = NOON + 500
    bench = Bench(tenant)
    for _ in range(5):
        bench.run()
        bench.later(300)
    assert (bench.lost, bench.doubled) == (set(), 0)


def test_each_window_read_is_reconciled_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    tenant = FakeTenant(Clock())
    tenant.fill(12, NOON - DAY, NOON)
    Bench(tenant, input_settings(START_DAY_BEFORE)).run()
    (line,) = [line for line in messages(caplog) if "action=reconciliation" in line]
    for part in (
        "scope=live",
        "from=2024-05-17T00:00:00Z",
        "to=2024-05-22T00:00:00Z",
        "server_count=12",
        "collected_count=12",
        "missing=0",
    ):
        assert part in line.split()


def test_a_reconciliation_line_names_the_window_that_was_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    tenant = FakeTenant(Clock(), page_size=200)
    tenant.fill(400, NOON - 40 * DAY, NOON)
    Bench(tenant).run()
    lines = [dict(re.findall(r"(\w+)=(\S+)", line)) for line in messages(caplog)]
    counted = [line for line in lines if line.get("action") == "reconciliation"]
    assert len(counted) > 3
    for line in counted:
        start, end = (
            datetime.strptime(line[name], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
            for name in ("from", "to")
        )
        inside = [
            item for item in tenant.items if start.timestamp() <= item.created <= end.timestamp()
        ]
        assert int(line["server_count"]) == len(inside), line


def test_without_any_total_all_is_collected() -> None:
    bench = Bench(small_tenant(total=lambda _: None))
    bench.run()
    bench.later(300)
    bench.tenant.fill(7, NOON, NOON + 300, seed=4)
    bench.run()
    assert (bench.lost, bench.doubled) == (set(), 0)


# --- what the tenant asks for -----------------------------------------------------------------


def test_no_request_is_made_before_the_tenant_allows_it() -> None:
    bench = Bench(small_tenant())

    def throttle(_: int) -> None:
        raise ServerError("HTTP 429", "fake tenant", "none", 900.0)

    bench.tenant.before = throttle
    with pytest.raises(ServerError):
        bench.run()
    bench.tenant.before = lambda _: None
    bench.tenant.requests.clear()
    bench.later(890)
    bench.run()
    assert bench.tenant.requests == []
    bench.later(20)
    bench.run()
    assert (bench.lost, bench.doubled) == (set(), 0)


def test_a_wait_that_another_tenant_asked_for_stops_nothing() -> None:
    bench = Bench(small_tenant())
    bench.run()

    def throttle(_: int) -> None:
        raise ServerError("HTTP 429", "fake tenant", "none", 36_000.0)

    bench.tenant.before = throttle
    with pytest.raises(ServerError):
        bench.run()
    bench.tenant = small_tenant(account="another")
    bench.connection = Connection("another", "auto")
    bench.tenant.before = throttle
    with pytest.raises(ServerError):
        bench.run()
    bench.later(300)
    bench.tenant.requests.clear()
    bench.run()
    assert bench.tenant.requests == []  # what it asks for itself holds
    bench.tenant.before = lambda _: None
    bench.later(36_000)
    bench.run()
    assert len(bench.destination.names) == 2 * 70


def test_an_absurd_wait_does_not_stop_an_input_for_years() -> None:
    bench = Bench(small_tenant())
    bench.run()

    def throttle(_: int) -> None:
        raise ServerError("HTTP 429", "fake tenant", "none", 999_999_999.0)

    bench.tenant.before = throttle
    with pytest.raises(ServerError):
        bench.run()
    bench.tenant.before = lambda _: None
    new = bench.tenant.add(bench.tenant.clock.time)
    bench.later(DAY + 60)
    bench.run()
    assert new in bench.destination.names


def test_a_live_window_whose_count_is_wrong_is_told_and_read_whole_by_the_next_run(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tenant = FakeTenant(Clock(), total=lambda count: count + 1)
    tenant.fill(10, NOON - 20 * HOUR, NOON - 60)
    bench = Bench(tenant, input_settings(NOON - 20 * HOUR))
    assert bench.run().polled == 0  # not seen complete, whatever was delivered
    assert bench.lost == set()
    assert bench.state.live is None
    (line,) = (line for line in messages(caplog) if "scope=live" in line)
    assert "server_count=11 collected_count=10 missing=1" in line
    tenant.total = lambda count: count
    assert bench.run().polled > NOON
    assert bench.state.live is not None
    assert bench.doubled == 0


@pytest.mark.parametrize("scope", ["live", "backfill"])
def test_a_wrong_count_of_an_empty_window_is_taken_back_in_the_log(
    caplog: pytest.LogCaptureFixture, scope: str
) -> None:
    """Else alert and health page go on to tell of a record that is missing."""
    caplog.set_level(logging.INFO)
    ago = {"live": 20 * DAY, "backfill": HOUR}[scope]
    tenant = FakeTenant(Clock(), total=lambda count: count or 1)
    tenant.fill(3, NOON - ago - HOUR, NOON - ago)
    bench = Bench(tenant, input_settings(NOON - 10 * DAY))
    bench.run()
    bench.later(300)
    tenant.total = lambda count: count
    bench.run()
    told = [line for line in messages(caplog) if f"scope={scope}" in line]
    assert ["missing=1" in line for line in told] == [True, False]
    assert len({re.sub("server_count.*", "", line) for line in told}) == 1


# --- dates that the tenant does not read ------------------------------------------------------


def test_without_a_readable_date_the_list_is_read_without_dates(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tenant = small_tenant(reads=frozenset())
    bench = Bench(tenant, input_settings(NOON - 10 * DAY))
    bench.run()
    expected = {item.name for item in tenant.items if item.created >= NOON - 10 * DAY}
    assert set(bench.destination.names) == expected
    assert bench.state.date_format is DateFormat.NONE
    tenant.requests.clear()
    bench.run()
    assert [request[0].dated for request in tenant.requests] == [False]
    # The tenant learns to read dates: covered from there on, nothing lost or doubled.
    tenant.reads = frozenset({US})
    for _ in range(8):
        bench.later(DAY)
        now = tenant.clock.time
        tenant.fill(4, now - DAY, now, seed=int(now))
        bench.run()
    assert not any("clock_set_back" in line for line in messages(caplog))
    assert bench.state.date_format is US
    expected = {item.name for item in tenant.items if item.created >= NOON - 10 * DAY}
    assert set(bench.destination.names) == expected
    assert bench.doubled == 0


def test_a_tenant_that_stops_reading_dates_is_noticed() -> None:
    bench = Bench(small_tenant(order="oldest"))
    bench.run()
    bench.tenant.reads, bench.tenant.unread = frozenset({ISO}), "ignore"
    bench.later(300)
    new = bench.tenant.add(NOON + 100)
    bench.run()
    assert new in bench.destination.names
    assert bench.state.date_format is ISO
    assert bench.doubled == 0


# --- another account --------------------------------------------------------------------------


def test_a_tenant_that_begins_to_refuse_a_form_of_date_is_probed_in_the_same_run() -> None:
    tenant = FakeTenant(Clock())
    tenant.fill(50, NOON - 2 * DAY, NOON)
    bench = Bench(tenant)
    bench.run()

    tenant.reads = frozenset({DateFormat.ISO})
    tenant.add(NOON + 5)
    bench.later(300)
    bench.run()

    assert not bench.lost
    assert bench.doubled == 0
    assert bench.state.date_format is DateFormat.ISO


def test_another_user_of_the_same_tenant_keeps_the_progress() -> None:
    bench = Bench(small_tenant())
    bench.run()
    bench.connection = Connection("another user", "auto")
    bench.later(300)
    new = bench.tenant.add(NOON + 100)
    bench.run()
    assert new in bench.destination.names
    assert bench.doubled == 0


def test_another_tenant_starts_anew_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(small_tenant())
    bench.run()
    other = small_tenant(account="0f2c")
    for item in other.items:
        item.name = guid(int(item.created * 1000))
        item.body["Id"] = item.name
    bench.tenant, bench.connection = other, Connection("other tenant", "auto")
    bench.run()
    assert (bench.lost, bench.doubled) == (set(), 0)
    assert any("account_changed tenant=other" in line for line in messages(caplog))
    assert bench.state.account_ids == ("0f2c",)


# --- the lease --------------------------------------------------------------------------------


def test_a_run_whose_lease_was_taken_over_writes_no_more() -> None:
    bench = Bench(small_tenant(), input_settings(START_ALL))
    bench.tenant.seconds = 20

    def take_over(count: int) -> None:
        if count == 8:
            bench.store.lease = Lease("other/1/ab", int(NOON + 10**6))

    bench.tenant.before = take_over
    delivered: list[int] = []
    with pytest.raises(LeaseLostError):
        bench.run()
    delivered.append(len(bench.destination.events))
    assert 0 < delivered[0] < len(bench.tenant.items)
    assert bench.store.lease == Lease("other/1/ab", int(NOON + 10**6))


def test_a_long_reading_of_known_records_keeps_the_lease() -> None:
    # Nothing new for longer than the lease lasts: another copy must not think this one gone.
    bench = Bench(small_tenant(order="shuffled"))
    bench.run()
    bench.later(DAY)
    bench.tenant.seconds = 100
    kept: list[bool] = []

    def look(_: int) -> None:
        lease = bench.store.lease
        kept.append(lease is not None and lease.expires > bench.tenant.clock.local())

    bench.tenant.before = look
    bench.run()
    assert len(kept) > 6
    assert all(kept)


def test_the_time_of_an_event_is_that_of_its_record() -> None:
    tenant = FakeTenant(Clock())
    tenant.add(NOON - 100.25)
    bench = Bench(tenant)
    bench.run()
    (event,) = bench.destination.events
    assert event.time == pytest.approx(NOON - 100.25, abs=1e-6)
    assert json.loads(event.data)["CreatedAt"] == iso(NOON - 100.25)


def test_any_failure_is_an_error_of_ours() -> None:
    """What splunkd and the log are told must name a remedy: no bare exception of the program."""
    bench = Bench(small_tenant(), store=MemoryStore(3))
    with pytest.raises(CollectorError) as caught:
        bench.run()
    assert caught.value.remedy
