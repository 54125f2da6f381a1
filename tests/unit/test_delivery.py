"""delivery: a page is written, then saved as seen; in that order, and wholly or not at all."""

from __future__ import annotations

import json
import logging
from typing import Any
from unittest.mock import patch

import pytest

from invicti_collector.clock import TOLERANCE, TenantClock
from invicti_collector.delivery import Delivery
from invicti_collector.errors import CollectorError, LeaseLostError
from invicti_collector.lease import LEASE_SECONDS, InputLease
from invicti_collector.pages import Page, read_page
from invicti_collector.ports import Lease
from invicti_collector.progress import Progress, State
from invicti_collector.timeline import DateFormat, Window
from tests.fakes.ports import ListDestination, MemoryStore
from tests.fakes.tenant import DAY, NOON, Clock, FakeTenant, guid, iso
from tests.unit.bench import LOG, input_settings

WINDOW = Window(NOON - DAY, NOON + DAY)


class Way:
    """One delivery with all around it."""

    def __init__(self, store: MemoryStore | None = None, **wanted: Any) -> None:
        self.clock = Clock()
        self.store = store or MemoryStore()
        self.destination = ListDestination()
        self.lease = InputLease(self.store, "server", self.clock.local)
        self.lease.acquire()
        state = State("c", NOON - DAY, NOON - DAY, 7)
        self.progress = Progress(self.store, state, self.lease.assure)
        tenant_clock = TenantClock(FakeTenant(self.clock), self.clock.local)
        self.delivery = Delivery(
            input_settings(**wanted),
            self.destination,
            self.progress,
            self.lease,
            tenant_clock,
            LOG,
        )

    def take(self, page: Page) -> None:
        """Delivers a page of the backfill."""
        self.delivery.take(page, WINDOW, live=False)


def page_of(*numbers: int, **fields: Any) -> Page:
    base = {"CreatedAt": iso(NOON), "Type": "Signin", "EndpointType": "Web"}
    return read_page([{**base, "Id": guid(number), **fields} for number in numbers], 1)


def test_what_is_new_is_delivered_once_in_the_page_s_order() -> None:
    way = Way()
    way.take(page_of(3, 1, 3, 2))
    way.take(page_of(2, 4, 1))
    assert way.destination.names == [guid(number) for number in (3, 1, 2, 4)]
    assert [len(page) for page in way.destination.pages] == [3, 1]
    assert way.delivery.tally.events == 4
    assert way.delivery.tally.newest == NOON


def test_a_page_without_news_costs_no_write() -> None:
    way = Way()
    way.take(page_of(1))
    writes = way.store.writes
    way.take(page_of(1))
    assert (way.store.writes, way.destination.deliveries) == (writes, 1)


def test_nothing_is_saved_of_a_page_that_was_not_taken() -> None:
    way = Way()
    way.destination.fail_on_page = 1
    with pytest.raises(CollectorError):
        way.take(page_of(1, 2))
    assert way.store.ids == []
    way.take(page_of(1, 2))
    assert len(way.destination.names) == 2


def test_a_page_that_was_not_saved_is_delivered_again() -> None:
    way = Way(MemoryStore(1))
    with pytest.raises(CollectorError):
        way.take(page_of(1, 2))
    way.take(page_of(1, 2))
    assert len(way.destination.names) == 4


def test_a_lost_lease_stops_before_anything_is_written() -> None:
    way = Way()
    way.clock.time += LEASE_SECONDS + 1
    way.store.lease = Lease("other/1/ab", int(way.clock.time) + 100)
    with pytest.raises(LeaseLostError):
        way.take(page_of(1))
    assert (way.destination.deliveries, way.store.writes) == (0, 0)


def test_a_lease_lost_while_the_page_was_taken_stops_before_it_is_saved() -> None:
    """As while splunkd reads nothing, for as long as it likes."""
    way = Way()

    def deliver(_events: Any) -> None:
        way.clock.time += LEASE_SECONDS + 1
        way.store.lease = Lease("other/1/ab", int(way.clock.time) + 100)

    with patch.object(way.destination, "deliver", deliver), pytest.raises(LeaseLostError):
        way.take(page_of(1))
    assert way.store.writes == 0


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"CreatedAt": iso(NOON - DAY - 1)}, False),
        ({"CreatedAt": iso(NOON - DAY)}, True),
        ({"CreatedAt": None}, True),
        ({"EndpointType": "Api"}, False),
        ({"EndpointType": None}, True),
        ({"EndpointType": 2}, True),
        ({"Type": "ScanStarted"}, False),
        ({"Type": "SCANSTARTED"}, False),
        ({"Type": 17}, True),
        ({"Type": None}, True),
    ],
)
def test_what_is_not_wanted_is_seen_but_not_written(
    fields: dict[str, Any], *, wanted: bool
) -> None:
    some = frozenset({"Web"})
    way = Way(endpoint_types=some, exclude_types=frozenset({"scanstarted"}))
    way.take(page_of(1, **fields))
    assert len(way.destination.events) == (1 if wanted else 0)
    assert way.delivery.tally.excluded == (0 if wanted else 1)
    assert sum(len(ids.digests) for ids in way.store.ids) == 1


def test_the_tally_is_that_of_all_pages() -> None:
    way = Way(exclude_types=frozenset({"scanstarted"}))
    way.take(page_of(1, 2, Type="ScanStarted"))
    way.take(page_of(3, Type="ScanStarted"))
    way.take(page_of(4, 5))
    way.take(page_of(6))
    assert (way.delivery.tally.events, way.delivery.tally.excluded) == (3, 3)


def test_flaws_are_told_in_one_line_and_written(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    way = Way()
    way.take(page_of(1, CreatedAt="soon", Message="x" * 1_000_001))
    (line,) = [record.getMessage() for record in caplog.records]
    assert f'id="{guid(1)}" flaws=unreadable_created_at,oversized characters=1000' in line
    assert [event.time for event in way.destination.events] == [NOON]
    way.take(page_of(2, CreatedAt="soon"))
    assert f'id="{guid(2)}" flaws=unreadable_created_at characters=' in caplog.text


@pytest.mark.parametrize(
    ("choice", "shown"),
    [
        ("keep", {"RequestData": "Password=abc"}),
        ("mask", {"RequestData": "Password=********"}),
        ("drop", {}),
    ],
)
def test_an_event_is_the_record_as_the_input_wants_it(choice: str, shown: dict[str, str]) -> None:
    way = Way(request_data=choice)
    fields = {"CreatedAt": iso(NOON - 60), "RequestData": "Password=abc", "Message": "José"}
    way.take(page_of(1, **fields))
    (event,) = way.destination.events
    base = {**fields, "Type": "Signin", "EndpointType": "Web", "Id": guid(1)}
    del base["RequestData"]
    assert json.loads(event.data) == {**base, **shown}
    assert (event.time, event.name) == (NOON - 60, guid(1))


@pytest.mark.parametrize("beyond", [0, 1])
def test_a_large_event_is_told_from_a_million_characters_on(
    caplog: pytest.LogCaptureFixture, beyond: int
) -> None:
    caplog.set_level(logging.WARNING)
    way = Way()
    way.take(page_of(1, Message=""))
    rest = len(way.destination.events[0].data)
    way.take(page_of(2, Message="x" * (1_000_000 - rest + beyond)))
    assert len(way.destination.events[1].data) == 1_000_000 + beyond
    told = [record.getMessage() for record in caplog.records]
    line = f'action=record_flawed id="{guid(2)}" flaws=oversized characters=1000001'
    assert told == ([line] if beyond else [])


def test_the_tenant_s_time_is_taken_where_it_tells_it() -> None:
    clock = Clock(local_error=2 * DAY)
    tenant = FakeTenant(clock)
    told = TenantClock(tenant, clock.local)
    told.assumed_offset = -5
    assert told.now() == NOON + 2 * DAY - 5
    tenant.page(WINDOW, DateFormat.US, 1)
    assert told.now() == clock.time
    assert told.offset() == -2 * DAY
    clock.local_error = TOLERANCE
    assert told.offset() == 0
