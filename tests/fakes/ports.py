"""A progress store and a destination in memory, with the faults that the contract speaks of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Callable

from invicti_collector.errors import ProgressUnreachableError, TransientError
from invicti_collector.ports import Event, Lease, SeenIds
from invicti_collector.progress import Progress, State


class MemoryStore:
    """Implements the port `Store`.

    Arguments:
        fail_on_write: The number of the write that fails, from 1; 0 = none.
        applied: Whether the write that fails has taken effect: only its answer was lost.
    """

    name = "memory"

    def __init__(self, fail_on_write: int = 0, *, applied: bool = False) -> None:
        self.state: str | None = None
        self.ids: list[SeenIds] = []
        self.lease: Lease | None = None
        self.writes = 0
        self.largest_write = 0
        self.id_reads = 0
        self.state_reads = 0
        self.fail_on_write = fail_on_write
        self.applied = applied

    def load_state(self) -> str | None:
        """See `ports.Store`."""
        self.state_reads += 1
        return self.state

    def save_state(self, state: str) -> None:
        """See `ports.Store`."""
        self._write(state, lambda: setattr(self, "state", state))

    def add_ids(self, ids: SeenIds) -> None:
        """See `ports.Store`."""
        self._write(ids, lambda: self.ids.append(ids))

    def ids_between(self, since: int, until: int) -> list[SeenIds]:
        """See `ports.Store`."""
        self.id_reads += 1
        return [ids for ids in self.ids if ids.until >= since and ids.since <= until]

    def forget_ids_before(self, moment: int) -> None:
        """See `ports.Store`."""
        kept = [ids for ids in self.ids if ids.until >= moment]
        self._write(None, lambda: setattr(self, "ids", kept))

    def forget(self) -> None:
        """See `ports.Store`."""
        self._write(None, lambda: setattr(self, "state", None))
        self._write(None, self.ids.clear)

    def read_lease(self) -> Lease | None:
        """See `ports.Store`."""
        return self.lease

    def take_lease(self, lease: Lease) -> bool:
        """See `ports.Store`."""
        if self.lease is not None:
            return False
        self.lease = lease
        return True

    def drop_lease(self, lease: Lease) -> None:
        """See `ports.Store`."""
        if self.lease == lease:
            self.lease = None

    def _write(self, content: Any, effect: Callable[[], object]) -> None:
        self.writes += 1
        self.largest_write = max(self.largest_write, len(json.dumps(content)))
        fails = self.writes == self.fail_on_write
        if not fails or self.applied:
            effect()
        if fails:
            raise ProgressUnreachableError("write refused", "memory", "none: a test asked for it")


class ListDestination:
    """Implements the port `Destination`: keeps the events of each page.

    Arguments:
        fail_on_page: The number of the delivery that fails, from 1; 0 = none.
        applied: Whether the events of a delivery that fails have arrived all the same.
    """

    def __init__(self, fail_on_page: int = 0, *, applied: bool = False) -> None:
        self.pages: list[list[Event]] = []
        self.deliveries = 0
        self.fail_on_page = fail_on_page
        self.applied = applied

    def deliver(self, events: Sequence[Event]) -> None:
        """See `ports.Destination`."""
        self.deliveries += 1
        fails = self.deliveries == self.fail_on_page
        if not fails or self.applied:
            self.pages.append(list(events))
        if fails:
            raise TransientError("not taken", "memory", "none: a test asked for it")

    @property
    def events(self) -> list[Event]:
        """All events in the order of their delivery."""
        return [event for page in self.pages for event in page]

    @property
    def names(self) -> list[str]:
        """The `Id`s of all events."""
        return [event.name for event in self.events]


def progress_of(store: MemoryStore, state: State) -> Progress:
    """The progress of an input of which no other copy runs."""
    return Progress(store, state, lambda: None)
