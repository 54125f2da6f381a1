"""The KV Store fails in every way: a loud end, nothing lost, nothing started over."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.ports import MemoryStore
from tests.integration.support import INPUT, PAGE, LocalInput, Site, collected, field, in_turn, site
from tests.standins.invicti_tenant import Switches, TenantServer
from tests.standins.splunkd import SplunkdSwitches

SMALL = Switches(records=3_000)


def _assert_nothing_lost(place: Site) -> None:
    """All is there; a page that was written but could not be saved is there twice."""
    found = collected(place.texts)
    assert found.keys() == place.tenant.ids()
    assert len(place.texts) - len(found) <= PAGE


@pytest.mark.parametrize(
    ("interpreter", "number", "applied"),
    [("3.9", 1, False), ("3.13", 1, True), ("3.9", 9, False)],
    indirect=["interpreter"],
)
def test_writes_that_fail_end_the_run_and_lose_nothing(
    interpreter: Path, number: int, applied: bool, package: Path, tmp_path: Path
) -> None:
    """From the n-th on; `applied`: they are carried out and only the answers are lost."""
    with site(package, interpreter, tmp_path, SMALL) as place:
        place.splunkd.set(kv_fail_write=number, kv_fail_times=None, kv_fail_applied=applied)
        line = place.failing_run()
        assert "KV Store does not answer as it should: HTTP 503" in line
        place.splunkd.set(kv_fail_write=None)
        place.good_run()

        _assert_nothing_lost(place)


@pytest.mark.parametrize("applied", [False, True], ids=["refused", "answer_lost"])
def test_each_single_write_that_fails_is_tried_again(
    applied: bool, package: Path, tmp_path: Path, interpreter: Path
) -> None:
    with site(package, interpreter, tmp_path, SMALL) as place:
        for number in range(1, 12):
            place.tenant.grow(250)
            place.splunkd.set(kv_fail_write=number, kv_fail_applied=applied)
            place.good_run()

        place.assert_complete()


@pytest.mark.parametrize("number", range(1, 41))
def test_the_nth_write_of_a_backfill_fails(number: int) -> None:
    """Every write there is, in this process, where no time is spent on trying again."""
    with TenantServer(SMALL) as server:
        local = LocalInput(server, MemoryStore(fail_on_write=number))
        fault = local.run()
        assert fault is None or "write refused" in str(fault)
        assert local.run() is None

        found = collected(local.texts)
        assert found.keys() == server.tenant.ids()
        assert len(local.texts) - len(found) <= PAGE


@pytest.mark.parametrize(
    ("interpreter", "number"), [("3.9", 1), ("3.13", 2)], indirect=["interpreter"]
)
def test_a_read_that_fails_is_not_taken_for_no_progress(
    interpreter: Path, number: int, package: Path, tmp_path: Path
) -> None:
    with site(package, interpreter, tmp_path, SMALL) as place:
        place.good_run()
        place.tenant.grow(30)
        place.splunkd.set(kv_fail_read=number, kv_fail_times=None, kv_fail_status=500)
        progress = place.progress
        place.failing_run()
        assert place.progress == progress
        place.splunkd.set(kv_fail_read=None)
        place.good_run()

        place.assert_complete()


def test_failed_from_the_start(package: Path, tmp_path: Path, interpreter: Path) -> None:
    with site(package, interpreter, tmp_path, SMALL, SplunkdSwitches(kv_state="failed")) as place:
        line = place.failing_run()
        assert "KV Store is not ready: failed" in line
        assert place.texts == []
        assert place.server.requests == []
        place.splunkd.set(kv_state="ready")
        place.good_run()
        place.assert_complete()


@pytest.mark.parametrize("interpreter", ["3.13"], indirect=True)
def test_failing_in_the_middle(package: Path, tmp_path: Path, interpreter: Path) -> None:
    with site(package, interpreter, tmp_path, SMALL) as place:

        def fail(_event: object) -> None:
            if place.splunkd.switches.kv_state == "ready":
                place.splunkd.set(kv_state="failed")

        run = place.run(on_event=fail)
        assert run.exit_code == 1
        assert "KV Store does not answer as it should" in run.stderr
        place.splunkd.set(kv_state="ready")
        place.good_run()

        _assert_nothing_lost(place)


def test_starting_is_waited_for(package: Path, tmp_path: Path, interpreter: Path) -> None:
    state = SplunkdSwitches(kv_state="starting", kv_ready_after_seconds=4.0)
    with site(package, interpreter, tmp_path, SMALL, state) as place:
        place.good_run()
        place.assert_complete()


@pytest.mark.parametrize("interpreter", ["3.9"], indirect=True)
def test_starting_without_end_is_an_error(interpreter: Path, package: Path, tmp_path: Path) -> None:
    with site(package, interpreter, tmp_path, SMALL, SplunkdSwitches(kv_state="starting")) as place:
        line = place.failing_run()  # after a minute
        assert "KV Store is not ready: starting" in line
        assert place.texts == []


def test_slow(package: Path, tmp_path: Path, interpreter: Path) -> None:
    with site(package, interpreter, tmp_path, Switches(records=1_000)) as place:
        place.splunkd.set(kv_delay_seconds=0.2)
        place.good_run()
        place.assert_complete()


@in_turn("after", [0, 5, 9, 20])
def test_an_expired_session_is_no_new_start(
    after: int, package: Path, tmp_path: Path, interpreter: Path
) -> None:
    with site(package, interpreter, tmp_path, SMALL) as place:
        place.splunkd.set(session_expires_after_requests=after)
        line = place.failing_run()
        assert "HTTP 401" in line
        place.splunkd.set(session_expires_after_requests=None)
        place.good_run()

        _assert_nothing_lost(place)


@pytest.mark.parametrize("interpreter", ["3.9"], indirect=True)
def test_splunkd_gone_in_the_middle(package: Path, tmp_path: Path, interpreter: Path) -> None:
    with site(package, interpreter, tmp_path, SMALL) as place:

        def close(_event: object) -> None:
            if not place.splunkd.switches.refuse_connections:
                place.splunkd.set(refuse_connections=True)

        run = place.run(on_event=close)
        assert run.exit_code == 1
        assert len(run.stderr.splitlines()) == 1
        place.splunkd.set(refuse_connections=False)
        place.good_run()

        _assert_nothing_lost(place)
        assert field(place.log, "input")[0] == INPUT
