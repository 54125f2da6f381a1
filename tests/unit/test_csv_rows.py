"""csv_rows: whatever the columns are called, a row says what the list would say."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invicti_collector.records import Record, parse_created_at, read_records
from invicti_collector.tenant.csv_rows import (
    MOST_COLUMNS,
    Columns,
    Numbering,
    RowReader,
    RowsOfList,
    squeezed,
)
from invicti_collector.tenant.user_dates import Form, UserDates

LOOKUP = Path(__file__).resolve().parents[2] / "lookups" / "invicti_audit_types.csv"
TYPES = [row["Type"] for row in csv.DictReader(LOOKUP.read_text().splitlines())][:-1]
UI = ("User", "Action", "Endpoint Type", "Date")
READER = RowReader(UserDates("dd/MM/yyyy", "W. Europe Standard Time"), TYPES)
MINUTES = Form(60, local=True)

pytestmark = pytest.mark.usefixtures("far_from_utc")


def record(line: tuple[str, ...], header: tuple[str, ...] = UI) -> Record:
    return Numbering().record(READER.read(Columns(header), line))


def test_a_row_of_the_web_pages_columns() -> None:
    made = record(("Alice Example", "Role Delete", "Web UI", "15/07/2024 02:05 PM"))
    assert made.item == {
        "UserName": "Alice Example",
        "Type": "RoleDelete",
        "TypeText": "Role Delete",
        "EndpointType": "Web",
        "EndpointTypeText": "Web UI",
        "CreatedAt": "2024-07-15T12:05:00Z",
        "CreatedAtText": "15/07/2024 02:05 PM",
        "RowId": f"{made.digest:016x}",
    }
    assert made.created == 1721045100
    assert made.flaws == ()
    assert made.name == made.item["RowId"]


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        (
            ("user", "ACTION", "endpointtype", "Created At"),
            ("UserName", "Type", "EndpointType", "CreatedAt"),
        ),
        (
            ("E-mail", "User Name", "Activity", "Details"),
            ("UserEmail", "UserName", "Type", "Message"),
        ),
        (
            ("CreatedAt", "Type", "Request_Data", "IP Address"),
            ("CreatedAt", "Type", "RequestData", "IP Address"),
        ),
        (("Action", "Type", "Log Date (UTC)", ""), ("Type", "Type 2", "CreatedAt", "Column4")),
        (("Benutzer", "Aktion", "x", "x"), ("Benutzer", "Aktion", "x", "x 2")),
        # One column is the time: the one that is called so, else the first that looks like it.
        (("Last Update Time", "User", "Date"), ("Last Update Time", "UserName", "CreatedAt")),
        (("User", "Log Date", "End Time"), ("UserName", "CreatedAt", "End Time")),
    ],
)
def test_columns_are_known_by_their_letters(
    header: tuple[str, ...], fields: tuple[str, ...]
) -> None:
    assert Columns(header).fields == fields


def test_a_second_column_of_a_field_keeps_its_name() -> None:
    made = record(("a", "Signin", "b"), ("User", "Action", "User Name"))
    assert (made.item["UserName"], made.item["User Name"]) == ("a", "b")


def test_lines_that_are_too_long_or_too_short_lose_nothing() -> None:
    assert record(("a", "Signin", "API", "15/07/2024 12:00", "more"), UI).item["Column5"] == "more"
    short = record(("a", "Signin"), UI)
    assert short.item["Type"] == "Signin"
    assert short.flaws == ("unreadable_created_at",)


def test_an_unreadable_date_is_kept_as_it_is() -> None:
    made = record(("a", "Signin", "API", "yesterday"))
    assert made.item["CreatedAt"] == "yesterday"
    assert made.created is None
    assert made.flaws == ("unreadable_created_at",)


@pytest.mark.parametrize("name", TYPES)
def test_every_type_is_known_as_it_may_be_shown(name: str) -> None:
    reader = RowReader(READER.dates, TYPES)
    shown = re.sub("([a-z0-9])([A-Z])", r"\1 \2", name)
    for text in (name, shown, shown.lower(), shown.replace(" ", "-"), name.upper()):
        assert reader.read(Columns(UI), ("a", text, "API", "")).item["Type"] == name


@pytest.mark.parametrize("text", ["AI Assistant Enabled", "217", "", "*"])
def test_an_unknown_type_stays_as_it_is(text: str) -> None:
    item = READER.read(Columns(UI), ("a", text, "API", "")).item
    assert item["Type"] == text
    assert "TypeText" not in item


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Web UI", "Web"),
        ("web", "Web"),
        ("API", "Api"),
        ("Background Task", "BackgroundTask"),
        ("Background", "BackgroundTask"),
        ("Mobile", "Mobile"),
    ],
)
def test_endpoint_types(text: str, value: str) -> None:
    assert READER.read(Columns(UI), ("a", "Signin", text, "")).item["EndpointType"] == value


def test_an_id_in_the_export_is_the_identity() -> None:
    id_ = "7d6b0c1e-6b0a-4a37-9d0e-b10b3e6f2a11"
    made = record((id_, "Signin"), ("Id", "Action"))
    assert made.digest == read_records([{"Id": id_.upper()}])[0].digest
    assert "RowId" not in made.item
    timed = record((id_, "15/07/2024 14:05"), ("Id", "Date"))
    assert (timed.created, timed.name, timed.flaws) == (1721045100, id_, ())


def test_rows_of_the_empty_guid_are_told_apart_by_what_they_say() -> None:
    numbering = Numbering()
    empty = "00000000-0000-0000-0000-000000000000"
    made = [
        numbering.record(READER.read(Columns(("Id", "Action")), (empty, action)))
        for action in ("Signin", "Signout", "Signin")
    ]
    assert len({each.digest for each in made}) == 3


def test_identities_stay_those_that_progress_has_saved() -> None:
    """Of another identity, all rows would come in again after an update of the add-on.

    By coreutils: printf '[["type", "signin"], ["username", "a b"]]' | b2sum -l 64, as a number
    before /0 and /1 through the same. With an endpoint type and a date, ["endpointtype",
    "backgroundtask"] and ["createdat", "1721045100.000000"] stand there, too.
    """
    line = ("a b", "Sign in", "Background", "15/07/2024 14:05")
    assert READER.read(Columns(UI), line).content == 0x1D68B3462AEC9EA5
    row = RowReader(READER.dates, ["Signin"]).read(Columns(UI), ("a  b", "Sign in", "", ""))
    assert row.content == 0x52069CF5660DACF4
    numbering = Numbering()
    assert [numbering.record(row).name for _ in range(2)] == [
        *("37f4826613624708", "4aa52fbf830fbbbe"),
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2024-07-15T12:05:00Z", "2024-07-15T12:05:00Z"),
        ("2024-07-15 14:05:09", "2024-07-15T12:05:09Z"),
        ("2024-07-15T12:05:10.5Z", "2024-07-15T12:05:10.5Z"),
        ("2024-07-15T12:05:01.050+00:00", "2024-07-15T12:05:01.05Z"),
        ("2024-07-15T00:05:00.123456+02:00", "2024-07-14T22:05:00.123456Z"),
    ],
)
def test_a_time_is_shown_as_exactly_as_it_was_read(text: str, shown: str) -> None:
    made = record(("a", text), ("User", "Date"))
    assert made.item["CreatedAt"] == shown
    assert made.created == parse_created_at(shown)
    assert made.item.get("CreatedAtText", text) == text


def test_equal_rows_are_as_many_as_there_are() -> None:
    columns = Columns(UI)
    line = ("a", "Signin", "API", "15/07/2024 12:00")
    other = ("b", "Signin", "API", "15/07/2024 12:00")
    lines = [line, other, line, line]

    def identities(lines: Sequence[Sequence[str]]) -> set[int]:
        numbering = Numbering()
        return {numbering.record(READER.read(columns, line)).digest for line in lines}

    assert len(identities(lines)) == 4
    # In another order, they are the same four; of fewer, some of them.
    assert identities(lines) == identities(lines[::-1])
    assert identities([line, other]) < identities(lines)


@pytest.mark.parametrize(
    "line",
    [
        ("Alice  Example", "RoleDelete", "Web", "15/07/2024 14:05"),
        ("Alice Example ", "role delete", "WEB UI", "2024-07-15 14:05"),
    ],
)
def test_the_same_in_another_spelling_is_the_same(line: tuple[str, ...]) -> None:
    columns = Columns(UI)
    first = READER.read(columns, ("Alice Example", "Role Delete", "Web UI", "15/07/2024 02:05 PM"))
    assert READER.read(columns, line).content == first.content


@pytest.mark.parametrize("place", range(4))
def test_every_column_counts(place: int) -> None:
    columns = Columns((*UI[:3], "Source"))
    line = ["a", "Signin", "API", "x"]
    changed = [*line[:place], "other", *line[place + 1 :]]
    assert READER.read(columns, line).content != READER.read(columns, changed).content


LISTED: dict[str, Any] = {
    "AccountId": "33eabd3d-291b-443f-b4ea-35de08c677bf",
    "CreatedAt": "2024-07-15T12:05:59.1234567+00:00",
    "EndpointType": "BackgroundTask",
    "Id": "7d6b0c1e-6b0a-4a37-9d0e-b10b3e6f2a11",
    "Type": "ScanStarted",
    "UserEmail": None,
    "UserId": None,
    "UserName": None,
    "Message": "of\r\nShop",
    "RequestData": "x",
}


@pytest.mark.parametrize(
    ("header", "line", "form"),
    [
        (UI, ("", "Scan Started", "Background Task", "15/07/2024 02:05 PM"), MINUTES),
        (UI, ("", "Scan Started", "Background Task", "15/07/2024 14:05:59"), Form(1, local=True)),
        (
            ("Message", "E-mail", "Action", "CreatedAt"),
            ("of Shop", "", "ScanStarted", LISTED["CreatedAt"]),
            Form(0, local=False),
        ),
    ],
)
def test_a_record_of_the_list_is_known_by_its_row(
    header: tuple[str, ...], line: tuple[str, ...], form: Form
) -> None:
    columns = Columns(header)
    row = READER.read(columns, line)
    assert row.moment is not None
    assert row.moment.form == form
    known = RowsOfList(columns, READER.dates, form).content
    (same,) = read_records([LISTED])
    assert known(same) == row.content
    for name, value in (("Type", "ScanFailed"), ("CreatedAt", "2024-07-15T12:07:00Z")):
        (other,) = read_records([{**LISTED, name: value}])
        assert known(other) != row.content


def test_what_has_an_id_needs_no_row() -> None:
    known = RowsOfList(Columns(("Id", "Action")), READER.dates, MINUTES).content
    assert known(read_records([LISTED])[0]) is None
    assert known(read_records(["no object"])[0]) is None


@given(st.lists(st.text(), max_size=6), st.lists(st.text(), max_size=8))
def test_no_table_is_an_error(header: list[str], line: list[str]) -> None:
    columns = Columns(header)
    assert len(set(columns.fields)) == len(header)
    item = READER.read(columns, line).item
    assert len(item) >= min(len(line), len(header))
    assert squeezed("Role-Delete_ ") == "roledelete"


def test_names_beyond_any_table_s_width_are_not_told_apart() -> None:
    """A million that are the same would take hours."""
    columns = Columns(["Date", *["x"] * 1_000_000])
    assert len(columns.fields) == MOST_COLUMNS
    assert columns.named(["a"] * 202)[-1] == ("Column202", "a")
