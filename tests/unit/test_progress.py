"""progress: what is saved is found again, and what cannot be found again is never guessed."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invicti_collector.errors import ConfigurationError, LeaseLostError
from invicti_collector.progress import (
    SCHEMA,
    LiveReading,
    Progress,
    State,
    state_from_json,
    state_to_json,
)
from invicti_collector.records import Record, id_digest, read_records
from invicti_collector.timeline import EVERYTHING, SLACK, DateFormat, Window
from tests.fakes.ports import MemoryStore, progress_of
from tests.fakes.tenant import DAY, NOON, guid, iso

INTEGERS = st.integers(0, 2**40)
BOUNDS = st.none() | INTEGERS
READINGS = st.builds(
    LiveReading,
    window=st.builds(Window, BOUNDS, BOUNDS),
    total=st.none() | INTEGERS,
    collected=INTEGERS,
    fingerprint=st.text(max_size=16),
    verified_at=INTEGERS,
)
STATES = st.builds(
    State,
    connection=st.text(),
    start=INTEGERS,
    covered=INTEGERS,
    span=INTEGERS,
    account_ids=st.lists(st.text(), max_size=3).map(tuple),
    doubts=INTEGERS,
    live=st.none() | READINGS,
    date_format=st.none() | st.sampled_from(DateFormat),
    probed_day=INTEGERS,
    clock_offset=st.integers(),
    not_before=INTEGERS,
    forgotten=INTEGERS,
    date_setting=st.text(),
    waiting=st.text(),
    notes=st.sampled_from([{}, {"source": "export", "last": 3, "form": [60, True], "é": None}]),
)


def test_a_state_of_before_there_were_notes_is_read() -> None:
    state = State("c", 1, 2, 3)
    saved = json.loads(state_to_json(state))
    del saved["notes"], saved["date_setting"], saved["waiting"]
    assert state_from_json(json.dumps(saved)) == state


def test_of_a_state_of_before_it_was_told_ids_are_gone_after_36_hours() -> None:
    state = State("c", 1, NOON, 3, forgotten=NOON - 36 * 3600)
    saved = json.loads(state_to_json(state))
    del saved["forgotten"]
    assert state_from_json(json.dumps(saved)) == state


def records(*numbers: int, created: float | None = NOON) -> list[Record]:
    shown = None if created is None else iso(created)
    return read_records({"Id": guid(number), "CreatedAt": shown} for number in numbers)


@given(STATES)
def test_a_state_is_read_as_it_was_saved(state: State) -> None:
    text = state_to_json(state)
    assert state_from_json(text) == state
    assert json.loads(text)["schema"] == SCHEMA


@pytest.mark.parametrize(
    "change",
    [
        {"schema": SCHEMA + 1},
        {"schema": None},
        {"unknown": 1},
        {"date_format": "dd/MM/yyyy"},
        {"live": {"window": [1]}},
        {"live": 5},
        {"account_ids": None},
    ],
)
def test_a_state_that_is_not_understood_is_refused(change: dict[str, object]) -> None:
    fields = {**json.loads(state_to_json(State("c", 1, 2, 3))), **change}
    with pytest.raises(ConfigurationError) as caught:
        state_from_json(json.dumps(fields))
    assert "version" in caught.value.remedy


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "5", '"x"', "{}"])
def test_a_text_that_is_no_state_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        state_from_json(text)


def test_saving_changes_memory_and_store() -> None:
    store = MemoryStore()
    progress = progress_of(store, State("c", 0, 5, 7))
    progress.save(covered=6)
    assert progress.state == State("c", 0, 5, 7)._replace(covered=6)
    assert store.state is not None
    assert state_from_json(store.state) == progress.state


def test_what_was_added_is_seen_now_and_by_the_next_run() -> None:
    store = MemoryStore()
    window = Window(NOON - DAY, NOON + DAY)
    for live in (True, False):
        progress = progress_of(store, State("c", 0, NOON - DAY, 7))
        progress.load_live(window)
        progress.add(records(1 + live), window, live=live)
        assert id_digest(guid(1 + live)) in progress
        assert not progress.unseen(records(1 + live))
    later = progress_of(store, State("c", 0, NOON - DAY, 7))
    assert later.unseen(records(1))  # nothing is loaded unless asked for
    later.load_live(window)
    assert not later.unseen(records(1, 2))
    assert later.unseen(records(3))
    tile = progress_of(store, State("c", 0, NOON - DAY, 7))
    tile.load_tile(window)
    assert not tile.unseen(records(1, 2))


@given(st.integers(-12, 14), st.integers(0, 5 * DAY))
def test_ids_are_found_from_any_window_that_may_show_the_record(zone: int, into: int) -> None:
    """A record that a window shows lies at most a day or so beside it, by the filter's zone."""
    store = MemoryStore()
    window = Window(NOON, NOON + 5 * DAY)
    created = NOON + into - zone * 3600
    progress_of(store, State("c", 0, NOON, 7)).add(
        records(1, created=created), Window(NOON - DAY, NOON + DAY), live=False
    )
    progress = progress_of(store, State("c", 0, NOON, 7))
    progress.load_live(window)
    assert not progress.unseen(records(1, created=created))


def test_records_without_a_date_are_found_from_the_window_that_showed_them() -> None:
    store = MemoryStore()
    progress = progress_of(store, State("c", 0, 0, 7))
    window = Window(0, DAY)
    progress.add(records(1, created=None) + records(2, created=NOON), window, live=False)
    progress.add(records(3, created=None), EVERYTHING, live=False)
    for at in (Window(0, DAY), Window(DAY + 3600, 2 * DAY)):
        later = progress_of(store, State("c", 0, 0, 7))
        later.load_tile(at)
        assert not later.unseen(records(1, 3, created=None))
    assert all(ids.since >= 0 for ids in store.ids)


def test_unseen_gives_each_new_record_of_a_page_once() -> None:
    progress = progress_of(MemoryStore(), State("c", 0, NOON - DAY, 7))
    progress.add(records(3), Window(NOON - DAY, NOON + DAY), live=False)
    found = progress.unseen(records(1, 2, 1, 3, 2, 4))
    assert [record.name for record in found] == [guid(1), guid(2), guid(4)]
    progress.close_tile(NOON, 7)  # what the tile before has shown, the next may show, too
    assert [record.name for record in progress.unseen(records(4, 3, 5))] == [guid(4), guid(5)]


def test_ids_are_saved_with_times_between_which_all_were_created() -> None:
    store = MemoryStore()
    both = records(1, created=NOON + 0.25) + records(2, created=NOON + 7.75)
    progress_of(store, State("c", 0, 0, 7)).add(both, Window(NOON, NOON + DAY), live=False)
    (ids,) = store.ids
    assert ids.since <= NOON + 0.25
    assert NOON + 7.75 <= ids.until <= NOON + 9


def test_records_of_the_covered_past_are_seen_without_their_ids() -> None:
    progress = progress_of(MemoryStore(), State("c", 0, NOON, 7))
    assert not progress.unseen(records(1, created=NOON - SLACK - 1))
    assert progress.unseen(records(1, created=NOON - SLACK))
    assert progress.unseen(records(1, created=None))


def test_a_closed_tile_leaves_only_ids_that_another_window_may_show() -> None:
    store = MemoryStore()
    progress = progress_of(store, State("c", 0, NOON, 7))
    window = Window(NOON, NOON + 10 * DAY)
    # Kept are 62 hours: a zone of 14, a time without zone 14, whole hours; and 26 from the zone
    # furthest ahead to the one furthest behind, should the filter's zone change.
    for number, day in enumerate((0, 5, 7, 8, 10)):
        progress.add(records(number, created=NOON + day * DAY), window, live=False)
    progress.close_tile(NOON + 10 * DAY, 7)
    kept = [digest for ids in store.ids for digest in ids.digests]
    assert kept == [id_digest(guid(number)) for number in (3, 4)]
    assert progress.state.forgotten == NOON + 10 * DAY - 62 * 3600
    assert id_digest(guid(4)) in progress


def test_nothing_is_saved_without_the_right_to() -> None:
    """Another copy of the input may have saved newer progress meanwhile."""
    store = MemoryStore()

    def lost() -> None:
        raise LeaseLostError("taken over", "lease", "none")

    progress = Progress(store, State("c", 0, NOON, 7), lost)
    progress_of(store, State("c", 0, NOON, 7)).add(records(1), EVERYTHING, live=False)
    progress.load_tile(EVERYTHING)
    writes = store.writes
    saves: tuple[Callable[[], None], ...] = (
        lambda: progress.save(covered=NOON),
        lambda: progress.start_anew(State("d", 1, 2, 3)),
        lambda: progress.add(records(2), EVERYTHING, live=False),
        lambda: progress.close_tile(NOON, 7),
    )
    for save in saves:
        with pytest.raises(LeaseLostError):
            save()
    assert store.writes == writes
    assert progress.state == State("c", 0, NOON, 7)


def test_what_is_older_than_ids_are_kept_is_known() -> None:
    progress = progress_of(MemoryStore(), State("c", 0, NOON, 7))
    (old,), (recent,), (undated,) = (
        records(1, created=NOON - SLACK - 1),
        records(2, created=NOON - SLACK),
        records(3, created=None),
    )
    assert [progress.knows(record) for record in (old, recent, undated)] == [True, False, False]
    progress.add([recent], EVERYTHING, live=False)
    assert progress.knows(recent)


def test_starting_anew_forgets_all() -> None:
    store = MemoryStore()
    progress = progress_of(store, State("c", 0, 0, 7))
    progress.load_live(EVERYTHING)
    progress.add(records(1), EVERYTHING, live=True)
    progress.add(records(2), EVERYTHING, live=False)
    progress.save(covered=5)
    progress.start_anew(State("d", 1, 2, 3))
    assert (store.ids, store.state) == ([], None)
    assert len(progress.unseen(records(1, 2))) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("schema", [0] * 2_000),
        ("covered", "1"),
        ("covered", None),
        ("covered", -1),
        ("start", 10**30),
        ("not_before", 1.5),
        ("span", []),
        ("connection", 5),
        ("account_ids", [None]),
        ("notes", ["export"]),
        ("live", {"window": [0, "x"]}),
        ("live", {"verified_at": None}),
        ("live", {"total": "3"}),
        ("live", {"fingerprint": 0}),
    ],
)
def test_a_state_that_nobody_saved_is_told_as_such(name: str, value: Any) -> None:
    live = LiveReading(Window(0, DAY), 1, 1, "f", 2)
    saved = json.loads(state_to_json(State("c", 1, 2, 3, live=live)))
    saved[name] = {**saved[name], **value} if name == "live" else value
    with pytest.raises(ConfigurationError, match="the saved progress cannot be read") as raised:
        state_from_json(json.dumps(saved))
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize("live_is_loaded", [True, False])
def test_of_the_backfill_no_more_than_two_tiles_are_remembered(*, live_is_loaded: bool) -> None:
    """So that memory does not grow with the history, nor a poll forget what it has seen."""
    progress = progress_of(MemoryStore(), State("c", 0, NOON - 90 * DAY, 7))
    polled = Window(NOON - DAY, NOON + DAY)
    if live_is_loaded:
        progress.load_live(polled)
        progress.add(records(0), polled, live=True)
    for number in range(1, 9):
        end = NOON - 90 * DAY + number * 9 * DAY
        tile = Window(end - 9 * DAY, end)
        progress.load_tile(tile)
        progress.add(records(number, created=end - DAY), tile, live=False)
        progress.close_tile(end, 7)
        seen = [old for old in range(1, number + 1) if id_digest(guid(old)) in progress]
        assert set(seen) <= {number - 1, number}
        assert number in seen
    assert (id_digest(guid(0)) in progress) is live_is_loaded


def test_ids_from_elsewhere_are_not_loaded() -> None:
    store = MemoryStore()
    for number, day in enumerate((-9, 0, 9)):
        window = Window(NOON + day * DAY, NOON + (day + 1) * DAY)
        progress_of(store, State("c", 0, 0, 7)).add(
            records(number, created=NOON + day * DAY), window, live=False
        )
    progress = progress_of(store, State("c", 0, 0, 7))
    progress.load_tile(Window(NOON, NOON + DAY))
    assert [number for number in range(3) if id_digest(guid(number)) in progress] == [1]


def test_a_state_that_is_nested_too_deeply_is_told_as_such() -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: RecursionError"):
        state_from_json('{"schema":' * 50_000)
