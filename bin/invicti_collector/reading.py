# SPDX-License-Identifier: Apache-2.0
"""Reads a window of the audit log until its count is verified.

The list has no cursor, an unknown order, and changes while it is paged. What proves a reading is
that the distinct ids it saw are as many as the server counts.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Callable, NamedTuple

from invicti_collector.errors import UnexpectedAnswerError
from invicti_collector.pages import Order, Page
from invicti_collector.records import Record

FRUITLESS_PASSES = 3
"""Passes in a row that show nothing new before a wrong count is called a mismatch. A list in
random order takes many passes, each of which shows something new."""

MOST_PASSES = 30
"""Against a list that grows faster than it can be read; a random order takes about ten."""

UNCOUNTED_PASSES = 3
"""The same where the server gives no count to end earlier by."""

BARREN_PAGES = 3
"""Pages in a row that only repeat records of the same pass: the end of a list that does not tell
its end, or lies about it. The count proves whether it was."""

MOST_PAGES = 50_000
"""Of one pass, ten million records: a list that is longer has no end."""

Fetch = Callable[[int], Page]
Knows = Callable[[Record], bool]
Pages = Generator[Page, None, "Reading"]


class Reading(NamedTuple):
    """What came of reading a window.

    Attributes:
        verified: Whether the ids seen are as many as the server counts.
        total: The server's count at the end; None where it gives none.
        collected: How many distinct ids the window has shown.
        fingerprint: The first page's, to recognise an unchanged window by.
    """

    verified: bool
    total: int | None
    collected: int
    fingerprint: str


class _Known(NamedTuple):
    """What is known of a window before a pass: how many of its records, and which."""

    size: int
    knows: Knows


class _Pass:
    """One walk through the list, which may stop as soon as nothing more can be missing.

    Arguments:
        known: What is known of the window before.
        total: The count at the end of the pass before, to notice what is deleted in between.
    """

    def __init__(self, known: _Known | None, total: int | None) -> None:
        self.known = known
        self.ids: set[int] = set()
        self.fresh = 0
        self.pages = 0
        self.barren = 0
        self.total = total
        self.shrunk = False
        self.complete = False

    def take(self, page: Page) -> None:
        """Counts a page's records and tells from its total whether records were deleted."""
        fewer = self.total is not None and page.total is not None and page.total < self.total
        if fewer or page.unsettled:
            self.shrunk = True
        if page.records or page.total is not None:
            # None of a page with records takes back the count of the pages before: a list that
            # moves all the time may have other records by now, and as many.
            self.total = page.total
        self.pages += 1
        if self.pages > MOST_PAGES:
            raise UnexpectedAnswerError(
                f"the list of audit logs has no end: {MOST_PAGES} pages, and more to come",
                f"auditlogs/list page {page.number}",
                "what was new is delivered; ask who runs the tenant, or the proxy on the way",
            )
        before = len(self.ids)
        known_here = 0
        for record in page.records:
            if record.digest in self.ids:
                continue  # moved on from an earlier page: known only since this pass showed it
            if self.known is not None and self.known.knows(record):
                known_here += 1
            else:
                self.fresh += 1
            self.ids.add(record.digest)
        self.barren = self.barren + 1 if len(self.ids) == before else 0
        self._settle(page, bool(known_here))

    def _settle(self, page: Page, reached_known: bool) -> None:
        # Reaching a known record guards against a deletion that hides one new record in the count.
        if self.known is None or self.total is None or self.shrunk:
            return
        nothing_missing = self.known.size + self.fresh == self.total
        whole = not page.has_next and self.pages == page.number
        self.complete = nothing_missing and (reached_known or whole)

    def proves(self, earlier: set[int] | None) -> bool:
        """Tells whether this pass, alone, has seen every record of the window."""
        if self.complete:
            return True
        if self.shrunk:
            return False
        if self.total is None:
            return self.pages == 1 or (earlier is not None and self.ids <= earlier)
        return len(self.ids) == self.total


def read_window(fetch: Fetch, first: Page, knows: Knows, settled: int | None) -> Pages:
    """Reads a window; yields each page as it comes, returns the `Reading`.

    A page may be yielded again with records that were yielded before: the caller keeps them apart.

    Arguments:
        fetch: Returns a page of the window by its index.
        first: Page 1, as just fetched.
        knows: Tells whether a record was counted by an earlier reading.
        settled: How many records of the window were, when that one was verified; None = not known,
            read all.
    """
    known = None if settled is None else _Known(settled, knows)
    present: set[int] | None = None
    page = first
    passes = fruitless = 0
    total: int | None = None
    while True:
        passes += 1
        walk = _Pass(known, total)
        yield from _walk(fetch, page, walk)
        if walk.proves(present):
            count = known.size + walk.fresh if walk.complete and known else len(walk.ids)
            return Reading(True, walk.total, count, page.fingerprint)
        fruitless = fruitless + 1 if present is not None and walk.ids <= present else 0
        total = walk.total
        present, known = _learned(walk, present or set())
        most = UNCOUNTED_PASSES if total is None else MOST_PASSES
        if fruitless == FRUITLESS_PASSES or passes >= most:
            return Reading(False, walk.total, len(present or walk.ids), page.fingerprint)
        page = fetch(1)


def _learned(walk: _Pass, present: set[int]) -> tuple[set[int], _Known | None]:
    """Returns the ids to build the next pass on: none of which may have been deleted."""
    if walk.shrunk:
        return set(), None
    together = present | walk.ids
    if walk.total is None or len(together) > walk.total:
        return walk.ids, None
    return together, _Known(len(together), lambda record: record.digest in together)


def _walk(fetch: Fetch, first: Page, walk: _Pass) -> Iterator[Page]:
    """Yields pages in the order most likely to show what is missing first."""
    walk.take(first)
    yield first
    newest_last = walk.known is not None and first.order is not Order.NEWEST_FIRST
    if newest_last and first.has_next and first.last_number is not None:
        yield from _from_the_end(fetch, first.last_number, walk)
    else:
        yield from _onwards(fetch, first, walk)


def _onwards(fetch: Fetch, page: Page, walk: _Pass) -> Iterator[Page]:
    while page.has_next and not walk.complete:
        if walk.barren == BARREN_PAGES:
            return
        page = fetch(page.number + 1)
        walk.take(page)  # an empty one, too: its count may tell of a deletion
        if not page.records:
            return
        yield page


def _from_the_end(fetch: Fetch, last: int, walk: _Pass) -> Iterator[Page]:
    if walk.complete:
        return
    page = fetch(last)
    walk.take(page)
    yield page
    yield from _onwards(fetch, page, walk)
    for number in range(last - 1, 1, -1):
        if walk.complete or walk.barren >= BARREN_PAGES:
            return
        page = fetch(number)
        walk.take(page)
        yield page
