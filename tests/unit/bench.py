"""What the tests of the collector share: one input over a fake tenant, run as often as wanted."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from typing import Callable

from invicti_collector.collector import Collector
from invicti_collector.configuration import InputSettings
from invicti_collector.errors import CollectorError
from invicti_collector.lease import InputLease
from invicti_collector.ports import Tenant
from invicti_collector.progress import State, state_from_json
from invicti_collector.survey import Connection
from tests.fakes.ports import ListDestination, MemoryStore
from tests.fakes.tenant import FakeTenant

LOG = logging.getLogger("unit")


def input_settings(
    start: int | str = "all",
    *,
    interval: int = 300,
    endpoint_types: frozenset[str] = frozenset(),
    exclude_types: frozenset[str] = frozenset(),
    request_data: str = "keep",
) -> InputSettings:
    return InputSettings(
        "main", "acme", "audit", interval, start, endpoint_types, exclude_types, request_data, ""
    )


@dataclass
class Bench:
    """One input: its tenant, its progress, and all that was ever delivered."""

    tenant: FakeTenant
    settings: InputSettings = field(default_factory=input_settings)
    connection: Connection = field(default_factory=lambda: Connection("connection", "auto"))
    store: MemoryStore = field(default_factory=MemoryStore)
    destination: ListDestination = field(default_factory=ListDestination)
    wrap: Callable[[FakeTenant], Tenant] = field(default=lambda tenant: tenant)

    def run(self) -> Collector:
        """One run to its end; an error passes through, the lease is given back."""
        local = self.tenant.clock.local
        lease = InputLease(self.store, "server", local)
        assert lease.acquire() is None
        try:
            collector = Collector(
                self.settings,
                self.connection,
                self.wrap(self.tenant),
                self.destination,
                self.store,
                lease,
                LOG,
                local,
            )
            collector.run()
        finally:
            lease.release()
        return collector

    def run_through(self) -> None:
        """A run, and after a failure another: as splunkd starts an input again."""
        try:
            self.run()
        except CollectorError:
            self.run()

    @property
    def state(self) -> State:
        """What is saved."""
        assert self.store.state is not None
        return state_from_json(self.store.state)

    @property
    def doubled(self) -> int:
        """How many events too many there are."""
        return sum(count - 1 for count in Counter(self.destination.names).values())

    @property
    def lost(self) -> set[str]:
        """What is listed and was not delivered."""
        return self.tenant.names - set(self.destination.names)

    def later(self, seconds: float) -> None:
        """Lets time pass between two runs."""
        self.tenant.clock.time += seconds
