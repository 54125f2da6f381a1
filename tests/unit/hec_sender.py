"""A HEC destination in the test's process, and events for it."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any, Callable

from invicti_collector.configuration import read_hec_target
from invicti_collector.destinations.hec import Hec
from invicti_collector.destinations.hec_client import Route
from invicti_collector.destinations.splunk_stream import Metadata
from invicti_collector.patience import Patience
from invicti_collector.ports import Event
from invicti_collector.shutdown import Shutdown
from tests.standins.hec.switches import TOKEN

BEGIN = 1_715_171_524.0


def events(count: int, first: int = 0, characters: int = 0) -> list[Event]:
    """Events whose names are their numbers."""
    padding = {"Padding": "x" * characters} if characters else {}
    return [
        Event(BEGIN + n, json.dumps({"Id": str(n), **padding}), str(n))
        for n in range(first, first + count)
    ]


class Sender:
    """A `Hec`, what it logged, and how long it would have waited.

    Args:
        urls: Of the target.
        patience: Seconds; waits between tries are only counted.
        proxy: Its URL; empty = none.
        settings: Others of the target.
    """

    def __init__(
        self, urls: Sequence[str], patience: float = 60.0, proxy: str = "", **settings: Any
    ) -> None:
        self.lines: list[str] = []
        self.pauses: list[float] = []
        self.assured = 0
        self.shutdown = Shutdown()
        log = logging.Logger("hec")
        log.addHandler(_Lines(self.lines))
        self.assure: Callable[[], None] = lambda: None
        target = read_hec_target("there", {"urls": ",".join(urls), "token": TOKEN, **settings})
        metadata = Metadata("invicti_auditlogs://prod", "tenant.example.com", "audit")
        self.patience = Patience(patience, self.pauses.append)
        self.hec = Hec(
            target,
            metadata,
            Route(proxy, "test"),
            self.patience,
            self.shutdown,
            log,
            self._assure,
        )

    def _assure(self) -> None:
        self.assured += 1
        self.assure()

    @property
    def log(self) -> str:
        """All lines, level first."""
        return "\n".join(self.lines)

    def summary(self) -> dict[str, str]:
        """The fields of the run's summary."""
        self.hec.tell_ended()
        pairs = (part.partition("=") for part in self.lines[-1].split())
        return {name: value for name, _, value in pairs}


class _Lines(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(f"{record.levelname} {record.getMessage()}")
