"""`GET /api/1.0/auditlogs/export`: CSV (invicti-api.md 1.2, 2.2; the header line is [U])."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from .dates import user_date
from .envelope import page_numbers
from .refusal import RefusedError, invalid
from .tenant import Tenant

if TYPE_CHECKING:
    from .switches import Switches

SEPARATORS = {"comma": ",", "semicolon": ";", "pipe": "|", "tab": "\t"}
_ENDPOINTS = {"Web": "Web UI", "Api": "API", "BackgroundTask": "Background Task"}  # api 2.2 [V]
_HEADERS = {
    "ui": ("User", "Action", "Endpoint Type", "Date"),
    "lower": ("user", "action", "endpoint type", "date"),
    "json": ("UserName", "Type", "EndpointType", "CreatedAt"),
}


def export(tenant: Tenant, query: dict[str, str]) -> bytes:
    """The CSV of one page, in the API user's own date format and zone ([I])."""
    switches = tenant.switches
    asked = query.get("csvseparator") or "Comma"
    if asked.lower() not in SEPARATORS:
        raise invalid("csvSeparator", f"The value '{asked}' is not valid for CsvSeparator.")
    number, size = page_numbers(query, switches, default_size=200)
    rows = [_row(tenant, key, switches) for key in tenant.export_keys(query, number, size)]
    if not rows and switches.csv_empty == "not_found":
        raise RefusedError(404, {"Message": "No activity logs were found."})
    text = io.StringIO()
    writer = csv.writer(text, delimiter=SEPARATORS[asked.lower()], lineterminator="\r\n")
    writer.writerow(_HEADERS[switches.csv_headers])
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig" if switches.csv_bom else "utf-8")


def _row(tenant: Tenant, key: int, switches: Switches) -> tuple[str, ...]:
    record = tenant.record_of(key)
    endpoint = str(record.get("EndpointType") or "")
    created = user_date(tenant.created(key), switches)
    return (
        str(record.get("UserName") or ""),
        str(record.get("Type")),
        _ENDPOINTS.get(endpoint, endpoint),
        created,
    )
