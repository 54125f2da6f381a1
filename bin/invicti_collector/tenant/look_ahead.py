# SPDX-License-Identifier: Apache-2.0
"""Asks the tenant for pages patiently, and for several at once where all will be needed.

What fetching ahead means for the proof of a window: docs/how-it-works.md. Requests run in threads
of their own and hold nothing in common: one thread, the run's own, starts them, takes what has
come of them, and hands pages out in the order in which they are asked for.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from typing import Callable, NamedTuple, Union

from invicti_collector.errors import TransientError
from invicti_collector.pages import Page
from invicti_collector.patience import Patience
from invicti_collector.ports import LargePageError, Source
from invicti_collector.shutdown import Shutdown
from invicti_collector.tenant.pace import Pace
from invicti_collector.timeline import DateFormat, Window

_SECONDS_BETWEEN_LOOKS = 1.0
"""On Windows a signal does not break off waiting, so this is how late it is noticed there."""


Outcome = Union[Page, Exception]


class Question(NamedTuple):
    """One page to ask for; see `ports.Source`."""

    window: Window
    date_format: DateFormat
    number: int


class _Request:
    """A request under way, then what came of it.

    Arguments:
        question: The page asked for.
        alone: See `ports.Source.ask`.
    """

    def __init__(self, question: Question, *, alone: bool) -> None:
        self.question = question
        self.alone = alone
        self.began = time.monotonic()
        self.outcome: Outcome | None = None


class _Answer(NamedTuple):
    """What a thread hands over when a request has ended."""

    request: _Request
    outcome: Outcome
    ended: float


class _Trouble(NamedTuple):
    """A failure that the server may get over, and until when it asked to be left alone."""

    began: float
    until: float
    fault: TransientError


class LookAhead:
    """Implements the port `Listed`.

    Arguments:
        source: Answers one request; called from several threads at once.
        most: Requests under way at once, at the most; 1 = one after the other.
        patience: For how long to try again.
        shutdown: Ends waiting when splunkd asks for it.
    """

    def __init__(self, source: Source, most: int, patience: Patience, shutdown: Shutdown) -> None:
        self.requests = 0
        self.retries = 0
        """Requests that were made again."""
        self._source = source
        self._pace = Pace(most)
        self._patience = patience
        self._shutdown = shutdown
        self._sent: queue.SimpleQueue[_Request] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[_Answer] = queue.SimpleQueue()
        self._threads = 0
        self._under_way = 0
        self._failed: set[Question] = set()
        self._troubles: list[_Trouble] = []
        self._refused = False
        self._paused_at = 0.0
        self._following: dict[Question, _Request] = {}

    def now(self) -> float | None:
        """See `ports.Listed`."""
        return self._source.now()

    def page(self, window: Window, date_format: DateFormat, number: int) -> Page:
        """See `ports.Listed`."""
        return self.answer(Question(window, date_format, number), self._following)

    def onwards(
        self, window: Window, date_format: DateFormat, first: Page, following: Window | None
    ) -> Callable[[int], Page]:
        """See `ports.Listed`."""
        self._following.clear()
        self._refused = False  # page 1 was not: it may have been a form of date, in the probe
        wanted = _questions(window, date_format, first, following)
        if self._pace.most == 1:
            wanted = iter(())
        return _Onwards(self, Question(window, date_format, first.number), first.total, wanted)

    def answer(
        self,
        question: Question,
        ahead: dict[Question, _Request],
        look_ahead: Callable[[], None] = lambda: None,
    ) -> Page:
        """Returns a page, patiently.

        Arguments:
            question: Which.
            ahead: Requests that were begun ahead; the one for this page is taken out.
            look_ahead: Begins others, once that for this page is under way.

        Raises:
            CollectorError: see `ports.Listed`.
        """
        return self._patience.persist(lambda: self._try(question, ahead, look_ahead))

    def begin(self, question: Question) -> _Request | None:
        """Begins a request ahead if the pace allows one more; nothing is waited for."""
        self._take_finished()
        if self._troubles or self._refused or self._under_way >= self._pace.allowed:
            return None
        return self._send(question)

    @property
    def allowed(self) -> int:
        """How many pages to have ahead at the most."""
        return self._pace.allowed

    @property
    def following(self) -> dict[Question, _Request]:
        """The request for the first page of the window that is likely to be read next."""
        return self._following

    def _try(
        self,
        question: Question,
        ahead: dict[Question, _Request],
        look_ahead: Callable[[], None],
    ) -> Page:
        while True:
            self._take_finished()
            self._wait_if_troubled()
            request = ahead.pop(question, None) or self._begin_in_turn(question)
            look_ahead()
            while request.outcome is None:
                self._take_next()
            if isinstance(request.outcome, Page):
                ahead[question] = request  # another's failure must not have it asked for again
            self._wait_if_troubled()
            ahead.pop(question, None)
            if isinstance(request.outcome, Page):
                return request.outcome
            if not isinstance(request.outcome, (TransientError, LargePageError)):
                raise request.outcome
            # It was under way when another failed, and the pause for that one did for both; or it
            # is large, and the pace is that of one by one now.

    def _begin_in_turn(self, question: Question) -> _Request:
        while self._under_way >= self._pace.allowed:
            self._take_next()
            self._wait_if_troubled()
        return self._send(question)

    def _send(self, question: Question) -> _Request:
        request = _Request(question, alone=self._pace.allowed == 1)
        self.requests += 1
        if question in self._failed:
            self._failed.discard(question)
            self.retries += 1
        self._under_way += 1
        self._sent.put(request)
        if self._under_way > self._threads:
            self._threads += 1
            # A daemon, so that an answer that does not come never holds up the end of the process.
            threading.Thread(target=self._work, daemon=True).start()
        return request

    def _work(self) -> None:
        """Asks for one page after another, in a thread of its own, and keeps none of them."""
        while True:
            self._run(self._sent.get())

    def _run(self, request: _Request) -> None:
        try:
            outcome: Outcome = self._source.ask(*request.question, alone=request.alone)
        except Exception as fault:  # noqa: BLE001 - raised again where the page is asked for
            outcome = fault
        self._done.put(_Answer(request, outcome, time.monotonic()))

    def _take_next(self) -> None:
        """Waits until a request has ended."""
        with self._shutdown.interruptible():
            while True:
                try:
                    answer = self._done.get(timeout=_SECONDS_BETWEEN_LOOKS)
                except queue.Empty:
                    continue
                break
        self._take(answer)

    def _take_finished(self) -> None:
        """Takes note of the requests that have ended meanwhile."""
        while not self._done.empty():
            self._take(self._done.get())

    def _take(self, answer: _Answer) -> None:
        request, outcome, ended = answer
        request.outcome = outcome
        self._under_way -= 1
        if isinstance(outcome, TransientError):
            self._pace.failed()
            self._failed.add(request.question)
            until = ended + (outcome.retry_after or 0)
            self._troubles.append(_Trouble(request.began, until, outcome))
        elif isinstance(outcome, LargePageError):
            self._pace.failed()  # one by one, as for a server in trouble: this machine would be
            self._failed.add(request.question)
        elif isinstance(outcome, Exception):
            self._refused = True
        elif outcome.is_large:
            self._pace.failed()  # the next ones may be, too
        elif outcome.has_next:
            # Pages that are part full, or empty, come sooner: they would make full ones seem slow.
            self._pace.succeeded(ended - request.began)

    def _wait_if_troubled(self) -> None:
        """Raises what makes the patience pause; nothing is sent until its pause is over."""
        now = time.monotonic()
        # What was under way when another failed has been waited for, unless it asks for more.
        news = [one for one in self._troubles if one.began >= self._paused_at or one.until > now]
        self._troubles.clear()
        if not news:
            return
        self._paused_at = now
        worst = max(news, key=lambda one: one.until)
        if worst.fault.retry_after is not None:
            worst.fault.retry_after = max(worst.until - now, 0)
        raise worst.fault


def _questions(
    window: Window, date_format: DateFormat, first: Page, following: Window | None
) -> Iterator[Question]:
    """Yields what will be asked for after page 1; never as a list, of the pages a tenant claims."""
    # Without a count nothing would tell that the list has changed between pages fetched at once.
    if first.total is None or first.last_number is None:
        return
    last = first.last_number if first.has_next else 1
    for number in range(2, last + 1):
        yield Question(window, date_format, number)
    if following is not None:
        yield Question(following, date_format, 1)


class _Onwards:
    """Hands out the pages of one window from page 2 on, fetched ahead; see `Listed.onwards`."""

    def __init__(
        self, ahead: LookAhead, first: Question, total: int | None, wanted: Iterator[Question]
    ) -> None:
        self._look_ahead = ahead
        self._previous = first
        self._total = total
        self._wanted = wanted
        self._next = next(wanted, None)
        self._requests: dict[Question, _Request] = {}
        self._begin()

    def __call__(self, number: int) -> Page:
        """Returns a page."""
        question = self._previous._replace(number=number)
        if number != self._previous.number + 1:
            self._stop()
        self._previous = question
        was_ahead = question in self._requests
        if not was_ahead and self._next == question:
            self._next = next(self._wanted, None)
        page = self._look_ahead.answer(question, self._requests, self._begin)
        if was_ahead and page.total != self._total:
            # The list has changed while pages were fetched: from here on, one after the other.
            self._stop()
            page = self._look_ahead.answer(question, {})._replace(unsettled=True)
        self._total = page.total
        self._begin()
        return page

    def _begin(self) -> None:
        while self._next is not None and len(self._requests) < self._look_ahead.allowed:
            question = self._next
            request = self._look_ahead.begin(question)
            if request is None:
                return
            self._next = next(self._wanted, None)
            same = question.window == self._previous.window
            (self._requests if same else self._look_ahead.following)[question] = request

    def _stop(self) -> None:
        """Forgets all that was fetched ahead, and fetches no more ahead."""
        self._requests.clear()
        self._next = None
