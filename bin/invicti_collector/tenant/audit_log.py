# SPDX-License-Identifier: Apache-2.0
"""The audit log of a tenant, whichever way its build offers it: the list, or CSV alone.

Builds before 2022 answer 404 to the list (invicti-api.md 1). Which way there is, is found out
before the first run and daily; a tenant that has the list is never taken for one that has not.
"""

from __future__ import annotations

import contextlib
import csv
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

from invicti_collector.errors import NotThereError, quoted
from invicti_collector.pages import Page
from invicti_collector.progress import unreadable
from invicti_collector.tenant.invicti_api import InvictiApi
from invicti_collector.tenant.look_ahead import LookAhead
from invicti_collector.timeline import EVERYTHING, DateFormat, Window

if TYPE_CHECKING:
    from invicti_collector.tenant.csv_export import CsvExport
    from invicti_collector.tenant.list_after_export import ListAfterExport

_TYPES = Path(__file__).resolve().parents[3] / "lookups" / "invicti_audit_types.csv"
_MARGIN = 60.0
"""Seconds added to the time of an upgrade: `Date` headers and `CreatedAt` may differ a little."""


class AuditLog:
    """Implements the port `Tenant`.

    Arguments:
        api: The tenant's HTTP client, for all but the list.
        listed: The list.
        log: The add-on's log.
    """

    def __init__(self, api: InvictiApi, listed: LookAhead, log: logging.Logger) -> None:
        self._api = api
        self._list = listed
        self._log = log
        self._source = ""
        self._opened_export: CsvExport | None = None
        self._until: float | None = None
        self._crossing: ListAfterExport | None = None

    @property
    def _export(self) -> CsvExport:
        """Its modules are a tenth of an idle poll, and few tenants need them."""
        if self._opened_export is None:
            from invicti_collector.tenant.csv_export import CsvExport  # noqa: PLC0415

            self._opened_export = CsvExport(self._api, _known_types())
        return self._opened_export

    @property
    def requests(self) -> int:
        """How many were made."""
        return self._list.requests + self._api.requests

    @property
    def retries(self) -> int:
        """How many of them were made again."""
        return self._list.retries + self._api.retries

    def now(self) -> float | None:
        """See `ports.Tenant`."""
        return self._api.now()

    @property
    def notes(self) -> Mapping[str, Any]:
        """See `ports.Tenant`."""
        notes: dict[str, Any] = {"source": self._source} if self._source else {}
        if self._source == "export" or self._until is not None:
            notes.update(self._export.notes)
        if self._until is not None:
            notes["until"] = self._until
        return notes

    def recall(self, notes: Mapping[str, Any]) -> None:
        """See `ports.Tenant`."""
        try:
            self._recall(notes)
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as fault:
            raise unreadable(type(fault).__name__) from fault

    def _recall(self, notes: Mapping[str, Any]) -> None:
        self._source = notes.get("source", "")
        if self._source not in ("", "list", "export"):
            raise ValueError
        if self._source == "export" or "until" in notes:
            self._export.recall(dict(notes))
        if "until" in notes:
            self._cross(float(notes["until"]))

    def glance(self, window: Window, date_format: DateFormat, number: int) -> Page:
        """See `ports.Tenant`; without dates, it is the moment to find out what there is."""
        if not window.dated:
            return self._find_out(number)
        if self._source == "export":
            return self._export.glance(window, date_format, number) or _empty(number)
        return self._list.page(window, date_format, number)

    def page(self, window: Window, date_format: DateFormat, number: int) -> Page:
        """See `ports.Tenant`."""
        if self._source == "export":
            return self._export.page(window, date_format, number)
        return self._with_rows(self._list.page(window, date_format, number))

    def onwards(
        self, window: Window, date_format: DateFormat, first: Page, following: Window | None
    ) -> Callable[[int], Page]:
        """See `ports.Tenant`; an export is read one page after the other."""
        if self._source == "export":
            return lambda number: self.page(window, date_format, number)
        fetch = self._list.onwards(window, date_format, first, following)
        return lambda number: self._with_rows(fetch(number))

    def _with_rows(self, page: Page) -> Page:
        return self._crossing.with_rows(page) if self._crossing else page

    def _find_out(self, number: int) -> Page:
        try:
            page = self._list.page(EVERYTHING, DateFormat.NONE, number)
        except NotThereError as fault:
            if self._source == "list":
                raise
            return self._export_instead(fault, number)
        if self._source == "export":
            self._upgrade(page)
        self._source = "list"
        return page

    def _export_instead(self, fault: NotThereError, number: int) -> Page:
        """Returns a page of the export; 404 of that may just mean that there are no rows.

        Raises:
            NotThereError: `fault`, when the tenant does not know the API user either: a wrong URL.
        """
        page = export_page(self._api, self._export, fault, number)
        if not self._source:
            with contextlib.suppress(NotThereError):  # once more, before such a thing is believed
                listed = self._list.page(EVERYTHING, DateFormat.NONE, number)
                self._source = "list"
                return listed
            self._source = "export"
            self._log.warning(
                "action=export_only zone=%s date_format=%s remedy=%s",
                quoted(self._export.dates.zone),
                quoted(self._export.dates.date_format),
                quoted(
                    "none needed: this build of Invicti only exports CSV, without ids; records "
                    "are told apart by what they say. Newer builds have the list, which the "
                    "add-on uses once it is there"
                ),
            )
        if not self._export.dates.knows_zone:
            self._log.warning(
                "action=zone_unknown zone=%s remedy=%s",
                quoted(self._export.dates.zone),
                quoted("dates are taken as UTC; choose another time zone for the API user"),
            )
        return page

    def _upgrade(self, page: Page) -> None:
        """Notes from when on records can be told by their `Id`, and says so."""
        known = [record.created for record in page.records if record.created is not None]
        now = self._api.now() or time.time()
        self._cross(max([now, *known]) + _MARGIN)
        self._log.warning(
            "action=list_found remedy=%s",
            quoted("none needed: the tenant has the list now, which is used from here on"),
        )

    def _cross(self, until: float) -> None:
        # As for the export.
        from invicti_collector.tenant.list_after_export import list_after_export  # noqa: PLC0415

        self._until = until
        self._crossing = list_after_export(self._export.notes, until)


def export_page(
    api: InvictiApi,
    export: CsvExport,
    fault: NotThereError,
    number: int = 1,
    *,
    trial: bool = False,
) -> Page:
    """Returns a page of the export of a tenant that has no list.

    Arguments:
        api: The tenant's HTTP client.
        export: Of the same tenant.
        fault: That of the list.
        number: The page's index.
        trial: See `CsvExport.glance`.

    Raises:
        NotThereError: `fault`, when the tenant knows neither the export nor its API user.
    """
    page = export.glance(EVERYTHING, DateFormat.NONE, number, trial=trial)
    if page is None and api.caller() is None:
        raise fault
    return page or _empty(number)


def _empty(number: int) -> Page:
    return Page(number, [], None, has_next=False, last_number=None)


def _known_types() -> list[str]:
    """Returns the types that the lookup lists, whose last row stands for all others."""
    if not _TYPES.is_file():  # taken out by hand, as search-time files are on some forwarders
        return []
    with _TYPES.open(encoding="utf-8", newline="") as file:
        return [row["Type"] for row in csv.DictReader(file) if row["Type"] != "*"]
