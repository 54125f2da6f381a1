"""list_after_export: what was collected as a row is known again, in whatever order it is listed."""

from __future__ import annotations

from datetime import datetime, timezone

from hypothesis import given
from hypothesis import strategies as st

from invicti_collector.pages import Page
from invicti_collector.records import Record, id_digest, read_records
from invicti_collector.tenant.csv_rows import Columns, Numbering, RowReader, RowsOfList
from invicti_collector.tenant.list_after_export import ListAfterExport
from invicti_collector.tenant.user_dates import Form, UserDates
from invicti_collector.timeline import Window
from tests.fakes.tenant import DAY, NOON, guid

HEADER = ("User", "Action", "Date")
READER = RowReader(UserDates("dd/MM/yyyy", "UTC"), ["Signin"])
WINDOW, OTHER, THIRD = (Window(day * DAY, day * DAY + DAY) for day in (1, 2, 3))
# Seconds within three minutes, of two users: most records have rows that say the same.
HISTORIES = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 179)), min_size=1, max_size=24)


def text(moment: int, pattern: str) -> str:
    return datetime.fromtimestamp(moment, timezone.utc).strftime(pattern)


def listed(history: list[tuple[str, int]]) -> list[Record]:
    return read_records(
        {
            "Id": guid(number),
            "UserName": user,
            "Type": "Signin",
            "CreatedAt": text(NOON + seconds, "%Y-%m-%dT%H:%M:%SZ"),
        }
        for number, (user, seconds) in enumerate(history)
    )


def rows(history: list[tuple[str, int]]) -> set[int]:
    """The identities that the export gave them, which shows minutes."""
    numbering = Numbering()
    lines = ((user, "Sign in", text(NOON + at, "%d/%m/%Y %H:%M")) for user, at in history)
    return {numbering.record(READER.read(Columns(HEADER), line)).digest for line in lines}


def taking_over(until: float) -> ListAfterExport:
    form = Form(60, local=True)
    return ListAfterExport(RowsOfList(Columns(HEADER), READER.dates, form), until)


def pages(records: list[Record], size: int) -> list[Page]:
    parts = [records[at : at + size] for at in range(0, len(records), size)]
    return [
        Page(number, part, len(records), number < len(parts), len(parts))
        for number, part in enumerate(parts, start=1)
    ]


@given(HISTORIES, st.integers(1, 9), st.randoms(use_true_random=False), st.integers(0, 200))
def test_as_many_as_there_were_rows_are_known_again(
    history: list[tuple[str, int]], size: int, order: object, until: int
) -> None:
    records = listed(history)
    order.shuffle(records)  # type: ignore[attr-defined]
    crossing = taking_over(NOON + until)
    given_pages = pages(records, size)
    seen = [crossing.taken_over(WINDOW, page) for page in given_pages]
    found = {record.name: record.digest for page in seen for record in page.records}
    old = {name for number, (_, at) in enumerate(history) if at <= until for name in [guid(number)]}
    assert {found[name] for name in old} == rows([one for one in history if one[1] <= until])
    assert all(found[name] == id_digest(name) for name in found.keys() - old)
    assert len(set(found.values())) == len(history)
    # Everything else of a page stays, and so does the order.
    for before, after in zip(given_pages, seen):
        assert after._replace(records=before.records) == before
        assert [r._replace(digest=0) for r in after.records] == [
            r._replace(digest=0) for r in before.records
        ]
    # Read once more from page 1 on, in the middle too, they are the same.
    for page, first in zip([*given_pages, *given_pages[1:]], [*seen, *seen[1:]]):
        assert crossing.taken_over(WINDOW, page) == first


def test_of_equal_rows_on_a_page_the_oldest_were_there_before() -> None:
    """The export had two of the three; the one that is new is the one that came last."""
    history = [("a", 50), ("a", 10), ("a", 30)]
    crossing = taking_over(NOON + 60)
    (page,) = pages(listed(history), 9)
    found = {r.name: r.digest for r in crossing.taken_over(WINDOW, page).records}
    exported = rows([("a", 10), ("a", 30)])
    assert {found[guid(1)], found[guid(2)]} == exported
    assert found[guid(0)] not in exported


def test_records_without_a_time_keep_their_id() -> None:
    records = read_records(
        [{"Id": guid(1), "Type": "Signin"}, {"Id": guid(2), "Type": "Signin", "CreatedAt": "soon"}]
    )
    (page,) = pages(records, 9)
    assert taking_over(NOON).taken_over(WINDOW, page) == page


def test_windows_are_numbered_apart_two_at_a_time() -> None:
    crossing = taking_over(NOON + 60)
    first, second = pages(listed([("a", 1), ("a", 2)]), 1)

    def of(window: Window, page: Page) -> int:
        return crossing.taken_over(window, page).records[0].digest

    begun = of(WINDOW, first)
    for _ in range(3):  # as the live window is, again and again
        assert of(OTHER, first) == begun
    assert of(WINDOW, second) == of(OTHER, second) != begun
    of(THIRD, first)
    assert of(OTHER, second) != begun
    # The one before was forgotten, so that a run of days remembers no more: it begins anew.
    assert of(WINDOW, second) == begun
