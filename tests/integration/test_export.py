"""Builds that only export CSV: whatever it is like, each record arrives as often as it is there."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.integration.export_rows import CORE, DELETING, ROWS
from tests.integration.export_said import expected, said
from tests.integration.export_support import assert_complete
from tests.integration.support import DAY, HOUR, PYTHONS, LocalInput, field, in_turn, site
from tests.integration.switch_rows import Row, live_through
from tests.standins.invicti_tenant import Switches, TenantServer

TABLE = [*(row for row in CORE for _ in PYTHONS), *ROWS]
# Noon: no day begins while the test runs.
NOON = "2026-06-15T12:00:00Z"


def export_only(**switches: Any) -> Switches:
    base = {"records": 4_000, "span_days": 365.0, "seed": 7, "list_available": False}
    return Switches(**{**base, **switches})


@in_turn("row", TABLE)
def test_every_record_is_written_once(
    interpreter: Path, row: Row, package: Path, tmp_path: Path
) -> None:
    with site(package, interpreter, tmp_path, export_only(**row.switches)) as place:
        live_through(place, row, 230)

        assert_complete(place.tenant, place.texts)
        assert field(place.log, "action").count("export_only") == 1


@in_turn("row", DELETING)
def test_what_stays_is_written_once(
    interpreter: Path, row: Row, package: Path, tmp_path: Path
) -> None:
    with site(package, interpreter, tmp_path, export_only(**row.switches)) as place:
        for _ in range(3):
            place.good_run()
            place.tenant.grow(100)
        place.tenant.advance(DAY)
        place.good_run()

        found = said(place.tenant, place.texts)
        assert not expected(place.tenant) - found
        # No more than was ever deleted is there beside it.
        assert sum((found - expected(place.tenant)).values()) <= 30


@in_turn("order", ["newest", "oldest", "shuffled"])
def test_an_idle_poll_is_one_request(
    order: str, interpreter: Path, package: Path, tmp_path: Path
) -> None:
    switches = export_only(records=3_000, span_days=2.0, order=order, now=NOON)
    with site(package, interpreter, tmp_path, switches) as place:
        place.good_run()
        assert [request.status for request in place.requests_of()] == [404]  # 3,000: no page 16
        place.tenant.grow(37)
        place.good_run()
        for _ in range(2):
            assert [request.query["page"] for request in place.requests_of()] == ["16"]
        assert_complete(place.tenant, place.texts)


@in_turn("order", ["newest", "oldest"])
def test_new_records_are_few_requests(
    order: str, interpreter: Path, package: Path, tmp_path: Path
) -> None:
    switches = export_only(records=2_950, span_days=2.0, order=order, now=NOON)
    with site(package, interpreter, tmp_path, switches) as place:
        place.good_run()
        place.tenant.grow(40)
        # The last page, the API user's profile, the page that has the new rows.
        assert len(place.requests_of()) <= 3
        assert_complete(place.tenant, place.texts)


@pytest.mark.parametrize("seed", range(8))
def test_records_that_come_while_an_export_without_order_is_read(seed: int) -> None:
    """All its rows change their places meanwhile, so that one page more proves nothing."""
    switches = export_only(records=260, span_days=2.0, order="shuffled", now=NOON, seed=seed)
    with TenantServer(switches) as server:
        local = LocalInput(server)
        assert local.run() is None
        server.tenant.grow(30)
        there = expected(server.tenant)
        server.set(insert_every=1, insert_count=2, insert_max=4)
        assert local.run() is None
        assert server.tenant.inserted == 4
        assert not there - said(server.tenant, local.texts)
        assert local.run() is None
        assert_complete(server.tenant, local.texts)


@pytest.mark.parametrize("interpreter", PYTHONS, indirect=True)
def test_equal_rows_are_as_many_as_there_are(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    """Of 3,000 records within a few minutes, most rows say what others say."""
    switches = export_only(records=10, now=NOON, null_fields="UserName")
    with site(package, interpreter, tmp_path, switches) as place:
        for _ in range(3):
            place.tenant.grow(1_000, spread_seconds=60.0)
            place.good_run()
        counts = expected(place.tenant)
        assert max(counts.values()) > 20
        assert_complete(place.tenant, place.texts)
        rows = Counter(json.loads(text)["RowId"] for text in place.texts)
        assert len(rows) == len(place.texts) == 3_010


@in_turn(
    "switches",
    [
        {},
        {"order": "oldest", "csv_time": "seconds24", "csv_headers": "json"},
        {"order": "shuffled", "user_zone_id": "W. Europe Standard Time", "late_share": 0.2},
        {"csv_headers": "json", "user_zone_id": "Eastern Standard Time", "guid_form": "compact"},
        {"records": 20_000, "span_days": 20.0},
    ],
)
def test_an_upgraded_tenant_moves_to_the_list(
    switches: dict[str, Any], interpreter: Path, package: Path, tmp_path: Path
) -> None:
    """Nothing is lost or doubled at the change, nor on the days after, when it is read again."""
    with site(package, interpreter, tmp_path, export_only(**{"now": NOON, **switches})) as place:
        place.good_run()
        place.tenant.grow(60)
        place.good_run()
        place.server.set(list_available=True)
        place.tenant.grow(60)
        place.good_run()  # the same day: not asked again yet
        assert "list_found" not in field(place.log, "action")

        for hours in (13.0, 24.0, 24.0, 24.0, 24.0, 24.0):
            place.tenant.grow(40)
            place.tenant.advance(hours * HOUR)
            place.good_run()

        place.tenant.advance(49 * HOUR)
        place.good_run()
        assert_complete(place.tenant, place.texts)
        assert field(place.log, "action").count("list_found") == 1
        assert sum('"Id"' in text for text in place.texts) > 200
        assert len(place.requests_of()) == 1


@in_turn("switches", [{}, {"order": "oldest"}])
def test_an_upgrade_in_the_middle_of_the_backfill(
    switches: dict[str, Any], interpreter: Path, package: Path, tmp_path: Path
) -> None:
    base = export_only(records=20_000, now=NOON, **switches)
    with site(package, interpreter, tmp_path, base) as place:
        place.run(kill_after_events=6_000)
        place.server.set(list_available=True)
        place.tenant.advance(DAY)
        place.good_run()

        found = said(place.tenant, place.texts)
        assert not expected(place.tenant) - found
        # The page that was being written when the input was killed.
        assert sum((found - expected(place.tenant)).values()) <= 200


@pytest.mark.parametrize("order", ["newest", "oldest", "shuffled"])
def test_late_records_that_say_what_rows_said_come_once(order: str) -> None:
    """Within three minutes, many rows say what others say; of some, more turn up for two days."""
    base = {"records": 10, "now": NOON, "clock_speed": 0.0, "null_fields": "UserName"}
    with TenantServer(export_only(**base, order=order)) as server:
        local = LocalInput(server)
        server.tenant.grow(500, spread_seconds=180.0)
        assert local.run() is None
        server.set(list_available=True)
        passed = 0.05
        for hours in (13.0, 0.0, 6.0, 12.0, 15.0):
            server.tenant.advance(hours * HOUR)
            passed += hours
            server.tenant.grow(40, late_hours=passed, spread_seconds=180.0)
            assert local.run() is None
            assert_complete(server.tenant, local.texts)
        for _ in range(4):
            server.tenant.advance(DAY)
            assert local.run() is None
        assert_complete(server.tenant, local.texts)
        assert max(expected(server.tenant).values()) > 20


def test_a_wrong_url_is_still_one(package: Path, interpreter: Path, tmp_path: Path) -> None:
    gone = {"export_available": False, "me_available": False}
    with site(package, interpreter, tmp_path, export_only(**gone)) as place:
        line = place.failing_run()
        assert re.search("HTTP 404.*base URL.*CSV export", line)


def test_an_empty_log_is_no_wrong_url(package: Path, interpreter: Path, tmp_path: Path) -> None:
    with site(package, interpreter, tmp_path, export_only(records=0)) as place:
        place.good_run()
        place.tenant.grow(7)
        place.good_run()
        assert_complete(place.tenant, place.texts)
        assert len(place.texts) == 7
