"""probe: a date that is misread looks like silence, so it must be noticed."""

from __future__ import annotations

from typing import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invicti_collector.pages import Page
from invicti_collector.probe import Finding, any_foreign, probe
from invicti_collector.records import read_records
from invicti_collector.timeline import EVERYTHING, DateFormat, Window
from tests.fakes.tenant import DAY, NOON, Clock, FakeTenant, iso

US, ISO, NONE = DateFormat.US, DateFormat.ISO, DateFormat.NONE
HOUR = 3600


def busy(**fields: object) -> FakeTenant:
    """More records in the last day than a page holds, so that page 1 alone tells little."""
    tenant = FakeTenant(Clock(), **fields)  # type: ignore[arg-type]
    tenant.fill(400, NOON - 20 * DAY, NOON - DAY)
    tenant.fill(300, NOON - DAY, NOON)
    return tenant


def quiet(**fields: object) -> FakeTenant:
    tenant = FakeTenant(Clock(), **fields)  # type: ignore[arg-type]
    tenant.fill(30, NOON - 300 * DAY, NOON)
    return tenant


def probed(tenant: FakeTenant, setting: str = "auto") -> Finding:
    return probe(tenant.page, setting)


@pytest.mark.parametrize("make", [busy, quiet])
@pytest.mark.parametrize("order", ["newest", "oldest", "shuffled"])
@pytest.mark.parametrize("unread", ["refuse", "ignore"])
@pytest.mark.parametrize(
    ("reads", "swapped", "expected"),
    [
        ({US, ISO}, False, US),
        ({US}, False, US),
        ({ISO}, False, ISO),
        ({US, ISO}, True, ISO),
        ({US}, True, NONE),
        (set(), False, NONE),
    ],
)
def test_the_form_of_date_that_the_tenant_reads_is_found(
    make: Callable[..., FakeTenant],
    order: str,
    unread: str,
    reads: set[DateFormat],
    expected: DateFormat,
    *,
    swapped: bool,
) -> None:
    tenant = make(order=order, unread=unread, reads=frozenset(reads), swapped=swapped)
    finding = probed(tenant)
    assert finding.date_format is expected
    assert len(finding.sample.records) == min(len(tenant.items), tenant.page_size)


@settings(max_examples=60)
@given(st.integers(0, 400), st.sampled_from([-12, -11, 0, 5.5, 14]), st.booleans())
def test_no_day_and_no_zone_misleads_the_probe(day: int, zone: float, swapped: bool) -> None:
    tenant = FakeTenant(Clock(NOON + day * DAY), zone_hours=zone, swapped=swapped)
    tenant.fill(20, NOON + (day - 40) * DAY, NOON + day * DAY, seed=day)
    assert probed(tenant).date_format is (ISO if swapped else US)


def test_only_the_account_s_form_is_tried() -> None:
    assert probed(quiet(), "ISO 8601").date_format is ISO
    assert probed(quiet(reads=frozenset({US})), "ISO 8601").date_format is NONE
    assert probed(quiet(reads=frozenset({ISO})), "MM/dd/yyyy HH:mm:ss").date_format is NONE


def test_the_first_request_carries_no_dates() -> None:
    tenant = quiet()
    probed(tenant)
    assert tenant.requests[0] == (EVERYTHING, NONE, 1)
    assert all(window.dated and number == 1 for window, _, number in tenant.requests[1:])


@pytest.mark.parametrize("order", ["newest", "oldest", "shuffled"])
def test_a_tenant_so_busy_that_page_1_fits_any_window_does_not_mislead(order: str) -> None:
    tenant = FakeTenant(Clock(), order=order, reads=frozenset(), unread="ignore")
    tenant.fill(500, NOON - HOUR, NOON)
    assert probed(tenant).date_format is NONE


@pytest.mark.parametrize(
    "created_at", ["20/05/2024 03:30 PM", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
)
def test_without_a_usable_date_there_is_nothing_to_tell_by(created_at: str) -> None:
    tenant = FakeTenant(Clock())
    tenant.add(NOON, created_at=created_at)
    finding = probed(tenant)
    assert finding.date_format is None
    assert len(finding.sample.records) == 1
    # One usable record is enough.
    tenant.add(NOON - HOUR)
    assert probed(tenant).date_format is US


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_the_record_with_the_shortest_window_is_asked_for(order: str) -> None:
    """Around the fifth of May it would reach from the 13th of April to the 13th of May."""
    tenant = FakeTenant(Clock(), order=order)
    for day in (15, 0, 14):
        tenant.add(NOON - day * DAY)
    probed(tenant)
    window = tenant.requests[1][0]
    assert window == Window(NOON // DAY * DAY - DAY, NOON // DAY * DAY + 2 * DAY)


def test_an_empty_tenant_tells_nothing() -> None:
    finding = probed(FakeTenant(Clock()))
    assert finding == Finding(None, Page(1, [], 0, has_next=False, last_number=1))


def test_foreign_is_what_no_zone_explains() -> None:
    def record(moment: float | None) -> bool:
        text = None if moment is None else iso(moment)
        return any_foreign(read_records([{"Id": "x", "CreatedAt": text}]), window)

    window = Window(NOON, NOON + DAY)
    assert not record(NOON - 28 * HOUR)
    assert not record(NOON + DAY + 28 * HOUR)
    assert not record(None)
    assert record(NOON - 2 * DAY)
    assert record(NOON + 3 * DAY)


@pytest.mark.parametrize("beside", [NOON - 9 * DAY, NOON + 9 * DAY])
def test_one_record_that_a_window_cannot_show_is_enough(beside: float) -> None:
    window = Window(NOON - DAY, NOON + DAY)
    times = [NOON, beside, NOON + 60]
    records = read_records({"Id": str(time), "CreatedAt": iso(time)} for time in times)
    assert any_foreign(records, window)
    assert not any_foreign([records[0], records[2]], window)
