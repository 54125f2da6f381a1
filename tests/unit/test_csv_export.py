"""csv_export: whatever is in the export, and whatever happens to it meanwhile, each row is one."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from invicti_collector import timeline
from invicti_collector.errors import UnexpectedAnswerError
from invicti_collector.tenant import csv_export
from invicti_collector.tenant.csv_export import CsvExport
from invicti_collector.tenant.csv_listing import agreed
from invicti_collector.tenant.csv_rows import Row
from invicti_collector.timeline import DAY, EVERYTHING, Window
from tests.fakes.export import (
    LIVE,
    SIZE,
    TILE,
    US,
    Export,
    client,
    digests,
    line,
    lines_of,
    read,
    users,
)
from tests.fakes.tenant import NOON

pytestmark = pytest.mark.usefixtures("small_pages")
# Few users: most rows have twins.
USERS = st.lists(st.sampled_from("abc"), max_size=60)


@given(USERS, st.booleans())
def test_a_window_is_read_whole_in_few_requests(names: list[str], everywhere: bool) -> None:
    api = Export(lines_of(names))
    api.header_everywhere = everywhere
    pages = read(client(api))
    assert users(pages) == Counter(names)
    assert len(set(digests(pages))) == len(names)
    assert {page.total for page in pages} == {len(names)}
    assert api.queries == {(LIVE, US)}
    assert [page.number for page in pages] == list(range(1, len(pages) + 1))
    assert {page.last_number for page in pages} == {len(pages)}
    full, rest = divmod(len(names), SIZE)
    # The end is looked for by doubling and halving; then each page once.
    assert len(api.asked) <= full + bool(rest) + 1 + 2 * len(names).bit_length()


@given(USERS, USERS, st.sampled_from(["oldest", "newest"]), st.booleans())
def test_a_poll_finds_what_has_come_and_nothing_else(
    names: list[str],
    more: list[str],
    order: str,
    whole: bool,
) -> None:
    old = [line(name, minute) for minute, name in enumerate(names)]
    new = [line(name, len(names) + minute) for minute, name in enumerate(more)]
    api = Export(old if order == "oldest" else old[::-1])
    first = client(api)
    before = read(first)
    later = client(api, first.notes)
    idle = later.page(LIVE, US, 1)
    assert api.asked == [max(-(-len(old) // SIZE), 1) + (len(old) % SIZE == 0 and len(old) > 0)]
    assert (idle.fingerprint, idle.total) == (before[0].fingerprint, len(old))
    assert api.profiles == 1
    api.lines = old + new if order == "oldest" else (old + new)[::-1]
    if whole:
        later = client(api, first.notes)
    after = read(later)
    assert users(after) == Counter(names + more)
    assert set(digests(before)) <= set(digests(after))
    assert len(set(digests(after))) == len(names + more)
    assert {page.total for page in after} == {len(names + more)}


@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_a_few_new_rows_are_found_where_the_order_puts_them(order: str) -> None:
    old = [line("a", minute) for minute in range(43)]
    new = [line("b", 100), line("b", 100), line("b", 101)]
    api = Export(old if order == "oldest" else old[::-1])
    export = client(api)
    known = set(digests(read(export)))
    api.lines = old + new if order == "oldest" else (old + new)[::-1]
    later = client(api, export.notes)
    first = later.page(LIVE, US, 1)
    assert first.total == 46
    # By the order that page 1 shows, as the reading of a window does.
    likely = later.page(LIVE, US, 2 if order == "oldest" else first.last_number or 0)
    found = [record for page in (first, likely) for record in page.records]
    assert Counter(r.item["UserName"] for r in found if r.digest not in known) == {"b": 3}
    assert len(api.asked) <= 5
    # What the next poll compares with is what was shown last.
    again = client(api, later.notes)
    assert again.page(LIVE, US, 1).fingerprint == first.fingerprint
    assert len(api.asked) == 1


@given(
    st.lists(st.sampled_from("abc"), min_size=SIZE + 2, max_size=30),
    st.integers(1, 3),
    st.sampled_from(["oldest", "newest"]),
    st.none() | st.randoms(use_true_random=False),
    st.integers(1, 9),
)
def test_an_order_that_changes_while_a_poll_reads_counts_no_row_twice(
    names: list[str], more: int, order: str, chance: Random | None, request: int
) -> None:
    """It is turned round, or there is none any more."""
    old = lines_of(names)
    new = [line("d", 40)] * more
    api = Export(old if order == "oldest" else old[::-1])
    first = client(api)
    known = set(digests(read(first)))
    api.lines = old + new if order == "oldest" else (old + new)[::-1]

    def before(number: int) -> None:
        if number == request and chance is None:
            api.lines.reverse()
        elif number == request and chance is not None:
            chance.shuffle(api.lines)
            # Of 200 rows, none would lie in order by chance.
            assume(not any(map(in_order, full_pages(api.lines))))

    api.before = before
    later = client(api, first.notes)
    found = set(digests(read(later)) + digests(read(later)))
    assert len(found - known) == more
    assert len(found) == len(names) + more


@given(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=30),
    st.lists(st.tuples(st.integers(1, 40), st.sampled_from("abcd"), st.integers(0, 30))),
)
@example(
    # A row shifts onto another page in two readings, onto one that says the same.
    ["a"] * 11,
    [(5, "a", 0)] * 2 + [(5, "b", 7), (5, "b", 14), (11, "a", 15), (24, "a", 0), (37, "a", 0)],
)
def test_rows_that_come_while_it_is_read_are_never_counted_twice(
    names: list[str], insertions: list[tuple[int, str, int]]
) -> None:
    api = Export(lines_of(names))

    def before(request: int) -> None:
        for at, name, place in insertions:
            if at == request:
                api.lines = [*api.lines[:place], line(name), *api.lines[place:]]

    api.before = before
    export = client(api)
    pages = read(export)
    found = digests(pages)
    assert len(set(found)) == len(found)
    there = Counter(text for text, *_ in api.lines)
    assert not users(pages) - there
    (total,) = {page.total for page in pages}
    assert total in (None, len(found))
    assert ("window" in export.notes) is (total is not None)
    if total is None:  # what was there throughout is there all the same
        assert not Counter(names) - users(pages)


def full_pages(lines: list[tuple[str, ...]]) -> list[list[str]]:
    """The dates of each."""
    return [
        [date for *_, date in lines[at : at + SIZE]] for at in range(0, len(lines) - SIZE + 1, SIZE)
    ]


def in_order(dates: list[str]) -> bool:
    return sorted(dates) in (dates, dates[::-1])


SHEETS = st.dictionaries(st.integers(1, 4), st.lists(st.integers(0, 3), max_size=6))


@given(SHEETS, SHEETS)
def test_two_readings_agree_on_what_both_have_as_often_as_both_have_it(
    earlier: dict[int, list[int]], later: dict[int, list[int]]
) -> None:
    def sheets(contents: dict[int, list[int]]) -> dict[int, list[Row]]:
        return {
            number: [Row(content, None, {}) for content in page]
            for number, page in contents.items()
        }

    kept = agreed(sheets(earlier), sheets(later))
    assert kept.keys() == later.keys()
    counts = [Counter(row for page in pages.values() for row in page) for pages in (earlier, later)]
    assert Counter(row.content for page in kept.values() for row in page) == counts[0] & counts[1]
    for number, page in kept.items():
        rest = iter(later[number])
        assert all(row.content in rest for row in page), "in their order"


def test_a_window_that_never_stops_changing_is_left_to_the_next_run() -> None:
    api = Export([line("a", minute) for minute in range(12)])
    api.before = lambda request: api.lines.append(line("b", 100 + request))
    export = client(api)
    pages = read(export)
    # Each reading is followed by looking for the new end.
    assert csv_export.READINGS <= api.asked.count(2) <= 2 * csv_export.READINGS + 1
    assert {page.total for page in pages} == {None}
    assert users(pages)["a"] == 12
    assert "window" not in export.notes


@pytest.mark.parametrize("rows", [0, 3, 4, 9])
def test_a_server_that_does_not_page_is_asked_for_little(rows: int) -> None:
    api = Export([line("a", minute) for minute in range(rows)])
    api.pages = False
    pages = read(client(api))
    assert len(pages) == 1
    assert len(set(digests(pages))) == pages[0].total == rows
    assert len(api.asked) <= 2


@pytest.mark.parametrize("order", ["oldest", "newest"])
@pytest.mark.parametrize("rows", [SIZE, 9])
def test_a_row_that_comes_does_not_make_one_page_seem_many(rows: int, order: str) -> None:
    """Of a server that does not page, each page would be another one, and none the last."""
    api = Export([line("a", minute) for minute in range(rows)])
    api.lines = api.lines if order == "oldest" else api.lines[::-1]
    api.pages = False

    def before(_request: int) -> None:
        new = [line("b", 100 + len(api.lines))]
        api.lines = api.lines + new if order == "oldest" else new + api.lines

    api.before = before
    export = client(api)
    assert read(export)[0].total == rows + 1
    assert len(api.asked) == 2
    api.before = lambda _request: None
    assert read(client(api, export.notes))[0].total == rows + 2


def surveyed(api: Export, notes: dict[str, Any] | None = None) -> CsvExport:
    """The client of a run that begins with the daily look at the log."""
    export = client(api, notes)
    export.glance(EVERYTHING, US, 1)
    api.asked.clear()
    return export


@pytest.mark.parametrize("order", ["oldest", "newest"])
@pytest.mark.parametrize("most", [1, 2, 3, 5])
def test_a_server_that_gives_other_pages_than_it_is_asked_for(most: int, order: str) -> None:
    """Fewer rows, or one line more: that of the names, of which none was known."""
    lines = [line("ab"[minute % 2], minute) for minute in range(23)]
    api = Export(lines if order == "oldest" else lines[::-1])
    api.most = most
    export = surveyed(api)
    pages = read(export)
    assert {page.total for page in pages} == {23}
    assert len(set(digests(pages))) == 23
    later = client(api, export.notes)
    assert later.page(LIVE, US, 1).fingerprint == pages[0].fingerprint
    assert len(api.asked) == 1
    new = [line("c", 100 + minute) for minute in range(4)]
    api.lines = lines + new if order == "oldest" else (lines + new)[::-1]
    after = read(later)
    assert users(after) == Counter(a=12, b=11, c=4)
    assert len(set(digests(pages)) & set(digests(after))) == 23


@pytest.mark.parametrize("most", [2, 4, 6])
def test_a_page_size_that_changes_is_noticed_with_the_next_survey(most: int) -> None:
    api = Export([line("a", minute) for minute in range(23)])
    api.most = 3
    export = surveyed(api)
    before = digests(read(export))
    api.most = most
    later = surveyed(api, export.notes)
    assert sorted(digests(read(later))) == sorted(before)
    assert client(api, later.notes).page(LIVE, US, 1).total == 23


def test_of_a_log_on_one_page_the_survey_alone_asks_for_another() -> None:
    api = Export([line("a", minute) for minute in range(3)])
    export = client(api)
    export.glance(EVERYTHING, US, 1)
    assert api.asked == [1, 2]
    read(export)
    api.lines.append(line("a", 3))
    for rows in (4, 5, 6):
        assert sum(map(len, (page.records for page in read(export)))) == rows
        api.lines.append(line("a", rows))
    api.asked.clear()
    api.lines = api.lines[:4]
    client(api).glance(EVERYTHING, US, 1)
    assert api.asked == [1], "a full page"


@pytest.mark.parametrize("pages", [1, 2])
def test_rows_that_come_while_the_page_size_is_looked_for(pages: int) -> None:
    api = Export([line("a", minute) for minute in range(SIZE * pages - 1)])
    api.before = lambda _request: api.lines.append(line("b", len(api.lines)))
    export = surveyed(api)
    api.before = lambda _request: None
    assert sum(users(read(export)).values()) == len(api.lines)


def test_all_rows_at_once_and_none_on_page_2_are_a_window_of_one_page() -> None:
    api = Export([line("a", minute) for minute in range(9)])
    api.most = 100
    export = surveyed(api)
    assert read(export)[0].total == 9
    api.lines.append(line("b", 10))
    assert read(client(api, export.notes))[0].total == 10


@pytest.mark.parametrize("order", ["oldest", "newest"])
@pytest.mark.parametrize("rows", [1, 3, 4, 7, 8, 9, 11, 12, 13, 20, 40])
def test_a_server_that_shows_its_last_page_beyond_the_end(rows: int, order: str) -> None:
    """A last page that is full is not the end of a log without one, nor hides what comes."""
    old = [line("a", minute) for minute in range(rows)]
    api = Export(old if order == "oldest" else old[::-1])
    api.repeats_last = True
    export = client(api)
    known = digests(read(export))
    assert len(set(known)) == len(known) == rows
    api.lines = [*old, line("b", 100)] if order == "oldest" else [line("b", 100), *old[::-1]]
    found = digests(read(client(api, export.notes)))
    assert len(found) == rows + 1
    assert set(known) < set(found)


@pytest.mark.parametrize("order", ["oldest", "newest"])
@pytest.mark.parametrize("request_of_row", range(1, 12))
def test_pages_that_repeat_the_last_are_not_counted_as_full(
    request_of_row: int, order: str
) -> None:
    """Those beyond a full last page seem to be others, until a row comes that is alone there."""
    rows = [line("a", minute) for minute in range(5 * SIZE)]
    api = Export([])
    api.repeats_last = True

    def before(request: int) -> None:
        new = [line("b", 100)] if request >= request_of_row else []
        api.lines = rows + new if order == "oldest" else new + rows[::-1]

    api.before = before
    pages = read(client(api))
    assert len(set(digests(pages))) == pages[0].total
    assert users(pages)["b"] <= 1


def test_full_pages_of_equal_rows_are_not_one_page_again() -> None:
    api = Export([line("a")] * 14)
    assert len(set(digests(read(client(api))))) == 14


@pytest.mark.parametrize("order", ["oldest", "newest"])
@pytest.mark.parametrize("before", range(13))
def test_full_pages_of_rows_in_turns_are_not_one_page_again(before: int, order: str) -> None:
    """As of many websites that are imported and scanned within a minute."""
    rows = [line("c", minute) for minute in range(before)]
    rows += [line(user, 20) for user in "ab" * 10]
    rows += [line("c", 30 + minute) for minute in range(9)]
    pages = read(client(Export(rows if order == "oldest" else rows[::-1])), TILE)
    assert len(set(digests(pages))) == pages[0].total == len(rows)


@pytest.mark.parametrize("pages", [True, False])
def test_equal_rows_of_a_server_that_shows_its_last_page_for_any_number(pages: bool) -> None:
    api = Export([line("a")] * SIZE)
    api.pages, api.repeats_last = pages, True
    assert read(client(api))[0].total == SIZE


def test_pages_of_rows_in_turns_have_the_size_that_the_server_gives() -> None:
    api = Export([line(user) for user in "ab" * 10])
    api.most = 2
    assert read(surveyed(api))[0].total == 20


def test_an_export_without_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_export, "MOST_PAGES", 64)
    api = Export([line("a", minute) for minute in range(1_000)])
    with pytest.raises(UnexpectedAnswerError) as caught:
        client(api).page(LIVE, US, 1)
    assert "64" in caught.value.error
    assert caught.value.remedy == "ask who runs the tenant"
    assert len(api.asked) < 10
    api.lines = api.lines[: 60 * SIZE]
    assert client(api).page(LIVE, US, 1).total == 60 * SIZE


def test_what_will_be_halved_is_not_read_unless_it_is_live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "TARGET_RECORDS", 40)
    api = Export([line("a", minute) for minute in range(90)])
    first = client(api).page(TILE, US, 1)
    assert first.announced > 80
    assert len(api.asked) < 15
    hour = Window(NOON - 9 * DAY, NOON - 9 * DAY + 2 * timeline.HOUR)
    for window in (LIVE, hour):  # the first cannot be made smaller, nor can an hour
        assert client(api).page(window, US, 1).total == 90
        assert len(api.asked) > 23


def test_without_dates_no_history_is_held() -> None:
    api = Export([line("a", minute) for minute in range(41)])
    export = client(api)
    first = export.page(EVERYTHING, US, 1)
    ends = len(api.asked)
    shown = [first, *(export.page(EVERYTHING, US, number) for number in range(2, 12))]
    assert len(set(digests(shown))) == 41
    assert api.asked[ends:] == list(range(10, 0, -1))
    export.page(EVERYTHING, US, 2)
    assert api.asked[-1] == 10  # asked for again: it was not kept
    assert export.page(EVERYTHING, US, 1).fingerprint == first.fingerprint


def test_two_windows_are_held_at_once() -> None:
    """The live window is polled while a tile of the backfill is being read."""
    api = Export([line("a", minute) for minute in range(20)])
    export = client(api)
    export.page(TILE, US, 1)
    export.page(LIVE, US, 1)
    asked = len(api.asked)
    for window in (TILE, LIVE):
        assert [export.page(window, US, number).number for number in (2, 3, 4)] == [2, 3, 4]
    assert len(api.asked) == asked
    export.page(Window(0, DAY), US, 1)  # the one that was used last is kept beside it
    asked = len(api.asked)
    export.page(LIVE, US, 2)
    assert len(api.asked) == asked
    export.page(TILE, US, 2)
    assert len(api.asked) > asked


def test_a_tile_of_the_past_is_not_what_the_next_poll_compares_with() -> None:
    api = Export([line("a", minute) for minute in range(9)])
    export = client(api)
    read(export)
    noted = export.notes
    read(export, TILE)
    assert export.notes == noted
    assert noted["window"] == list(LIVE)
    api.time = None  # of a tenant that does not tell its time, any window may be live
    read(export, TILE)
    assert export.notes["window"] == list(TILE)


def test_past_the_end_there_is_an_empty_page() -> None:
    export = client(Export([line("a")]))
    read(export)
    page = export.page(LIVE, US, 2)
    assert (page.records, page.has_next, page.total) == ([], False, 1)
