# SPDX-License-Identifier: Apache-2.0
"""A window of the CSV export as numbered pages.

The export tells no count. Its last page does: it alone is not full. So the pages are handed on in
reverse: page 1 is the export's last one, which tells by itself whether anything has come, and
where a list that is oldest first has its new rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from invicti_collector.pages import Page
from invicti_collector.records import Record
from invicti_collector.tenant.csv_rows import Numbering, Row

Sheet = Sequence[Row]
"""The rows of one page of the export, in its order."""


class Listing:
    """What is known of one window.

    Arguments:
        last: The number of the export's last page, which may be empty.
        tail: Its rows.
        size: The rows of a full page.
        counted: Whether all the pages before are full, so that the count is certain.
    """

    def __init__(self, last: int, tail: Sheet, size: int, *, counted: bool = True) -> None:
        self.last = last
        self.tail = tail
        self.total = (last - 1) * size + len(tail) if counted else None
        self._numbering = Numbering()
        self._pages: dict[int, list[Record]] = {}
        self.put(1, tail)

    def put(self, number: int, sheet: Sheet, *, alone: bool = False) -> None:
        """Takes in a page; equal rows are numbered in the order in which pages come in.

        Arguments:
            number: Which page this is, from the export's end.
            sheet: Its rows.
            alone: Whether all but page 1 may be dropped, so that a history is never held whole.
        """
        if alone:
            self._pages = {1: self._pages[1]}
        self._pages[number] = [self._numbering.record(row) for row in reversed(sheet)]

    def __contains__(self, number: object) -> bool:
        """Tells whether a page is there."""
        return number in self._pages

    @property
    def is_whole(self) -> bool:
        """Whether all pages are there, numbered together."""
        return len(self._pages) == self.last

    def page(self, number: int) -> Page:
        """Returns a page that is there; past the end, an empty one."""
        records = self._pages.get(number, [])
        return Page(number, records, self.total, number < self.last, self.last)

    @property
    def newest_first(self) -> bool:
        """Whether the export's last page shows that it has the oldest rows."""
        return _falls(self._times)

    @property
    def oldest_first(self) -> bool:
        """Whether the export's last page shows that it has the newest rows."""
        return _falls(self._times[::-1])

    @property
    def has_order(self) -> bool:
        """Whether the export's last page shows any."""
        return self.newest_first or self.oldest_first

    def follows(self, sheet: Sheet) -> bool:
        """Tells whether the last page comes after an earlier one in the order that it shows."""
        times = _times(sheet) + self._times
        return _falls(times if self.newest_first else times[::-1])

    @property
    def _times(self) -> list[float]:
        return _times(self.tail)


def _times(sheet: Sheet) -> list[float]:
    return [row.moment.seconds if row.moment else 0.0 for row in sheet]


def _falls(times: list[float]) -> bool:
    falling = all(earlier >= later for earlier, later in zip(times, times[1:]))
    return falling and len(times) > 1 and times[0] > times[-1]


def whole(sheets: Mapping[int, Sheet], size: int, *, counted: bool = True) -> Listing:
    """Returns a window of which every page is there.

    Arguments:
        sheets: The export's pages by number.
        size: The rows of a full page.
        counted: Whether they are certain to be of one moment.
    """
    last = max(sheets)
    listing = Listing(last, sheets[last], size, counted=counted)
    for number in range(last - 1, 0, -1):
        listing.put(last + 1 - number, sheets[number])
    return listing


def agreed(earlier: Mapping[int, Sheet], later: Mapping[int, Sheet]) -> dict[int, Sheet]:
    """Returns of readings that differ what both have: a row that shifted is not two rows.

    Arguments:
        earlier: Pages by number.
        later: Pages by number.
    """
    left = Counter(row.content for sheet in earlier.values() for row in sheet)
    kept: dict[int, Sheet] = {}
    for number, sheet in later.items():
        rows = []
        for row in sheet:
            if left[row.content] > 0:
                left[row.content] -= 1
                rows.append(row)
        kept[number] = rows
    return kept


def shows(one: Sheet, other: Sheet) -> bool:
    """Tells whether a page has the rows of another, in its order, and perhaps new ones."""
    contents = (row.content for row in one)
    return all(row.content in contents for row in other)


def same(one: Sheet, other: Sheet) -> bool:
    """Tells whether two pages show the same rows in the same order."""
    return [row.content for row in one] == [row.content for row in other]
