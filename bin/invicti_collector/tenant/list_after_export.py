# SPDX-License-Identifier: Apache-2.0
"""The list of a tenant that could only export CSV before: its records may have been rows.

A record from before the upgrade carries what its row said, so that whatever was collected from
the export is not collected again; see `recognition`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from invicti_collector.pages import Page
from invicti_collector.records import Record
from invicti_collector.tenant.csv_rows import Columns, RowsOfList
from invicti_collector.tenant.user_dates import Form, UserDates


class ListAfterExport:
    """Tells of records of the list what their rows said.

    Arguments:
        rows: What the row of a record was like.
        until: Records created until then may have been collected as rows; in seconds since the
            epoch.
    """

    def __init__(self, rows: RowsOfList, until: float) -> None:
        self._rows = rows
        self._until = until

    def with_rows(self, page: Page) -> Page:
        """Returns a page of the list whose records tell what their rows said."""
        return page._replace(records=[self._with_row(record) for record in page.records])

    def _with_row(self, record: Record) -> Record:
        if record.created is None or record.created > self._until:
            return record
        return record._replace(row=self._rows.content(record))


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
