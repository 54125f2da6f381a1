"""Where an input stands, and how it is made to collect again."""

from __future__ import annotations

from pathlib import Path

import pytest

from invicti_collector.errors import ConfigurationError, ProgressUnreachableError, TransientError
from invicti_collector.lease import InputLease
from invicti_collector.ports import SeenIds
from invicti_collector.progress import LiveReading, State, state_from_json, state_to_json
from invicti_collector.standing import (
    Success,
    collect_again,
    confirmation_needed,
    forget_input,
    held,
    standing,
    tell_failure,
    tell_success,
)
from invicti_collector.stores.files import FileStore
from invicti_collector.timeline import EVERYTHING, Window

# 2024-05-01 00:00:00 UTC and days from there, counted by hand.
MAY_1 = 1_714_521_600
DAY = 86_400


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "input")


def save(store: FileStore, **fields: object) -> None:
    values = {"connection": "c", "start": MAY_1, "covered": MAY_1, "span": 1, **fields}
    store.save_state(state_to_json(State(**values)))  # type: ignore[arg-type]


def live(window: Window, verified_at: int) -> LiveReading:
    return LiveReading(window, 5, 5, "f", verified_at)


def test_an_input_that_never_ran(store: FileStore) -> None:
    known = {"progress_exists": "0", "failing": "0", "store": "files"}
    unknown = ("collected_from", "collected_up_to", "backfill_to", "backfill_left_seconds")
    last = ("last_run", "last_run_events", "last_error", "last_error_remedy", "last_error_at")
    assert standing(store) == {**known, **dict.fromkeys((*unknown, *last), "")}


def test_an_input_whose_first_poll_has_not_come_through(store: FileStore) -> None:
    save(store)
    told = standing(store)
    assert (told["progress_exists"], told["collected_from"]) == ("1", "2024-05-01T00:00:00Z")
    assert {told["collected_up_to"], told["backfill_to"], told["backfill_left_seconds"]} == {""}


def test_an_input_that_was_throttled_before_it_knew_where_to_begin(store: FileStore) -> None:
    save(store, connection="", start=0, covered=0, not_before=MAY_1)
    assert standing(store)["collected_from"] == ""


def test_a_backfill_under_way(store: FileStore) -> None:
    window = Window(MAY_1 + 20 * DAY, MAY_1 + 25 * DAY)
    save(store, covered=MAY_1 + 4 * DAY, live=live(window, MAY_1 + 23 * DAY))
    tell_success(store, Success(MAY_1 + 23 * DAY, MAY_1 + 23 * DAY, 7))
    told = standing(store)
    assert told["collected_from"] == "2024-05-01T00:00:00Z"
    assert told["collected_up_to"] == "2024-05-05T00:00:00Z"  # not beyond the gap
    assert told["backfill_left_seconds"] == str(16 * DAY)
    assert told["backfill_to"] == "2024-05-21T00:00:00Z"
    assert told["last_run_events"] == "7"


def test_a_backfill_that_has_not_come_to_the_start_yet_has_collected_nothing(
    store: FileStore,
) -> None:
    """It begins 14 hours earlier, for tenants that read dates in another time zone."""
    window = Window(MAY_1 + 20 * DAY, MAY_1 + 25 * DAY)
    save(store, covered=MAY_1 - 14 * 3600, live=live(window, MAY_1 + 23 * DAY))
    told = standing(store)
    assert (told["collected_from"], told["collected_up_to"]) == ("2024-05-01T00:00:00Z", "")
    assert told["backfill_to"] == "2024-05-21T00:00:00Z"


def test_all_collected_up_to_the_last_good_poll(store: FileStore) -> None:
    window = Window(MAY_1, MAY_1 + 5 * DAY)
    save(store, covered=MAY_1, live=live(window, MAY_1 + 3 * DAY))
    tell_success(store, Success(MAY_1 + 3 * DAY + 900, MAY_1 + 3 * DAY + 600, 0))
    told = standing(store)
    assert told["collected_up_to"] == "2024-05-04T00:10:00Z"
    assert (told["backfill_left_seconds"], told["backfill_to"]) == ("0", "")
    assert told["last_run"] == "2024-05-04T00:15:00Z"


def test_a_run_that_did_not_see_the_window_complete_moves_nothing(store: FileStore) -> None:
    save(store, live=live(Window(MAY_1, MAY_1 + 5 * DAY), MAY_1 + 3 * DAY))
    tell_success(store, Success(MAY_1 + 4 * DAY, 0, 0))
    assert standing(store)["collected_up_to"] == "2024-05-04T00:00:00Z"


def test_a_list_that_is_read_without_dates_has_no_backfill(store: FileStore) -> None:
    save(store, start=0, covered=0, live=live(EVERYTHING, MAY_1 + 2 * DAY))
    told = standing(store)
    assert (told["collected_from"], told["collected_up_to"]) == ("all", "2024-05-03T00:00:00Z")
    assert told["backfill_left_seconds"] == "0"


def test_an_error_stays_visible_and_says_whether_it_is_over(store: FileStore) -> None:
    fault = ConfigurationError("it broke", "there", "mend it")
    tell_failure(store, MAY_1 + 60, fault)
    assert standing(store)["failing"] == "1"
    tell_success(store, Success(MAY_1 + 360, 0, 0))
    told = standing(store)
    assert (told["last_error"], told["last_error_remedy"]) == ("it broke", "mend it")
    assert told["last_error_at"] == "2024-05-01T00:01:00Z"
    assert told["failing"] == "0"


def test_reports_of_another_version_are_passed_over(store: FileStore) -> None:
    store.save_report("success", '{"what": 1}')
    store.save_report("failure", "no JSON")
    assert standing(store)["last_run"] == ""


def test_collecting_again_forgets_all_and_begins_at_the_date(store: FileStore) -> None:
    save(store, account_ids=("a",), probed_day=MAY_1, live=live(EVERYTHING, MAY_1))
    store.add_ids(SeenIds(MAY_1, MAY_1, [1, 2]))
    collect_again(store, "c", MAY_1 - 30 * DAY)
    state = state_from_json(str(store.load_state()))
    assert (state.connection, state.start) == ("c", MAY_1 - 30 * DAY)
    assert state.covered == MAY_1 - 30 * DAY - 14 * 3600  # the zone furthest ahead
    assert (state.live, state.probed_day) == (None, 0)
    assert store.ids_between(0, 2**40) == []


def test_collecting_again_that_fails_in_between_doubles_nothing(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The administrator is told, and repeats it; until then a run must recognise what it has."""
    save(store)
    store.add_ids(SeenIds(MAY_1, MAY_1, [1, 2]))

    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(ProgressUnreachableError):
        collect_again(store, "c", MAY_1 - 30 * DAY)
    assert store.load_state() is not None
    (kept,) = store.ids_between(0, 2**40)
    assert kept.digests == [1, 2]


def test_forgetting_an_input_leaves_nothing(store: FileStore) -> None:
    save(store)
    store.add_ids(SeenIds(MAY_1, MAY_1, [1]))
    tell_success(store, Success(1, 2, 3))
    forget_input(store)
    assert list(store.folder.iterdir()) == []


def test_a_running_input_is_not_changed_under_its_feet(store: FileStore) -> None:
    lease = InputLease(store, "elsewhere")
    assert lease.acquire() is None
    waits: list[float] = []
    with pytest.raises(TransientError, match="is running"), held(store, "here", 2.0, waits.append):
        pytest.fail("the lease is another's")
    assert 2.0 <= sum(waits) < 3.0
    lease.release()
    with held(store, "here", 0.0):
        assert store.read_lease() is not None
    assert store.read_lease() is None


def test_a_run_that_ends_meanwhile_is_waited_for(store: FileStore) -> None:
    lease = InputLease(store, "elsewhere")
    assert lease.acquire() is None
    with held(store, "here", 5.0, lambda _seconds: lease.release()):
        assert str(store.read_lease()).count("here/") == 1


def test_the_warning_tells_of_doubles() -> None:
    warning = confirmation_needed(MAY_1)
    assert "2024-05-01T00:00:00Z" in warning.error
    assert "twice" in warning.error
    assert "confirm=1" in warning.remedy


def test_a_failure_in_the_same_second_as_a_success_shows(store: FileStore) -> None:
    tell_success(store, Success(MAY_1 + 0.25, MAY_1, 3))
    fault = TransientError("refused", "GET list", "reset the token")
    tell_failure(store, MAY_1 + 0.75, fault)
    assert standing(store)["failing"] == "1"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5_000,
        "[]",
        '{"ended":"x","polled":0,"events":0}',
        '{"ended":1e999,"polled":0,"events":0}',
        '{"ended":0,"polled":"x","events":0}',
        '{"ended":' + "9" * 30 + ',"polled":0,"events":0}',
    ],
)
def test_a_report_that_no_version_wrote_is_passed_over(text: str, store: FileStore) -> None:
    store.save_report("success", text)
    told = standing(store)
    assert (told["last_run"], told["failing"]) == ("", "0")
