# SPDX-License-Identifier: Apache-2.0
"""The audit log of a build that only exports CSV, read so that its rows can be told apart.

Rows have no `Id`: equal ones are told apart by counting them, which is right only over a reading
of one moment. So a window is read whole, and its last page once more, before its rows are
numbered; docs/on-premises-csv.md says what that can promise.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Callable, NamedTuple

from invicti_collector import timeline
from invicti_collector.csv_listing import Listing, Sheet, agreed, same, whole
from invicti_collector.csv_rows import Columns, Numbering, Row, RowReader
from invicti_collector.csv_table import read_table
from invicti_collector.errors import ServerError, UnexpectedAnswerError
from invicti_collector.invicti_api import InvictiApi
from invicti_collector.pages import PAGE_SIZE, Page
from invicti_collector.timeline import DateFormat, Window
from invicti_collector.user_dates import DEFAULT_FORMAT, DEFAULT_ZONE, Form, UserDates

READINGS = 4
"""Of a window that changes while it is read, before the rest is left to the next run."""

MOST_PAGES = 1_000_000
"""Against a server that has a full page for every number."""

_MOST_LISTINGS = 2
"""The live window is polled while a tile of the backfill is being read."""


class Query(NamedTuple):
    """What is asked for.

    Attributes:
        window: The stretch of time.
        date_format: How its dates are written.
    """

    window: Window
    date_format: DateFormat


class CsvExport:
    """Pages of a tenant's CSV export, in the manner of `ports.Tenant`.

    Arguments:
        api: The tenant's HTTP client.
        types: The known values of `Type`.
    """

    def __init__(self, api: InvictiApi, types: Iterable[str]) -> None:
        self._api = api
        self._types = tuple(types)
        self._rows = RowReader(UserDates(DEFAULT_FORMAT, DEFAULT_ZONE), self._types)
        self._columns: Columns | None = None
        self._form: Form | None = None
        self._asked = False
        self._leaves_open = False
        self._open_end = b""
        self._polled: dict[str, Any] = {}
        self._listings: dict[Window, Listing] = {}

    @property
    def dates(self) -> UserDates:
        """How the API user's dates are read."""
        return self._rows.dates

    @property
    def notes(self) -> dict[str, Any]:
        """What the next run, or the list after an upgrade, needs to know."""
        return {
            "date_format": self.dates.date_format,
            "zone": self.dates.zone,
            "columns": list(self._columns.header) if self._columns else None,
            "form": list(self._form) if self._form else None,
            **self._polled,
        }

    def recall(self, notes: dict[str, Any]) -> None:
        """Takes up what an earlier run has noted."""
        if "zone" not in notes:
            return
        self._rows = RowReader(UserDates(notes["date_format"], notes["zone"]), self._types)
        self._columns = Columns(notes["columns"]) if notes["columns"] else None
        self._form = Form(*notes["form"]) if notes["form"] else None
        self._polled = {name: notes[name] for name in ("window", "last", "mark") if name in notes}

    def glance(self, window: Window, date_format: DateFormat, number: int) -> Page | None:
        """Returns a page of the export as it is; None where there is none."""
        if not window.dated:
            self._asked = False  # the daily survey, perhaps of a run of days
        self._ask_profile()
        sheet = self._fetch(Query(window, date_format), number, self._rows_of)
        if sheet is None:
            return None
        numbering = Numbering()
        records = [numbering.record(row) for row in sheet]
        return Page(number, records, None, len(sheet) >= PAGE_SIZE, None)

    def page(self, window: Window, date_format: DateFormat, number: int) -> Page:
        """Returns a page to collect; see `ports.Tenant`."""
        query = Query(window, date_format)
        if number == 1:
            listing = self._open(query)
            self._keep(window, listing)
            if self._is_live(window):
                self._note(window, listing)
            return listing.page(1)
        listing = self._listings.get(window) or self._open(query)
        if number not in listing and number <= listing.last:
            listing = self._extended(query, listing, number)
            if self._is_live(window):
                self._note(window, listing)
        self._keep(window, listing)
        return listing.page(number)

    def _keep(self, window: Window, listing: Listing) -> None:
        self._listings.pop(window, None)
        while len(self._listings) >= _MOST_LISTINGS:
            del self._listings[next(iter(self._listings))]
        self._listings[window] = listing

    def _is_live(self, window: Window) -> bool:
        now = self._api.now()
        return window.end is None or now is None or window.end > now

    def _note(self, window: Window, listing: Listing) -> None:
        """Notes by what the next poll may tell that nothing has come."""
        mark = listing.page(1).fingerprint
        self._polled = {"window": list(window), "last": listing.last, "mark": mark}
        if listing.total is None:
            self._polled = {}

    # --- windows -------------------------------------------------------------------------------

    def _open(self, query: Query) -> Listing:
        polled = self._reopened(query)
        if polled is not None:
            return polled
        self._ask_profile()
        last, tail = self._find_end(query)
        if not query.window.dated:
            return Listing(last, tail)  # all of the history: never held as a whole
        if self._will_be_halved(query.window, last):
            return Listing(last, tail)
        return self._read_whole(query, last, tail)

    def _reopened(self, query: Query) -> Listing | None:
        """Returns a window that was read before by its last page alone, None where that changed.

        A page that is neither full nor empty proves how many there are before.
        """
        if self._polled.get("window") != list(query.window):
            return None
        last = int(self._polled["last"])
        listing = Listing(last, self._sheet(query, last))
        held = self._listings.get(query.window)
        if held and held.is_whole and held.last == last and same(held.tail, listing.tail):
            return held  # numbered over all of its rows, which a part cannot be
        if listing.page(1).fingerprint == self._polled["mark"]:
            return listing
        if self._ask_profile():  # other dates make other rows
            listing = Listing(last, self._sheet(query, last))
        if len(listing.tail) == PAGE_SIZE:
            return Listing(*self._end_beyond(query, last, listing.tail))
        return listing if 0 < len(listing.tail) < PAGE_SIZE else None

    def _will_be_halved(self, window: Window, last: int) -> bool:
        """Tells whether the collector will ask for a smaller tile instead of reading this one."""
        span = timeline.length(window) - timeline.OVERLAP
        large = timeline.is_too_large(span, (last - 1) * PAGE_SIZE)
        return large and not self._is_live(window)

    def _extended(self, query: Query, listing: Listing, number: int) -> Listing:
        """Returns a window with one more page of it, or with all of them.

        Of a window that was read before, the page that new rows have pushed forward is enough.
        """
        likely = listing.last if listing.newest_first else 2
        if query.window.dated and number != likely:
            return self._read_whole(query, listing.last, listing.tail)
        sheet = self._sheet(query, listing.last + 1 - number)
        listing.put(number, sheet, alone=not query.window.dated)
        return listing

    def _read_whole(self, query: Query, last: int, tail: Sheet) -> Listing:
        """Reads a window until its end is the same before and after."""
        sheets: dict[int, Sheet] = {}
        for _ in range(READINGS):
            if last == 1:
                return whole({1: tail})
            earlier = sheets
            sheets = {number: self._sheet(query, number) for number in range(1, last)}
            sheets[last] = self._sheet(query, last)
            if same(sheets[last], tail):
                return whole(sheets)
            last, tail = self._find_end(query)
        return whole(agreed(earlier, sheets), counted=False)

    def _find_end(self, query: Query) -> tuple[int, Sheet]:
        """Returns the number and the rows of the last page, in few requests."""
        first = self._sheet(query, 1)
        if len(first) != PAGE_SIZE:
            return 1, first  # or all rows, of a server that does not page
        return self._end_beyond(query, 1, first)

    def _end_beyond(self, query: Query, full: int, first: Sheet) -> tuple[int, Sheet]:
        """Returns the last page, which lies beyond a full one."""
        step = 1
        while len(tail := self._sheet(query, full + step)) >= PAGE_SIZE:
            if same(tail, first) and len({row.content for row in first}) > 1:
                return full, first  # the same: there is no paging
            full, step = full + step, 2 * step
            if full > MOST_PAGES:
                raise _endless(query)
        return self._between(query, full, full + step, tail)

    def _between(self, query: Query, full: int, last: int, tail: Sheet) -> tuple[int, Sheet]:
        while last - full > 1:
            middle = (full + last) // 2
            sheet = self._sheet(query, middle)
            if len(sheet) < PAGE_SIZE:
                last, tail = middle, sheet
            else:
                full = middle
        return last, tail

    # --- answers -------------------------------------------------------------------------------

    def _sheet(self, query: Query, number: int) -> Sheet:
        return self._fetch(query, number, self._whole_rows_of) or []

    def _fetch(
        self, query: Query, number: int, read: Callable[[bytes, str, str], list[Row]]
    ) -> list[Row] | None:
        return self._api.export(query.window, query.date_format, number, read)

    def _whole_rows_of(self, body: bytes, content_type: str, where: str) -> list[Row]:
        """Returns the rows of an answer that was not cut short.

        CSV does not tell its end. One that ends within a line is asked for again; a server that
        sends the same again just writes no line break there.
        """
        if not self._leaves_open and not read_table(body, content_type).ended:
            if body != self._open_end:
                self._open_end = body
                raise ServerError(
                    f"the CSV ends within a line, perhaps cut short after {len(body)} bytes",
                    where,
                    "none needed if it passes; else ask who runs the tenant, or the proxy",
                )
            self._leaves_open = True
        return self._rows_of(body, content_type, where)

    def _rows_of(self, body: bytes, content_type: str, _where: str) -> list[Row]:
        lines = read_table(body, content_type).lines
        if lines and self._is_header(lines[0]):
            self._columns = Columns(lines[0])
            lines = lines[1:]
        if self._columns is None:
            return []
        rows = [self._rows.read(self._columns, line) for line in lines]
        self._form = next((row.moment.form for row in rows if row.moment), self._form)
        return rows

    def _is_header(self, line: list[str]) -> bool:
        """Tells names of columns from a row, for a server that names them on page 1 alone."""
        known = self._columns
        columns = Columns(line)
        return known is None or columns.are_known or columns.header == known.header

    def _ask_profile(self) -> bool:
        """Asks once a run how the API user's dates are written; tells whether that has changed."""
        if self._asked:
            return False
        self._asked = True
        told = self._api.caller() or {}
        date_format = _text(told.get("DateFormat")) or DEFAULT_FORMAT
        zone = _text(told.get("TimeZoneInfo")) or DEFAULT_ZONE
        if (date_format, zone) == (self.dates.date_format, self.dates.zone):
            return False
        self._rows = RowReader(UserDates(date_format, zone), self._types)
        return True


def _endless(query: Query) -> UnexpectedAnswerError:
    return UnexpectedAnswerError(
        f"the CSV export has no end: page {MOST_PAGES} is full, too",
        f"auditlogs/export of {query.window}",
        "ask who runs the tenant",
    )


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
