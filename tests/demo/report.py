"""Shows events to a person at a terminal."""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timezone

from tests.standins.splunkd import Event

_BAR = 40
_ROWS = 12


def heading(text: str) -> None:
    """Prints a heading."""
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


class Progress:
    """A line that shows how far a run is: redrawn at a terminal, else one line in four.

    Arguments:
        expected: How many events there will be.
    """

    def __init__(self, expected: int) -> None:
        self._expected = max(expected, 1)
        self._count = 0
        self._shown = -1
        self._lock = threading.Lock()

    def count(self, _event: Event) -> None:
        """Counts one event."""
        with self._lock:
            self._count += 1
            self._draw()

    def end(self) -> None:
        """Leaves the last line standing."""
        if sys.stdout.isatty():
            print(flush=True)

    def _draw(self) -> None:
        terminal = sys.stdout.isatty()
        steps = _BAR if terminal else 4
        step = self._count * steps // self._expected
        if step == self._shown:
            return
        self._shown = step
        filled = min(self._count * _BAR // self._expected, _BAR)
        bar = "#" * filled + "." * (_BAR - filled)
        end = "" if terminal else "\n"
        start = "\r" if terminal else ""
        print(f"{start}[{bar}] {self._count:,} of {self._expected:,}", end=end, flush=True)


def show_counts(events: Iterable[Event]) -> None:
    """Prints how many events there are by endpoint type and by type."""
    records = [json.loads(event.data) for event in events]
    _bars("Endpoint type", Counter(str(record["EndpointType"]) for record in records))
    print()
    _bars("Type", Counter(str(record["Type"]) for record in records))


def _bars(title: str, counts: Counter[str]) -> None:
    print(f"{title:<40} events")
    largest = max(counts.values(), default=1)
    for name, count in counts.most_common(_ROWS):
        print(f"  {name:<36} {count:>7,}  {'#' * (count * 25 // largest)}")
    rest = counts.most_common()[_ROWS:]
    if rest:
        print(f"  and {len(rest)} more{sum(count for _, count in rest):>34,}")


def show_event(event: Event) -> None:
    """Prints one event: what Splunk shows beside it, then its text."""
    moment = datetime.fromtimestamp(event.time or 0, timezone.utc)
    print(f"_time       {moment.isoformat(timespec='milliseconds')}")
    for name in ("index", "host", "source", "sourcetype"):
        print(f"{name:<11} {getattr(event, name)}")
    print("_raw        (here in several lines; secrets in RequestData are masked)")
    print(json.dumps(json.loads(event.data), ensure_ascii=False, indent=2))


def show_proof(events: Iterable[Event], shown: set[str]) -> int:
    """Prints how the events compare with the ids that the tenant shows.

    Returns:
        0 when they are the same, each once.
    """
    counts = Counter(json.loads(event.data)["Id"].replace("-", "").lower() for event in events)
    lost = len(shown - counts.keys())
    invented = len(counts.keys() - shown)
    doubled = sum(count - 1 for count in counts.values())
    print(f"The tenant has {len(shown):,} records; Splunk got {sum(counts.values()):,} events.")
    print(f"{lost} lost, {doubled} doubled" + (f", {invented} invented" if invented else ""))
    return 1 if lost or doubled or invented else 0
