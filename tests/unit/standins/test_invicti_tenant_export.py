"""The CSV export: what its switches do to it."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import requests

from tests.standins.invicti_tenant import TenantServer
from tests.unit.standins.invicti_tenant_client import EXPORT, ME, Client, quiet

LABELS = {"Web": "Web UI", "Api": "API", "BackgroundTask": "Background Task"}
NONE = {"startDate": "01/01/1990", "endDate": "01/02/1990"}


def rows(
    answer: requests.Response, delimiter: str = ",", encoding: str = "utf-8-sig"
) -> list[list[str]]:
    answer.raise_for_status()
    text = answer.content.decode(encoding)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


@pytest.mark.parametrize(
    ("name", "separator"), [("Comma", ","), ("Semicolon", ";"), ("Pipe", "|"), ("Tab", "\t")]
)
def test_export_separators(name: str, separator: str) -> None:
    with TenantServer(quiet(csv_values="list")) as server:
        client = Client(server)
        table = rows(client.get(EXPORT, csvSeparator=name), separator)
        assert table[0] == ["User", "Action", "Endpoint Type", "Date"]
        records = client.page()["List"]
        assert [row[:3] for row in table[1:]] == [
            [r["UserName"] or "", r["Type"], r["EndpointType"]] for r in records
        ]
        assert all(re.fullmatch(r"\d\d/\d\d/2024 \d\d:\d\d [AP]M", row[3]) for row in table[1:])
        assert client.get(EXPORT, csvSeparator="Colon").status_code == 400
        server.set(csv_separator=name)
        assert rows(client.get(EXPORT, csvSeparator="Comma"), separator) == table


def test_display_values() -> None:
    with TenantServer(quiet(csv_values="display")) as server:
        client = Client(server)
        shown = [row[1:3] for row in rows(client.get(EXPORT))[1:]]
        records = client.page()["List"]
        assert [[action.replace(" ", ""), endpoint] for action, endpoint in shown] == [
            [record["Type"], LABELS[record["EndpointType"]]] for record in records
        ]
        assert any(" " in action for action, _ in shown)


def test_pages_content_type_and_empty_exports() -> None:
    with TenantServer(quiet(csv_headers="json", csv_bom=False)) as server:
        client = Client(server)
        answer = client.get(EXPORT)
        assert answer.content.startswith(b"CreatedAt,EndpointType,Type,UserEmail,UserName,Message")
        assert answer.headers["Content-Type"] == "text/csv"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert [len(rows(client.get(EXPORT, page=n))) - 1 for n in (1, 2, 3)] == [200, 200, 100]
        assert client.get(EXPORT, **NONE).status_code == 404
        server.set(
            csv_headers="lower",
            csv_bom=True,
            csv_empty="header",
            csv_pages=False,
            csv_content_type="application/octet-stream",
        )
        answer = client.get(EXPORT)
        assert answer.content.startswith(b"\xef\xbb\xbfuser,action,")
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert len(rows(answer)) == 501
        assert len(rows(client.get(EXPORT, **NONE))) == 1


def test_the_header_line_may_be_on_page_1_alone() -> None:
    with TenantServer(quiet(csv_header_on="first")) as server:
        client = Client(server)
        assert [len(rows(client.get(EXPORT, page=n))) for n in (1, 2, 3)] == [201, 200, 100]
        assert client.get(EXPORT).content.endswith(b"\r\n")
        server.set(csv_last_break=False)
        assert not client.get(EXPORT).content.endswith(b"\n")


@pytest.mark.parametrize("bom", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1252"])
def test_encodings(encoding: str, bom: bool) -> None:
    with TenantServer(quiet(csv_encoding=encoding, csv_bom=bom, csv_charset=True)) as server:
        client = Client(server)
        answer = client.get(EXPORT)
        assert answer.headers["Content-Type"] == f"text/csv; charset={encoding}"
        plain = {"utf-8": "utf-8-sig", "utf-16": "utf-16" if bom else "utf-16-le"}
        shown = {row[0] for row in rows(answer, encoding=plain.get(encoding, encoding))[1:]}
        names = {record["UserName"] or "" for record in client.page()["List"]}
        if encoding == "windows-1252":
            names = {name.encode("cp1252", "replace").decode("cp1252") for name in names}
        assert shown == names


@pytest.mark.parametrize(
    ("form", "pattern"),
    [
        ("minutes12", "%d/%m/%Y %I:%M %p"),
        ("minutes24", "%d/%m/%Y %H:%M"),
        ("seconds12", "%d/%m/%Y %I:%M:%S %p"),
        ("seconds24", "%d/%m/%Y %H:%M:%S"),
    ],
)
def test_dates_are_the_users_own(form: str, pattern: str) -> None:
    zone = "W. Europe Standard Time"
    with TenantServer(quiet(csv_time=form, user_zone_id=zone, created_at_form="z")) as server:
        client = Client(server)
        assert client.get(ME).json()["TimeZoneInfo"] == zone
        cut = 16 if "minutes" in form else 19
        for row, record in zip(rows(client.get(EXPORT))[1:], client.page()["List"]):
            local = datetime.strptime(row[3], pattern).replace(tzinfo=ZoneInfo("Europe/Berlin"))
            utc = local.astimezone(ZoneInfo("Etc/UTC")).isoformat()
            assert utc[:cut] == record["CreatedAt"][:cut]


def test_pages_shift_and_orders_change_as_those_of_the_list() -> None:
    with TenantServer(quiet(insert_every=1, insert_max=2, order="newest")) as server:
        client = Client(server)
        assert [len(rows(client.get(EXPORT, page=n))) - 1 for n in (3, 3, 3)] == [100, 101, 102]
        server.set(order="reshuffled")
        assert rows(client.get(EXPORT)) != rows(client.get(EXPORT))


def test_a_build_without_list_and_a_wrong_url() -> None:
    with TenantServer(quiet(list_available=False)) as server:
        client = Client(server)
        assert client.get().status_code == 404
        assert client.get(EXPORT).status_code == client.get(ME).status_code == 200
        server.set(export_available=False, me_available=False)
        assert client.get(EXPORT).status_code == client.get(ME).status_code == 404
        server.set(list_available=True)
        assert client.get().status_code == 200
