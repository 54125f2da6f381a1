"""audit_log and csv_export: over HTTP, against the stand-in tenant."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from invicti_collector.configuration import Account
from invicti_collector.errors import (
    ConfigurationError,
    NotThereError,
    ServerError,
    UnexpectedAnswerError,
)
from invicti_collector.pages import PAGE_SIZE, Page
from invicti_collector.patience import Patience
from invicti_collector.shutdown import Shutdown
from invicti_collector.tenant.audit_log import AuditLog
from invicti_collector.tenant.csv_export import READINGS
from invicti_collector.tenant.csv_rows import Numbering
from invicti_collector.tenant.invicti_api import InvictiApi, Network
from invicti_collector.tenant.look_ahead import LookAhead
from invicti_collector.timeline import EVERYTHING, DateFormat, Window, live_window
from tests.standins.invicti_tenant import Switches, TenantServer

NONE, US = DateFormat.NONE, DateFormat.US
NOW = "2024-06-12T15:00:00Z"
LIVE = live_window(1718204400)
GONE = object()
LIST, EXPORT, ME = ("auditlogs/list", "auditlogs/export", "account/me")


class Place:
    """A tenant and a client of it; `again` is the client of the next run."""

    def __init__(self, server: TenantServer) -> None:
        self.server = server
        self.notes: dict[str, Any] = {}
        self.again()

    def again(self) -> AuditLog:
        """A client that knows what the one before has noted."""
        account = Account("a", self.server.base_url, self.server.user_id, self.server.api_token)
        api = InvictiApi(account, Network("", 5.0, "unit/1"), Shutdown(), lambda _: None)
        listed = LookAhead(api, 4, Patience(5.0, lambda _: None), Shutdown())
        self.log = AuditLog(api, listed, logging.getLogger("unit"))
        self.log.recall(json.loads(json.dumps(self.notes)))
        self.server.clear_requests()
        return self.log

    def keep(self) -> None:
        """What the collector does when a window was read."""
        self.notes = dict(self.log.notes)

    def found_out(self) -> AuditLog:
        """A client that has found out what the tenant has."""
        self.log.glance(EVERYTHING, NONE, 1)
        self.server.clear_requests()
        return self.log

    @property
    def asked(self) -> list[tuple[str, str]]:
        """Path and page of each request."""
        return [
            (request.path.partition("/api/1.0/")[2], request.query.get("page", ""))
            for request in self.server.requests
        ]


@contextmanager
def place(**switches: Any) -> Iterator[Place]:
    base = {
        "records": 700,
        "span_days": 2.0,
        "now": NOW,
        "clock_speed": 0.0,
        "list_available": False,
    }
    with TenantServer(Switches(**{**base, **switches})) as server:
        yield Place(server)


def read(log: AuditLog, window: Window = LIVE) -> list[Page]:
    pages = [log.page(window, US, 1)]
    while pages[-1].has_next:
        pages.append(log.page(window, US, len(pages) + 1))
    return pages


def digests(pages: list[Page]) -> list[int]:
    return [record.digest for page in pages for record in page.records]


def test_a_tenant_with_the_list_is_asked_for_nothing_else() -> None:
    with place(list_available=True) as here:
        here.log.glance(EVERYTHING, NONE, 1)
        read(here.log)
        assert {path for path, _ in here.asked} == {LIST}
        assert here.log.notes == {"source": "list"}


def test_a_tenant_without_it_is_asked_again_the_next_day_only() -> None:
    with place() as here:
        page = here.log.glance(EVERYTHING, NONE, 1)
        assert len(page.records) == PAGE_SIZE
        # The list once more, before a tenant is believed to have none.
        assert here.asked == [(LIST, "1"), (ME, ""), (EXPORT, "1"), (LIST, "1")]
        here.keep()
        read(here.again())
        assert LIST not in {path for path, _ in here.asked}
        here.again().glance(EVERYTHING, NONE, 1)
        assert here.asked == [(LIST, "1"), (ME, ""), (EXPORT, "1")]


def test_one_404_of_a_list_is_not_believed() -> None:
    with place(list_available=True, faults="404@1") as here:
        here.log.glance(EVERYTHING, NONE, 1)
        assert here.log.notes == {"source": "list"}


def test_a_tenant_that_had_the_list_still_has_it() -> None:
    with place(list_available=True) as here:
        here.found_out()
        here.keep()
        here.server.set(list_available=False)
        with pytest.raises(NotThereError):
            here.again().glance(EVERYTHING, NONE, 1)


def test_404_everywhere_is_a_wrong_url() -> None:
    with place(export_available=False, me_available=False) as here:
        with pytest.raises(NotThereError) as caught:
            here.log.glance(EVERYTHING, NONE, 1)
        assert "base URL" in caught.value.remedy
        assert "CSV export" in caught.value.remedy


def test_404_of_list_and_export_alone_is_an_empty_log() -> None:
    with place(records=0) as here:
        assert here.log.glance(EVERYTHING, NONE, 1).records == []


@pytest.mark.parametrize("order", ["newest", "oldest", "shuffled"])
def test_a_window_is_whole_and_counted(order: str) -> None:
    with place(order=order) as here:
        pages = read(here.found_out())
        assert {page.total for page in pages} == {700}
        assert [page.number for page in pages] == [1, 2, 3, 4]
        assert len(pages[0].records) == 100  # of the last page of the export
        assert len(set(digests(pages))) == 700


@pytest.mark.parametrize("records", [0, 1, 199, 200, 201, 400, 1_000, 3_399])
def test_any_number_of_rows(records: int) -> None:
    with place(records=records) as here:
        here.found_out()
        pages = read(here.log)
        assert (pages[0].total, len(set(digests(pages)))) == (records, records)
        here.keep()
        (again,) = [here.again().page(LIVE, US, 1)]
        assert len(here.asked) == 1
        assert (again.total, again.fingerprint) == (records, pages[0].fingerprint)


def test_a_server_that_does_not_page() -> None:
    for records in (150, 200, 700):
        with place(records=records, csv_pages=False) as here:
            pages = read(here.found_out())
            assert len(pages) == 1
            assert len(set(digests(pages))) == pages[0].total == records


def test_two_full_pages_of_equal_rows_are_no_server_that_does_not_page() -> None:
    with place(records=0, null_fields="UserName") as here:
        here.server.tenant.grow(6_000, spread_seconds=1.0)
        pages = read(here.found_out())
        assert len(set(digests(pages))) == pages[0].total == 6_000


@pytest.mark.parametrize("order", ["newest", "oldest", "shuffled"])
def test_rows_that_come_while_a_window_is_read_are_not_counted_twice(order: str) -> None:
    with place(order=order) as here:
        here.found_out()
        here.server.set(insert_every=2, insert_max=3)
        pages = read(here.log)
        assert {page.total for page in pages} == {703}
        assert len(set(digests(pages))) == 703


def test_a_window_that_never_stops_changing_has_no_count_and_no_doubles() -> None:
    with place(order="newest") as here:
        before = Counter(digests(read(here.found_out())))
        here.keep()
        del here.notes["window"]
        here.again()
        here.server.set(insert_every=1)
        pages = read(here.log)
        assert {page.total for page in pages} == {None}
        after = Counter(digests(pages))
        assert set(after.values()) == {1}
        assert not before - after
        # Every insertion is a row; a row that shifted to the next page is none.
        assert len(after) <= here.server.tenant.count()
        whole = [number for path, number in here.asked if (path, number) == (EXPORT, "2")]
        assert len(whole) >= READINGS
        here.keep()
        assert "window" not in here.notes


def test_a_tile_that_is_too_large_is_told_before_it_is_read() -> None:
    with place(records=50_000, span_days=200.0) as here:
        here.found_out()
        end = LIVE.start or 0
        tile = Window(end - 180 * 86_400, end)
        first = here.log.page(tile, US, 1)
        assert first.announced > 40_000
        assert len(here.asked) <= 25


def test_the_profile_is_asked_again_when_something_is_new() -> None:
    """Changed in the API user's settings, it would make other rows of all of them."""
    with place(records=150) as here:
        before = set(digests(read(here.found_out())))
        here.keep()
        here.server.set(user_date_format="MM/dd/yyyy", user_zone_id="Tokyo Standard Time")
        page = here.again().page(LIVE, US, 1)
        assert {record.digest for record in page.records} == before
        assert [path for path, _ in here.asked] == [EXPORT, ME, EXPORT]


@pytest.mark.parametrize("fault", ["truncated=0.5", "truncated=0.995", "cut=0.7", "503", "drop"])
def test_an_answer_that_was_cut_short_is_asked_for_again(fault: str) -> None:
    with place() as here:
        here.found_out()
        here.server.set(faults=f"{fault}@2", fault_scope="export")
        assert len(set(digests(read(here.log)))) == 700


def test_a_server_that_never_ends_its_last_line_is_believed_the_second_time() -> None:
    with place(csv_last_break=False, records=500) as here:
        pages = read(here.found_out())
        assert len(set(digests(pages))) == 500
        assert [number for _, number in here.asked][:2] == ["1", "1"]
        assert here.asked.count((EXPORT, "1")) == 3  # that, and once to read the window


@pytest.mark.parametrize("kind", ["html", "json_string", "no_list"])
def test_an_answer_that_is_no_csv_is_an_error(kind: str) -> None:
    with place() as here:
        here.found_out()
        here.server.set(faults=f"{kind}@from:1", fault_scope="export")
        with pytest.raises(UnexpectedAnswerError, match="CSV"):
            here.log.page(LIVE, US, 1)


def test_a_page_for_people_is_no_end_of_the_rows() -> None:
    with place() as here:
        here.found_out()
        here.server.set(faults="404=html@from:2", fault_scope="export")
        with pytest.raises(NotThereError):
            here.log.page(LIVE, US, 1)


def test_a_server_that_fails_for_long_is_a_passing_error() -> None:
    with place() as here:
        here.found_out()
        here.server.set(faults="503@from:1", fault_scope="export")
        with pytest.raises(ServerError):
            here.log.page(LIVE, US, 1)


@pytest.mark.parametrize("order", ["newest", "oldest", "shuffled"])
@pytest.mark.parametrize("headers", ["ui", "json"])
def test_after_an_upgrade_the_list_shows_the_rows_that_were_there(order: str, headers: str) -> None:
    with place(order=order, csv_headers=headers, user_zone_id="Tokyo Standard Time") as here:
        rows = digests(read(here.found_out()))
        here.keep()
        here.server.set(list_available=True)
        here.server.tenant.grow(30)
        here.again().glance(EVERYTHING, NONE, 1)
        here.keep()
        for log in (here.log, here.again()):  # the upgrade is known in the next run, too
            records = [record for page in read(log) for record in page.records]
            assert len({record.digest for record in records}) == len(records) == 730
            numbering = Numbering()
            assert set(rows) < {numbering.digest(record.row or 0) for record in records}
        here.server.tenant.advance(120.0)
        (later,) = here.server.tenant.grow(1, spread_seconds=0.0)
        found = {r.name: r for page in read(here.again()) for r in page.records}
        assert len(found) == 731
        assert found[later].row is None
        assert found[later].digest not in {record.digest for record in records}


def test_nothing_of_the_export_is_needed_for_the_list() -> None:
    with place(records=0) as here:
        here.found_out()
        here.keep()
        here.server.set(list_available=True)
        here.server.tenant.grow(3)
        here.again().glance(EVERYTHING, NONE, 1)
        assert len(digests(read(here.log))) == 3


def test_dates_are_tried_on_the_export_and_its_pages_come_one_by_one() -> None:
    with place() as here:
        log = here.found_out()
        start, end = LIVE.start or 0, LIVE.end or 0
        shown = log.glance(LIVE, US, 1)
        assert here.asked == [(EXPORT, "1")]
        assert len(shown.records) == PAGE_SIZE
        assert all(start <= (record.created or 0) <= end for record in shown.records)
        assert log.glance(Window(0, 86_400), US, 1).records == []
        first = log.page(LIVE, US, 1)
        fetch = log.onwards(LIVE, US, first, None)
        pages = [first, *map(fetch, range(2, (first.last_number or 0) + 1))]
        assert len(set(digests(pages))) == 700


def test_a_zone_of_no_known_name_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("invicti_collector.tenant.user_dates.zone_named", lambda _name: None)
    with place(user_zone_id="Tokyo Standard Time") as here:
        here.found_out()
        (line,) = (text for text in caplog.messages if "action=zone_unknown" in text)
        assert 'zone="Tokyo Standard Time" remedy="dates are taken as UTC;' in line


def test_rows_are_the_same_where_the_lookup_was_taken_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with place(records=150) as here:
        rows = digests(read(here.found_out()))
        monkeypatch.setattr("invicti_collector.tenant.audit_log._TYPES", tmp_path / "none.csv")
        here.again().glance(EVERYTHING, NONE, 1)
        assert digests(read(here.log)) == rows


NOTES = {
    "source": "export",
    "date_format": "dd/MM/yyyy",
    "zone": "GMT Standard Time",
    "columns": ["User", "Action", "Endpoint Type", "Date"],
    "form": [60, True],
    "window": [1, 2],
    "last": 3,
    "mark": "00",
}


@pytest.mark.parametrize(
    "change",
    [
        {"source": "cloud"},
        {"source": ["export"]},
        {"date_format": 5},
        {"date_format": GONE},
        {"zone": None},
        {"zone": {}},
        {"columns": 5},
        {"columns": ["User", None]},
        {"columns": GONE},
        {"form": [60]},
        {"form": ["60", True]},
        {"form": [60, "x"]},
        {"form": 60},
        {"last": None},
        {"last": 0},
        {"last": GONE},
        {"page_size": 0},
        {"page_size": "200"},
        {"until": None},
        {"until": "tomorrow"},
        {"until": 10**400},
        {"source": "list", "until": 1.0, "zone": GONE},
        {"source": "list", "until": 1.0, "columns": "x", "form": {}, "zone": GONE},
    ],
)
def test_notes_that_no_run_has_left_are_unreadable_progress(change: dict[str, Any]) -> None:
    notes = {name: value for name, value in {**NOTES, **change}.items() if value is not GONE}
    with place() as here:
        here.log.recall(NOTES)
        with pytest.raises(ConfigurationError, match="the saved progress cannot be read") as caught:
            here.again().recall(notes)
        assert "reset the input's progress" in caught.value.remedy
