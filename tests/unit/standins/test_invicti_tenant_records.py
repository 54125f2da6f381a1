"""How records look: forms of Ids and dates, missing and unknown fields, records that are broken."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.standins.invicti_tenant import TenantServer
from tests.unit.standins.invicti_tenant_client import Client, quiet

FIELDS = [
    "AccountId",
    "CreatedAt",
    "EndpointType",
    "Id",
    "Type",
    "UserEmail",
    "UserId",
    "UserName",
    "Message",
    "RequestData",
]
PLAIN = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"


@pytest.mark.parametrize(
    ("form", "pattern"),
    [
        ("hyphens", r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
        ("compact", r"[0-9a-f]{32}"),
        ("upper", r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}"),
    ],
)
def test_guid_form(form: str, pattern: str) -> None:
    with TenantServer(quiet(guid_form=form)) as server:
        client = Client(server)
        records = client.records()
        assert all(re.fullmatch(pattern, r["Id"]) for r in records)
        users = [r["UserId"] for r in records if r["UserId"]]
        assert all(UUID(u) for u in users)
        assert all(("-" in u) == (form != "compact") for u in users)
        assert all(u == (u.upper() if form == "upper" else u.lower()) for u in users)
        assert set(client.ids()) == server.tenant.ids()
        assert server.tenant.record(records[0]["Id"]) == records[0]


@pytest.mark.parametrize(
    ("form", "pattern"),
    [
        ("offset7", PLAIN + r"\.\d{7}\+00:00"),
        ("offset_trimmed", PLAIN + r"(\.\d{0,6}[1-9])?\+00:00"),
        ("offset_other", PLAIN + r"\.\d{7}-04:30"),
        ("z", PLAIN + r"\.\d{7}Z"),
        ("z_ms", PLAIN + r"\.\d{3}Z"),
        ("naive", PLAIN + r"\.\d{7}"),
        ("no_fraction", PLAIN + "Z"),
        ("user_format", r"\d\d/\d\d/2024 (0\d|1[0-2]):\d\d [AP]M"),
    ],
)
def test_created_at_form(form: str, pattern: str) -> None:
    with TenantServer(quiet(order="oldest")) as server:
        client = Client(server)
        utc = [r["CreatedAt"][:19] for r in client.records()]
        server.set(created_at_form=form, created_at_zone=-4.5)
        shown = [r["CreatedAt"] for r in client.records()]
        assert all(re.fullmatch(pattern, text) for text in shown)
        if form == "user_format":
            read = [datetime.strptime(t, "%d/%m/%Y %I:%M %p").isoformat()[:16] for t in shown]
            assert read == [t[:16] for t in utc]
        else:
            shift = timedelta(hours=-4.5 if form == "offset_other" else 0)
            assert [t[:19] for t in shown] == [
                (datetime.fromisoformat(t) + shift).isoformat() for t in utc
            ]


def test_the_users_own_date_format_and_zone() -> None:
    with TenantServer(quiet(created_at_form="user_format")) as server:
        client = Client(server)
        first = client.page()["List"][0]["CreatedAt"]
        utc = datetime.strptime(first, "%d/%m/%Y %I:%M %p")
        server.set(user_zone=-7.0, user_date_format="MM/dd/yyyy")
        local = datetime.strptime(client.page()["List"][0]["CreatedAt"], "%m/%d/%Y %I:%M %p")
        assert utc - local == timedelta(hours=7)


def test_records_have_the_fields_of_the_swagger_in_its_order() -> None:
    with TenantServer(quiet()) as server:
        assert {tuple(r) for r in Client(server).records()} == {tuple(FIELDS)}


def test_nulls() -> None:
    with TenantServer(quiet()) as server:
        client = Client(server)
        explicit = client.records()
        server.set(nulls="missing")
        omitted = client.records()
        server.set(nulls="empty")
        empty = client.records()
        assert any(r["Message"] is None for r in explicit)
        assert omitted == [{k: v for k, v in r.items() if v is not None} for r in explicit]
        assert empty == [{k: "" if v is None else v for k, v in r.items()} for r in explicit]


def test_null_fields() -> None:
    with TenantServer(quiet(null_fields="RequestData, UserEmail")) as server:
        client = Client(server)
        assert {(r["RequestData"], r["UserEmail"]) for r in client.records()} == {(None, None)}
        server.set(nulls="missing")
        assert all("RequestData" not in r for r in client.records())


def test_extra_fields() -> None:
    with TenantServer(quiet(extra_fields=True)) as server:
        record = Client(server).page()["List"][0]
        assert list(record) == [*FIELDS, "IpAddress", "Severity", "Context"]
        assert isinstance(record["Context"], dict)


def test_an_upgrade_leaves_older_records_as_they_are() -> None:
    with TenantServer(quiet()) as server:
        middle = Client(server).records()[250]["CreatedAt"][:19] + "Z"
        server.set(extra_fields=True, upgraded_at=middle)
        for record in Client(server).records():
            assert ("IpAddress" in record) == (record["CreatedAt"] >= middle[:19])


def test_unknown_types() -> None:
    with TenantServer(quiet()) as server:
        client = Client(server)
        known = {r["Type"] for r in client.records()}
        server.set(unknown_types=0.3)
        names = [r["Type"] for r in client.records()]
        new = [n for n in names if n not in known]
        assert 100 < len(new) < 200
        assert all(isinstance(n, str) for n in new)
        server.set(unknown_type_form="number")
        numbers = [r["Type"] for r in client.records() if isinstance(r["Type"], int)]
        assert len(numbers) == len(new)


def test_non_ascii_text_is_utf_8_not_escapes() -> None:
    with TenantServer(quiet()) as server:
        body = Client(server).get(pageSize=200).content
        assert "José García".encode() in body
        assert b"\\u00e9" not in body


def test_bad_records() -> None:
    bad = "no_id@0, bad_date@1, not_object@2, illegal_xml@-1, deep@-2, huge@+0"
    with TenantServer(quiet(order="oldest", bad_records=bad)) as server:
        client, tenant = Client(server), server.tenant
        tenant.grow(1)
        text = client.get(page=3, pageSize=200).text
        first = client.page()["List"]
        last = json.loads(text)["List"]
        assert "Id" not in first[0]
        assert first[0]["Type"]
        with pytest.raises(ValueError, match="Invalid isoformat"):
            datetime.fromisoformat(first[1]["CreatedAt"])
        assert isinstance(first[2], str)
        illegal = next(r for r in last if "\x01" in (r["Message"] or ""))
        assert "\uffff" in illegal["Message"]
        assert "\ud800" in illegal["Message"]
        assert "\uffff" in text
        assert "\\ud800" in text
        assert "\ud800" not in text
        assert text.count('{"a":[') == 250
        assert [len(r["RequestData"] or "") for r in last if len(str(r)) > 4_000_000] == [
            pytest.approx(4_800_000, rel=0.05)
        ]
        assert len(tenant.ids()) == 499
        assert tenant.count() == 501 == client.page()["TotalItemCount"]
        assert client.page()["List"][3:] == [tenant.record(r["Id"]) for r in first[3:]]
