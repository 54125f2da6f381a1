"""The tenant's clock: real time times a speed, plus what it is advanced by.

Times are whole "ticks" of 100 nanoseconds since 1970, the resolution of .NET's DateTimeOffset,
because the seven fractional digits of `CreatedAt` come from it (invicti-api.md 2.1 [I]).
"""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta, timezone

TICKS = 10_000_000
HOUR = 3600 * TICKS
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def to_ticks(moment: datetime) -> int:
    """Ticks of a moment; one without a zone is taken as UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    span = moment - EPOCH
    return (span.days * 86400 + span.seconds) * TICKS + span.microseconds * 10


def from_ticks(ticks: int) -> datetime:
    """The moment, in UTC, cut to microseconds."""
    return EPOCH + timedelta(microseconds=ticks // 10)


def parse_moment(text: str) -> datetime:
    """The moment of an ISO time; Python 3.9 does not know `Z`."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class Clock:
    """Starts at a moment and runs `speed` times as fast as the real one (0: stands still)."""

    def __init__(self, start: datetime, speed: float = 1.0) -> None:
        self._lock = threading.Lock()
        self._base = to_ticks(start)
        self._speed = speed
        self._since = time.monotonic()

    @property
    def ticks(self) -> int:
        """The time now."""
        with self._lock:
            return self._read()

    def _read(self) -> int:
        return self._base + int((time.monotonic() - self._since) * self._speed * TICKS)

    def advance(self, seconds: float) -> None:
        """Move the clock forward (or back)."""
        with self._lock:
            self._base += int(seconds * TICKS)

    def set_speed(self, speed: float) -> None:
        """Run at another speed from now on."""
        with self._lock:
            self._base, self._since = self._read(), time.monotonic()
            self._speed = speed
