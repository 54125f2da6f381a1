"""What the searches of the dashboards find, before anything is drawn."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.knowledge.log_lines import Lines, events_at
from tests.knowledge.searches import dashboard_searches
from tests.knowledge.spl import Event, run
from tests.knowledge.test_alerts import DAY, HOUR, MINUTE, NOW, columns, csv_row, event, every


def shown(
    app_folder: Path, page: str, name: str, events: list[Event], **tokens: str
) -> list[dict[str, Any]]:
    """The rows of a search of a dashboard as it opens, but for the tokens given."""
    wanted = f"invicti_{page}: {name}"
    search = next(each for each in dashboard_searches(app_folder) if each.name == wanted)
    span = {"earliest": search.earliest, "latest": search.latest}
    tokens = {**(search.tokens or {}), **tokens}
    return run(app_folder, search.spl, events, NOW, tokens=tokens, **span).rows


# --- help on an empty page -----------------------------------------------------------------------


@pytest.mark.parametrize("page", ["activity_logs", "security_overview"])
def test_events_written_that_are_older_than_the_time_range(
    app_folder: Path, lines: Lines, page: str
) -> None:
    """A backfill writes such; that the macro does not name their index comes after that."""
    written = events_at(lines.good, NOW - HOUR)
    old = [event("Signin", 30 * DAY, indexed=HOUR)]
    steps = [
        str(value)
        for row in shown(app_folder, page, "Help when empty", [*written, *old])
        for value in row.values()
    ]
    assert "written 7 events in this time range, to index invicti" in steps[0]
    assert "Widen the time range first" in steps[0]
    assert "set the search macro invicti_auditlogs_index to (index=invicti)" in steps[1]


# --- Activity Logs -------------------------------------------------------------------------------


def test_a_click_on_a_row_of_an_export_opens_that_row(app_folder: Path) -> None:
    """Also where another user did the same in the same minute."""
    users = {"r1": "Alice Example", "r2": "Mallory Example"}
    rows = [csv_row("RoleUpdated", HOUR, row, UserName=user) for row, user in users.items()]
    table = shown(app_folder, "activity_logs", "Table", rows)
    assert {each["Who"] for each in table} == set(users.values())
    for each in table:
        details = shown(
            app_folder, "activity_logs", "The record", rows, record=str(each["_record"])
        )
        assert ("Who", each["Who"]) in [(field["Field"], field["Value"]) for field in details]


def test_a_click_on_a_row_of_an_export_opens_that_tenants(app_folder: Path) -> None:
    """Also where an equal row of another tenant has the same identity."""
    row = csv_row("ScanStarted", HOUR, "r1", UserName="", EndpointType="BackgroundTask")
    rows = [replace(row, host=host) for host in ("one.example.test", "two.example.test")]
    told = []
    for each in shown(app_folder, "activity_logs", "Table", rows):
        details = shown(
            app_folder, "activity_logs", "The record", rows, record=str(each["_record"])
        )
        told += [field["Value"] for field in details if field["Field"] == "Tenant"]
    assert sorted(told) == [each.host for each in rows]


@pytest.mark.parametrize("nothing", [None, "", "null"])
def test_what_a_record_leaves_empty_hides_nothing(app_folder: Path, nothing: str | None) -> None:
    request = json.dumps({"RootUrl": "https://shop.example.test"})
    record = event("WebsiteCreated", HOUR, Message=nothing, UserId=nothing, RequestData=request)
    rows = shown(app_folder, "activity_logs", "Table", [record])
    assert columns(rows, "Details") == [("https://shop.example.test",)]
    told = shown(
        app_folder, "activity_logs", "The record", [record], record=str(rows[0]["_record"])
    )
    assert not {"Message", "User Id"} & {str(field["Field"]) for field in told}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("*", True),
        ("", True),
        ("CORP\\alice", True),
        ('as "Bob"', True),
        ('"Type":"WebsiteCreated"', True),
        ('"Name":"Shop"', True),
        ("corp*bob", True),
        ("CORP\\carol", False),
        ("bob*corp", False),
    ],
)
def test_a_text_is_found_as_it_is_read(app_folder: Path, text: str, *, found: bool) -> None:
    """In `_raw`, JSON has backslashes before quotes and backslashes."""
    message, request = 'CORP\\alice as "Bob"', json.dumps({"Name": "Shop"}, separators=(",", ":"))
    record = event("WebsiteCreated", HOUR, Message=message, RequestData=request)
    rows = shown(app_folder, "activity_logs", "Table", [record], text=text)
    assert bool(rows) is found


@pytest.mark.parametrize("user_id", [None, "", "00000000-0000-0000-0000-000000000000", "0" * 32])
def test_who_failed_to_sign_in_may_be_told_by_the_message_alone(
    app_folder: Path, user_id: str | None
) -> None:
    """Somebody without an account is no user of the tenant's; .NET's empty GUID is nobody's."""
    nobody: dict[str, Any] = {**dict.fromkeys(("UserName", "UserEmail")), "UserId": user_id}
    message = "Login attempt failed for guess@acme.example"
    tries = [event("LoginAttemptFailed", n * HOUR, Message=message, **nobody) for n in (1, 2)]
    rows = shown(app_folder, "security_overview", "Failed sign-ins", tries)
    assert columns(rows, "Who", "Failed") == [("guess@acme.example", "2")]
    table = shown(app_folder, "activity_logs", "Table", tries, user="guess@acme.example")
    assert columns(table, "Who", "What") == 2 * [("guess@acme.example", "Login Attempt Failed")]


def test_a_user_is_one_however_those_who_try_spell_it(app_folder: Path) -> None:
    users = ("bob@acme.example", "Bob@acme.example", "BOB@Acme.Example")
    failed = "LoginAttemptFailed"
    tries = [event(failed, n * HOUR, UserEmail=user) for n, user in enumerate(users, 1)]
    rows = shown(app_folder, "security_overview", "Failed sign-ins", tries)
    assert columns(rows, "Who", "Failed") == [("bob@acme.example", "3")]
    clicked = shown(app_folder, "activity_logs", "Table", tries, user=rows[0]["Who"])
    assert len(clicked) == 3


# --- Collection Health ---------------------------------------------------------------------------


def inputs(app_folder: Path, events: list[Event]) -> list[tuple[Any, ...]]:
    """Name, state, how long ago it was well, and backfill of each input."""
    rows = shown(app_folder, "collection_health", "Table of inputs", events)
    return columns(rows, "Input", "State", "Ago", "Backfill")


def tiles(lines: Lines, since: float) -> list[Event]:
    """A run at work on the backfill: a tile each ten minutes, and no end."""
    begun = [line for line in lines.good if "action=started" in line]
    tile = [line for line in lines.good if "action=reconciliation" in line]
    tile = [line.replace("scope=live", "scope=backfill") for line in tile]
    assert begun
    assert tile
    later = every(tile, 10 * MINUTE, since=since - MINUTE, until=0)
    return [*events_at(begun, NOW - since), *later]


def test_a_first_run_of_hours_shows(app_folder: Path, lines: Lines) -> None:
    started = [line for line in lines.good if "action=started" in line]
    just_begun = events_at(started, NOW - MINUTE)
    assert inputs(app_folder, just_begun) == [("prod", "Collecting", None, "running")]
    at_work = tiles(lines, 4 * HOUR)
    assert inputs(app_folder, at_work) == [("prod", "Collecting", "9 min", "running")]
    sums = shown(app_folder, "collection_health", "Sums", at_work)
    assert columns(sums, "inputs", "broken", "since") == [("1", "0", "9 min")]


def test_an_input_that_was_never_well_is_the_longest_without_success(
    app_folder: Path, lines: Lines
) -> None:
    well = events_at(lines.good, NOW - 5 * MINUTE)
    refused = [line.replace("prod", "other") for line in lines.refused]
    never = events_at(refused, NOW - 4 * MINUTE, name="other")
    sums = shown(app_folder, "collection_health", "Sums", [*well, *never])
    assert columns(sums, "well", "since") == [("1 of 2", "never")]
    sums = shown(app_folder, "collection_health", "Sums", well)
    assert columns(sums, "well", "since") == [("1 of 1", "5 min")]


def test_a_run_of_hours_after_an_outage_is_not_silent(app_folder: Path, lines: Lines) -> None:
    events = [*events_at(lines.good, NOW - 6 * HOUR), *tiles(lines, 4 * HOUR)]
    assert inputs(app_folder, events) == [("prod", "Collecting", "9 min", "running")]


def test_a_backfill_that_is_done_is_not_running_at_each_poll(
    app_folder: Path, lines: Lines
) -> None:
    started = [line for line in lines.good if "action=started" in line]
    events = [*events_at(lines.good, NOW - 5 * MINUTE), *events_at(started, NOW - 1)]
    assert inputs(app_folder, events) == [("prod", "Collecting", "5 min", "done")]


def test_a_run_that_went_silent_is_not_running(app_folder: Path, lines: Lines) -> None:
    """It was killed with its Splunk, before its first tile or after some."""
    started = [line for line in lines.good if "action=started" in line]
    killed = events_at(started, NOW - 2 * HOUR)
    assert inputs(app_folder, killed) == [("prod", "Silent", None, "unknown")]
    at_work = [line for line in tiles(lines, 4 * HOUR) if line.time < NOW - HOUR]
    assert inputs(app_folder, at_work) == [("prod", "Silent", "69 min", "unknown")]


def test_runs_that_fail_after_one_that_went_well(app_folder: Path, lines: Lines) -> None:
    events = every(lines.good, 5 * MINUTE, since=2 * HOUR, until=HOUR)
    events += every(lines.refused, 5 * MINUTE, since=HOUR, until=0)
    assert inputs(app_folder, events) == [("prod", "Failing", "65 min", "done")]
