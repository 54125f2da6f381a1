"""stores.files: progress that a kill, a full disk or a second copy cannot spoil."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invicti_collector.errors import ProgressUnreachableError
from invicti_collector.ports import Lease, SeenIds
from invicti_collector.stores.files import FileStore

DIGESTS = st.lists(st.integers(0, 2**64 - 1), max_size=5)
TIMES = st.tuples(st.integers(0, 100), st.integers(0, 100)).map(sorted)


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "checkpoints" / "main")


def test_nothing_saved_is_nothing_found(store: FileStore) -> None:
    assert store.load_state() is None
    assert list(store.ids_between(0, 10**10)) == []
    assert store.read_lease() is None
    assert not store.exists()
    store.forget_ids_before(5)
    store.forget()
    store.drop_lease(Lease("a", 1))
    assert not store.folder.exists()  # looking leaves no trace


def test_a_state_is_replaced(store: FileStore) -> None:
    for state in ("{}", '{"é":"李"}'):
        store.save_state(state)
        assert FileStore(store.folder).load_state() == state
    assert store.exists()
    assert [path.name for path in store.folder.iterdir()] == ["state.json"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(st.tuples(TIMES, DIGESTS), max_size=5), TIMES, st.integers(0, 101))
def test_ids_are_found_by_time_and_forgotten(
    store: FileStore, pages: list[tuple[list[int], list[int]]], reach: list[int], moment: int
) -> None:
    store.forget()
    saved = [SeenIds(since, until, digests) for (since, until), digests in pages]
    for ids in saved:
        store.add_ids(ids)
    expected = [ids for ids in saved if ids.until >= reach[0] and ids.since <= reach[1]]
    assert sorted(store.ids_between(*reach)) == sorted(expected)
    store.forget_ids_before(moment)
    assert sorted(store.ids_between(0, 100)) == sorted(i for i in saved if i.until >= moment)


def test_forgetting_removes_state_and_ids_but_not_the_lease(store: FileStore) -> None:
    lease = Lease("sh1/1/ab", 10)
    assert store.take_lease(lease)
    store.save_state("{}")
    store.add_ids(SeenIds(1, 2, [3]))
    store.forget()
    assert store.load_state() is None
    assert list(store.ids_between(0, 10)) == []
    assert store.read_lease() == lease


def test_forgetting_that_fails_in_between_leaves_no_state_without_its_ids(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save_state("{}")
    store.add_ids(SeenIds(1, 2, [3]))
    real = Path.unlink
    removed: list[Path] = []

    def once(path: Path, **options: bool) -> None:
        if removed:
            raise PermissionError(13, "Permission denied")
        removed.append(path)
        real(path, **options)

    monkeypatch.setattr(Path, "unlink", once)
    with pytest.raises(ProgressUnreachableError):
        store.forget()
    assert store.load_state() is None


def test_a_kill_in_the_middle_of_a_write_leaves_the_old_state(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save_state("old")

    def killed(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        store.save_state("new")
    monkeypatch.undo()
    assert store.load_state() == "old"
    # What is left goes with a later run; at once it might be what another run is writing.
    (left,) = store.folder.glob("draft-*")
    os.utime(left, (0, 0))
    assert store.take_lease(Lease("sh1/1/ab", 10))
    assert sorted(path.name for path in store.folder.iterdir()) == ["lease.json", "state.json"]


def test_a_full_disk_is_told_and_spoils_nothing(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save_state("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ProgressUnreachableError, match="No space left"):
        store.save_state("new")
    with pytest.raises(ProgressUnreachableError) as caught:
        store.add_ids(SeenIds(1, 2, [3]))
    assert caught.value.where == str(store.folder)
    assert "disk" in caught.value.remedy
    assert store.load_state() == "old"
    assert list(store.ids_between(0, 10)) == []


def test_files_that_cannot_be_read_are_not_taken_for_none(store: FileStore) -> None:
    store.save_state("x")
    (store.folder / "state.json").write_bytes(b"\xff\xfe")
    with pytest.raises(ProgressUnreachableError):
        store.load_state()
    store.add_ids(SeenIds(1, 2, [3]))
    (next(store.folder.glob("ids-*"))).write_text("[3", "utf-8")
    with pytest.raises(ProgressUnreachableError):
        store.ids_between(0, 10)
    (store.folder / "lease.json").write_text("", "utf-8")
    with pytest.raises(ProgressUnreachableError):
        store.read_lease()


def test_exactly_one_of_many_takes_the_lease(store: FileStore) -> None:
    taken: list[str] = []
    start = threading.Barrier(8)

    def take(number: int) -> None:
        lease = Lease(f"sh1/{number}/ab", 10)
        start.wait()
        try:
            if FileStore(store.folder).take_lease(lease):
                taken.append(lease.owner)
        except ProgressUnreachableError:
            pass  # another cleared up meanwhile: a run that fails, but takes nothing

    threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = store.read_lease()
    assert found is not None
    assert taken == [found.owner]


def test_only_the_very_lease_is_dropped(store: FileStore) -> None:
    lease = Lease("sh1/1/ab", 10)
    store.take_lease(lease)
    for other in (Lease("sh1/1/ab", 11), Lease("sh1/2/ab", 10)):
        store.drop_lease(other)
        assert store.read_lease() == lease
        assert not store.take_lease(other)
    store.drop_lease(lease)
    assert store.read_lease() is None
