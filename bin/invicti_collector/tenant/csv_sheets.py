# SPDX-License-Identifier: Apache-2.0
"""Single pages of the CSV export: asked for, checked for their end, and read as rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from invicti_collector.errors import ServerError, UnexpectedAnswerError
from invicti_collector.pages import MOST_RECORDS, PAGE_SIZE
from invicti_collector.tenant.csv_listing import Sheet
from invicti_collector.tenant.csv_rows import Columns, Row, RowReader
from invicti_collector.tenant.csv_table import HEAD, MOST_CELLS, Table, read_table
from invicti_collector.tenant.invicti_api import InvictiApi
from invicti_collector.tenant.user_dates import DEFAULT_FORMAT, DEFAULT_ZONE, Form, UserDates
from invicti_collector.timeline import DateFormat, Window


class Query(NamedTuple):
    """What is asked for.

    Attributes:
        window: The stretch of time.
        date_format: How its dates are written.
    """

    window: Window
    date_format: DateFormat


class CsvSheets:
    """The pages of one tenant's export, by the settings of its API user.

    Arguments:
        api: The tenant's HTTP client.
        types: The known values of `Type`.
    """

    def __init__(self, api: InvictiApi, types: Iterable[str]) -> None:
        self._api = api
        self._types = tuple(types)
        self._rows = RowReader(UserDates(DEFAULT_FORMAT, DEFAULT_ZONE), self._types)
        self._columns: Columns | None = None
        self._form: Form | None = None
        self._asked = False
        self._leaves_open = False
        self._open_end = b""

    @property
    def dates(self) -> UserDates:
        """How the API user's dates are read."""
        return self._rows.dates

    @property
    def notes(self) -> dict[str, Any]:
        """How the export was written when it was read last."""
        return {
            "date_format": self.dates.date_format,
            "zone": self.dates.zone,
            "columns": list(self._columns.header) if self._columns else None,
            "form": list(self._form) if self._form else None,
        }

    def recall(self, notes: dict[str, Any]) -> None:
        """Takes up what an earlier run has noted.

        Raises:
            LookupError, TypeError, ValueError, AttributeError: when none has noted that.
        """
        self._rows = RowReader(UserDates(notes["date_format"], notes["zone"]), self._types)
        self._columns = Columns(notes["columns"]) if notes["columns"] else None
        self._form = _form(*notes["form"]) if notes["form"] else None

    def ask_profile(self, *, anew: bool = False) -> bool:
        """Asks once a run how the API user's dates are written; tells whether that has changed.

        Arguments:
            anew: Whether to ask although this run has asked.
        """
        if self._asked and not anew:
            return False
        self._asked = True
        told = self._api.caller() or {}
        date_format = _text(told.get("DateFormat")) or DEFAULT_FORMAT
        zone = _text(told.get("TimeZoneInfo")) or DEFAULT_ZONE
        if (date_format, zone) == (self.dates.date_format, self.dates.zone):
            return False
        self._rows = RowReader(UserDates(date_format, zone), self._types)
        return True

    def sheet(self, query: Query, number: int) -> Sheet:
        """Returns a whole page; an empty one where there is none.

        CSV does not tell its end. A page that ends within a line is asked for again; a server that
        sends the same again just writes no line break there.
        """

        def read(body: bytes, content_type: str, where: str) -> Sheet:
            table = read_table(body, content_type, MOST_RECORDS + HEAD, self._width)
            if not table.complete:
                raise _too_much(where)
            if not table.ended and not self._leaves_open:
                self._leaves_open = body == self._open_end
                self._open_end = body
            if not table.ended and not self._leaves_open:
                raise ServerError(
                    f"the CSV ends within a line, perhaps cut short after {len(body)} bytes",
                    where,
                    "none needed if it passes; else ask who runs the tenant, or the proxy",
                )
            return self._read(table)

        return self._api.export(query.window, query.date_format, number, read) or []

    def glance(self, query: Query, number: int) -> Sheet | None:
        """Returns a page, whole or not, of a server without pages the first; None without any."""

        def read(body: bytes, content_type: str, _where: str) -> Sheet:
            table = read_table(body, content_type, PAGE_SIZE + HEAD, self._width)
            return self._read(table)[:PAGE_SIZE]

        return self._api.export(query.window, query.date_format, number, read)

    @property
    def _width(self) -> int:
        return len(self._columns.header) if self._columns else 0

    def _read(self, table: Table) -> list[Row]:
        lines = table.lines
        header = self._place_of_header(lines)
        if header is not None:
            self._columns = Columns(lines[header])
            lines = lines[header + 1 :]
        if self._columns is None:
            return []
        rows = [self._rows.read(self._columns, line) for line in lines]
        self._form = next((row.moment.form for row in rows if row.moment), self._form)
        return rows

    def _place_of_header(self, lines: list[list[str]]) -> int | None:
        """Tells names of columns from rows, for a server that names them on page 1 alone.

        Names that were settled once are looked for behind a title only as they were, since a
        row, too, may say what looks like other ones. It has a date, as names have not.
        """
        known = self._columns
        settled = known is not None and known.are_known
        head = [Columns(line) for line in lines[:HEAD]]
        places = [at for at, it in enumerate(head) if it.are_known and not (settled and at)]
        places = [at for at in places if not any(map(self.dates.read, lines[at]))]
        places += [at for at, it in enumerate(head) if known and it.header == known.header]
        places += [0] if head and known is None else []
        return places[0] if places else None


def _too_much(where: str) -> UnexpectedAnswerError:
    return UnexpectedAnswerError(
        f"the page has more than {MOST_RECORDS} rows, or {MOST_CELLS} cells, although {PAGE_SIZE} "
        "rows are the most",
        where,
        "ask who runs the tenant, or the proxy on the way",
    )


def _form(step: Any, local: Any) -> Form:
    if not isinstance(step, int) or not isinstance(local, bool):
        raise TypeError
    return Form(step, local)


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
