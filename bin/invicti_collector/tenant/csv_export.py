# SPDX-License-Identifier: Apache-2.0
"""The audit log of a build that only exports CSV, read so that its rows can be told apart.

Rows have no `Id`: equal ones are told apart by counting them, which is right only over a reading
of one moment. So a window is read whole, and its last page once more, before its rows are
numbered; docs/on-premises-csv.md says what that can promise.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from invicti_collector import timeline
from invicti_collector.errors import UnexpectedAnswerError
from invicti_collector.pages import PAGE_SIZE, Page
from invicti_collector.tenant.csv_listing import Listing, Sheet, agreed, same, shows, whole
from invicti_collector.tenant.csv_rows import Numbering
from invicti_collector.tenant.csv_sheets import CsvSheets, Query
from invicti_collector.tenant.invicti_api import InvictiApi
from invicti_collector.tenant.user_dates import UserDates
from invicti_collector.timeline import DateFormat, Window

READINGS = 4
"""Of a window that changes while it is read, before the rest is left to the next run."""

MOST_PAGES = 1_000_000
"""Against a server that has a full page for every number."""

_MOST_LISTINGS = 2
"""The live window is polled while a tile of the backfill is being read."""


class CsvExport:
    """Pages of a tenant's CSV export, in the manner of `ports.Tenant`.

    Arguments:
        api: The tenant's HTTP client.
        types: The known values of `Type`.
    """

    def __init__(self, api: InvictiApi, types: Iterable[str]) -> None:
        self._api = api
        self._sheets = CsvSheets(api, types)
        self._size = PAGE_SIZE
        """The rows of a full page: fewer of a server that gives less than it is asked for."""
        self._polled: dict[str, Any] = {}
        self._listings: dict[Window, Listing] = {}

    @property
    def dates(self) -> UserDates:
        """How the API user's dates are read."""
        return self._sheets.dates

    @property
    def notes(self) -> dict[str, Any]:
        """What the next run, or the list after an upgrade, needs to know."""
        return {**self._sheets.notes, "page_size": self._size, **self._polled}

    def recall(self, notes: dict[str, Any]) -> None:
        """Takes up what an earlier run has noted.

        Raises:
            LookupError, TypeError, ValueError, AttributeError: when none has noted that.
        """
        self._sheets.recall(notes)
        self._size = notes.get("page_size", PAGE_SIZE)
        if self._size < 1:
            raise ValueError
        self._polled = {}
        if "window" in notes:
            self._polled = {name: notes[name] for name in ("window", "last", "mark")}
            if self._polled["last"] < 1:
                raise ValueError

    def glance(
        self, window: Window, date_format: DateFormat, number: int, *, trial: bool = False
    ) -> Page | None:
        """Returns a page of the export as it is; None where there is none.

        Arguments:
            window: As in `page`.
            date_format: The same.
            number: The same.
            trial: Whether a person waits: what only collecting needs to know is not asked for.
        """
        query = Query(window, date_format)
        # Page 1 without dates is the daily survey, perhaps of a run of days.
        survey = not window.dated and number == 1 and not trial
        self._sheets.ask_profile(anew=survey)
        sheet = self._sheets.glance(query, number)
        if sheet is None:
            return None
        if survey:
            self._learn_size(query, sheet)
        numbering = Numbering()
        records = [numbering.record(row) for row in sheet]
        return Page(number, records, None, len(sheet) >= self._size, None)

    def _learn_size(self, query: Query, first: Sheet) -> None:
        """Finds out how many rows a full page has, by a short one that has another behind it."""
        size = PAGE_SIZE
        if 0 < len(first) < PAGE_SIZE and self._is_continued(query, first):
            # Once more, since rows may have come between the two, and a glance may be cut.
            size = len(self._sheets.sheet(query, 1)) or PAGE_SIZE
        if size != self._size:
            self._listings.clear()  # their pages, and that of the last poll, are other ones
            self._polled = {}
        self._size = size

    def _is_continued(self, query: Query, first: Sheet) -> bool:
        """Tells whether page 2 has other rows; if not, page 1 has all, full or not."""
        second = self._sheets.sheet(query, 2)
        return bool(second) and not self._is_repeated(query, second, first)

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
        # A page that is full may have another behind it, which would show what has come.
        if listing.total is None or len(listing.tail) == self._size:
            self._polled = {}

    # --- windows -------------------------------------------------------------------------------

    def _open(self, query: Query) -> Listing:
        polled = self._reopened(query)
        if polled is not None:
            return polled
        self._sheets.ask_profile()
        last, tail = self._find_end(query)
        if not query.window.dated:
            return Listing(last, tail, self._size)  # all of the history: never held as a whole
        if self._will_be_halved(query.window, last):
            return Listing(last, tail, self._size)
        return self._read_whole(query, last, tail)

    def _reopened(self, query: Query) -> Listing | None:
        """Returns a window that was read before by its last page alone, None where that changed.

        A page that is neither full nor empty proves how many there are before.
        """
        if self._polled.get("window") != list(query.window):
            return None
        last: int = self._polled["last"]
        listing = Listing(last, self._sheets.sheet(query, last), self._size)
        held = self._listings.get(query.window)
        if held and held.is_whole and held.last == last and same(held.tail, listing.tail):
            return held  # numbered over all of its rows, which a part cannot be
        if listing.page(1).fingerprint == self._polled["mark"]:
            return listing
        if self._sheets.ask_profile():  # other dates make other rows
            listing = Listing(last, self._sheets.sheet(query, last), self._size)
        if len(listing.tail) == self._size:
            return Listing(*self._end_beyond(query, last, listing.tail), self._size)
        return listing if 0 < len(listing.tail) < self._size else None

    def _will_be_halved(self, window: Window, last: int) -> bool:
        """Tells whether the collector will ask for a smaller tile instead of reading this one."""
        span = timeline.length(window) - timeline.OVERLAP
        large = timeline.is_too_large(span, (last - 1) * self._size)
        return large and not self._is_live(window)

    def _extended(self, query: Query, listing: Listing, number: int) -> Listing:
        """Returns a window with one more page of it, or with all of them.

        Of a window that was read before, the page that new rows have pushed forward is enough. An
        order that cannot be told may be another one by now, so that page would prove nothing; and
        one that has changed since the last page was read may show rows of it once more.
        """
        likely = listing.last if listing.newest_first else 2 if listing.oldest_first else 0
        if query.window.dated and number != likely:
            return self._read_whole(query, listing.last, listing.tail)
        sheet = self._sheets.sheet(query, listing.last + 1 - number)
        if query.window.dated and not listing.follows(sheet):
            return self._read_whole(query, *self._find_end(query))
        listing.put(number, sheet, alone=not query.window.dated)
        return listing

    def _read_whole(self, query: Query, last: int, tail: Sheet) -> Listing:
        """Reads a window until its end is the same before and after."""
        common: dict[int, Sheet] = {}
        for _ in range(READINGS):
            if last == 1:
                return whole({1: tail}, self._size)
            sheets = {number: self._sheets.sheet(query, number) for number in range(1, last)}
            sheets[last] = self._sheets.sheet(query, last)
            full = all(len(sheets[number]) == self._size for number in range(1, last))
            if full and same(sheets[last], tail):
                listing = whole(sheets, self._size)
                # An end that shows no order, such as an empty one, may be the same in another.
                if listing.has_order or same(self._sheets.sheet(query, 1), sheets[1]):
                    return listing
            common = agreed(common, sheets) if common else sheets
            last, tail = self._find_end(query)
        return whole(common, self._size, counted=False)

    def _find_end(self, query: Query) -> tuple[int, Sheet]:
        """Returns the number and the rows of the last page, in few requests."""
        first = self._sheets.sheet(query, 1)
        if len(first) < self._size:
            return 1, first
        if len(first) > self._size:
            if not self._is_continued(query, first):
                return 1, first  # all rows, of a server that does not page
            self._size = len(first)
        return self._end_beyond(query, 1, first)

    def _end_beyond(self, query: Query, full: int, first: Sheet) -> tuple[int, Sheet]:
        """Returns the last page, which lies beyond a full one."""
        before, step = full, 1
        while len(tail := self._sheets.sheet(query, full + step)) >= self._size:
            if self._is_repeated(query, tail, first):
                return self._repeated(query, before, full, first)
            before, full, first, step = full, full + step, tail, 2 * step
            if full > MOST_PAGES:
                raise _endless(query)
        return self._between(query, full, full + step, tail)

    def _is_repeated(self, query: Query, later: Sheet, earlier: Sheet) -> bool:
        """Tells whether a page is an earlier one once more, as where none lies beyond that.

        Rows of one moment may say the same in turns, page by page; but not for any number.
        """
        if not shows(later, earlier):
            return False
        moments = {row.item.get("CreatedAt") for row in earlier}
        return len(moments) > 1 or shows(self._sheets.sheet(query, MOST_PAGES), earlier)

    def _repeated(self, query: Query, before: int, full: int, last: Sheet) -> tuple[int, Sheet]:
        """Returns the first page that shows what those after it repeat; 1 where none pages."""
        while full - before > 1:
            middle = (before + full) // 2
            if same(self._sheets.sheet(query, middle), last):
                full = middle
            else:
                before = middle
        return full, last

    def _between(self, query: Query, full: int, last: int, tail: Sheet) -> tuple[int, Sheet]:
        while last - full > 1:
            middle = (full + last) // 2
            sheet = self._sheets.sheet(query, middle)
            if len(sheet) < self._size:
                last, tail = middle, sheet
            else:
                full = middle
        return last, tail


def _endless(query: Query) -> UnexpectedAnswerError:
    return UnexpectedAnswerError(
        f"the CSV export has no end: page {MOST_PAGES} is full, too",
        f"auditlogs/export of {query.window}",
        "ask who runs the tenant",
    )
