"""A tenant whose export was collected gets the list: each record comes once, also late ones."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invicti_collector.errors import CollectorError, ServerError
from invicti_collector.pages import Page
from invicti_collector.records import Record
from invicti_collector.tenant.csv_rows import Columns, Numbering, RowsOfList
from invicti_collector.tenant.list_after_export import ListAfterExport
from invicti_collector.tenant.user_dates import Form, UserDates
from invicti_collector.timeline import DateFormat, Window
from tests.fakes.tenant import DAY, NOON, Clock, FakeTenant
from tests.unit.bench import Bench, input_settings

HOUR = 3600
SIZE = 4
ROWS = RowsOfList(
    Columns(("User", "Action", "Date")), UserDates("dd/MM/yyyy", "UTC"), Form(60, local=True)
)


@dataclass
class Upgrading:
    """Implements the port `Tenant`: rows of a whole window, numbered; then the list."""

    inner: FakeTenant
    notes: Mapping[str, Any] = field(default_factory=dict)
    until: float | None = None

    def __post_init__(self) -> None:
        self.now = self.inner.now

    def recall(self, notes: Mapping[str, Any]) -> None:
        """See `ports.Tenant`."""

    def glance(self, window: Window, date_format: DateFormat, number: int) -> Page:
        """See `ports.Tenant`."""
        return self.page(window, date_format, number)

    def onwards(
        self, window: Window, date_format: DateFormat, _first: Page, _following: Window | None
    ) -> Callable[[int], Page]:
        """See `ports.Tenant`."""
        return lambda number: self.page(window, date_format, number)

    def page(self, window: Window, date_format: DateFormat, number: int) -> Page:
        """See `ports.Tenant`."""
        page = self.inner.page(window, date_format, number)
        if self.until is not None:
            return ListAfterExport(ROWS, self.until).with_rows(page)
        numbering = Numbering()
        for earlier in range(1, number):
            for record in self.inner.page(window, date_format, earlier).records:
                numbering.digest(ROWS.content(record) or 0)
        return page._replace(records=[_row(record, numbering) for record in page.records])


def _row(record: Record, numbering: Numbering) -> Record:
    digest = numbering.digest(ROWS.content(record) or 0)
    return Record(digest, (record.created or 0) // 60 * 60, record.item, f"row {digest}")


@dataclass
class Finding(Upgrading):
    """The list is found by a request without dates, and noted for the next run."""

    there: bool = False

    def recall(self, notes: Mapping[str, Any]) -> None:
        """See `ports.Tenant`."""
        self.notes = notes
        self.until = notes.get("until")

    def glance(self, window: Window, date_format: DateFormat, number: int) -> Page:
        """See `ports.Tenant`."""
        if self.there and not window.dated and self.until is None:
            self.until = self.inner.clock.time + 60
            self.notes = {"until": self.until}
        return super().glance(window, date_format, number)


class Life:
    """One input through the upgrade."""

    def __init__(self, history: list[tuple[str, int, int]], order: str) -> None:
        self.order = order
        self.tenant = FakeTenant(Clock(NOON + 200), page_size=SIZE, seconds=0.0)
        for user, second, late in history:
            listed = NOON + 200 + late * HOUR if late else 0
            self.tenant.add(NOON + second, listed=listed, UserName=user)
        self.way = Upgrading(self.tenant)
        self.bench = Bench(self.tenant, wrap=lambda _: self.way)
        self.late: set[str] = set()

    def run(self) -> bool:
        """One run; tells whether it was a good one."""
        try:
            self.bench.run()
        except CollectorError:
            return False
        return True

    def live(self, hours: int = 7) -> None:
        """Two polls of the export, so many hours, and polls of the list for days."""
        self.run()
        self.bench.later(6 * HOUR)
        self.run()
        self.bench.later(hours * HOUR)
        self.way.until = self.tenant.clock.time + 60
        self.tenant.order = self.order
        settled = False
        there = self.tenant.names
        for _ in range(18):
            # What turns up after all rows were taken comes in by its own name.
            self.late |= self.tenant.names - there if settled else set()
            there = self.tenant.names
            settled = self.run() or settled
            self.bench.later(6 * HOUR)
        self.bench.later(2 * DAY)
        assert self.run() or self.run()

    @property
    def excess(self) -> Counter[tuple[str, int]]:
        """What was delivered too often, and by a negative number what too seldom."""
        found = Counter(_said(event.data) for event in self.bench.destination.events)
        found.subtract(_said(item.body) for item in self.tenant.items)
        return found


def _said(item: Any) -> tuple[str, int]:
    body = json.loads(item) if isinstance(item, str) else item
    return body["UserName"], int(body["CreatedAt"][14:16])


HISTORIES = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.integers(0, 179),
        st.sampled_from([0, 0, 0, 3, 9, 15, 22, 31, 44]),
    ),
    min_size=1,
    max_size=24,
)
ORDERS = st.sampled_from(["newest", "oldest", "shuffled", "reshuffled"])


@given(HISTORIES, ORDERS, st.sampled_from([1, 7]))
def test_each_record_comes_once(
    history: list[tuple[str, int, int]], order: str, hours: int
) -> None:
    life = Life(history, order)
    life.live(hours)
    assert set(life.excess.values()) == {0}
    names = Counter(life.bench.destination.names)
    assert set(names.values()) == {1}
    # On the same day, the live window was not read anew: a late one may stand for its row's record.
    assert hours == 1 or life.late <= names.keys()
    # What is kept of them is forgotten as ever.
    assert not life.bench.store.ids


@given(HISTORIES, ORDERS, st.integers(1, 60), st.booleans())
def test_a_kill_doubles_a_page_at_most(
    history: list[tuple[str, int, int]], order: str, write: int, applied: bool
) -> None:
    life = Life(history, order)
    life.bench.store.fail_on_write, life.bench.store.applied = write, applied
    life.live()
    excess = life.excess
    assert min(excess.values()) >= 0
    assert sum(excess.values()) <= SIZE
    assert life.bench.doubled <= SIZE
    assert life.late <= set(life.bench.destination.names)


def test_a_list_that_is_found_in_a_backfill_is_the_next_run_s_too() -> None:
    """It is asked for without dates when a tile has no records."""
    tenant = FakeTenant(Clock(NOON), page_size=SIZE)
    for number in range(40):
        tenant.add(NOON - 5 * DAY + number * 600, UserName="a")
    way = Finding(tenant)
    bench = Bench(tenant, input_settings(NOON - 100 * DAY), wrap=lambda _: way)

    def before(_: int) -> None:
        window, page = tenant.requests[-1][0], tenant.requests[-1][2]
        way.there = way.there or (window.end or NOON) < NOON - 50 * DAY
        if page == 8:
            raise ServerError("HTTP 503", "fake tenant", "none")

    tenant.before = before
    with pytest.raises(ServerError):
        bench.run()
    tenant.before = lambda _: None
    bench.run()
    assert Counter(_said(event.data) for event in bench.destination.events) == Counter(
        _said(item.body) for item in tenant.items
    )
