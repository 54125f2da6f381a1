"""Inputs by REST: checked, run as saved, and where they stand seen and steered."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.pages import (
    ACCOUNTS,
    INPUTS,
    PROGRESS,
    SETTINGS,
    Pages,
    account_form,
    input_form,
    pages,
    seconds,
    tenant,
)
from tests.integration.support import COLLECTION, collected
from tests.standins.invicti_tenant import TenantServer
from tests.standins.splunkd import Run, SplunkdSwitches

NOON = "2026-06-15T12:00:00Z"
DAY = 86_400.0


@pytest.fixture(name="server")
def _server() -> Iterator[TenantServer]:
    with tenant(now=NOON) as server:
        yield server


@pytest.fixture(name="place")
def _place(
    package: Path, interpreter: Path, tmp_path: Path, server: TenantServer
) -> Iterator[Pages]:
    with pages(package, interpreter, tmp_path) as place:
        assert place.create(ACCOUNTS, "main", **account_form(server)).status == 201
        yield place


def run(place: Pages, name: str = "prod") -> Run:
    return place.splunkd.run_input(name)


def ids(*runs: Run) -> dict[str, int]:
    return dict(collected(event.data for each in runs for event in each.events))


def test_what_was_saved_runs(place: Pages, server: TenantServer) -> None:
    made = place.create(INPUTS, "prod", **input_form(start_date="all", endpoint_types="Web,Api"))
    assert made.status == 201, made.text
    first = run(place)
    assert (first.exit_code, first.stderr) == (0, "")
    assert 0 < len(ids(first)) < server.tenant.count()
    assert {event.index for event in first.events} == {"invicti"}

    # Only what has changed is sent.
    assert place.edit(INPUTS, "prod", interval="600").status == 200
    kept = place.splunkd.input_settings("prod") or {}
    assert (kept["interval"], kept["start_date"], kept["account"]) == ("600", "all", "main")
    assert place.call("POST", f"{INPUTS}/prod", disabled="1").content["disabled"] is True
    assert place.splunkd.input_names() == []
    assert place.call("POST", f"{INPUTS}/prod", disabled="0").status == 200
    assert place.create(INPUTS, "prod", **input_form()).status == 409
    assert place.delete(INPUTS, "prod").status == 200
    assert place.read(INPUTS).entries == {}
    assert place.edit(INPUTS, "prod", interval="600").status == 404


@pytest.mark.parametrize("interpreter", ["3.13"], indirect=True)
def test_values_that_cannot_work_are_refused_by_name(place: Pages) -> None:
    for change, reason in (
        ({"account": "nobody"}, "The account nobody does not exist"),
        ({"hec_target": "nobody"}, "The HEC target nobody does not exist"),
        ({"index": "default"}, "Index is missing or malformed"),
        ({"index": "../main"}, "Index is missing or malformed"),
        ({"interval": "59"}, "Interval 59"),
        ({"interval": "*/5 * * * *"}, "Interval */5 * * * *"),
        ({"interval": "٣٠٠"}, "Interval ٣٠٠"),
        ({"start_date": "2999-01-01"}, "is in the future"),
        ({"start_date": "2024-02-30"}, "cannot be read"),
        ({"start_date": "31.01.2024"}, "cannot be read"),
        ({"endpoint_types": "Web,Phone"}, "Endpoint types (endpoint_types) Phone is not known"),
        ({"request_data": "hide"}, "Request data (request_data) hide is not known"),
    ):
        answer = place.create(INPUTS, "prod", **input_form(**change))
        assert answer.status == 400, change
        assert reason in answer.text, answer.text
    assert place.read(INPUTS).entries == {}
    assert place.create(INPUTS, "prod", **input_form()).status == 201
    answer = place.edit(INPUTS, "prod", start_date="2999-01-01")
    assert (answer.status, "future" in answer.text) == (400, True)


def test_where_an_input_stands(place: Pages, server: TenantServer) -> None:
    assert place.progress("prod")["progress_exists"] == "0"
    place.create(INPUTS, "prod", **input_form(start_date="all"))
    before = place.progress()
    assert (before["input_exists"], before["progress_exists"]) == ("1", "0")
    run(place)
    after = place.progress()
    assert after["progress_exists"] == "1"
    assert abs(seconds(after["collected_up_to"]) - seconds(NOON)) < 600
    assert after["backfill_left_seconds"] == "0"
    assert after["last_run_events"] == str(server.tenant.count())
    assert (after["failing"], after["last_error"]) == ("0", "")

    # An idle poll is told of as well.
    server.tenant.advance(3600)
    run(place)
    idle = place.progress()
    assert idle["last_run_events"] == "0"
    assert seconds(idle["collected_up_to"]) - seconds(after["collected_up_to"]) >= 3600

    server.set(access="token_revoked")
    assert run(place).exit_code == 1
    failed = place.progress()
    assert failed["failing"] == "1"
    assert "HTTP 401" in failed["last_error"]
    assert "API token" in failed["last_error_remedy"]
    assert failed["collected_up_to"] == idle["collected_up_to"]
    server.set(access="ok")
    run(place)
    assert place.progress()["failing"] == "0"
    assert list(place.read(PROGRESS).entries) == ["prod"]


def test_a_broken_setting_shows_as_the_last_error(place: Pages) -> None:
    place.create(INPUTS, "prod", **input_form())
    place.splunkd.configuration.remove(place.splunkd.app, ACCOUNTS, "main")
    assert run(place).exit_code == 1
    assert "account main does not exist" in place.progress()["last_error"]


@pytest.mark.parametrize("state", ["ready", "disabled"])
def test_collecting_again(
    state: str, package: Path, interpreter: Path, tmp_path: Path, server: TenantServer
) -> None:
    switches = SplunkdSwitches(kv_state=state)
    with pages(package, interpreter, tmp_path, switches) as place:
        place.create(ACCOUNTS, "main", **account_form(server))
        place.create(INPUTS, "prod", **input_form(start_date="all"))
        first = run(place)
        assert set(ids(first).values()) == {1}
        assert place.progress()["store"] == {"ready": "KV Store", "disabled": "files"}[state]

        warned = place.edit(PROGRESS, "prod", collect_from="2026-06-10")
        assert warned.status == 400
        assert "will be there twice" in warned.text
        assert run(place).event_count == 0

        reset = place.edit(PROGRESS, "prod", collect_from="2026-06-10", confirm="1")
        assert reset.status == 200, reset.text
        assert reset.content["collected_from"] == "2026-06-10T00:00:00Z"
        assert reset.content["collected_up_to"] == ""
        again = run(place)
        begin = seconds("2026-06-10T00:00:00Z")
        wanted = {event.data for event in first.events if (event.time or 0) >= begin}
        assert {event.data for event in again.events} == wanted
        assert 0 < len(wanted) < len(first.events)
        assert again.event_count == len(wanted)
        assert run(place).event_count == 0


@pytest.mark.parametrize("interpreter", ["3.9"], indirect=True)
def test_collecting_again_is_refused_with_a_reason(place: Pages) -> None:
    place.create(INPUTS, "prod", **input_form())
    for name, collect_from, reason in (
        ("other", "2024-01-01", "There is no input other"),
        ("prod", "", "collect_from is missing"),
        ("prod", "yesterday", "cannot be read"),
        ("prod", "2999-01-01", "in the future"),
    ):
        answer = place.edit(PROGRESS, name, collect_from=collect_from, confirm="1")
        assert (answer.status, reason in answer.text) == (400, True), answer.text


def test_a_running_input_is_not_reset(place: Pages, server: TenantServer) -> None:
    place.create(INPUTS, "prod", **input_form(start_date="all"))
    server.set(faults="stall=30@from:1")
    process = place.splunkd.start_input("prod")
    try:
        while not place.splunkd.kvstore.documents(COLLECTION):
            time.sleep(0.05)
        answer = place.edit(PROGRESS, "prod", collect_from="all", confirm="1")
        assert answer.status == 400
        assert "The input is running" in answer.text
    finally:
        process.kill()
        process.wait(30)
    # The lease of a process that is gone holds up nobody.
    assert place.edit(PROGRESS, "prod", collect_from="all", confirm="1").status == 200


@pytest.mark.parametrize("state", ["ready", "disabled"])
def test_the_progress_goes_with_its_input(
    state: str, package: Path, interpreter: Path, tmp_path: Path, server: TenantServer
) -> None:
    with pages(package, interpreter, tmp_path, SplunkdSwitches(kv_state=state)) as place:
        place.create(ACCOUNTS, "main", **account_form(server))
        for name in ("prod", "other"):
            place.create(INPUTS, name, **input_form(start_date="all"))
            run(place, name)
        assert place.delete(INPUTS, "prod").status == 200

        gone, kept = place.progress("prod"), place.progress("other")
        assert (gone["input_exists"], gone["progress_exists"]) == ("0", "0")
        assert kept["progress_exists"] == "1"
        assert {item["input"] for item in place.splunkd.kvstore.documents(COLLECTION)} <= {"other"}
        left = [path.name for path in place.splunkd.checkpoint_dir.rglob("*")]
        assert not [name for name in left if name.startswith("prod")]

        place.create(INPUTS, "prod", **input_form(start_date="all"))
        assert run(place).event_count == server.tenant.count()


def test_an_old_progress_is_told_of_and_can_be_deleted(place: Pages) -> None:
    """Left behind by an input whose stanza was deleted by hand."""
    place.create(INPUTS, "prod", **input_form(start_date="all"))
    first = run(place)
    place.splunkd.configuration.remove(place.splunkd.app, "inputs", "invicti_auditlogs://prod")
    told = place.progress("prod")
    assert (told["input_exists"], told["progress_exists"]) == ("0", "1")

    place.create(INPUTS, "prod", **input_form(start_date="all"))
    assert run(place).event_count == 0  # it goes on where the old one stood
    assert place.delete(PROGRESS, "prod").status == 200
    assert place.progress("prod")["progress_exists"] == "0"
    assert run(place).event_count == first.event_count


@pytest.mark.parametrize(
    ("state", "unreadable"), [("disabled", 404), ("disabled", 403), ("ready", 404)]
)
def test_progress_is_for_administrators(
    state: str,
    unreadable: int,
    package: Path,
    interpreter: Path,
    tmp_path: Path,
    server: TenantServer,
) -> None:
    """In files above all, which splunkd itself does not guard; also that of an input that is gone.

    Who may is in metadata/*.meta: docs/permissions.md.
    """
    switches = SplunkdSwitches(kv_state=state, unreadable_status=unreadable)
    with pages(package, interpreter, tmp_path, switches) as place:
        place.create(ACCOUNTS, "main", **account_form(server))
        for name in ("prod", "gone"):
            place.create(INPUTS, name, **input_form(start_date="all"))
            run(place, name)
        place.splunkd.configuration.remove(place.splunkd.app, "inputs", "invicti_auditlogs://gone")
        before = place.read(PROGRESS, "prod").content, place.read(PROGRESS, "gone").content
        rights = "access = read : [ admin, reader, team ], write : [ admin, team ]"
        meta = place.splunkd.app_dir / "metadata" / "local.meta"
        meta.write_text(f"[{SETTINGS}]\n{rights}\n[inputs]\n{rights}\n")

        for role in ("user", "reader"):
            place.splunkd.set(roles=(role,))
            for answer in (
                place.read(PROGRESS),
                *(place.read(PROGRESS, name) for name in ("prod", "gone")),
                place.edit(PROGRESS, "prod", collect_from="all", confirm="1"),
                *(place.delete(PROGRESS, name) for name in ("prod", "gone")),
            ):
                assert (answer.status, answer.entries) == (400, {})
                assert "Your role in Splunk may not do this. Ask someone with the" in answer.text

        place.splunkd.set(roles=("team",))
        assert (place.progress("prod"), place.progress("gone")) == before
        assert place.delete(PROGRESS, "gone").status == 200
        assert place.progress("gone")["progress_exists"] == "0"


def test_an_input_whose_progress_cannot_be_told_hides_no_other(place: Pages) -> None:
    """The table of inputs asks for all at once, and would show its error beside each."""
    place.create(INPUTS, "prod", **input_form())
    run(place)
    place.splunkd.set(kv_state="disabled")
    place.create(INPUTS, "new", **input_form())
    run(place, "new")
    told = place.read(PROGRESS).entries
    assert (told["new"]["failing"], told["new"]["last_error"]) == ("0", "")
    assert told["prod"]["failing"] == "1"
    assert "switched off, but holds" in told["prod"]["last_error"]
    assert "switch the KV Store on" in told["prod"]["last_error_remedy"]
    # One that is asked for is refused, since nothing is known of it.
    assert place.read(PROGRESS, "prod").status == 400
    assert place.delete(INPUTS, "prod").status == 200


def test_a_kvstore_that_does_not_answer_is_told(place: Pages) -> None:
    place.create(INPUTS, "prod", **input_form())
    place.splunkd.set(kv_state="failed")
    answer = place.read(PROGRESS, "prod")
    assert (answer.status, "KV Store is not ready" in answer.text) == (503, True)
    # The input goes all the same; that its progress stays is in the log.
    assert place.delete(INPUTS, "prod").status == 200
    assert "action=progress_kept" in place.splunkd.log_text()
