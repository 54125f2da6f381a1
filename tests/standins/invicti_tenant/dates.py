"""Dates: how the filter reads them, and how CreatedAt is written."""

from __future__ import annotations

import re
from datetime import datetime, timezone

from .clock import HOUR, TICKS, from_ticks, to_ticks
from .profile import user_zone
from .store import FOREVER, Window
from .switches import Switches

_DAY = 24 * HOUR
_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d{1,7}))?)?"
_US = re.compile(
    r"^(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})"
    rf"(?: {_TIME}(?: (?P<half>[AP]M))?)?$"
)
_ISO = re.compile(
    rf"^(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)(?:[T ]{_TIME}(?P<zone>Z|[+-]\d\d:?\d\d)?)?$"
)


class BadDateError(ValueError):
    """A date that the API cannot read: 400."""


def read_window(start: str, end: str, switches: Switches) -> Window:
    """The window of a request; both ends are inclusive (invicti-api.md 1.5 [V])."""
    if switches.filter_ignored:
        return Window()
    low = _bound("startDate", start, switches)
    high = _bound("endDate", end, switches)
    unit = {"exact": 1, "second": TICKS, "day": _DAY}[switches.filter_precision]
    shift = int(switches.filter_zone * HOUR) if unit == _DAY else 0
    return Window(
        0 if low is None else (low + shift) // unit * unit - shift,
        FOREVER if high is None else (high + shift) // unit * unit - shift + unit,
    )


def _bound(name: str, text: str, switches: Switches) -> int | None:
    """Ticks of a bound, None for one that is missing or ignored."""
    text = text.strip()
    if not text:
        return None
    match, swapped = _ISO.match(text), False
    rule = switches.iso_dates
    if not match:
        match, swapped = _US.match(text), switches.day_month_swapped
        rule = switches.us_dates if match else "refuse"
    if match is None or rule == "refuse":
        raise BadDateError(name, text)
    if rule == "ignore":
        return None
    try:
        return _instant(match.groupdict(), switches, swapped=swapped)
    except ValueError as error:
        if swapped and switches.swap_invalid == "ignore":
            return None
        raise BadDateError(name, text) from error


def _instant(parts: dict[str, str | None], switches: Switches, *, swapped: bool) -> int:
    number = {name: int(text) for name, text in parts.items() if text and text.isdigit()}
    month, day = number["month"], number["day"]
    if swapped:
        month, day = day, month
    hour = number.get("hour", 0)
    if parts.get("half"):
        hour = hour % 12 + (12 if parts["half"] == "PM" else 0)
    local = datetime(
        number["year"],
        month,
        day,
        hour,
        number.get("minute", 0),
        number.get("second", 0),
        tzinfo=timezone.utc,
    )
    ticks = to_ticks(local) + int((parts.get("fraction") or "").ljust(7, "0"))
    zone = parts.get("zone")
    if zone and switches.iso_offset == "honoured":
        return ticks - _offset(zone)
    return ticks - int(switches.filter_zone * HOUR)


def _offset(zone: str) -> int:
    if zone == "Z":
        return 0
    digits = zone[1:].replace(":", "")
    ticks = (int(digits[:2]) * 60 + int(digits[2:])) * 60 * TICKS
    return -ticks if zone[0] == "-" else ticks


def write_created_at(ticks: int, switches: Switches) -> str:
    """CreatedAt in the form that the switch asks for (invicti-api.md 2.1 [I])."""
    form = switches.created_at_form
    if form == "user_format":
        return user_date(ticks, switches)
    zone = switches.created_at_zone if form == "offset_other" else 0.0
    local = ticks + int(zone * HOUR)
    text = from_ticks(local).isoformat()[:19]
    fraction = f"{local % TICKS:07d}"
    if form in {"offset7", "offset_other"}:
        return f"{text}.{fraction}{_written(zone)}"
    if form == "offset_trimmed":  # what Json.NET writes: no trailing zeros
        return f"{text}.{fraction}".rstrip("0").rstrip(".") + "+00:00"
    return (
        text
        + {
            "z": f".{fraction}Z",
            "z_ms": f".{fraction[:3]}Z",
            "naive": f".{fraction}",
            "no_fraction": "Z",
        }[form]
    )


def _written(zone: float) -> str:
    minutes = round(abs(zone) * 60)
    return f"{'-' if zone < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"


_TIMES = {
    "minutes12": "%I:%M %p",
    "minutes24": "%H:%M",
    "seconds12": "%I:%M:%S %p",
    "seconds24": "%H:%M:%S",
}


def user_date(ticks: int, switches: Switches, form: str = "minutes12") -> str:
    """`21/07/2014 03:30 PM`, in the API user's format and zone (invicti-api.md 2.1 [V])."""
    local = from_ticks(ticks).astimezone(user_zone(switches))
    date = "%d/%m/%Y" if switches.user_date_format == "dd/MM/yyyy" else "%m/%d/%Y"
    return local.strftime(f"{date} {_TIMES[form]}")
