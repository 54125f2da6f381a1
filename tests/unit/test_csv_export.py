"""csv_export: whatever is in the export, and whatever happens to it meanwhile, each row is one."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Callable, TypeVar, cast
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invicti_collector import csv_export, csv_listing, timeline
from invicti_collector.csv_export import CsvExport
from invicti_collector.csv_listing import agreed
from invicti_collector.csv_rows import Row
from invicti_collector.errors import ServerError, TransientError, UnexpectedAnswerError
from invicti_collector.invicti_api import InvictiApi
from invicti_collector.pages import Page
from invicti_collector.timeline import DAY, EVERYTHING, DateFormat, Window
from tests.fakes.tenant import NOON

SIZE = 4
US = DateFormat.US
LIVE = Window(NOON - 3 * DAY, NOON + 2 * DAY)
TILE = Window(NOON - 60 * DAY, NOON - 3 * DAY)
HEADER = ("User", "Action", "Endpoint Type", "Date")
T = TypeVar("T")


def line(user: str, minute: int = 0) -> tuple[str, ...]:
    return (user, "Role Delete", "Web UI", f"21/05/2024 {minute // 60:02}:{minute % 60:02}")


class Export:
    """What the client of a tenant's export offers, over lines in memory."""

    def __init__(self, lines: list[tuple[str, ...]]) -> None:
        self.lines = lines
        self.asked: list[int] = []
        self.queries: set[tuple[Window, DateFormat]] = set()
        self.profile: dict[str, Any] | None = None
        self.profiles = 0
        self.time: float | None = NOON
        self.pages = True
        self.header_everywhere = True
        self.not_there = False
        self.spoil: Callable[[bytes], bytes] = lambda body: body
        self.before: Callable[[int], None] = lambda _number: None

    def now(self) -> float | None:
        """See `InvictiApi`."""
        return self.time

    def caller(self) -> dict[str, Any] | None:
        """See `InvictiApi`."""
        self.profiles += 1
        return self.profile

    def export(
        self, window: Window, date_format: DateFormat, number: int, read: Callable[..., T]
    ) -> T | None:
        """See `InvictiApi`; asks again after what may pass, as it does."""
        self.queries.add((window, date_format))
        for _ in range(3):
            self.asked.append(number)
            self.before(len(self.asked))
            lines = self.lines
            if self.pages:
                lines = lines[(number - 1) * SIZE : number * SIZE]
            if self.not_there or (not lines and number > 1):
                return None
            text = io.StringIO()
            named = self.header_everywhere or number == 1
            csv.writer(text).writerows([HEADER, *lines] if named else lines)
            try:
                return read(self.spoil(text.getvalue().encode()), "text/csv", "here")
            except TransientError as fault:
                latest = fault
        raise latest


@pytest.fixture(autouse=True, scope="module")
def _small_pages() -> Iterator[None]:
    with patch.object(csv_export, "PAGE_SIZE", SIZE), patch.object(csv_listing, "PAGE_SIZE", SIZE):
        yield


def client(api: Export, notes: dict[str, Any] | None = None) -> CsvExport:
    """The client of a run; with what the run before has noted."""
    export = CsvExport(cast("InvictiApi", api), ["RoleDelete"])
    export.recall(json.loads(json.dumps(notes or {})))
    api.asked.clear()
    return export


def read(export: CsvExport, window: Window = LIVE) -> list[Page]:
    pages = [export.page(window, US, 1)]
    while pages[-1].has_next:
        pages.append(export.page(window, US, len(pages) + 1))
    return pages


def digests(pages: list[Page]) -> list[int]:
    return [record.digest for page in pages for record in page.records]


def users(pages: list[Page]) -> Counter[str]:
    return Counter(record.item["UserName"] for page in pages for record in page.records)


def lines_of(names: list[str]) -> list[tuple[str, ...]]:
    """Three rows a minute, many of which say the same; but no page says what another says."""
    return [line(name, number // 3) for number, name in enumerate(names)]


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
    st.lists(st.sampled_from("abc"), min_size=1, max_size=30),
    st.lists(st.tuples(st.integers(1, 40), st.sampled_from("abcd"), st.integers(0, 30))),
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


def test_full_pages_of_equal_rows_are_not_one_page_again() -> None:
    api = Export([line("a")] * 14)
    assert len(set(digests(read(client(api))))) == 14


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


# --- single pages ---------------------------------------------------------------------------------


def test_a_glance_shows_the_export_as_it_is() -> None:
    api = Export([line("a", minute) for minute in range(6)])
    export = client(api)
    first, last = export.glance(EVERYTHING, US, 1), export.glance(EVERYTHING, US, 2)
    assert first is not None
    assert last is not None
    assert [r.item["CreatedAtText"][-5:] for r in first.records] == [
        *("00:00", "00:01", "00:02", "00:03")
    ]
    assert (first.number, first.total, first.has_next) == (1, None, True)
    assert (last.number, len(last.records), last.has_next) == (2, 2, False)
    assert api.queries == {(EVERYTHING, US)}
    assert export.glance(EVERYTHING, US, 3) is None
    equal = client(Export([line("a")] * 3)).glance(EVERYTHING, US, 1)
    assert equal is not None
    assert len({record.digest for record in equal.records}) == 3


def test_the_profile_is_asked_once_a_run_and_at_each_survey() -> None:
    api = Export([line("a", minute) for minute in range(3)])
    api.profile = {"DateFormat": " MM/dd/yyyy ", "TimeZoneInfo": "Tokyo Standard Time"}
    export = client(api)
    export.glance(LIVE, US, 1)
    read(export)
    read(export, TILE)
    assert api.profiles == 1
    assert (export.notes["date_format"], export.notes["zone"]) == (
        *("MM/dd/yyyy", "Tokyo Standard Time"),
    )
    export.glance(EVERYTHING, US, 2)
    assert api.profiles == 1
    export.glance(EVERYTHING, US, 1)
    assert api.profiles == 2


@pytest.mark.parametrize("profile", [None, {}, {"DateFormat": 5, "TimeZoneInfo": " "}])
def test_without_a_usable_profile_the_tenant_s_defaults_count(
    profile: dict[str, Any] | None,
) -> None:
    api = Export([line("a", 30)])
    api.profile = profile
    (page,) = read(client(api))
    # 21 May, 00:30 in London.
    assert page.records[0].item["CreatedAt"] == "2024-05-20T23:30:00Z"


def test_rows_are_read_anew_when_the_profile_was_changed() -> None:
    api = Export([line("a", 30)])
    export = client(api)
    before = read(export)
    api.profile = {"DateFormat": "dd/MM/yyyy", "TimeZoneInfo": "UTC"}
    api.lines = [("a", "Role Delete", "Web UI", "20/05/2024 23:30"), line("a", 31)]
    later = client(api, export.notes)
    after = read(later)
    assert set(digests(before)) <= set(digests(after))
    assert [r.item["CreatedAt"][-9:] for r in after[0].records] == ["00:31:00Z", "23:30:00Z"]


def test_columns_that_only_page_1_names_are_known_to_the_next_run() -> None:
    api = Export([line("a", minute) for minute in range(7)])
    api.header_everywhere = False
    export = client(api)
    before = read(export)
    assert export.notes["columns"] == list(HEADER)
    assert export.notes["form"] == [60, True]
    (idle,) = [client(api, export.notes).page(LIVE, US, 1)]
    assert api.asked == [2]
    assert idle.fingerprint == before[0].fingerprint


def test_an_answer_cut_within_a_line_is_asked_for_again() -> None:
    api = Export([line("a", minute) for minute in range(3)])
    api.spoil = lambda body: body[:-5] if len(api.asked) == 1 else body
    assert read(client(api))[0].total == 3
    api.spoil = lambda body: body[: -5 - len(api.asked)]
    with pytest.raises(ServerError, match="cut short after") as caught:
        read(client(api))
    assert (caught.value.where, caught.value.remedy[:24]) == ("here", "none needed if it passes")


def test_a_server_that_never_ends_its_last_line_is_believed_from_then_on() -> None:
    api = Export([line("a", minute) for minute in range(11)])
    api.spoil = lambda body: body.rstrip(b"\r\n")
    export = client(api)
    assert len(set(digests(read(export)))) == 11
    assert api.asked[:3] == [1, 1, 2]
    assert read(export)[0].total == 11


def test_no_rows_at_all_are_an_empty_page() -> None:
    api = Export([])
    api.not_there = True
    (page,) = read(client(api))
    assert (page.records, page.total) == ([], 0)
    api.not_there = False
    api.spoil = lambda _body: b""
    assert read(client(api))[0].total == 0
