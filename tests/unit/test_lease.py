"""lease: one copy at a time, and none that outlives its owner."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from invicti_collector.errors import LeaseLostError
from invicti_collector.lease import LEASE_SECONDS, InputLease
from invicti_collector.ports import Lease
from tests.fakes.ports import MemoryStore


class Ticking:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        """As its name says."""
        return self.time


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def dead_process() -> int:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def test_the_first_of_two_gets_it(store: MemoryStore, clock: Ticking) -> None:
    first, second = InputLease(store, "sh1", clock), InputLease(store, "sh2", clock)
    assert first.acquire() is None
    held = store.lease
    assert second.acquire() == held
    assert store.lease == held
    second.release()  # gives back nothing that it does not have
    assert store.lease == held
    first.release()
    assert store.lease is None
    assert second.acquire() is None


def test_one_that_another_takes_meanwhile_is_not_taken(clock: Ticking) -> None:
    other = Lease("sh2/1/ab", 1600)

    class Racing(MemoryStore):
        def take_lease(self, lease: Lease) -> bool:
            self.lease = other
            return super().take_lease(lease)

    lease = InputLease(Racing(), "sh1", clock)
    assert lease.acquire() == other


def test_one_that_is_given_back_meanwhile_is_taken(clock: Ticking) -> None:
    class GivenBack(MemoryStore):
        """Its lease goes between the try to take it and the look at who has it."""

        tries = 0

        def take_lease(self, lease: Lease) -> bool:
            self.tries += 1
            return self.tries > 1 and super().take_lease(lease)

    store = GivenBack()
    assert InputLease(store, "here", clock).acquire() is None
    assert store.lease is not None


def test_an_expired_lease_is_taken_over(store: MemoryStore, clock: Ticking) -> None:
    InputLease(store, "sh1", clock).acquire()
    successor = InputLease(store, "sh2", clock)
    clock.time += LEASE_SECONDS - 1
    assert successor.acquire() is not None
    clock.time += 2
    assert successor.acquire() is None


@pytest.mark.skipif(os.name != "posix", reason="only there can a process be asked for harmlessly")
def test_a_process_of_this_server_that_is_gone_is_not_waited_for(
    store: MemoryStore, clock: Ticking
) -> None:
    store.lease = Lease(f"sh1/{dead_process()}/ab", 1600)
    assert InputLease(store, "sh1", clock).acquire() is None


def test_a_process_of_another_server_is_waited_for(store: MemoryStore, clock: Ticking) -> None:
    store.lease = other = Lease(f"sh2/{dead_process()}/ab", 1600)
    assert InputLease(store, "sh1", clock).acquire() == other


def test_a_process_of_this_server_that_runs_is_waited_for(
    store: MemoryStore, clock: Ticking
) -> None:
    store.lease = other = Lease(f"sh1/{os.getppid()}/ab", 1600)
    assert InputLease(store, "sh1", clock).acquire() == other


def test_an_earlier_life_with_this_process_s_id_is_gone(store: MemoryStore, clock: Ticking) -> None:
    store.lease = Lease(f"sh1/{os.getpid()}/ab", 1600)
    assert InputLease(store, "sh1", clock).acquire() is None


@pytest.mark.parametrize("owner", ["", "x", "sh1/", "sh1/abc/def", "sh1/1/2/3", "sh/1/1/ab"])
def test_an_owner_that_cannot_be_read_is_left_to_expire(
    owner: str, store: MemoryStore, clock: Ticking
) -> None:
    store.lease = Lease(owner, 2000)
    lease = InputLease(store, "sh1", clock)
    assert lease.acquire() == Lease(owner, 2000)
    clock.time = 2001
    assert lease.acquire() is None


def test_it_is_renewed_in_good_time_only(store: MemoryStore, clock: Ticking) -> None:
    lease = InputLease(store, "sh1", clock)
    lease.acquire()
    first = store.lease
    clock.time += LEASE_SECONDS / 4
    lease.assure()
    assert store.lease == first
    clock.time += LEASE_SECONDS / 4
    lease.assure()
    assert store.lease is not None
    assert store.lease.expires == int(clock.time) + LEASE_SECONDS


def test_an_expired_lease_that_nobody_took_is_renewed(store: MemoryStore, clock: Ticking) -> None:
    lease = InputLease(store, "sh1", clock)
    lease.acquire()
    clock.time += 5 * LEASE_SECONDS
    lease.assure()
    assert store.lease is not None
    assert store.lease.expires > clock.time


def test_a_lease_that_another_took_is_lost(store: MemoryStore, clock: Ticking) -> None:
    lease, other = InputLease(store, "sh1", clock), InputLease(store, "sh2", clock)
    lease.acquire()
    clock.time += LEASE_SECONDS + 1
    assert other.acquire() is None
    held = store.lease
    with pytest.raises(LeaseLostError) as caught:
        lease.assure()
    assert "another copy" in caught.value.error
    assert caught.value.where == "lease"
    assert "none needed where members of a search head cluster" in caught.value.remedy
    assert "clocks" in caught.value.remedy
    with pytest.raises(LeaseLostError):  # for good
        lease.assure()
    lease.release()
    assert store.lease == held


def test_a_clock_that_is_set_back_hides_no_other_copy(store: MemoryStore, clock: Ticking) -> None:
    """For that one the lease has expired, and for this it would last for hours."""
    lease = InputLease(store, "sh1", clock)
    lease.acquire()
    others_clock = Ticking()
    others_clock.time = clock.time + LEASE_SECONDS + 1
    clock.time -= 3600
    other = InputLease(store, "sh2", others_clock)
    assert other.acquire() is None
    other.release()
    with pytest.raises(LeaseLostError):
        lease.assure()


def test_a_lease_of_a_clock_that_was_far_ahead_is_not_waited_for(
    store: MemoryStore, clock: Ticking
) -> None:
    store.lease = Lease("sh2/1/ab", int(clock.time) + 24 * 3600 + 1)
    assert InputLease(store, "sh1", clock).acquire() is None


def test_a_lease_that_another_took_and_gave_back_is_lost(
    store: MemoryStore, clock: Ticking
) -> None:
    """It may have collected meanwhile, and saved newer progress."""
    lease, other = InputLease(store, "sh1", clock), InputLease(store, "sh2", clock)
    lease.acquire()
    clock.time += LEASE_SECONDS + 1
    assert other.acquire() is None
    other.release()
    with pytest.raises(LeaseLostError):
        lease.assure()
    assert store.lease is None


@pytest.mark.parametrize("stays", [True, False])
def test_one_that_another_takes_over_first_is_not_taken(clock: Ticking, *, stays: bool) -> None:
    """Both saw that the lease had expired; the other may even have given it back already."""
    other = Lease("sh2/1/ab", 1600)

    class Racing(MemoryStore):
        reads = 0

        def drop_lease(self, lease: Lease) -> None:
            super().drop_lease(lease)
            self.lease = other

        def read_lease(self) -> Lease | None:
            self.reads += self.lease == other
            return None if self.reads > 1 and not stays else self.lease

    store = Racing()
    store.lease = Lease("sh3/1/ab", 900)
    lease = InputLease(store, "sh1", clock)
    found = lease.acquire()
    assert found == other if stays else found is not None
    lease.release()
    assert store.lease == other


def test_a_repeated_request_meets_the_lease_that_it_took(clock: Ticking) -> None:
    class Repeating(MemoryStore):
        def take_lease(self, lease: Lease) -> bool:
            super().take_lease(lease)
            return super().take_lease(lease)

    store = Repeating()
    lease = InputLease(store, "sh1", clock)
    assert lease.acquire() is None
    clock.time += LEASE_SECONDS / 2
    lease.assure()
    assert store.lease is not None
    assert store.lease.expires == int(clock.time) + LEASE_SECONDS
    lease.release()
    assert store.lease is None


def test_what_is_not_held_is_not_renewed(store: MemoryStore, clock: Ticking) -> None:
    lease = InputLease(store, "sh1", clock)
    lease.assure()
    assert store.lease is None
    lease.acquire()
    lease.release()
    lease.assure()
    assert store.lease is None


@pytest.mark.skipif(os.name != "posix", reason="only there can a process be asked for harmlessly")
@pytest.mark.parametrize(
    ("answer", "runs"), [(PermissionError(), True), (ProcessLookupError(), False), (None, True)]
)
def test_a_process_of_another_user_runs_too(
    monkeypatch: pytest.MonkeyPatch, store: MemoryStore, answer: Exception | None, *, runs: bool
) -> None:
    asked: list[tuple[int, int]] = []

    def kill(process: int, number: int) -> None:
        asked.append((process, number))
        if answer is not None:
            raise answer

    monkeypatch.setattr("invicti_collector.lease.os.kill", kill)
    store.lease = other = Lease(f"sh1/{os.getppid()}/ab", int(time.time()) + 600)
    assert (InputLease(store, "sh1").acquire() == other) is runs
    assert asked == [(os.getppid(), 0)]
