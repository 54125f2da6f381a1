"""Growth, late records, deletion, the clock: what happens to the tenant while it is read."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pytest

from tests.standins.invicti_tenant import TenantServer
from tests.standins.invicti_tenant.clock import to_ticks
from tests.standins.invicti_tenant.shape import normal
from tests.unit.standins.invicti_tenant_client import Client, quiet


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text[:19]).replace(tzinfo=timezone.utc)


def test_grown_records_are_of_the_last_minutes() -> None:
    with TenantServer(quiet()) as server:
        client, now = Client(server), server.tenant.now
        ids = server.tenant.grow(37)
        assert len(set(ids)) == 37
        assert {i.replace("-", "") for i in ids} <= set(client.ids())
        for identity in ids:
            age = now - moment(server.tenant.record(identity)["CreatedAt"])
            assert timedelta() <= age <= timedelta(minutes=5, seconds=1)
        assert client.page()["TotalItemCount"] == 537


def test_grown_records_can_be_late() -> None:
    with TenantServer(quiet(order="oldest")) as server:
        ids = server.tenant.grow(5, late_hours=40)
        for identity in ids:
            age = server.tenant.now - moment(server.tenant.record(identity)["CreatedAt"])
            assert timedelta(hours=39.9) <= age <= timedelta(hours=40.1)
        listed = Client(server).ids()
        places = [listed.index(i.replace("-", "")) for i in ids]
        assert max(places) < len(listed) - 5  # not at the end: they are older than others


def test_deleted_records_are_gone_but_remembered() -> None:
    with TenantServer(quiet(order="oldest")) as server:
        client, tenant = Client(server), server.tenant
        before = client.ids()
        oldest = tenant.delete(3, oldest=True)
        assert [i.replace("-", "") for i in oldest] == before[:3]
        newest = tenant.delete(2)
        assert [i.replace("-", "") for i in newest] == before[-2:]
        chosen = tenant.delete(4, "random")
        named = tenant.delete([before[100]])
        gone = {i.replace("-", "") for i in (*oldest, *newest, *chosen, *named)}
        assert set(client.ids()) == tenant.ids() == set(before) - gone
        assert tenant.ever_ids() == set(before)
        assert tenant.record(oldest[0])["Id"] == oldest[0]
        with pytest.raises(KeyError):
            tenant.record("00000000-0000-4000-8000-000000000000")


def test_late_share() -> None:
    """Some records of the history appear after their CreatedAt, within late_hours."""
    with TenantServer(quiet(records=20_000, late_share=0.2, late_hours=24.0)) as server:
        tenant = server.tenant
        at_first = tenant.ids()
        assert 19_000 < len(at_first) < 20_000
        tenant.advance(12 * 3600)
        assert at_first < tenant.ids()
        tenant.advance(12 * 3600 + 1)
        assert len(tenant.ids()) == 20_000
        hidden = tenant.ids() - at_first
        ages = [
            moment("2024-06-12T15:00:00") - moment(tenant.record(i)["CreatedAt"]) for i in hidden
        ]
        assert max(ages) <= timedelta(hours=24)


def test_records_of_the_future_are_not_visible() -> None:
    with TenantServer(quiet()) as server:
        total = len(server.tenant.ids())
        server.tenant.advance(-20 * 86400)
        past = server.tenant.ids()
        assert 0 < len(past) < total
        assert set(Client(server).ids()) == past


def test_insert_every() -> None:
    with TenantServer(quiet(insert_every=2, insert_count=3, insert_max=4)) as server:
        client = Client(server)
        counts = [client.page()["TotalItemCount"] for _ in range(7)]
        assert counts == [500, 500, 503, 503, 504, 504, 504]
        server.set(insert_every=1, insert_max=0, insert_count=1, insert_late_hours=30.0)
        window = {"startDate": "06/11/2024 08:59:00", "endDate": "06/11/2024 09:06:00"}
        late = client.page(**window)["TotalItemCount"]
        assert client.page(**window)["TotalItemCount"] == late + 1
        assert client.page()["TotalItemCount"] == 506


def test_inserts_shift_the_pages_of_a_newest_first_list() -> None:
    with TenantServer(quiet(insert_every=1)) as server:
        client = Client(server)
        first, second = client.page(page=1)["List"], client.page(page=2)["List"]
        assert first[-1]["Id"] == second[0]["Id"]


@pytest.mark.parametrize("where", ["newest", "oldest", "random"])
def test_delete_every(where: str) -> None:
    switches = quiet(
        order="oldest", delete_every=2, delete_count=2, delete_max=3, delete_where=where
    )
    with TenantServer(switches) as server:
        client = Client(server)
        first = client.page()
        counts = [client.page()["TotalItemCount"] for _ in range(6)]
        assert counts == [500, 498, 498, 497, 497, 497]
        kept = client.page()["List"][0]["Id"] == first["List"][0]["Id"]
        if where != "random":
            assert kept is (where == "newest")


def test_the_date_header_is_the_tenants_clock() -> None:
    with TenantServer(quiet()) as server:
        client = Client(server)
        server.tenant.advance(3600)
        shown = parsedate_to_datetime(client.get().headers["Date"])
        assert shown == datetime(2024, 6, 12, 16, tzinfo=timezone.utc) == server.tenant.now
        server.set(date_header=False)
        assert "Date" not in client.get().headers


def test_switches_of_the_history_cannot_change_while_running() -> None:
    with TenantServer(quiet()) as server, pytest.raises(ValueError, match="records, seed"):
        server.set(records=5, seed=2)


def test_control_over_http() -> None:
    with TenantServer(quiet()) as server:
        client = Client(server)
        grown = client.post("/_standin/grow?records=7&late_hours=12")
        assert (grown["count"], len(grown["ids"])) == (7, 7)
        assert client.post("/_standin/delete?records=2&where=oldest")["count"] == 2
        now = client.post("/_standin/advance?seconds=60")["now"]
        assert now == "2024-06-12T15:01:00+00:00"
        ids = client.get("/_standin/ids").json()
        assert set(ids["ids"]) == server.tenant.ids()
        since = client.get("/_standin/ids", since="2024-06-10T00:00:00Z").json()["ids"]
        assert set(since) == server.tenant.ids(datetime(2024, 6, 10, tzinfo=timezone.utc))
        assert 0 < len(since) < ids["count"]
        assert client.post("/_standin/set?order=oldest&filter_zone=-5")["filter_zone"] == -5.0
        assert server.tenant.switches.order == "oldest"
        client.page()
        seen = client.get("/_standin/requests").json()["requests"]
        assert seen == [
            {
                "path": "/api/1.0/auditlogs/list",
                "query": {"pageSize": "200"},
                "status": 200,
                "fault": None,
                "under_way": 1,
            }
        ]
        assert client.get("/_standin/nonsense").status_code == 404
        refused = client.session.post(server.base_url + "/_standin/set?order=sideways", timeout=5)
        assert (refused.status_code, "sideways" in refused.json()["error"]) == (400, True)


def test_the_books_say_what_the_list_will_show_and_when() -> None:
    with TenantServer(
        quiet(records=3_000, late_share=0.2, late_hours=24.0, growing=True)
    ) as server:
        tenant = server.tenant
        tenant.grow(5, late_hours=40)
        books = tenant.made()
        assert {entry.identity for entry in books} == tenant.ever_ids()
        for _ in range(8):
            now = to_ticks(tenant.now)
            assert {entry.identity for entry in books if entry.shown <= now} == tenant.ids()
            tenant.advance(6 * 3600)
            books += tenant.made({entry.key for entry in books})
        shown = {normal(r["Id"]): (r["Type"], r["EndpointType"]) for r in Client(server).records()}
        told = {entry.identity: (entry.type, entry.endpoint) for entry in books}
        assert all(told[name] == facts for name, facts in shown.items())
