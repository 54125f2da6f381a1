"""csv_sheets: single pages of an export, and what is known of how it is written."""

from __future__ import annotations

from typing import Any

import pytest

from invicti_collector.errors import ServerError, UnexpectedAnswerError
from invicti_collector.pages import PAGE_SIZE
from invicti_collector.tenant import csv_sheets
from invicti_collector.timeline import EVERYTHING
from tests.fakes import export as fakes
from tests.fakes.export import HEADER, LIVE, TILE, US, Export, client, digests, line, read, users

pytestmark = pytest.mark.usefixtures("small_pages")


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


TITLES = [
    *("sep=,\r\n", '"SEP=,"\n', "Activity Logs\r\n", "Invicti | Activity Logs\r\n"),
    'Logs of "x"\r\n\r\nall; to 9 May\r\n',
]


@pytest.mark.parametrize("everywhere", [True, False])
@pytest.mark.parametrize("title", TITLES)
def test_what_stands_before_the_names_of_columns_is_no_row(title: str, everywhere: bool) -> None:
    api = Export([line("a", minute) for minute in range(11)])
    api.title = title
    api.header_everywhere = everywhere
    export = client(api)
    pages = read(export)
    assert [page.total for page in pages] == [11] * 3
    assert users(pages) == {"a": 11}
    assert export.notes["columns"] == list(HEADER)
    client(api, export.notes).page(LIVE, US, 1)
    assert api.asked == [3]


def test_a_title_that_an_earlier_version_took_for_names_is_forgotten() -> None:
    api = Export([line("a", minute) for minute in range(3)])
    api.title = "Activity Logs\r\n"
    notes = {**client(api).notes, "columns": ["Activity Logs"]}
    assert users(read(client(api, notes))) == {"a": 3}


def test_columns_of_other_names_are_kept_behind_the_first_line() -> None:
    api = Export([("Benutzer", "Aktion"), ("a", "b"), ("a", "c")])
    api.spoil = lambda body: body.partition(b"\r\n")[2]
    (page,) = read(client(api))
    assert [record.item["Benutzer"] for record in page.records] == ["a", "a"]


@pytest.mark.parametrize("place", range(3))
def test_a_row_behind_the_names_of_columns_is_never_taken_for_them(place: int) -> None:
    api = Export([line("a", minute) for minute in range(3)])
    api.lines[place] = ("Type", "Message", "Web UI", "21/05/2024 09:00")
    (page,) = read(client(api))
    assert len(page.records) == 3
    api.header_everywhere = False
    api.lines = [line("a", minute) for minute in range(8)]
    api.lines[5 + place] = ("Type", "Message", "Web UI", "21/05/2024 09:00")
    assert sum(users(read(client(api))).values()) == 8


@pytest.mark.parametrize("place", range(4))
def test_a_row_that_reads_like_names_of_columns_is_a_row_on_a_page_without_them(place: int) -> None:
    """`Updated` has a date in it, too."""
    api = Export([line("a", minute) for minute in range(8)])
    api.header_everywhere = False
    api.lines[4 + place] = ("User", "Website Updated", "Web UI", "21/05/2024 00:30")
    assert users(read(client(api))) == {"a": 7, "User": 1}


def test_other_separators_within_the_cells_of_a_page_without_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fakes, "HEADER", (*HEADER, "Request Data"))
    api = Export([(*line("a", minute), "Agent (X11; x; y; z; U; en)") for minute in range(9)])
    api.header_everywhere = False
    export = client(api)
    assert users(read(export)) == {"a": 9}
    assert client(api, export.notes).page(LIVE, US, 1).records[0].item["RequestData"][:5] == "Agent"


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


def test_a_page_with_more_rows_than_any_may_have_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(csv_sheets, "MOST_RECORDS", 20)
    api = Export([line("a", minute) for minute in range(20)])
    api.pages = False
    assert read(client(api))[0].total == 20
    api.lines *= 2
    with pytest.raises(UnexpectedAnswerError, match="more than 20 rows") as caught:
        read(client(api))
    assert (caught.value.where, caught.value.remedy[:11]) == ("here", "ask who run")


def test_a_glance_at_a_server_that_does_not_page_is_at_the_first_rows() -> None:
    """To see how it is written, and how dates are read, takes no more."""
    api = Export([line("a", minute) for minute in range(300)])
    api.pages = False
    glanced = client(api).glance(EVERYTHING, US, 1)
    assert glanced is not None
    assert (len(glanced.records), glanced.has_next) == (PAGE_SIZE, True)


def test_no_rows_at_all_are_an_empty_page() -> None:
    api = Export([])
    api.not_there = True
    (page,) = read(client(api))
    assert (page.records, page.total) == ([], 0)
    api.not_there = False
    api.spoil = lambda _body: b""
    assert read(client(api))[0].total == 0
