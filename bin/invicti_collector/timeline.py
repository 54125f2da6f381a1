# SPDX-License-Identifier: Apache-2.0
"""Windows and tiles of time, and the forms of date that the tenant's filter may read.

All times are whole seconds since the epoch. What the filter's zone is, is unknown
(invicti-api.md 1.5), so every window here is wide enough for any zone.
"""

from __future__ import annotations

from datetime import datetime, timezone
from enum import Enum
from typing import NamedTuple

HOUR = 3600
DAY = 24 * HOUR

EARLIEST = 0
"""Where `start_date = all` begins: Splunk cannot index earlier times."""

ALWAYS = (EARLIEST, 2**40)
"""From the earliest to the latest time of any record."""

ZONE_AHEAD = 14 * HOUR
"""The zone furthest ahead of UTC."""

ZONES = ZONE_AHEAD + 12 * HOUR
"""From there to the zone furthest behind."""

SLACK = 36 * HOUR
"""How far a record's `CreatedAt` may lie outside the window that shows it: the filter's zone (up
to 14 hours), a `CreatedAt` without zone (14 more), and a filter that knows only whole hours."""

OVERLAP = HOUR
"""How far a tile reaches into the next: covers exclusive bounds, seconds cut off and a change to
or from daylight saving time in the filter's zone."""

LATENESS = 2 * DAY
"""How long after its `CreatedAt` a record may still turn up in the list (design, section 5)."""

TARGET_RECORDS = 10_000
"""How many records a tile should have: 50 pages. Each tile costs a page that is part full, and
the hour that it shares with the next; fewer tiles also leave more pages to look ahead to. Larger
ones would make reading a tile again dearer, after a deletion or a kill."""

SMALLEST_SPAN = HOUR
FIRST_SPAN = 7 * DAY


class Window(NamedTuple):
    """A stretch of time as asked of the tenant, both ends included; None = without that bound."""

    start: int | None
    end: int | None

    @property
    def dated(self) -> bool:
        """Whether the request carries dates at all."""
        return self.start is not None

    def may_show(self, created: float) -> bool:
        """Tells whether a record created then can be in the answer if the filter is honoured."""
        after = self.start is None or created >= self.start - SLACK
        return after and (self.end is None or created <= self.end + SLACK)


EVERYTHING = Window(None, None)


class DateFormat(Enum):
    """How `startDate` and `endDate` are written; the values are those of the account setting."""

    US = "MM/dd/yyyy HH:mm:ss"
    ISO = "ISO 8601"
    NONE = "none"

    def text(self, moment: int) -> str:
        """Returns `moment` as the tenant's filter is to read it."""
        date = datetime.fromtimestamp(moment, timezone.utc)
        if self is DateFormat.ISO:
            return date.strftime("%Y-%m-%dT%H:%M:%SZ")
        return date.strftime("%m/%d/%Y %H:%M:%S")


def formats_to_try(setting: str) -> tuple[DateFormat, ...]:
    """Returns the dated formats that an account setting allows, the documented one first.

    Arguments:
        setting: `auto` or the value of a `DateFormat`.
    """
    return (DateFormat.US, DateFormat.ISO) if setting == "auto" else (DateFormat(setting),)


def day_of(moment: float) -> int:
    """Returns the UTC midnight that begins the day of `moment`."""
    return int(moment // DAY) * DAY


def live_window(now: float) -> Window:
    """Returns the window that is polled: wide enough for 48 hours of lateness in every zone."""
    today = day_of(now)
    return Window(today - 3 * DAY, today + 2 * DAY)


def next_tile(covered: int, end: int, span: int) -> Window:
    """Returns the next tile of the backfill, without the overlap.

    Arguments:
        covered: Everything created before has been collected.
        end: Where the live window begins.
        span: How long the tile may be, in seconds.
    """
    return Window(covered, min(covered + span, end))


def overlapping(tile: Window) -> Window:
    """Returns the window to ask for so that nothing falls between this tile and the next."""
    return Window(tile.start, None if tile.end is None else tile.end + OVERLAP)


def length(window: Window) -> int:
    """Returns how long a bounded window is, in seconds."""
    return (window.end or 0) - (window.start or 0)


def is_too_large(span: int, announced: int) -> bool:
    """Tells whether a tile is to be made smaller before anything of it is written."""
    return announced > 2 * TARGET_RECORDS and span > SMALLEST_SPAN


def fitting_span(span: int, records: int) -> int:
    """Returns the span that would have held about `TARGET_RECORDS`, at most doubled.

    Arguments:
        span: The span of the tile just asked for, in seconds.
        records: How many records it has.
    """
    fitted = span * TARGET_RECORDS // max(records, 1)
    return max(SMALLEST_SPAN, min(fitted, 2 * span))


def telling_window(created: float) -> Window:
    """Returns a window around `created` that cannot be misread with day and month swapped.

    Both ends have a day of the month above 12: a server that swaps them refuses the date or
    ignores it, and either shows.
    """
    start = end = day_of(created)
    start -= DAY
    end += 2 * DAY
    while _day_of_month(start) < 13:
        start -= DAY
    while _day_of_month(end) < 13:
        end += DAY
    return Window(start, end)


def _day_of_month(moment: int) -> int:
    return datetime.fromtimestamp(moment, timezone.utc).day
