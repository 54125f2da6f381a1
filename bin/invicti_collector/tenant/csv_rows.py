# SPDX-License-Identifier: Apache-2.0
"""Rows of a CSV export as records of the list: names, values, times and identity.

The columns of the web page are User, Action, Endpoint Type and Date; those of the export are not
known (invicti-api.md 2.2).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from hashlib import blake2b
from typing import Any, NamedTuple

from invicti_collector.records import EMPTY_GUID, Record, id_digest, row_digest
from invicti_collector.tenant.user_dates import Form, Moment, UserDates

_FIELDS = {
    "Id": ("id", "auditlogid", "logid"),
    "AccountId": ("accountid",),
    "CreatedAt": ("date", "createdat", "createddate", "createdon", "datetime", "time", "timestamp"),
    "EndpointType": ("endpointtype", "endpoint"),
    "Type": ("action", "type", "activity", "activitytype", "actiontype", "logtype", "event"),
    "UserId": ("userid",),
    "UserName": ("user", "username", "userdisplayname", "displayname"),
    "UserEmail": ("email", "useremail", "emailaddress", "useremailaddress", "mail"),
    "Message": ("message", "description", "details", "detail"),
    "RequestData": ("requestdata", "request"),
}
_FIELD_OF = {name: field for field, names in _FIELDS.items() for name in names}
_ENDPOINTS = {
    "web": "Web",
    "webui": "Web",
    "api": "Api",
    "background": "BackgroundTask",
    "backgroundtask": "BackgroundTask",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

MOST_COLUMNS = 200
"""With names; to tell a million of them apart would take hours."""

ROW_ID = "RowId"
"""The field that stands in for the `Id` of a record."""


def squeezed(text: str) -> str:
    """Returns a name as it is compared: its letters and digits, in lower case."""
    return re.sub(r"[\W_]+", "", text).lower()


class Row(NamedTuple):
    """One row of the export.

    Attributes:
        content: Digest of what it says.
        moment: Its date; None where it cannot be read.
        item: The record that is made of it.
    """

    content: int
    moment: Moment | None
    item: dict[str, Any]


class Columns:
    """What the columns of an export mean.

    Arguments:
        header: Their names, in order.
    """

    def __init__(self, header: Sequence[str]) -> None:
        self.header = tuple(name.strip() for name in header[:MOST_COLUMNS])
        self.fields = _distinct(self.header)
        """The field of the record for each column: the list's, or the column's own name."""

    @property
    def are_known(self) -> bool:
        """Whether these look like names of columns at all."""
        return len(_FIELDS.keys() & set(self.fields)) >= 2

    def named(self, line: Sequence[str]) -> list[tuple[str, str]]:
        """Returns the cells of a line by their fields; surplus ones by their number."""
        surplus = [f"Column{number + 1}" for number in range(len(self.fields), len(line))]
        return list(zip([*self.fields, *surplus], line))


def _distinct(header: Sequence[str]) -> tuple[str, ...]:
    fields: list[str] = []
    for number, name in enumerate(header):
        field = _FIELD_OF.get(squeezed(name), "")
        if not field or field in fields:
            field = name or f"Column{number + 1}"
        while field in fields:
            field += " 2"
        fields.append(field)
    return tuple(_with_date(fields))


def _with_date(fields: list[str]) -> list[str]:
    """Takes a column such as `Log Date (UTC)` for the time where none is called as expected."""
    if "CreatedAt" in fields:
        return fields
    dates = [field for field in fields if re.search("date|time", field, re.IGNORECASE)]
    return ["CreatedAt" if field in dates[:1] else field for field in fields]


class RowReader:
    """Makes rows of lines.

    Arguments:
        dates: The API user's.
        types: The known values of `Type`.
    """

    def __init__(self, dates: UserDates, types: Iterable[str]) -> None:
        self.dates = dates
        self._types = {squeezed(name): name for name in types}

    def read(self, columns: Columns, line: Sequence[str]) -> Row:
        """Returns the row of a line.

        Arguments:
            columns: What its cells mean.
            line: The cells.
        """
        cells = columns.named(line)
        moment = self.dates.read(dict(cells).get("CreatedAt", ""))
        item: dict[str, Any] = {}
        for field, text in cells:
            value = self._value(field, text, moment)
            item[field] = value
            if value != text:
                item[f"{field}Text"] = text
        return Row(content_digest(cells, moment.seconds if moment else None), moment, item)

    def _value(self, field: str, text: str, moment: Moment | None) -> str:
        if field == "CreatedAt" and moment:
            return _iso(moment.seconds)
        if field == "EndpointType":
            return _ENDPOINTS.get(squeezed(text), text)
        if field == "Type":
            return self._types.get(squeezed(text), text)
        return text


def _iso(seconds: float) -> str:
    text = datetime.fromtimestamp(int(seconds), timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{seconds % 1:.6f}"[1:].rstrip("0.")
    return f"{text}{fraction}Z"


def content_digest(cells: Iterable[tuple[str, str]], created: float | None) -> int:
    """Returns the digest of what a row says, however it is spelt.

    Arguments:
        cells: Fields and their texts.
        created: Its time in seconds since the epoch; None where the text must do.
    """
    plain = {field: _plain(field, text) for field, text in cells}
    if created is not None:
        plain["CreatedAt"] = f"{created:.6f}"
    said = sorted([squeezed(field), text] for field, text in plain.items() if text)
    return _digest(json.dumps(said).encode())


def _plain(field: str, text: str) -> str:
    if field == "Type":
        return squeezed(text)
    if field == "EndpointType":
        return _ENDPOINTS.get(squeezed(text), squeezed(text)).lower()
    return " ".join(text.split())


def _digest(data: bytes) -> int:
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big")


class Numbering:
    """Tells equal rows of one reading apart by how many came before, so that each is one."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def digest(self, content: int) -> int:
        """Returns the identity of the next row of this content."""
        place = self._counts[content]
        self._counts[content] += 1
        return row_digest(content, place)

    def record(self, row: Row) -> Record:
        """Returns the record of the next row."""
        created = row.moment.seconds if row.moment else None
        name = row.item.get("Id")
        if isinstance(name, str) and name.strip() and id_digest(name) != EMPTY_GUID:
            return Record(id_digest(name), created, row.item, name)
        digest = self.digest(row.content)
        name = f"{digest:016x}"
        return Record(digest, created, {**row.item, ROW_ID: name}, name)


class RowsOfList:
    """Recognises in records of the list the rows that an earlier build exported.

    Arguments:
        columns: Those of the export.
        dates: How it wrote dates.
        form: How exactly.
    """

    def __init__(self, columns: Columns, dates: UserDates, form: Form) -> None:
        self._columns = columns
        self._dates = dates
        self._form = form

    def content(self, record: Record) -> int | None:
        """Returns the digest that the row of a record would have; None where it had an `Id`."""
        if "Id" in self._columns.fields or not isinstance(record.item, dict):
            return None
        fields = {squeezed(name): value for name, value in record.item.items()}
        cells = [(field, _text(fields.get(squeezed(field)))) for field in self._columns.fields]
        created = record.created
        if created is not None:
            created = self._dates.as_written(created, self._form)
        return content_digest(cells, created)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
