"""`GET /api/1.0/auditlogs/export`: CSV (invicti-api.md 1.2, 2.2; the header line is [U])."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

from .dates import user_date
from .envelope import page_numbers
from .refusal import RefusedError, invalid
from .tenant import Tenant

if TYPE_CHECKING:
    from .switches import Switches

SEPARATORS = {"comma": ",", "semicolon": ";", "pipe": "|", "tab": "\t"}
_ENDPOINTS = {"Web": "Web UI", "Api": "API", "BackgroundTask": "Background Task"}  # api 2.2 [V]
_COLUMNS: dict[str, dict[str, str]] = {
    "ui": {
        "User": "UserName",
        "Action": "Type",
        "Endpoint Type": "EndpointType",
        "Date": "CreatedAt",
    },
    "lower": {
        "user": "UserName",
        "action": "Type",
        "endpoint type": "EndpointType",
        "date": "CreatedAt",
    },
    "more": {
        "DATE": "CreatedAt",
        "E-mail": "UserEmail",
        "Request Data": "RequestData",
        "action": "Type",
        "Tenant Node": "",
        "endpointtype": "EndpointType",
        "User Name": "UserName",
        "Message": "Message",
    },
    "json": {
        name: name
        for name in ("CreatedAt", "EndpointType", "Type", "UserEmail", "UserName", "Message")
    },
}


def export(tenant: Tenant, query: dict[str, str]) -> bytes:
    """The CSV of one page, in the API user's own date format and zone ([I])."""
    switches = tenant.switches
    asked = query.get("csvseparator") or "Comma"
    if asked.lower() not in SEPARATORS:
        raise invalid("csvSeparator", f"The value '{asked}' is not valid for CsvSeparator.")
    separator = asked if switches.csv_separator == "asked" else switches.csv_separator
    number, size = page_numbers(query, switches, default_size=200)
    rows = [_row(tenant, key, switches) for key in tenant.export_keys(query, number, size)]
    if not rows and switches.csv_empty == "not_found":
        raise RefusedError(404, {"Message": "No activity logs were found."})
    text = io.StringIO()
    writer = csv.writer(text, delimiter=SEPARATORS[separator.lower()], lineterminator="\r\n")
    if number == 1 or switches.csv_header_on == "every":
        writer.writerow(_COLUMNS[switches.csv_headers])
    writer.writerows(rows)
    whole = text.getvalue()
    return _encoded(whole if switches.csv_last_break else whole.rstrip("\r\n"), switches)


def _encoded(text: str, switches: Switches) -> bytes:
    if switches.csv_encoding == "windows-1252":
        return text.encode("windows-1252", "replace")
    if switches.csv_encoding == "utf-16":
        return text.encode("utf-16" if switches.csv_bom else "utf-16-le")
    return text.encode("utf-8-sig" if switches.csv_bom else "utf-8")


def _row(tenant: Tenant, key: int, switches: Switches) -> list[str]:
    record = tenant.record_of(key)
    cells: dict[str, Any] = {name: record.get(name) for name in record}
    cells["CreatedAt"] = user_date(tenant.created(key), switches, switches.csv_time)
    if switches.csv_values == "display":
        cells["EndpointType"] = _ENDPOINTS.get(record["EndpointType"], record["EndpointType"])
        cells["Type"] = spaced(str(record["Type"]))
    cells[""] = f"node{key % 3}"
    return [str(cells.get(field) or "") for field in _COLUMNS[switches.csv_headers].values()]


def spaced(name: str) -> str:
    """A type as the web page may show it (api 2.2 [I]): `Role Delete`."""
    return re.sub("([a-z0-9])([A-Z])", r"\1 \2", name)
