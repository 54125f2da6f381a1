# SPDX-License-Identifier: Apache-2.0
"""Dates as a CSV export writes them: in the API user's own format and zone.

The formats are `dd/MM/yyyy` and `MM/dd/yyyy` (invicti-api.md 3), with times such as `03:30 PM`
(2.1); whether seconds are shown is not known, nor whether 24 hours are. What begins with the
year, as ISO 8601 does, is read as well.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from invicti_collector.tenant.windows_zones import zone_named

DEFAULT_FORMAT = "dd/MM/yyyy"
DEFAULT_ZONE = "GMT Standard Time"
"""The tenant's own defaults (invicti-api.md 3)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_SECOND = timedelta(seconds=1)
_LAST_YEAR = (datetime(9999, 1, 1, tzinfo=timezone.utc) - _EPOCH) / _SECOND
_DAY = 86_400
# What .NET on ICU writes before AM and PM is a no-break space, and not ASCII.
_BLANK = "[\\s\u00a0\u202f]"
_DATE = re.compile(
    r"(?P<one>\d{1,4})(?P<mark>[/.-])(?P<two>\d{1,2})(?P=mark)(?P<three>\d{1,4})"
    rf"(?:(?:T|,?{_BLANK}+)(?P<hour>\d{{1,2}}):(?P<minute>\d\d)"
    r"(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,9}))?)?"
    rf"{_BLANK}*(?:(?P<half>[AP])\.?{_BLANK}?M\.?)?{_BLANK}*(?P<zone>Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII | re.IGNORECASE,
)


class Form(NamedTuple):
    """How exactly dates are written: what is left of a record's time in a CSV export.

    Attributes:
        step: Seconds: 86400, 60 or 1; 0 = with a fraction.
        local: Whether it is the clock on the wall, of which one hour a year comes twice.
    """

    step: int
    local: bool


class Moment(NamedTuple):
    """A date that could be read.

    Attributes:
        seconds: Since the epoch.
        form: How exactly.
    """

    seconds: float
    form: Form


class UserDates:
    """Reads the dates of one API user.

    Arguments:
        date_format: `DateFormat` of `/account/me`.
        zone: `TimeZoneInfo` of `/account/me`.
    """

    def __init__(self, date_format: str, zone: str) -> None:
        self.date_format = date_format
        self.zone = zone
        found = zone_named(zone)
        self.knows_zone = found is not None
        """Whether the zone's name means anything; else dates are taken as UTC."""
        self._zone = found or timezone.utc
        wanted = date_format.lower()
        self._month_first = 0 <= wanted.find("m") < wanted.find("d")

    def read(self, text: str) -> Moment | None:
        """Returns the time of a date, None where it cannot be read.

        An hour that comes twice when daylight saving time ends is taken as the first one.

        Arguments:
            text: As in the export.
        """
        match = _DATE.fullmatch(text.strip())
        if match is None:
            return None
        parts = match.groupdict()
        try:
            wall = datetime(*self._date(parts), *_time(parts))
            seconds = self._seconds(wall, parts["zone"]) + _fraction(parts)
        except (ValueError, OverflowError):
            return None
        form = Form(_step(parts), parts["zone"] is None)
        return Moment(seconds, form) if 0 <= seconds < _LAST_YEAR else None

    def as_written(self, seconds: float, form: Form) -> float:
        """Returns the time that would be read of a record created at `seconds`.

        Arguments:
            seconds: Since the epoch.
            form: How exactly the export writes.
        """
        if not form.local:
            return seconds if form.step == 0 else seconds // form.step * form.step
        wall = (_EPOCH + timedelta(seconds=seconds)).astimezone(self._zone).replace(tzinfo=None)
        if form.step:
            since = (wall - datetime(1970, 1, 1)) // _SECOND
            wall = datetime(1970, 1, 1) + since // form.step * form.step * _SECOND
        return self._seconds(wall, None)

    def _date(self, parts: dict[str, str]) -> tuple[int, int, int]:
        one, two, three = int(parts["one"]), int(parts["two"]), int(parts["three"])
        if len(parts["one"]) == 4:
            return one, two, three
        if len(parts["three"]) != 4:
            raise ValueError(three)
        return (three, one, two) if self._month_first else (three, two, one)

    def _seconds(self, wall: datetime, zone: str | None) -> float:
        offset = timedelta(0)
        if zone is None:
            wall = wall.replace(tzinfo=self._zone, fold=0)
        else:
            wall = wall.replace(tzinfo=timezone.utc)
            offset = _offset(zone)
        return (wall.astimezone(timezone.utc) - offset - _EPOCH) / _SECOND


def _time(parts: dict[str, str]) -> tuple[int, int, int]:
    hour = int(parts["hour"] or 0)
    if parts["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if parts["half"].upper() == "P" else 0)
    return hour, int(parts["minute"] or 0), int(parts["second"] or 0)


def _fraction(parts: dict[str, str]) -> float:
    text = parts["fraction"]
    return int(text) / 10 ** len(text) if text else 0.0


def _step(parts: dict[str, str]) -> int:
    if parts["fraction"]:
        return 0
    return 1 if parts["second"] else 60 if parts["minute"] else _DAY


def _offset(zone: str) -> timedelta:
    if zone in "Zz":
        return timedelta(0)
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return -offset if zone[0] == "-" else offset
