"""Rows that a search works on, and what it knows besides."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Callable

from tests.knowledge.spl.events import Row
from tests.knowledge.values import Value


@dataclass(frozen=True)
class Table:
    """Rows and their columns.

    Attributes:
        rows: In order; a missing field is no key.
        fields: The names of the columns, in order.
    """

    rows: list[Row] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)

    def with_rows(self, rows: list[Row]) -> Table:
        """Return other rows with the same columns."""
        return replace(self, rows=rows)

    def with_field(self, name: str, values: list[Value]) -> Table:
        """Return the rows with a value each of one field; None removes it."""
        rows = [without_nulls({**row, name: value}) for row, value in zip(self.rows, values)]
        return Table(rows, self.fields if name in self.fields else [*self.fields, name])


def table_of(rows: list[Row], fields: list[str] | None = None) -> Table:
    """Return rows as a table; without `fields`, with all of theirs in the order of the alphabet."""
    names = sorted({name for row in rows for name in row}) if fields is None else fields
    return Table([without_nulls(row) for row in rows], names)


def without_nulls(row: Row) -> Row:
    """Return a row without the fields that hold nothing."""
    return {name: value for name, value in row.items() if value is not None}


@dataclass(frozen=True)
class Context:
    """What a search knows besides its rows.

    Attributes:
        app_folder: The unpacked package.
        now: The time of the search, in seconds since the epoch.
        earliest: From when on events are searched; None for all.
        latest: Until when, not included.
        subsearch: Runs a search over the same events.
    """

    app_folder: Path
    now: float
    earliest: float | None
    latest: float
    subsearch: Callable[[str, Table | None], Table]
