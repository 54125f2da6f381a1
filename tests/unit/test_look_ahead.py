"""look_ahead: pages fetched ahead change the time that a reading takes, and nothing else."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invicti_collector.errors import (
    AuthenticationError,
    CollectorError,
    DatesRefusedError,
    NotThereError,
    ServerError,
)
from invicti_collector.pages import Page, read_page
from invicti_collector.patience import Patience
from invicti_collector.ports import LargePageError
from invicti_collector.reading import read_window
from invicti_collector.records import Record
from invicti_collector.shutdown import Shutdown, StoppedError
from invicti_collector.tenant import look_ahead
from invicti_collector.tenant.look_ahead import LookAhead
from invicti_collector.tenant.pace import Pace
from invicti_collector.timeline import DateFormat, Window
from tests.fakes.tenant import DAY, NOON, Clock, FakeTenant, OnlyListed
from tests.unit.bench import Bench
from tests.unit.test_reading import (
    ListModel,
    deletes,
    digests,
    inserts,
    missing,
    models,
    read_on,
)

ISO = DateFormat.ISO
WINDOW = Window(NOON, NOON + DAY)
NEXT = Window(NOON + DAY, NOON + 2 * DAY)
MOST = 4


@dataclass
class Served:
    """A source over a list; answers in any order, and counts what is under way."""

    model: ListModel
    seconds: float = 0.0
    jitter: random.Random | None = None
    fails: dict[int, CollectorError] = field(default_factory=dict)
    large: Container[int] = ()
    asked: list[tuple[Window, int]] = field(default_factory=list)
    most: int = 0
    under_way: int = 0
    sent: list[tuple[float, int]] = field(default_factory=list)
    beside: list[set[int]] = field(default_factory=list)
    """For each request, which others were under way when it was sent, by their place in `sent`."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[int] = set()

    def ask(self, window: Window, _date_format: DateFormat, number: int, *, alone: bool) -> Page:
        """See `ports.Source`."""
        with self._lock:
            assert not (alone and self.under_way)
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            self.asked.append((window, number))
            place = len(self.sent)
            self.sent.append((time.monotonic(), self.under_way))
            self.beside.append(set(self._running))
            self._running.add(place)
            fault = self.fails.pop(len(self.asked), None)
        try:
            time.sleep(self.seconds + (self.jitter.uniform(0, 0.002) if self.jitter else 0))
            if fault is not None:
                raise fault
            if number in self.large and not alone:
                raise LargePageError
            with self._lock:
                return self.model.fetch(number)._replace(is_large=number in self.large)
        finally:
            with self._lock:
                self.under_way -= 1
                self._running.discard(place)

    def now(self) -> float | None:
        """See `ports.Source`."""
        return None


def busy(retry_after: float | None = None) -> ServerError:
    return ServerError("busy", "here", "none", retry_after)


def served(records: int, **fields: object) -> Served:
    model = ListModel("newest")
    model.insert(records)
    return Served(model, **fields)  # type: ignore[arg-type]


@pytest.fixture
def pauses() -> list[float]:
    return []


class Eager(Pace):
    """Begins with all that the setting allows."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.succeeded(60.0)
        self.allowed = most


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_ahead, "Pace", Eager)


def ahead_of(source: Served, pauses: list[float] | None = None, most: int = MOST) -> LookAhead:
    """A look-ahead whose pauses are noted, and made a thousand times shorter."""
    noted = [] if pauses is None else pauses

    def sleep(seconds: float) -> None:
        noted.append(seconds)
        time.sleep(seconds / 1000)

    return LookAhead(source, most, Patience(60, sleep), Shutdown())


def pages_of(
    ahead: LookAhead, window: Window = WINDOW, following: Window | None = None
) -> Iterator[Page]:
    first = ahead.page(window, ISO, 1)
    return read_window(ahead.onwards(window, ISO, first, following), first, knows_none, None)


def knows_none(_: Record) -> bool:
    return False


def shown(pages: Iterator[Page]) -> list[int]:
    return [record.digest for page in pages for record in page.records]


@settings(max_examples=150)
@given(models(inserts | deletes, ("newest", "oldest", "shuffled")), st.integers(0, 10**6))
def test_a_verified_reading_has_shown_all_that_was_there_throughout(
    model: ListModel, seed: int
) -> None:
    """Whatever comes and goes between pages that are fetched at once and out of turn."""
    with patch.object(look_ahead, "Pace", Eager):
        ahead = ahead_of(Served(model, jitter=random.Random(seed)))
    first = ahead.page(WINDOW, ISO, 1)
    reading, found = read_on(ahead.onwards(WINDOW, ISO, first, None), first)
    assert model.throughout is not None
    if reading.verified:
        assert digests(model.throughout) <= found
        assert reading.collected == reading.total


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("page_4", "page_2", "after"),
    [
        # X counts for h, which neither page 4 nor page 5 shows.
        ("abcdefXghij", "abcdefghij", "abcdefghijY"),
        # b is gone and X there before page 2 is read, which so has not c: only page 4 tells of it.
        ("abcdefghijX", "acdefghijX", "acdeYfghijX"),
    ],
)
def test_a_count_that_came_and_went_while_pages_were_fetched_does_not_prove_them(
    page_4: str, page_2: str, after: str
) -> None:
    """In the order of the pages the count has never become smaller; but page 4 was read first."""
    answers = {1: "abcdefghij", 4: page_4, 2: page_2}

    class Scripted(Served):
        def ask(
            self,
            _window: Window,
            _date_format: DateFormat,
            number: int,
            *,
            alone: bool,  # noqa: ARG002 - no page is large
        ) -> Page:
            with self._lock:
                names = answers.pop(number, after)
            part = [{"Id": name} for name in names[2 * number - 2 : 2 * number]]
            body = {"List": part, "TotalItemCount": len(names), "PageSize": 2}
            return read_page({**body, "PageCount": -(-len(names) // 2)}, number)

    pages = pages_of(ahead_of(Scripted(ListModel("newest"))))
    assert set(after) <= {record.name for page in pages for record in page.records}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("most", [1, 2, 4])
def test_pages_come_in_order_and_the_setting_is_the_limit(most: int) -> None:
    source = served(120, seconds=0.004, jitter=random.Random(1))
    ahead = ahead_of(source, most=most)
    numbers = [page.number for page in pages_of(ahead)]
    assert numbers == list(range(1, 31))
    assert source.most == most
    assert sorted(source.asked) == [(WINDOW, number) for number in numbers]
    assert (ahead.requests, ahead.retries) == (30, 0)


def test_it_begins_one_by_one() -> None:
    source = served(120, seconds=0.004)
    shown(pages_of(ahead_of(source)))
    assert [under_way for _, under_way in source.sent[:4]] == [1] * 4
    assert source.most == MOST


def test_short_pages_do_not_make_full_ones_seem_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where history begins: windows without a record are answered at once."""
    monkeypatch.setattr("invicti_collector.tenant.pace.TOLERANCE", 0.0)
    source = served(0, seconds=0.001)
    ahead = ahead_of(source)
    for day in range(40):
        window = Window(NOON + day * DAY, NOON + (day + 1) * DAY)
        shown(pages_of(ahead, window, Window(window.end, NOON + (day + 2) * DAY)))
    source.model.insert(200)
    source.seconds = 0.15
    shown(pages_of(ahead))
    assert max(under_way for _, under_way in source.sent[-20:]) == MOST


def test_large_pages_are_fetched_one_by_one() -> None:
    source = served(400, large=range(1, 1_000))
    ahead = ahead_of(source)
    assert len(set(shown(pages_of(ahead)))) == 400
    assert source.most == 1
    assert ahead.retries == 0


@pytest.mark.usefixtures("quick")
def test_pages_that_turn_large_while_four_are_under_way_are_asked_for_once_more() -> None:
    source = served(120, seconds=0.005, large=range(9, 1_000))
    ahead = ahead_of(source)
    assert len(set(shown(pages_of(ahead)))) == 120
    assert source.most == MOST
    times = Counter(number for _, number in source.asked)
    assert times[9] == 2
    assert {number for number in times if times[number] > 1} <= set(range(9, 9 + MOST))
    assert max(times.values()) == 2


@pytest.mark.usefixtures("quick")
def test_never_more_pages_are_ahead_than_the_setting() -> None:
    source = served(120)
    pages = pages_of(ahead_of(source))
    for handed_out in range(1, 20):
        next(pages)
        time.sleep(0.01)
        assert len(source.asked) <= handed_out + MOST


@pytest.mark.usefixtures("quick")
def test_the_first_page_of_the_next_window_is_fetched_ahead() -> None:
    source = served(12)
    ahead = ahead_of(source)
    shown(pages_of(ahead, WINDOW, NEXT))
    while len(source.asked) < 4:
        time.sleep(0.001)
    assert Counter(source.asked) == Counter([*[(WINDOW, page) for page in (1, 2, 3)], (NEXT, 1)])
    shown(pages_of(ahead, NEXT))
    assert sorted(source.asked[4:]) == [(NEXT, 2), (NEXT, 3)]


@pytest.mark.usefixtures("quick")
def test_of_a_window_of_one_page_no_other_is_asked_for() -> None:
    source = served(3)
    shown(pages_of(ahead_of(source), WINDOW, NEXT))
    while len(source.asked) < 2 or source.under_way:
        time.sleep(0.001)
    assert source.asked == [(WINDOW, 1), (NEXT, 1)]


@pytest.mark.usefixtures("quick")
def test_a_page_that_was_fetched_ahead_in_vain_has_no_effect() -> None:
    source = served(12)
    ahead = ahead_of(source)
    shown(pages_of(ahead, WINDOW, NEXT))
    other = Window(NOON + 5 * DAY, NOON + 6 * DAY)
    shown(pages_of(ahead, other))
    source.model.insert(1)
    assert ahead.page(NEXT, ISO, 1).total == 13


@pytest.mark.usefixtures("quick")
def test_without_a_count_pages_are_fetched_one_after_the_other() -> None:
    model = ListModel("newest", total=missing)
    model.insert(40)
    source = Served(model, seconds=0.002)
    shown(pages_of(ahead_of(source)))
    assert source.most == 1


@pytest.mark.usefixtures("quick")
def test_a_list_that_changes_is_read_one_page_after_the_other() -> None:
    source = served(80, seconds=0.002)
    ahead = ahead_of(source)
    pages = pages_of(ahead)
    for _ in range(3):
        next(pages)
    while source.under_way or len(source.asked) < ahead.requests:
        time.sleep(0.001)
    source.model.insert(1)
    begun = len(source.asked)
    assert len(set(shown(pages))) <= 81
    # What was under way, which may take its time, then each page of this pass and of the next by
    # itself.
    alone = begun + MOST
    assert not any(place >= alone for places in source.beside[alone:] for place in places)
    assert len(source.beside) > alone + 20


@pytest.mark.usefixtures("quick")
def test_a_failure_is_waited_out_and_asked_again(pauses: list[float]) -> None:
    source = served(80, seconds=0.002)
    source.fails = {5: busy(), 11: busy(), 12: busy()}
    ahead = ahead_of(source, pauses)
    numbers = [page.number for page in pages_of(ahead)]
    assert numbers == list(range(1, 21))
    assert (ahead.requests, ahead.retries) == (23, 3)
    assert pauses
    assert all(0.5 <= pause <= 2 for pause in pauses)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("kind", [DatesRefusedError, NotThereError])
def test_what_the_tenant_refused_before_does_not_slow_down_a_window(
    kind: type[CollectorError],
) -> None:
    """The probe tries forms of dates; a list may be missing for a moment."""
    source = served(80, seconds=0.002)
    source.fails = {1: kind("no", "here", "ask")}
    ahead = ahead_of(source)
    with pytest.raises(kind):
        ahead.page(WINDOW, DateFormat.US, 1)
    assert len(set(shown(pages_of(ahead)))) == 80
    assert source.most == MOST


def test_pages_that_a_tenant_only_claims_take_no_memory() -> None:
    source = served(12)
    ahead = ahead_of(source)
    first = ahead.page(WINDOW, ISO, 1)._replace(last_number=1_000_000)
    tracemalloc.start()
    fetch = ahead.onwards(WINDOW, ISO, first, NEXT)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
    assert fetch(2).number == 2


class Waiting(Served):
    """Page 4 fails once, while page 3 is waited for."""

    def ask(self, window: Window, date_format: DateFormat, number: int, *, alone: bool) -> Page:
        """See `ports.Source`."""
        again = (window, number) in self.asked
        page = super().ask(window, date_format, number, alone=alone)
        if number == 3 and not again:
            time.sleep(0.3)
        if number == 4 and not again:
            time.sleep(0.1)
            raise busy()
        return page


@pytest.mark.usefixtures("quick")
def test_a_page_is_kept_when_another_fails_while_it_is_waited_for() -> None:
    source = Waiting(served(24).model)
    assert len(set(shown(pages_of(ahead_of(source))))) == 24
    assert Counter(number for _, number in source.asked) == {1: 1, 2: 1, 3: 1, 4: 2, 5: 1, 6: 1}


def test_a_page_that_failed_once_is_no_retry_for_ever(pauses: list[float]) -> None:
    source = served(3)
    source.fails = {1: busy()}
    ahead = ahead_of(source, pauses)
    for requests in (2, 3, 4):
        ahead.page(WINDOW, ISO, 1)
        assert (ahead.requests, ahead.retries) == (requests, 1)


@pytest.mark.usefixtures("quick")
def test_nothing_is_sent_while_the_server_wants_to_be_left_alone() -> None:
    source = served(200, seconds=0.01)
    source.fails = {9: busy(0.4), 10: busy(0.2)}
    ahead = LookAhead(source, MOST, Patience(60, time.sleep), Shutdown())
    digests_shown = shown(pages_of(ahead))
    assert len(set(digests_shown)) == 200
    times = [sent for sent, _ in source.sent]
    gaps = [later - sooner for sooner, later in zip(times, times[1:])]
    assert max(gaps) >= 0.4
    paused = gaps.index(max(gaps))
    assert paused - 9 <= MOST, "what was under way already"
    assert all(under_way == 1 for _, under_way in source.sent[paused + 1 :][:30])


@pytest.mark.usefixtures("quick")
def test_a_wait_beyond_the_run_s_patience_ends_it(pauses: list[float]) -> None:
    source = served(80, seconds=0.002)
    source.fails = {6: busy(3600.0)}
    ahead = ahead_of(source, pauses)
    with pytest.raises(ServerError) as caught:
        shown(pages_of(ahead))
    assert caught.value.retry_after == pytest.approx(3600, abs=5)
    assert pauses == []


def test_a_server_that_asks_for_no_wait_is_asked_less_and_less(pauses: list[float]) -> None:
    source = served(80)
    source.fails = {number: busy(0.0) for number in range(1, 100)}
    with pytest.raises(ServerError):
        shown(pages_of(ahead_of(source, pauses)))
    assert all(pause >= wanted for pause, wanted in zip(pauses, [1, 2, 4, 8, 16]))
    assert len(source.asked) <= 6


@pytest.mark.usefixtures("quick")
def test_another_window_is_asked_for_only_after_the_wait_as_well(pauses: list[float]) -> None:
    """A poll of the live window, while a page of the backfill that is ahead was throttled."""
    source = served(80, seconds=0.002)
    ahead = ahead_of(source, pauses)
    pages = pages_of(ahead)
    next(pages)
    source.fails = {len(source.asked) + 1: busy(30.0)}
    next(pages)
    time.sleep(0.05)
    ahead.page(NEXT, ISO, 1)
    assert len(pauses) == 1
    assert 25 <= pauses[0] <= 31
    assert len(set(shown(pages))) > 0
    assert ahead.retries == 1


@pytest.mark.usefixtures("quick")
def test_a_refusal_is_raised_in_its_turn_and_nothing_more_is_sent() -> None:
    source = served(80, seconds=0.002)
    source.fails = {5: AuthenticationError("no", "here", "ask")}
    pages = pages_of(ahead_of(source))
    for number in (1, 2, 3, 4):
        assert next(pages).number == number
        time.sleep(0.02)
    with pytest.raises(AuthenticationError):
        next(pages)
    assert len(source.asked) <= 5 + MOST


@pytest.mark.usefixtures("quick")
def test_sigterm_ends_the_waiting_while_four_requests_hang() -> None:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    shutdown = Shutdown()
    source = served(80)
    ahead = LookAhead(source, MOST, Patience(60, shutdown.sleep), shutdown)
    pages = pages_of(ahead)
    for _ in range(6):
        next(pages)
    time.sleep(0.05)
    source.seconds = 5.0
    shutdown.listen()
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
    began = time.monotonic()
    try:
        with pytest.raises(StoppedError):
            shown(pages)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert time.monotonic() - began < 2
    assert source.under_way == MOST
    hanging = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    assert all(thread.daemon for thread in hanging)


@pytest.mark.parametrize("order", ["newest", "oldest", "shuffled"])
def test_a_backfill_collects_the_same_with_and_without(order: str) -> None:
    delivered = []
    for most in (1, MOST):
        tenant = FakeTenant(Clock(), order=order, page_size=20, seconds=0.01)
        tenant.fill(3_000, NOON - 90 * DAY, NOON - 60)
        bench = Bench(tenant)
        bench.wrap = lambda source, most=most: OnlyListed(  # type: ignore[misc]
            LookAhead(source, most, Patience(60, time.sleep), Shutdown())
        )
        bench.run()
        assert (bench.lost, bench.doubled) == (set(), 0)
        delivered.append(bench.destination.names)
    assert delivered[0] == delivered[1]
