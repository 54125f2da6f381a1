"""Splunk's time modifiers, spans and formats, in UTC, since that is how the tests read times.

Modifiers: https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/SearchTimeModifiers
Formats: https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Commontimeformatvariables
"""

from __future__ import annotations

import calendar
import re
import time
from datetime import datetime, timedelta, timezone

from tests.knowledge.unknown import UnknownConstructError

_UNITS = {
    "s": ("s", "sec", "secs", "second", "seconds"),
    "m": ("m", "min", "minute", "minutes"),
    "h": ("h", "hr", "hrs", "hour", "hours"),
    "d": ("d", "day", "days"),
    "w": ("w", "week", "weeks"),
    "mon": ("mon", "month", "months"),
    "y": ("y", "yr", "yrs", "year", "years"),
}
_UNIT = {word: unit for unit, words in _UNITS.items() for word in words}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_STEP = re.compile(r"(?P<amount>[+-]\d*)(?P<unit>[a-z]+)|@(?P<snap>[a-z]+\d?)")
_FORMATS = set("YmdHMSFTbBaAjyepIwu%sf") | {"Z", "z"}


def moment_of(modifier: str, now: float) -> float:
    """Return the time that a modifier such as `-1d@d` means, in seconds since the epoch.

    Args:
        modifier: `now`, an epoch time, or offsets and snaps in their order.
        now: The time of the search.

    Raises:
        UnknownConstructError: at any other text.
    """
    if modifier in ("now", "now()"):
        return now
    if re.fullmatch(r"\d+(?:\.\d+)?", modifier):
        return float(modifier)
    place, moment = 0, now
    while place < len(modifier):
        match = _STEP.match(modifier, place)
        if match is None:
            raise UnknownConstructError(f"the time modifier {modifier}")
        moment = _stepped(moment, match)
        place = match.end()
    return moment


def _stepped(moment: float, match: re.Match[str]) -> float:
    if match["snap"]:
        return snapped(moment, match["snap"])
    amount = match["amount"]
    return moved(moment, int(f"{amount}1" if amount in "+-" else amount), match["unit"])


def moved(moment: float, amount: int, unit: str) -> float:
    """Return the time `amount` units later; a month later is the same day of the month."""
    found = _unit(unit)
    if found in _SECONDS:
        return moment + amount * _SECONDS[found]
    months = amount * (12 if found == "y" else 1)
    then = _utc(moment)
    year, month = divmod(then.year * 12 + then.month - 1 + months, 12)
    day = min(then.day, calendar.monthrange(year, month + 1)[1])
    return then.replace(year=year, month=month + 1, day=day).timestamp()


def snapped(moment: float, unit: str) -> float:
    """Return the latest time not after `moment` at which a unit begins; a week on Sunday.

    `w0` to `w6` are the days of the week from Sunday on.
    """
    weekday = re.fullmatch(r"w([0-6])", unit)
    then = _utc(moment)
    day = then.replace(hour=0, minute=0, second=0, microsecond=0)
    if weekday or _unit(unit) == "w":
        first = int(weekday[1]) if weekday else 0
        return (day - timedelta(days=(day.isoweekday() - first) % 7)).timestamp()
    found = _unit(unit)
    if found == "y":
        return day.replace(month=1, day=1).timestamp()
    if found == "mon":
        return day.replace(day=1).timestamp()
    return moment // _SECONDS[found] * _SECONDS[found]


def span_of(text: str) -> tuple[int, str]:
    """Return amount and unit of a span such as `15m`, `1d`, `1mon` or `day`."""
    match = re.fullmatch(r"(\d*)([a-z]+)", text)
    if match is None:
        raise UnknownConstructError(f"the span {text}")
    return int(match[1] or 1), _unit(match[2])


def bin_start(moment: float, span: tuple[int, str]) -> float:
    """Return where the bin of a time begins.

    Bins of seconds to days are counted from the epoch, in UTC; of weeks and months only single
    ones are known here.
    """
    amount, unit = span
    if unit in ("s", "m", "h", "d"):
        width = amount * _SECONDS[unit]
        return moment // width * width
    if amount != 1:
        raise UnknownConstructError(f"a span of {amount}{unit}")
    return snapped(moment, unit)


def next_bin(start: float, span: tuple[int, str]) -> float:
    """Return where the bin after the one that begins at `start` begins."""
    return moved(start, *span)


def formatted(moment: float, form: str) -> str:
    """Return a time as `strftime` writes it."""
    if set(re.findall(r"%(\d?N|.)", form)) - _FORMATS - {"3N", "6N"}:
        raise UnknownConstructError(f"the time format {form}")
    then = _utc(moment)
    form = form.replace("%3N", f"{then.microsecond // 1000:03}")
    form = form.replace("%6N", f"{then.microsecond:06}").replace("%s", str(int(moment)))
    return then.strftime(form.replace("%e", f"{then.day:2}"))


def parsed(text: str, form: str) -> float | None:
    """Return the time that `strptime` reads; None where the text has another form."""
    if set(re.findall(r"%(.)", form)) - _FORMATS:
        raise UnknownConstructError(f"the time format {form}")
    whole = form.replace("%F", "%Y-%m-%d").replace("%T", "%H:%M:%S")
    try:
        found = datetime.strptime(text, whole)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).timestamp()


def iso(moment: float) -> str:
    """Return a time as Splunk gives `_time` in results: ISO 8601 with milliseconds."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))
    return f"{whole}.{int(moment * 1000) % 1000:03}+00:00"


def _unit(word: str) -> str:
    if word not in _UNIT:
        raise UnknownConstructError(f"the unit of time {word}")
    return _UNIT[word]


def _utc(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, timezone.utc)
