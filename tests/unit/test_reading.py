"""reading: what a count proves while the list changes under the reader's hands.

The list is a model in plain Python. It changes between two requests as the API's may (api 1.6), and
whatever happens, a verified reading must have shown every record that was there all the time.
"""

from __future__ import annotations

import random
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from invicti_collector import reading
from invicti_collector.errors import UnexpectedAnswerError
from invicti_collector.pages import Page, read_page
from invicti_collector.reading import (
    FRUITLESS_PASSES,
    Fetch,
    Knows,
    Pages,
    Reading,
    read_window,
)
from invicti_collector.records import id_digest
from tests.fakes.tenant import NOON, guid, iso

SORTED = ("newest", "oldest", "shuffled")
ORDERS = (*SORTED, "reshuffled")
# A change ahead of a request: so many records come (with what age), or go (from where).
Change = tuple[str, int, float]
Total = Callable[[int], "int | None"]


def right(count: int) -> int:
    return count


def missing(_count: int) -> None:
    return None


@dataclass
class ListModel:
    """A window of the audit log, paged as .NET's PagedList does (api 1.4)."""

    order: str
    size: int = 4
    total: Total = right
    flags: bool = True
    seed: int = 0
    names: dict[int, float] = field(default_factory=dict)
    fetches: int = 0
    made: int = 0
    changes: list[Change] = field(default_factory=list)
    throughout: set[int] | None = None

    def insert(self, count: int, age: float = 0.0) -> None:
        """Adds records, the newest or (by age) older ones."""
        for _ in range(count):
            self.names[self.made] = self.made - age * self.made
            self.made += 1

    def delete(self, count: int, place: float) -> None:
        """Removes records next to each other."""
        ranks = sorted(self.names, key=self.names.__getitem__)
        begin = int(place * max(len(ranks) - count, 0))
        for name in ranks[begin : begin + count]:
            del self.names[name]

    def change(self) -> None:
        """Does what comes next between two requests."""
        if self.changes:
            kind, count, place = self.changes.pop(0)
            (self.insert if kind == "insert" else self.delete)(count, place)

    def fetch(self, number: int) -> Page:
        """Returns a page, after whatever changes meanwhile."""
        if self.fetches:
            self.change()
        self.fetches += 1
        present = set(self.names)
        self.throughout = present if self.throughout is None else self.throughout & present
        ranks = self._sorted()
        part = ranks[(number - 1) * self.size : number * self.size]
        pages = -(-len(ranks) // self.size)
        body: dict[str, Any] = {
            "List": [
                {"Id": guid(name), "CreatedAt": iso(NOON + self.names[name])} for name in part
            ],
            "PageSize": self.size,
            "TotalItemCount": self.total(len(ranks)),
        }
        if self.flags:
            body |= {"HasNextPage": number < pages, "PageCount": pages}
        return read_page(body, number)

    def _sorted(self) -> list[int]:
        if self.order == "reshuffled":
            chance = random.Random(f"{self.seed} {self.fetches}")
            return chance.sample(sorted(self.names), len(self.names))
        if self.order == "shuffled":
            return sorted(self.names, key=lambda name: random.Random(f"{self.seed}{name}").random())
        return sorted(self.names, key=self.names.__getitem__, reverse=self.order == "newest")


def known_by(ids: Container[int]) -> Knows:
    return lambda record: record.digest in ids


def read(
    model: ListModel, seen: set[int] | None = None, settled: int | None = None
) -> tuple[Reading, set[int]]:
    """Reads as the collector does: what a page shows is seen before the next is fetched."""
    return read_on(model.fetch, model.fetch(1), seen, settled)


def read_on(
    fetch: Fetch, first: Page, seen: set[int] | None = None, settled: int | None = None
) -> tuple[Reading, set[int]]:
    """The same from page 1 on."""
    known = set() if seen is None else seen
    pages = read_window(fetch, first, known_by(known), settled)
    while True:
        try:
            page = next(pages)
        except StopIteration as end:
            return end.value, known
        known.update(record.digest for record in page.records)


def digests(names: Sequence[int] | set[int]) -> set[int]:
    return {id_digest(guid(name)) for name in names}


inserts = st.tuples(st.just("insert"), st.integers(0, 3), st.sampled_from([0.0, 0.5, 1.0]))
deletes = st.tuples(st.just("delete"), st.integers(1, 6), st.floats(0, 1))


@st.composite
def models(draw: st.DrawFn, change: st.SearchStrategy[Change], orders: Sequence[str]) -> ListModel:
    model = ListModel(draw(st.sampled_from(orders)), draw(st.integers(1, 5)))
    model.flags = draw(st.booleans())
    model.seed = draw(st.integers(0, 1000))
    model.insert(draw(st.integers(0, 30)))
    model.changes = draw(st.lists(change, max_size=12))
    return model


@settings(max_examples=250)
@given(models(inserts | deletes, ORDERS))
def test_a_verified_reading_has_shown_all_that_was_there_throughout(model: ListModel) -> None:
    reading, shown = read(model)
    assert model.throughout is not None
    if reading.verified:
        assert digests(model.throughout) <= shown
        assert reading.collected == reading.total


@settings(max_examples=100)
@given(models(inserts, SORTED))
def test_without_a_total_a_reading_is_proved_by_one_that_shows_nothing_new(
    model: ListModel,
) -> None:
    model.total = missing
    settles = not model.changes
    reading, shown = read(model)
    assert model.throughout is not None
    assert reading.verified or not settles
    assert digests(model.throughout) <= shown


@settings(max_examples=100)
@given(models(inserts, ORDERS), st.integers(0, 3), st.integers(0, 9))
def test_a_known_window_is_read_on_until_all_new_records_are_found(
    model: ListModel, age: int, new: int
) -> None:
    known = digests(set(model.names))
    settled = len(known)
    model.insert(new, age / 3)
    reading, shown = read(model, known, settled)
    assert model.throughout is not None
    # In random order, chance may show nothing new three times in a row; the next run goes on.
    assert reading.verified or model.order == "reshuffled"
    if reading.verified:
        assert digests(model.throughout) <= shown
        assert reading.collected == reading.total


@settings(max_examples=100)
@given(models(inserts | deletes, ("newest",)), st.integers(0, 9), deletes)
def test_records_deleted_since_the_last_poll_hide_no_new_ones(
    model: ListModel, new: int, gone: Change
) -> None:
    assume(model.size > 1)  # one record does not show the order of the list
    known = digests(set(model.names))
    settled = len(known)
    model.delete(gone[1], gone[2])
    model.insert(new)
    reading, shown = read(model, known, settled)
    assert model.throughout is not None
    if reading.verified:
        assert digests(model.throughout) <= shown


@settings(max_examples=100)
@given(models(deletes, SORTED), st.integers(-2, 5).filter(bool))
def test_a_count_that_stays_wrong_is_given_up_and_told(model: ListModel, error: int) -> None:
    model.changes = []
    model.insert(3)
    model.total = lambda count: count + error
    reading, shown = read(model)
    assert not reading.verified
    assert shown == digests(set(model.names))
    assert reading.collected == len(model.names)
    assert reading.total == len(model.names) + error
    # Of the pages that the wrong count announces; without flags the end is an empty page.
    pages = -(-max(len(model.names), reading.total) // model.size) + 1
    assert model.fetches <= (1 + FRUITLESS_PASSES) * (pages + 1)


@pytest.mark.parametrize("order", SORTED)
def test_a_list_that_settles_is_verified(order: str) -> None:
    model = ListModel(order, changes=[("insert", 1, 0.0), ("delete", 2, 0.5)] * 5)
    model.insert(40)
    reading, shown = read(model)
    assert reading.verified
    assert digests(set(model.names)) <= shown


def scripted(*answers: tuple[str, int | None]) -> tuple[Callable[[int], Page], list[int]]:
    """Pages by the names of their records and the total, whatever number is asked for."""
    left, asked = list(answers), []

    def fetch(number: int) -> Page:
        asked.append(number)
        names, total = left.pop(0)
        items = [{"Id": name, "CreatedAt": iso(NOON)} for name in names]
        return read_page({"List": items, "TotalItemCount": total, "PageCount": 2}, number)

    return fetch, asked


def test_a_deletion_between_two_passes_does_not_hide_a_missed_record() -> None:
    # In random order, pass 1 misses d. Before pass 2, a is deleted: now the three records seen are
    # as many as the count, without d.
    fetch, asked = scripted(("ab", 4), ("ac", 4), ("bc", 3), ("d", 3), ("bc", 3), ("d", 3))
    pages = list(read_window(fetch, fetch(1), known_by(()), None))
    assert "d" in {record.name for page in pages for record in page.records}
    assert asked == [1, 2, 1, 2, 1, 2]  # and the deletion costs a pass, since it proves nothing


def test_a_count_of_before_proves_nothing_of_pages_that_have_none() -> None:
    # A CSV export in random order that grows all the time: page 1 counts a, b, c and d, but on
    # page 2 x has come and d is missed, so that as many are seen.
    fetch, _ = scripted(("ab", 4), ("cx", None), ("ab", 4), ("dx", None), ("ab", 4), ("cx", None))
    reading, shown = read_on(fetch, fetch(1))
    assert shown == {id_digest(name) for name in "abcdx"}
    assert reading.total is None


def test_what_was_deleted_is_not_counted_as_there_later_on() -> None:
    # a is deleted within pass 1, and d missed; a must not make up for d in pass 2.
    fetch, _ = scripted(
        ("ab", 4), ("bc", 3), ("bc", 3), ("bc", 3), ("bc", 3), ("cd", 3), ("bc", 3), ("d", 3)
    )
    pages = list(read_window(fetch, fetch(1), known_by(()), None))
    assert "d" in {record.name for page in pages for record in page.records}


@pytest.mark.parametrize("order", ["newest", "oldest"])
@pytest.mark.parametrize("known", [0, 1, 199, 200, 500, 800, 20_000])
def test_three_hundred_new_records_take_at_most_four_requests(order: str, known: int) -> None:
    model = ListModel(order, size=200)
    model.insert(known)
    seen = digests(set(model.names))
    model.insert(300)
    reading, shown = read(model, seen, known)
    assert reading.verified
    assert shown == digests(set(model.names))
    assert model.fetches <= 4


def test_three_hundred_new_in_a_shuffled_window_of_eight_hundred_take_four_requests() -> None:
    model = ListModel("shuffled", size=200)
    model.insert(500)
    seen = digests(set(model.names))
    model.insert(300)
    reading, shown = read(model, seen, 500)
    assert reading.verified
    assert shown == digests(set(model.names))
    assert model.fetches <= 4


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("known", [0, 1, 200, 1000])
def test_nothing_new_takes_one_request(order: str, known: int) -> None:
    model = ListModel(order, size=200)
    model.insert(known)
    reading, _ = read(model, digests(set(model.names)), known)
    assert reading.verified
    assert model.fetches == 1


@pytest.mark.parametrize("order", ORDERS)
def test_one_new_record_in_a_known_window_of_many_is_found(order: str) -> None:
    model = ListModel(order, size=20)
    model.insert(400)
    seen = digests(set(model.names))
    model.insert(1)
    reading, shown = read(model, seen, 400)
    assert reading.verified
    assert shown == digests(set(model.names))
    if order in {"newest", "oldest"}:
        # Alone on the last page it has no known record beside it, so one page more is looked at.
        assert model.fetches <= (2 if order == "newest" else 3)


@pytest.mark.parametrize("total", [right, missing])
def test_a_list_without_an_end_is_left(total: Total) -> None:
    """A server may show its last page again for every later number (api 1.4 [U])."""
    model = ListModel("newest", size=5, total=total, flags=False)
    model.insert(12)
    fetch = model.fetch
    asked: list[int] = []

    def endless(number: int) -> Page:
        asked.append(number)
        return fetch(min(number, 3))._replace(number=number, has_next=True)

    pages = list(read_window(endless, endless(1), known_by(()), None))
    shown = {record.digest for page in pages for record in page.records}
    assert shown == digests(set(model.names))
    assert len(asked) < 30


def test_an_empty_page_where_the_list_goes_on_proves_nothing() -> None:
    """Without a total, a page that was empty by mistake would look like the end."""
    model = ListModel("newest", size=5, total=missing)
    model.insert(12)
    asked: list[int] = []

    def failing(number: int) -> Page:
        asked.append(number)
        if len(asked) == 2:
            return Page(number, [], None, has_next=False, last_number=None)
        return model.fetch(number)

    pages = list(read_window(failing, failing(1), known_by(()), None))
    shown = {record.digest for page in pages for record in page.records}
    assert shown == digests(set(model.names))


@pytest.mark.parametrize("order", ORDERS)
def test_a_list_that_grows_as_fast_as_it_is_read_is_left(order: str) -> None:
    model = ListModel(order, size=3, total=missing)
    model.insert(12)
    model.changes = [("insert", 1, 0.5)] * 2000
    read(model)
    assert model.changes, "read until the list had come to rest"


def hostile(total: Any, repeats: int, **more: Any) -> tuple[Callable[[int], Page], list[int]]:
    """A list of which every page says that another follows; each `repeats` pages are the same."""
    asked: list[int] = []

    def fetch(number: int) -> Page:
        asked.append(number)
        first = number // repeats % 10**6
        items = [{"Id": guid(first), "CreatedAt": iso(NOON + first)}]
        return read_page(
            {"HasNextPage": True, "List": items, "TotalItemCount": total, **more}, number
        )

    return fetch, asked


def result_of(pages: Pages) -> Reading:
    found: list[Reading] = []

    def through() -> Iterator[Page]:
        found.append((yield from pages))

    list(through())
    return found[0]


@pytest.mark.parametrize(
    "total", [None, 10**12, 10**4000, 1e400], ids=["none", "large", "huge", "inf"]
)
def test_a_list_that_always_has_more_is_given_up(
    total: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_PAGES", 500)
    fetch, asked = hostile(total, repeats=1)
    pages = read_window(fetch, fetch(1), known_by(()), None)
    with pytest.raises(UnexpectedAnswerError, match="has no end"):
        for _ in pages:
            pass
    assert len(asked) == 501


@pytest.mark.parametrize("page_count", [10**6, 10**4000], ids=["million", "huge"])
def test_a_page_count_of_a_million_does_not_make_a_million_requests(page_count: int) -> None:
    # Known already, oldest first: it is read from its end, backwards.
    fetch, asked = hostile(450, 10**9, PageCount=page_count)
    seen = {id_digest(guid(number)) for number in range(20)}
    found = result_of(read_window(fetch, fetch(1), known_by(seen), 440))
    assert not found.verified
    assert len(asked) < 100


def test_a_page_count_alone_does_not_make_a_million_requests() -> None:
    fetch, asked = hostile(None, 10**9, PageCount=10**6)
    result_of(read_window(fetch, fetch(1), known_by(()), 5))
    assert len(asked) < 100
