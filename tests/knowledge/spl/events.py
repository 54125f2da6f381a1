"""Events as they lie in an index, and what a search sees of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tests.knowledge.search_time import Fields, fields_of
from tests.knowledge.values import Value

Row = dict[str, Value]


@dataclass(frozen=True)
class Event:
    """An event in an index.

    Attributes:
        sourcetype: As Splunk has it, like all that follows.
        raw: The text.
        time: `_time`, in seconds since the epoch.
        source: See above.
        host: See above.
        index: See above.
        indexed: `_indextime`; None for the same as `time`.
    """

    sourcetype: str
    raw: str
    time: float
    source: str
    host: str
    index: str
    indexed: float | None = None


def seen_events(app_folder: Path, events: list[Event]) -> list[Row]:
    """Return all fields of events, with the packaged knowledge applied, newest event first.

    Args:
        app_folder: The unpacked package.
        events: In any order.
    """
    newest_first = sorted(events, key=lambda event: -event.time)
    return [row_of(app_folder, event) for event in newest_first]


def row_of(app_folder: Path, event: Event) -> Row:
    """Return the fields of one event, with `_time` and `_indextime`."""
    indexed = event.time if event.indexed is None else event.indexed
    fields = _fields(app_folder, event.sourcetype, event.raw, event.source, event.host, event.index)
    return {**fields, "_time": event.time, "_indextime": int(indexed)}


@lru_cache(maxsize=100_000)
def _fields(
    app_folder: Path, sourcetype: str, raw: str, source: str, host: str, index: str
) -> Fields:
    return fields_of(app_folder, sourcetype, raw, source=source, host=host, index=index)
