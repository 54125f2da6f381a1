# SPDX-License-Identifier: Apache-2.0
"""One run of an input: the live window first, then the backfill, each page delivered, then saved.

What it promises, and how the promises are kept: docs/how-it-works.md.
"""

from __future__ import annotations

import logging
import time
from typing import Callable

from invicti_collector import reconciliation, timeline
from invicti_collector.clock import TenantClock
from invicti_collector.configuration import START_ALL, START_DAY_BEFORE, InputSettings
from invicti_collector.delivery import Delivery, Tally
from invicti_collector.errors import DatesRefusedError, TransientError, quoted
from invicti_collector.lease import InputLease
from invicti_collector.pages import Page
from invicti_collector.ports import Destination, Store, Tenant
from invicti_collector.probe import any_foreign
from invicti_collector.progress import (
    LiveReading,
    Progress,
    State,
    new_state,
    state_from_json,
)
from invicti_collector.reading import Fetch, Pages, Reading, read_window
from invicti_collector.survey import Connection, Survey
from invicti_collector.timeline import EVERYTHING, DateFormat, Window

MOST_DOUBTS = 3
"""Runs that find a tile's count wrong before the backfill goes on with an error in the log."""

LONGEST_WAIT = timeline.DAY
"""Seconds that a tenant's `Retry-After` may stop an input for."""


_TRIES_OF_CLOCK = 3
"""Of several servers one may tell another time."""


class _FilterNotHonouredError(Exception):
    """The tenant showed records outside the window: it misreads dates, or no longer reads them."""


class Collector:
    """Collects for one input.

    Arguments:
        settings: The input.
        connection: Of its account.
        tenant: Where records come from.
        destination: Where events go.
        store: Where progress is kept.
        lease: Held by this run.
        log: The add-on's log.
        local_clock: This machine's time, in seconds since the epoch.
    """

    def __init__(
        self,
        settings: InputSettings,
        connection: Connection,
        tenant: Tenant,
        destination: Destination,
        store: Store,
        lease: InputLease,
        log: logging.Logger,
        local_clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._connection = connection
        self._tenant = tenant
        self._log = log
        self._clock = TenantClock(tenant, local_clock)
        self._progress = Progress(store, _load_state(store), lease.assure)
        self._clock.assumed_offset = self._progress.state.clock_offset
        if self._progress.state.connection == connection.digest:
            tenant.recall(self._progress.state.notes)
        self._survey = Survey(tenant, connection, self._progress, self._clock, log, self._new_state)
        self._delivery = Delivery(settings, destination, self._progress, lease, self._clock, log)
        self._polled_at = 0.0
        self._polled_window = EVERYTHING
        self.polled = 0
        """When the live window was last seen complete, by the tenant's clock; 0 = not yet."""
        self._trusts_filter = False

    @property
    def tally(self) -> Tally:
        """What the run has delivered so far."""
        return self._delivery.tally

    @property
    def backfill_left(self) -> int:
        """Seconds of history that are still to be read."""
        state, end = self._progress.state, self._live_window().start
        # Before the first survey, nobody knows where the backfill is to begin.
        return max(end - state.covered, 0) if state.connection and end is not None else 0

    def run(self) -> None:
        """Collects whatever is new, then works on the backfill until none is left.

        Raises:
            CollectorError: when something was wrong; progress is where the destination is.
        """
        state, connection = self._progress.state, self._connection.digest
        pause = state.not_before - self._clock.local() if state.waiting in ("", connection) else 0
        if 0 < pause <= LONGEST_WAIT:  # a longer one was saved while this machine's clock was wrong
            self._log.info("action=throttled wait_seconds=%d", pause)
            return
        try:
            self._collect()
        except TransientError as fault:
            if fault.retry_after is not None:
                until = int(self._clock.local() + min(fault.retry_after, LONGEST_WAIT))
                self._progress.save(not_before=until, waiting=connection)
            raise

    def _collect(self) -> None:
        try:
            self._poll_and_backfill()
        except (_FilterNotHonouredError, DatesRefusedError):
            # All that was delivered is saved, so starting again after a new probe loses nothing.
            self._log.warning("action=filter_not_honoured remedy=%s", quoted("probing anew"))
            self._trusts_filter = True
            self._survey.take()
            self._poll_and_backfill()

    def _poll_and_backfill(self) -> None:
        self._poll_live()
        # A tenant without any record has shown no form of date that it reads, nor anything to read.
        if self._progress.state.connection:
            self._backfill()

    def _new_state(self) -> State:
        start = self._settings.start
        if start == START_DAY_BEFORE:
            start = int(self._clock.now()) - timeline.DAY
        elif start == START_ALL:
            start = timeline.EARLIEST
        return new_state(self._connection.digest, int(start))

    def _fetcher(self, window: Window) -> Fetch:
        return self._checked(
            window, lambda number: self._tenant.page(window, self._survey.date_format, number)
        )

    def _onwards(self, window: Window, first: Page, following: Window | None) -> Fetch:
        """Fetches the pages of a tile, all of which are needed, ahead."""
        date_format = self._survey.date_format
        return self._checked(window, self._tenant.onwards(window, date_format, first, following))

    def _checked(self, window: Window, ask: Fetch) -> Fetch:
        def fetch(number: int) -> Page:
            page = ask(number)
            if not self._trusts_filter and any_foreign(page.records, window):
                raise _FilterNotHonouredError
            return page

        return fetch

    def _read(self, fetch: Fetch, first: Page, settled: int | None) -> Pages:
        """Reads a window whose ids are loaded."""

        def recognised(page: Page) -> Page:
            self._progress.recognise(page.records)
            return page

        return read_window(
            lambda number: recognised(fetch(number)),
            recognised(first),
            self._progress.knows,
            settled,
        )

    # --- the live window -----------------------------------------------------------------------

    def _poll_live(self) -> None:
        self._polled_at = self._clock.local()
        new_day = self._survey.is_due()
        if new_day and not self._survey.take():
            return
        window, first = self._first_live_page()
        self._polled_window = window
        if not new_day and self._survey.is_due():
            self._poll_live()  # this machine's clock had not noticed the day that the page tells
            return
        live = self._progress.state.live
        same = live if live is not None and live.window == window else None
        if same and not new_day and _is_idle(first, same):
            self.polled = int(self._clock.now())
            return
        if same is None:
            self._move_live(window)
        self._progress.load_live(window)
        # On a new day, what counts as known may have changed since: another user, another form.
        settled = same.collected if same and not new_day and same.total is not None else None
        pages = self._read(self._fetcher(window), first, settled)
        self._close_live(window, self._consume(pages, window, live=True))

    def _move_live(self, window: Window) -> None:
        """Leaves the previous live window; what falls out of it is left to the backfill."""
        live = self._progress.state.live
        if live is not None and _days_back(live.window, window) > 0:
            # A clock that was far ahead had the days until then covered and their ids forgotten.
            remedy = "check the tenant's clock; records since the date may come in twice"
            date = reconciliation.moment(window.start)
            self._log.warning("action=clock_set_back date=%s remedy=%s", date, quoted(remedy))
            covered = min(self._progress.state.covered, window.start or 0)
            self._progress.save(covered=covered, forgotten=0, live=None)
        self._progress.forget_live()

    def _first_live_page(self) -> tuple[Window, Page]:
        """Returns the live window and its first page, by the clock that the page itself tells."""
        for _ in range(_TRIES_OF_CLOCK):
            window = self._live_window()
            page = self._fetcher(window)(1)
            if self._live_window() == window:
                break
        return window, page

    def _live_window(self) -> Window:
        if self._survey.date_format is DateFormat.NONE:
            return EVERYTHING
        window = timeline.live_window(self._clock.now())
        live = self._progress.state.live
        # Servers behind a load balancer may disagree about the day around midnight.
        if live is not None and 0 < _days_back(live.window, window) <= 1:
            return live.window
        return window

    def _close_live(self, window: Window, reading: Reading) -> None:
        reconciliation.tell(self._log, window, reading, "live")
        if not reading.verified:
            return
        state = self._progress.state
        covered = state.covered
        if window.dated and state.live is not None and not state.live.window.dated:
            # An undated reading had everything but what has turned up late since.
            had = state.live.verified_at - timeline.LATENESS - timeline.SLACK
            covered = max(covered, min(had, window.start or 0))
        now = int(self._clock.now())
        live = LiveReading(window, reading.total, reading.collected, reading.fingerprint, now)
        self._progress.save(covered=covered, live=live, notes=dict(self._tenant.notes))
        self.polled = now

    # --- the backfill --------------------------------------------------------------------------

    def _backfill(self) -> None:
        while (tile := self._next_tile()) is not None:
            window = timeline.overlapping(tile)
            first = self._fetcher(window)(1)
            span = timeline.length(tile)
            if timeline.is_too_large(span, first.announced):
                self._progress.save(span=timeline.fitting_span(span, first.announced))
                continue
            self._progress.load_live(self._polled_window)
            # For every tile: in a run of days, the live window has moved on from records it showed.
            self._progress.load_tile(window)
            fetch = self._onwards(window, first, self._tile_after(tile, first))
            pages = self._read(fetch, first, None)
            if not self._close_tile(tile, self._consume(pages, window, live=False)):
                return

    def _next_tile(self) -> Window | None:
        state = self._progress.state
        return self._tile_from(state.covered, state.span)

    def _tile_from(self, covered: int, span: int) -> Window | None:
        # Not by the clock: an answer that tells a wrong time must not have days covered that the
        # live window still has new records of.
        end = self._polled_window.start
        if end is None or covered >= end:
            return None
        return timeline.next_tile(covered, end, span)

    def _tile_after(self, tile: Window, first: Page) -> Window | None:
        """Returns the window to ask for next, if this tile's count comes out as announced."""
        length = timeline.length(tile)
        span = timeline.fitting_span(length, first.announced)
        following = self._tile_from(self._progress.state.covered + length, span)
        return None if following is None else timeline.overlapping(following)

    def _close_tile(self, tile: Window, reading: Reading) -> bool:
        """Moves on to the next tile; stays when the count is wrong and may yet come right."""
        if self._progress.state.covered != tile.start:
            return True  # a poll has set that back meanwhile: this is no longer the next tile
        if not reading.collected:
            self._survey.assure_shown()
        doubts = self._progress.state.doubts + 1
        last = doubts >= MOST_DOUBTS
        window = timeline.overlapping(tile)  # what was counted
        again = doubts > 1
        reconciliation.tell(self._log, window, reading, "backfill", again=again, last=last)
        if not reading.verified and not last:
            self._progress.save(doubts=doubts)
            return False
        end = self._progress.state.covered + timeline.length(tile)
        span = timeline.fitting_span(timeline.length(tile), reading.collected)
        self._progress.close_tile(end, span)
        return True

    def _consume(self, pages: Pages, window: Window, *, live: bool) -> Reading:
        """Delivers page by page; from the backfill it returns to the live window when due."""
        while True:
            try:
                page = next(pages)
            except StopIteration as end:
                reading: Reading = end.value
                return reading
            self._delivery.take(page, window, live=live)
            if not live and self._is_poll_due():
                self._poll_live()

    def _is_poll_due(self) -> bool:
        since = self._clock.local() - self._polled_at
        return not 0 <= since < self._settings.interval  # below 0 when the clock was set back


def _load_state(store: Store) -> State:
    saved = store.load_state()
    # Without progress the survey is due, which sets the start by the tenant's own clock.
    return State("", 0, 0, timeline.FIRST_SPAN) if saved is None else state_from_json(saved)


def _days_back(earlier: Window, later: Window) -> int:
    """Returns by how many days a live window lies before the one polled earlier."""
    if earlier.start is None or later.start is None:
        return 0
    return (earlier.start - later.start) // timeline.DAY


def _is_idle(first: Page, live: LiveReading) -> bool:
    """Tells from page 1 alone that nothing has come or gone since the last reading."""
    unchanged = (first.total, first.fingerprint) == (live.total, live.fingerprint)
    return first.total is not None and unchanged
