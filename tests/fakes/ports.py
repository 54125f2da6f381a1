"""A progress store and a destination in memory, with the faults that the contract speaks of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from invicti_collector.errors import ProgressUnreachableError
from invicti_collector.ports import Event, Lease, SeenIds


class MemoryStore:
    """Implements the port `Store`.

    Arguments:
        fail_on_write: The number of the write that fails, from 1; 0 = none.
    """

    name = "memory"

    def __init__(self, fail_on_write: int = 0) -> None:
        self.state: str | None = None
        self.ids: list[SeenIds] = []
        self.lease: Lease | None = None
        self.writes = 0
        self.largest_write = 0
        self.id_reads = 0
        self.fail_on_write = fail_on_write

    def load_state(self) -> str | None:
        return self.state

    def save_state(self, state: str) -> None:
        self._write(state)
        self.state = state

    def add_ids(self, ids: SeenIds) -> None:
        self._write(ids)
        self.ids.append(ids)

    def ids_between(self, since: int, until: int) -> list[SeenIds]:
        self.id_reads += 1
        return [ids for ids in self.ids if ids.until >= since and ids.since <= until]

    def forget_ids_before(self, moment: int) -> None:
        self.ids = [ids for ids in self.ids if ids.until >= moment]

    def forget(self) -> None:
        self.ids.clear()
        self.state = None

    def read_lease(self) -> Lease | None:
        return self.lease

    def take_lease(self, lease: Lease) -> bool:
        if self.lease is not None:
            return False
        self.lease = lease
        return True

    def drop_lease(self, lease: Lease) -> None:
        if self.lease == lease:
            self.lease = None

    def _write(self, content: Any) -> None:
        self.writes += 1
        self.largest_write = max(self.largest_write, len(json.dumps(content)))
        if self.writes == self.fail_on_write:
            raise ProgressUnreachableError("write refused", "memory", "none: a test asked for it")


class ListDestination:
    """Implements the port `Destination`: keeps the events of each page."""

    def __init__(self) -> None:
        self.pages: list[list[Event]] = []

    def deliver(self, events: Sequence[Event]) -> None:
        self.pages.append(list(events))

    @property
    def events(self) -> list[Event]:
        """All events in the order of their delivery."""
        return [event for page in self.pages for event in page]
