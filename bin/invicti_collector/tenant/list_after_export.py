# SPDX-License-Identifier: Apache-2.0
"""The list of a tenant that could only export CSV before: its records are known by their rows.

A record from before the upgrade keeps the identity that its row had, so that whatever was
collected from the export is not collected again; later records have their `Id`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from invicti_collector.pages import Page
from invicti_collector.records import Record
from invicti_collector.tenant.csv_rows import Columns, Numbering, RowsOfList
from invicti_collector.tenant.user_dates import Form, UserDates
from invicti_collector.timeline import Window

_MOST_WINDOWS = 2
"""The live window is polled while a tile of the backfill is being read."""


class ListAfterExport:
    """Gives records of the list the identities of rows.

    Arguments:
        rows: What the row of a record was like.
        until: Records created until then may have been collected as rows; in seconds since the
            epoch.
    """

    def __init__(self, rows: RowsOfList, until: float) -> None:
        self._rows = rows
        self._until = until
        self._windows: dict[Window, _Identities] = {}

    def taken_over(self, window: Window, page: Page) -> Page:
        """Returns a page with the identities that its records had as rows.

        Arguments:
            window: What was asked for.
            page: The list's page of it.
        """
        if page.number == 1 or window not in self._windows:
            self._windows.pop(window, None)
            while len(self._windows) >= _MOST_WINDOWS:
                del self._windows[next(iter(self._windows))]
            self._windows[window] = _Identities()
        identities = self._windows[window]
        # Oldest first, so that of equal rows those that were there before come before.
        for record in sorted(page.records, key=lambda record: record.created or 0.0):
            if record.created is not None and record.created <= self._until:
                identities.add(record.digest, self._rows.content(record))
        return page._replace(records=[self._renamed(record, identities) for record in page.records])

    def _renamed(self, record: Record, identities: _Identities) -> Record:
        return record._replace(digest=identities.of.get(record.digest, record.digest))


class _Identities:
    """The identities of the records that one reading has shown, by those of their `Id`s."""

    def __init__(self) -> None:
        self.of: dict[int, int] = {}
        self._numbering = Numbering()

    def add(self, digest: int, content: int | None) -> None:
        """Numbers a record, once however often pages show it."""
        if content is not None and digest not in self.of:
            self.of[digest] = self._numbering.digest(content)


def list_after_export(notes: Mapping[str, Any], until: float) -> ListAfterExport | None:
    """Returns what a tenant's list has to go through after its upgrade.

    Arguments:
        notes: How its export was written; see `CsvExport.notes`.
        until: See `ListAfterExport`.

    Returns:
        None where no row of the export was ever read.
    """
    if not notes["columns"] or not notes["form"]:
        return None
    dates = UserDates(notes["date_format"], notes["zone"])
    return ListAfterExport(
        RowsOfList(Columns(notes["columns"]), dates, Form(*notes["form"])), until
    )
