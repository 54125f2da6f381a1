"""list_after_export: records of before the upgrade tell what their rows said."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from invicti_collector.pages import Page
from invicti_collector.records import read_records
from invicti_collector.tenant.csv_rows import Columns, RowReader, RowsOfList
from invicti_collector.tenant.list_after_export import ListAfterExport
from invicti_collector.tenant.user_dates import Form, UserDates
from tests.fakes.tenant import NOON, guid, iso

COLUMNS = Columns(("User", "Action", "Date"))
READER = RowReader(UserDates("dd/MM/yyyy", "UTC"), ["Signin"])
UNTIL = NOON + 0.5
"""NOON is 20 May 2024, 12:00."""


def with_rows(*items: dict[str, Any]) -> Page:
    """Checks that nothing of a page but the rows differs, and returns it with them."""
    page = Page(3, read_records(items), 700, has_next=True, last_number=4)
    rows = RowsOfList(COLUMNS, READER.dates, Form(60, local=True))
    found = ListAfterExport(rows, UNTIL).with_rows(page)
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
        minute = 60 * 12 + at // 60
        date = f"20/05/2024 {minute // 60}:{minute % 60:02}"
        row = READER.read(COLUMNS, (user, "Sign In", date))
        assert record.row == (row.content if at <= 0 else None)


def test_what_has_no_time_was_no_row() -> None:
    page = with_rows({"Id": guid(1)}, {"Id": guid(2), "CreatedAt": "soon"})
    assert [record.row for record in page.records] == [None, None]
