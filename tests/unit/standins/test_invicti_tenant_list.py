"""The list over HTTP: paging, order, dates, counts, and what changes between pages."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.standins.invicti_tenant import TenantServer
from tests.unit.standins.invicti_tenant_client import Client, quiet

PAGED = {
    "FirstItemOnPage",
    "HasNextPage",
    "HasPreviousPage",
    "IsFirstPage",
    "IsLastPage",
    "LastItemOnPage",
    "List",
    "PageCount",
    "PageNumber",
    "PageSize",
    "TotalItemCount",
}


def created(records: list[dict[str, Any]]) -> list[str]:
    return [record["CreatedAt"] for record in records]


def test_the_envelope_has_the_fields_and_rules_of_paged_list() -> None:
    with TenantServer(quiet(records=501)) as server:
        client = Client(server)
        last = client.page(page=3)
        assert last.keys() == PAGED
        assert (last["FirstItemOnPage"], last["LastItemOnPage"], len(last["List"])) == (
            401,
            501,
            101,
        )
        assert (last["PageCount"], last["PageNumber"], last["PageSize"]) == (3, 3, 200)
        assert (last["HasNextPage"], last["HasPreviousPage"]) == (False, True)
        assert (last["IsFirstPage"], last["IsLastPage"]) == (False, True)
        assert last["TotalItemCount"] == 501
        empty = client.page(startDate="01/01/1990", endDate="01/02/1990")
        assert (empty["TotalItemCount"], empty["PageCount"], empty["List"]) == (0, 0, [])
        assert empty["HasNextPage"] is False
        default = client.get().json()
        assert (default["PageNumber"], default["PageSize"]) == (1, 20)


@pytest.mark.parametrize("order", ["newest", "oldest", "shuffled", "reshuffled"])
def test_order(order: str) -> None:
    with TenantServer(quiet(order=order)) as server:
        client = Client(server)
        first, again = client.records(), client.records()
        times = created(first)
        assert (times == sorted(times, reverse=True)) == (order == "newest")
        assert (times == sorted(times)) == (order == "oldest")
        assert (first == again) == (order != "reshuffled")
        if order != "reshuffled":
            assert set(client.ids()) == server.tenant.ids()
            assert len(first) == 500


@pytest.mark.parametrize("order", ["newest", "oldest", "shuffled"])
@given(data=st.data())
@settings(max_examples=15)
def test_paging_gives_every_record_once_whatever_was_added_and_deleted(
    order: str, data: st.DataObject
) -> None:
    switches = quiet(records=data.draw(st.integers(0, 700)), order=order, late_share=0.05)
    with TenantServer(switches) as server:
        client, tenant = Client(server), server.tenant
        for _ in range(data.draw(st.integers(0, 4))):
            tenant.grow(
                data.draw(st.integers(0, 40)), late_hours=data.draw(st.sampled_from([0, 40]))
            )
            where = data.draw(st.sampled_from(["newest", "oldest", "random"]))
            tenant.delete(data.draw(st.integers(0, 40)), where)
            tenant.advance(data.draw(st.integers(0, 100_000)))
        ids = client.ids()
        assert len(ids) == len(set(ids)) == client.page()["TotalItemCount"] == tenant.count()
        assert set(ids) == tenant.ids()
        times = created(client.records())
        if order != "shuffled":
            assert times == sorted(times, reverse=order == "newest")


def test_windows_are_inclusive_and_add_up() -> None:
    with TenantServer(quiet(order="oldest", created_at_form="no_fraction")) as server:
        client = Client(server)
        every = client.records()
        day = client.records(startDate="06/04/2024 00:00:00", endDate="06/04/2024 23:59:59")
        assert day == [r for r in every if r["CreatedAt"].startswith("2024-06-04")]
        assert day
        since = datetime(2024, 6, 4, tzinfo=timezone.utc)
        assert server.tenant.ids(since) == set(client.ids(startDate="06/04/2024 00:00:00"))


@pytest.mark.parametrize(
    ("precision", "found"), [("exact", False), ("second", True), ("day", True)]
)
def test_filter_precision(precision: str, found: bool) -> None:
    with TenantServer(quiet(filter_precision=precision, created_at_form="z")) as server:
        client = Client(server)
        record = client.records()[10]
        moment = datetime.fromisoformat(record["CreatedAt"][:19])
        assert int(record["CreatedAt"][20:27]) > 0  # not on the whole second
        ids = {r["Id"] for r in client.records(endDate=f"{moment:%m/%d/%Y %H:%M:%S}")}
        assert (record["Id"] in ids) is found
        later = moment + timedelta(hours=1) if moment.hour < 23 else moment
        ids = {r["Id"] for r in client.records(startDate=f"{later:%m/%d/%Y %H:%M:%S}")}
        assert (record["Id"] in ids) is (precision == "day")


@pytest.mark.parametrize("zone", [-12.0, -3.5, 0.0, 5.75, 14.0])
def test_filter_zone(zone: float) -> None:
    with TenantServer(quiet(filter_zone=zone, created_at_form="no_fraction")) as server:
        client = Client(server)
        start = datetime(2024, 6, 3) - timedelta(hours=zone)
        end = start + timedelta(hours=24, seconds=-1)
        expected = {
            r["Id"]
            for r in client.records()
            if f"{start:%Y-%m-%dT%H:%M:%S}" <= r["CreatedAt"][:19] < f"{end:%Y-%m-%dT%H:%M:%S}"
        }
        query = {"startDate": "06/03/2024 00:00:00", "endDate": "06/03/2024 23:59:59"}
        assert {r["Id"] for r in client.records(**query)} == expected
        assert expected
        instant = {
            "startDate": f"{start:%Y-%m-%dT%H:%M:%S}Z",
            "endDate": f"{end:%Y-%m-%dT%H:%M:%S}Z",
        }
        assert {r["Id"] for r in client.records(**instant)} == expected
        server.set(iso_offset="dropped")
        assert ({r["Id"] for r in client.records(**instant)} == expected) is (zone == 0)


def test_filter_ignored() -> None:
    with TenantServer(quiet(filter_ignored=True)) as server:
        client = Client(server)
        assert len(client.records(startDate="01/01/2030", endDate="not a date")) == 500


def test_day_month_swapped() -> None:
    query = {"startDate": "06/05/2024 00:00:00", "endDate": "06/05/2024 23:59:59"}
    with TenantServer(quiet()) as server:
        client = Client(server)
        assert {c[:10] for c in created(client.records(**query))} == {"2024-06-05"}
        server.set(day_month_swapped=True)
        assert {c[:10] for c in created(client.records(**query))} == {"2024-05-06"}
        assert client.get(startDate="06/13/2024").status_code == 400
        server.set(swap_invalid="ignore")
        assert client.page(startDate="06/13/2024")["TotalItemCount"] == 500
        iso = client.records(startDate="2024-06-05", endDate="2024-06-05T23:59:59")
        assert {c[:10] for c in created(iso)} == {"2024-06-05"}


@pytest.mark.parametrize(
    ("switch", "text"), [("us_dates", "06/05/2024 10:00:00"), ("iso_dates", "2024-06-05T10:00:00Z")]
)
def test_date_formats_can_be_refused_or_ignored(switch: str, text: str) -> None:
    with TenantServer(quiet()) as server:
        client = Client(server)
        read = client.page(startDate=text)["TotalItemCount"]
        assert 0 < read < 500
        server.set(**{switch: "refuse"})
        answer = client.get(startDate=text)
        assert answer.status_code == 400
        assert answer.json()["ModelState"].keys() == {"startDate"}
        server.set(**{switch: "ignore"})
        assert client.page(startDate=text)["TotalItemCount"] == 500


@pytest.mark.parametrize(
    "text",
    [
        "06/05/2024 10:00:00 AM",
        "6/5/2024 10:00",
        "2024-06-05 10:00:00",
        "2024-06-05T12:00:00+02:00",
    ],
)
def test_dates_that_dotnet_reads(text: str) -> None:
    with TenantServer(quiet()) as server:
        client = Client(server)
        expected = client.page(startDate="06/05/2024 10:00:00")["TotalItemCount"]
        assert client.page(startDate=text)["TotalItemCount"] == expected


@pytest.mark.parametrize(
    "text", ["yesterday", "startDate", "02/30/2024", "2024-13-01", "1718000000"]
)
def test_dates_that_it_does_not_read(text: str) -> None:
    with TenantServer(quiet()) as server:
        assert Client(server).get(endDate=text).status_code == 400


@pytest.mark.parametrize(("rule", "size"), [("refuse", 0), ("clamp", 200), ("honour", 450)])
def test_page_size_over_200(rule: str, size: int) -> None:
    with TenantServer(quiet(page_size_over_200=rule)) as server:
        client = Client(server)
        answer = client.get(pageSize=450)
        assert answer.status_code == (400 if rule == "refuse" else 200)
        if size:
            assert (answer.json()["PageSize"], len(answer.json()["List"])) == (size, size)
        assert client.get(pageSize="many").status_code == 400
        assert client.get(page=0).status_code == 400


@pytest.mark.parametrize(
    ("rule", "status", "number"), [("empty", 200, 9), ("not_found", 404, 0), ("last", 200, 3)]
)
def test_page_beyond_end(rule: str, status: int, number: int) -> None:
    with TenantServer(quiet(page_beyond_end=rule)) as server:
        answer = Client(server).get(page=9, pageSize=200)
        assert answer.status_code == status
        if number:
            assert answer.json()["PageNumber"] == number
            assert len(answer.json()["List"]) == (0 if rule == "empty" else 100)


def test_total_item_count_missing() -> None:
    with TenantServer(quiet(total_item_count="missing")) as server:
        assert Client(server).page().keys() == PAGED - {"TotalItemCount"}


def test_total_item_count_of_some_seconds_ago() -> None:
    with TenantServer(quiet(total_item_count="stale", total_stale_seconds=60.0)) as server:
        client = Client(server)
        server.tenant.advance(600)
        server.tenant.grow(10)
        server.tenant.delete(3, oldest=True)
        page = client.page()
        assert (page["TotalItemCount"], len(server.tenant.ids())) == (500, 507)
        server.tenant.advance(61)
        assert client.page()["TotalItemCount"] == 507


@pytest.mark.parametrize("stale_paging", [True, False])
def test_total_item_count_of_some_requests_ago(stale_paging: bool) -> None:
    switches = quiet(
        records=200, total_item_count="stale", total_stale_every=3, stale_paging=stale_paging
    )
    with TenantServer(switches) as server:
        client = Client(server)
        counts = []
        for _ in range(5):
            page = client.page()
            counts.append((page["TotalItemCount"], page["HasNextPage"]))
            server.tenant.grow(1)
        old = not stale_paging
        assert counts == [(200, False), (200, old), (200, old), (203, True), (203, True)]


@pytest.mark.parametrize(
    ("paging", "kept"),
    [
        ("HasNextPage", {"HasNextPage", "TotalItemCount", "List"}),
        ("IsLastPage", {"IsLastPage", "TotalItemCount", "List"}),
        ("PageCount", {"PageCount", "PageNumber", "TotalItemCount", "List"}),
        ("none", {"TotalItemCount", "List"}),
    ],
)
def test_paging_fields_can_be_few(paging: str, kept: set[str]) -> None:
    with TenantServer(quiet(paging=paging)) as server:
        assert Client(server).page().keys() == kept
        server.set(paging="array")
        body = Client(server).get(page=3, pageSize=200).json()
        assert isinstance(body, list)
        assert len(body) == 100


def test_own_records_only() -> None:
    with TenantServer(quiet(records=5_000, own_records_only=True)) as server:
        client = Client(server)
        server.tenant.grow(5, own=True)
        server.tenant.grow(5, own=False)
        records = client.records()
        assert len(records) == 105 == client.page()["TotalItemCount"]
        assert {r["UserId"].replace("-", "") for r in records} == {server.user_id}
        assert set(client.ids()) == server.tenant.ids()
        server.tenant.delete(2)
        assert len(client.records()) == 103
        server.set(own_records_only=False)
        assert client.page()["TotalItemCount"] == 5_008


def test_parameter_names_ignore_case_as_in_asp_net() -> None:
    with TenantServer(quiet()) as server:
        assert Client(server).get(PAGESIZE=7, Page=2).json()["FirstItemOnPage"] == 8
