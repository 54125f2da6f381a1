"""list_after_export: records of before the upgrade tell what their rows said."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invicti_collector.pages import Page
from invicti_collector.records import read_records
from invicti_collector.tenant.csv_rows import Columns, RowReader
from invicti_collector.tenant.list_after_export import list_after_export
from invicti_collector.tenant.user_dates import UserDates
from tests.fakes.tenant import NOON, guid, iso

COLUMNS = Columns(("User", "Action", "Date"))
READER = RowReader(UserDates("dd/MM/yyyy", "Tokyo Standard Time"), ["Signin"])
NOTES = {
    "columns": list(COLUMNS.header),
    "date_format": "dd/MM/yyyy",
    "zone": "Tokyo Standard Time",
    "form": [60, True],
}
UNTIL = NOON + 0.5
"""NOON is 20 May 2024, 12:00."""


def with_rows(*items: dict[str, Any]) -> Page:
    """Checks that nothing of a page but the rows differs, and returns it with them."""
    page = Page(3, read_records(items), 700, has_next=True, last_number=4)
    crossing = list_after_export(NOTES, UNTIL)
    assert crossing is not None
    found = crossing.with_rows(page)
    assert found._replace(records=[one._replace(row=None) for one in found.records]) == page
    return found


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(-179, 59)), max_size=9))
def test_records_of_before_the_upgrade_tell_their_rows(history: list[tuple[str, int]]) -> None:
    page = with_rows(
        *(
            {"Id": guid(n), "UserName": user, "Type": "Signin", "CreatedAt": iso(NOON + at)}
            for n, (user, at) in enumerate(history)
        )
    )
    for record, (user, at) in zip(page.records, history):
        minute = 60 * 21 + at // 60  # in Tokyo
        date = f"20/05/2024 {minute // 60}:{minute % 60:02}"
        row = READER.read(COLUMNS, (user, "Sign In", date))
        assert record.row == (row.content if at <= 0 else None)


def test_what_has_no_time_was_no_row() -> None:
    page = with_rows({"Id": guid(1)}, {"Id": guid(2), "CreatedAt": "soon"})
    assert [record.row for record in page.records] == [None, None]


@pytest.mark.parametrize("name", ["columns", "form"])
def test_without_a_row_that_was_read_there_is_nothing_to_recognise(name: str) -> None:
    assert list_after_export({**NOTES, name: None}, UNTIL) is None
