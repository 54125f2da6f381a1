"""Each alert fires where it must, with the rows that it must show, and nowhere else."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.knowledge.log_lines import Lines, events_at
from tests.knowledge.samples import HOST, SOURCETYPE, samples
from tests.knowledge.searches import saved_searches
from tests.knowledge.spl import Event, run

NOW = datetime(2026, 3, 10, 12, 2, tzinfo=timezone.utc).timestamp()
MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR
TENANT = "33eabd3d-291b-443f-b4ea-35de08c677bf"
USUAL = [sample for sample in samples() if not sample.name.startswith("unusual")]
# Of each type the first: those of a CSV export come after those of the list.
RECORDS = {str(sample.record["Type"]): sample.record for sample in reversed(USUAL)}


def event(
    kind: str, ago: float, *, indexed: float | None = None, index: str = "invicti", **changes: Any
) -> Event:
    """The sample record of a type, made `ago` seconds ago and indexed a minute later."""
    created = NOW - ago
    stamp = datetime.fromtimestamp(created, timezone.utc).isoformat()
    identity = f"{kind}-{ago}"
    record = {**RECORDS[kind], "Id": identity, "CreatedAt": stamp, **changes}
    at = NOW - (max(ago - MINUTE, 0) if indexed is None else indexed)
    raw = json.dumps(record, separators=(",", ":"))
    return Event(SOURCETYPE, raw, created, "invicti_auditlogs://prod", HOST, index, at)


def csv_row(kind: str, ago: float, row: str, **changes: Any) -> Event:
    """The row of a CSV export made `ago` seconds ago: no e-mail address, and no Id."""
    made = event(kind, ago)
    stamp = datetime.fromtimestamp(made.time, timezone.utc).isoformat()
    record = {"UserName": "Alice Example", "Type": kind, "EndpointType": "Web"}
    record |= {"CreatedAt": stamp, "RowId": row, **changes}
    return replace(made, raw=json.dumps(record, separators=(",", ":")))


def fired(app_folder: Path, name: str, events: list[Event], now: float = NOW) -> list[Any]:
    """The rows that an alert returns."""
    found = [each for each in saved_searches(app_folder) if each.name == f"Invicti - {name}"]
    search = found[0]
    result = run(
        app_folder, search.spl, events, now, earliest=search.earliest, latest=search.latest
    )
    throttled_by = search.settings["alert.suppress.fields"].split(",")
    assert all(set(throttled_by) <= set(row) for row in result.rows)
    return result.rows


def columns(rows: list[Any], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row.get(name) for name in names) for row in rows]


# --- sign-ins ------------------------------------------------------------------------------------

BURST = "Many failed sign-ins of one user"


def failures(count: int, apart: float, **changes: Any) -> list[Event]:
    return [event("LoginAttemptFailed", 2 * MINUTE + n * apart, **changes) for n in range(count)]


def test_ten_failed_sign_ins_of_one_user_within_a_quarter_of_an_hour(app_folder: Path) -> None:
    kind = "LoginAttemptFailed"
    user = next(s.expected["user"] for s in USUAL if s.record["Type"] == kind)
    rows = fired(app_folder, BURST, failures(12, MINUTE))
    assert columns(rows, "vendor_account", "user", "failures") == [(TENANT, user, "12")]
    assert rows[0]["reached"] == "2026-03-10 11:58:00 UTC"  # the tenth of twelve, 11:49 to 12:00
    assert rows[0]["last"] == "2026-03-10 12:00:00 UTC"


def test_a_burst_tells_all_addresses_that_it_came_from(app_folder: Path) -> None:
    addresses = [f"203.0.113.{n}" for n in range(12)]
    tries = [
        event("LoginAttemptFailed", (1 + n) * MINUTE, Message=f"Login failed from {address}")
        for n, address in enumerate(addresses)
    ]
    (row,) = fired(app_folder, BURST, tries)
    assert set(row["src"]) == set(addresses)


def test_a_burst_whose_spelling_of_the_user_changes(app_folder: Path) -> None:
    """Who tries passwords also chooses capitals; to Invicti it is the same user."""
    users = ("bob@acme.example", "Bob@acme.example", "BOB@Acme.Example")
    kind = "LoginAttemptFailed"
    tries = [event(kind, n * MINUTE, UserEmail=users[n % len(users)]) for n in range(10)]
    assert columns(fired(app_folder, BURST, tries), "user", "failures") == [(users[0], "10")]


def test_rows_of_an_export_that_say_the_same_are_as_many_sign_ins(app_folder: Path) -> None:
    """Its dates may have minutes only."""
    rows = [csv_row("LoginAttemptFailed", 5 * MINUTE, f"r{n}") for n in range(10)]
    assert columns(fired(app_folder, BURST, rows), "user", "failures") == [("alice example", "10")]


def test_a_burst_that_the_tenant_showed_a_day_later(app_folder: Path) -> None:
    late = failures(10, MINUTE, indexed=5 * MINUTE)
    moved = [
        Event(e.sourcetype, e.raw, e.time - DAY, e.source, e.host, e.index, e.indexed) for e in late
    ]
    assert len(fired(app_folder, BURST, moved)) == 1


def test_a_burst_dated_ahead_of_splunks_clock(app_folder: Path) -> None:
    ahead = [event("LoginAttemptFailed", n * MINUTE - 3 * HOUR, indexed=0) for n in range(10)]
    rows = fired(app_folder, BURST, ahead)
    assert columns(rows, "failures", "last") == [("10", "2026-03-10 15:02:00 UTC")]
    assert fired(app_folder, BURST, ahead, NOW + HOUR) == []
    assert fired(app_folder, BURST, ahead, NOW + 4 * HOUR) == []


@pytest.mark.parametrize(
    "events",
    [
        failures(9, MINUTE),
        failures(12, 2 * MINUTE),
        failures(20, 10.0, Type="Signin"),
        failures(12, MINUTE, index="other"),
        failures(12, MINUTE, indexed=40 * MINUTE),
        [twice for once in failures(9, MINUTE) for twice in (once, once)],
        [csv_row("LoginAttemptFailed", n * MINUTE, f"r{n % 9}") for n in (*range(9), *range(9))],
        [
            one
            for n, one in enumerate(failures(12, MINUTE))
            for one in [event("LoginAttemptFailed", n * MINUTE, UserEmail=f"u{n}@acme.example")]
        ],
    ],
    ids=[
        "nine",
        "slowly",
        "succeeding",
        "in another index",
        "seen before",
        "twice",
        "rows twice",
        "of many",
    ],
)
def test_no_burst(app_folder: Path, events: list[Event]) -> None:
    assert fired(app_folder, BURST, events) == []


SPRAY = "Failed sign-ins of many users from one address"


def sprayed(users: int, address: str, apart: float = MINUTE) -> list[Event]:
    return [
        event(
            "LoginAttemptFailed",
            2 * MINUTE + n * apart,
            UserEmail=f"u{n}@acme.example",
            Message=f"Login failed. IP address: {address}",
        )
        for n in range(users)
    ]


def test_failed_sign_ins_of_five_users_from_one_address(app_folder: Path) -> None:
    rows = fired(app_folder, SPRAY, [*sprayed(6, "203.0.113.9"), *sprayed(4, "198.51.100.1")])
    assert columns(rows, "vendor_account", "src", "users") == [(TENANT, "203.0.113.9", "6")]


def test_spraying_dated_ahead_of_splunks_clock(app_folder: Path) -> None:
    ahead = [replace(e, time=e.time + 3 * HOUR) for e in sprayed(5, "203.0.113.9")]
    assert columns(fired(app_folder, SPRAY, ahead), "users") == [("5",)]
    assert fired(app_folder, SPRAY, ahead, NOW + HOUR) == []


def test_no_spraying(app_folder: Path) -> None:
    spelled = [
        replace(one, raw=one.raw.replace("u0@acme", f"{user}@acme"))
        for user, one in zip(("u0", "U0"), [sprayed(1, "203.0.113.9")[0]] * 2)
    ]
    others = sprayed(4, "203.0.113.9")[1:]
    assert fired(app_folder, SPRAY, [*spelled, *others]) == []
    assert fired(app_folder, SPRAY, sprayed(5, "203.0.113.9", 8 * MINUTE)) == []
    assert fired(app_folder, SPRAY, sprayed(6, "unknown")) == []
    assert fired(app_folder, SPRAY, failures(12, MINUTE)) == []


# --- single records ------------------------------------------------------------------------------

SINGLE = {
    "Two-factor authentication switched off": (
        ["TwoFactorAuthenticationDisabled", "TwoFactorAuthenticationEnforcementChanged"],
        ["TwoFactorAuthenticationConfigured", "SecuritySettingsUpdated", "Signin"],
    ),
    "API token reset": (
        ["AccessTokenReset", "AgentTokenReset"],
        ["PasswordChanged", "EncryptionKeysUpdated"],
    ),
    "IP restriction changed": (
        [
            *("IpRestrictionAdded", "IpRestrictionUpdated", "IpRestrictionDeleted"),
            *("IpRestrictionsStatusChanged", "IpRestrictionsUpdated"),
            "IpRestrictedSessionsStatusChanged",
        ],
        ["SecuritySettingsUpdated", "TwoFactorAuthenticationEnforcementChanged"],
    ),
    "Role, permission or team changed": (
        [
            *("RoleCreated", "RoleUpdated", "RoleDelete", "LimitingRole"),
            *("TeamCreated", "TeamUpdated", "TeamDelete"),
        ],
        ["UserUpdated", "WebsiteGroupUpdated", "AgentGroupUpdated"],
    ),
    "Support access": (
        ["SigninAs", "SupportEditedUser", "ConfirmSupportAccessRequest"],
        ["Signin", "UserUpdated"],
    ),
}


def words(kind: str) -> str:
    return re.sub(r"([a-z])([A-Z])", r"\1 \2", kind)


@pytest.mark.parametrize("name", SINGLE)
def test_a_record_of_each_type_fires_once(app_folder: Path, name: str) -> None:
    kinds, others = SINGLE[name]
    events = [event(kind, n * MINUTE) for n, kind in enumerate([*kinds, *others], 1)]
    rows = fired(app_folder, name, [*events, events[0]])
    expected = sorted((words(kind), "1") for kind in kinds)
    assert sorted(columns(rows, "signature", "count")) == expected
    assert {row["vendor_account"] for row in rows} == {TENANT}
    assert all(row["actor"] for row in rows)


@pytest.mark.parametrize("name", SINGLE)
def test_a_row_of_an_export_that_was_written_twice_counts_once(app_folder: Path, name: str) -> None:
    kind = SINGLE[name][0][0]
    first, other = (csv_row(kind, 10 * MINUTE, row) for row in ("r1", "r2"))
    assert columns(fired(app_folder, name, [first, first]), "count") == [("1",)]
    assert columns(fired(app_folder, name, [first, first, other]), "count") == [("2",)]


@pytest.mark.parametrize("name", SINGLE)
def test_equal_rows_of_two_tenants_are_two(app_folder: Path, name: str) -> None:
    """An export does not tell the tenant: rows that say the same have the same identity."""
    row = csv_row(SINGLE[name][0][0], 10 * MINUTE, "r1")
    other = replace(row, host="invicti.example.test", source="invicti_auditlogs://second")
    assert columns(fired(app_folder, name, [row, row, other]), "count") == [("2",)]


@pytest.mark.parametrize("name", SINGLE)
def test_a_record_shown_two_days_late_fires_too(app_folder: Path, name: str) -> None:
    kind = SINGLE[name][0][0]
    rows = fired(app_folder, name, [event(kind, 2 * DAY, indexed=10 * MINUTE)])
    assert columns(rows, "first") == [("2026-03-08 12:02:00 UTC",)]


@pytest.mark.parametrize("name", SINGLE)
def test_a_record_dated_ahead_of_splunks_clock_fires_too(app_folder: Path, name: str) -> None:
    """When it is indexed, and not again when its time has come."""
    ahead = [event(SINGLE[name][0][0], -14 * HOUR, indexed=10 * MINUTE)]
    rows = fired(app_folder, name, ahead)
    assert columns(rows, "count", "first") == [("1", "2026-03-11 02:02:00 UTC")]
    assert fired(app_folder, name, ahead, NOW + HOUR) == []
    assert fired(app_folder, name, ahead, NOW + 15 * HOUR) == []


@pytest.mark.parametrize("name", SINGLE)
def test_other_records_and_old_ones_do_not_fire(app_folder: Path, name: str) -> None:
    kinds, others = SINGLE[name]
    quiet = [event(kind, n * MINUTE) for n, kind in enumerate(others, 1)]
    quiet += [event(kind, 10 * MINUTE, index="other") for kind in kinds]
    quiet += [event(kind, 5 * HOUR, indexed=4 * HOUR) for kind in kinds]
    quiet += [event(kind, 20 * DAY, indexed=5 * MINUTE) for kind in kinds]  # a backfill
    assert fired(app_folder, name, quiet) == []


def test_whose_two_factor_authentication_was_switched_off(app_folder: Path) -> None:
    record = RECORDS["TwoFactorAuthenticationDisabled"]
    alert = "Two-factor authentication switched off"
    rows = fired(app_folder, alert, [event("TwoFactorAuthenticationDisabled", 10 * MINUTE)])
    expected = next(sample.expected for sample in USUAL if sample.record["Type"] == record["Type"])
    assert columns(rows, "actor", "user") == [
        (expected["actor"], expected.get("user", "unknown")),
    ]


# --- collection ----------------------------------------------------------------------------------

STOPPED = "Collection stopped"


def every(lines: list[str], seconds: float, *, since: float, until: float) -> list[Event]:
    """Runs that wrote these lines, one each so many seconds, ended so many seconds ago."""
    starts, at = [], since
    while at > until:
        starts.append(NOW - at)
        at -= seconds
    return [line for start in starts for line in events_at(lines, start)]


def test_an_input_that_fails(app_folder: Path, lines: Lines) -> None:
    events = every(lines.good, 5 * MINUTE, since=2 * HOUR, until=HOUR)
    events += every(lines.refused, 5 * MINUTE, since=HOUR, until=0)
    rows = fired(app_folder, STOPPED, events)
    assert columns(rows, "host", "input", "silent_minutes") == [("hf1", "prod", "64")]
    assert "HTTP 401" in rows[0]["last_error"]
    assert "check user ID and API token" in rows[0]["last_error"]


def test_an_input_that_never_worked(app_folder: Path, lines: Lines) -> None:
    events = every(lines.refused, 5 * MINUTE, since=HOUR, until=0)
    rows = fired(app_folder, STOPPED, events)
    assert columns(rows, "input", "silent_minutes") == [("prod", "60")]
    assert rows[0]["last_good"] == "none in the last seven days"


def test_an_input_whose_log_is_silent(app_folder: Path, lines: Lines) -> None:
    rows = fired(app_folder, STOPPED, every(lines.good, 5 * MINUTE, since=2 * HOUR, until=HOUR))
    assert columns(rows, "input", "silent_minutes") == [("prod", "64")]
    assert "last_error" not in rows[0]


def test_an_input_that_the_tenant_told_to_wait(app_folder: Path, lines: Lines) -> None:
    events = every(lines.good, 5 * MINUTE, since=2 * HOUR, until=HOUR)
    events += events_at(lines.told_to_wait, NOW - HOUR)
    events += every(lines.waiting, 5 * MINUTE, since=55 * MINUTE, until=0)
    rows = fired(app_folder, STOPPED, events)
    assert columns(rows, "input") == [("prod",)]
    assert "429" in rows[0]["last_error"]


def test_each_server_is_watched_by_itself(app_folder: Path, lines: Lines) -> None:
    running = every(lines.good, 5 * MINUTE, since=2 * HOUR, until=0)
    dead = events_at(lines.good, NOW - 2 * HOUR, host="hf2")
    rows = fired(app_folder, STOPPED, [*running, *dead])
    assert columns(rows, "host", "input") == [("hf2", "prod")]


def test_inputs_that_run_are_not_reported(app_folder: Path, lines: Lines) -> None:
    hourly = [line.replace("interval_seconds=300", "interval_seconds=86400") for line in lines.good]
    daily = events_at(hourly, NOW - 2 * DAY, name="daily")
    running = every(lines.good, 5 * MINUTE, since=DAY, until=0)
    once_refused = events_at(lines.refused, NOW - 3 * MINUTE)
    assert fired(app_folder, STOPPED, [*running, *once_refused, *daily]) == []


def test_a_member_that_leaves_the_input_to_another_is_not_reported(
    app_folder: Path, lines: Lines
) -> None:
    assert len(lines.skipping) == 1
    running = every(lines.good, 5 * MINUTE, since=DAY, until=0)
    skipping = [
        line
        for ago in range(5, 24 * 60, 5)
        for line in events_at(lines.skipping, NOW - ago * MINUTE, host="hf2")
    ]
    assert fired(app_folder, STOPPED, [*running, *skipping]) == []


def test_a_first_run_of_hours_is_not_reported(app_folder: Path, lines: Lines) -> None:
    """It ends only when the backfill does, and tells of each tile meanwhile."""
    unended = [line for line in lines.good if "action=ended" not in line]
    tile = [line for line in lines.good if "action=reconciliation" in line]
    assert tile
    events = events_at(unended, NOW - 5 * HOUR)
    events += every(tile, 10 * MINUTE, since=5 * HOUR, until=0)
    assert fired(app_folder, STOPPED, events) == []


MISSING = "Records missing"


def test_a_count_that_stays_wrong(app_folder: Path, lines: Lines) -> None:
    events = every(lines.good, 5 * MINUTE, since=2 * HOUR, until=HOUR)
    events += every(lines.differing, 5 * MINUTE, since=12 * MINUTE, until=5 * MINUTE)
    rows = fired(app_folder, MISSING, events)
    wanted = ("input", "window_read", "server_count", "collected_count", "missing", "readings")
    assert columns(rows, *wanted) == [("prod", "live", "61", "60", "1", "2")]


def test_a_count_that_was_wrong_once_and_not_read_again(app_folder: Path, lines: Lines) -> None:
    assert len(fired(app_folder, MISSING, events_at(lines.differing, NOW - 25 * HOUR))) == 1


def test_a_count_that_came_right(app_folder: Path, lines: Lines) -> None:
    wrong = every(lines.differing, 5 * MINUTE, since=30 * MINUTE, until=15 * MINUTE)
    right = events_at(lines.mended, NOW - 10 * MINUTE)
    assert fired(app_folder, MISSING, [*wrong, *right]) == []
    assert fired(app_folder, MISSING, events_at(lines.differing, NOW - 10 * MINUTE)) == []
    assert fired(app_folder, MISSING, events_at(lines.good, NOW - 10 * MINUTE)) == []


def test_a_count_that_came_right_on_another_server(app_folder: Path, lines: Lines) -> None:
    """The limit that the alert's description states: inputs of one name may be two inputs."""
    wrong = events_at(lines.differing, NOW - 30 * HOUR)
    right = events_at(lines.mended, NOW - 29 * HOUR, host="hf2")
    rows = fired(app_folder, MISSING, [*wrong, *right])
    assert columns(rows, "host", "input") == [("hf1", "prod")]
    assert fired(app_folder, MISSING, [*wrong, *right], NOW + 2 * DAY) == []


LOST = "Events are not where searches look"


def test_events_in_an_index_that_the_macro_lacks(app_folder: Path, lines: Lines) -> None:
    written = events_at(lines.good, NOW - HOUR)
    rows = fired(app_folder, LOST, [*written, event("Signin", HOUR, index="security")])
    expected = [("invicti_auditlogs://prod", "7", "invicti")]
    assert columns(rows, "source", "written", "written_to") == expected


def test_events_that_the_macro_finds(app_folder: Path, lines: Lines) -> None:
    written = events_at(lines.good, NOW - HOUR)
    assert fired(app_folder, LOST, [*written, event("Signin", HOUR)]) == []
    assert fired(app_folder, LOST, events_at(lines.waiting, NOW - HOUR)) == []


def test_events_of_an_input_whose_name_has_a_blank(app_folder: Path, lines: Lines) -> None:
    """The framework's line has the name without quotes, and the log adds it with them."""
    ingested = [line for line in lines.good if "action=events_ingested" in line]
    assert ingested
    named = [line.replace("prod", "a b") + ' input="a b"' for line in ingested]
    found = replace(event("Signin", HOUR), source="invicti_auditlogs://a b")
    assert fired(app_folder, LOST, [*events_at(named, NOW - HOUR), found]) == []
    assert columns(fired(app_folder, LOST, events_at(named, NOW - HOUR)), "source") == [
        ("invicti_auditlogs://a b",)
    ]


def test_events_of_other_times_that_the_macro_finds(app_folder: Path, lines: Lines) -> None:
    """A backfill writes events of years ago; a fast clock dates them ahead."""
    written = events_at(lines.good, NOW - 2 * HOUR)
    for ago in (10 * DAY, 1_000 * DAY, -3 * HOUR):
        assert fired(app_folder, LOST, [*written, event("Signin", ago, indexed=2 * HOUR)]) == []
    before = event("Signin", 30 * DAY, indexed=20 * DAY)  # the input has another index since
    assert len(fired(app_folder, LOST, [*written, before])) == 1


def test_the_runs_were_what_they_should_be(lines: Lines) -> None:
    assert [line for line in lines.good if "outcome=success" in line]
    assert [line for line in lines.refused if "outcome=unfinished" in line]
    assert [line for line in lines.differing if "missing=1" in line and "=ERROR" in line]
    assert [line for line in lines.waiting if "action=throttled" in line]
