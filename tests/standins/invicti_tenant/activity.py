"""When things happen: offices by day, scheduled scans by night, little at weekends.

A weekly curve of activity by UTC hour and its integral, which turns "the i-th of n records" into
a moment and back without a table. Volume and mix are guesses where the vendor states nothing
(invicti-api.md 6 "Volume", [guess]: actions by humans, scheduled scans, issue changes; background
tasks dominate).
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

WEEK = 7 * 86400
_MONDAY = 4 * 86400  # 1970-01-05, in seconds since 1970-01-01

_WEB = (6, 6, 5, 4, 3, 4, 12, 34, 58, 64, 60, 48, 40, 58, 64, 60, 46, 34, 24, 20, 18, 14, 10, 8)
_API = (10, 10, 10, 9, 9, 9, 12, 18, 24, 26, 26, 24, 22, 26, 28, 26, 24, 20, 16, 14, 12, 12, 11, 10)
_BACKGROUND = (
    26,
    34,
    34,
    28,
    20,
    16,
    14,
    12,
    12,
    12,
    12,
    12,
    12,
    12,
    12,
    12,
    12,
    12,
    14,
    14,
    14,
    16,
    18,
    22,
)


def _week(hours: tuple[int, ...], weekend: float) -> tuple[float, ...]:
    return tuple(float(h) for h in hours) * 5 + tuple(h * weekend for h in hours) * 2


WEB, API, BACKGROUND = _week(_WEB, 0.06), _week(_API, 0.3), _week(_BACKGROUND, 0.8)
_RATE = tuple(map(sum, zip(WEB, API, BACKGROUND)))
_DONE = (0.0, *accumulate(_RATE))
_TOTAL = _DONE[-1]


def hour_of_week(seconds: float) -> int:
    """0 is Monday 00:00 to 01:00 UTC."""
    return int((seconds - _MONDAY) % WEEK // 3600)


def amount_until(seconds: float) -> float:
    """The integral of the curve up to a moment (seconds since 1970)."""
    weeks, rest = divmod(seconds - _MONDAY, WEEK)
    hour, part = divmod(rest, 3600)
    return weeks * _TOTAL + _DONE[int(hour)] + _RATE[int(hour)] * part / 3600


def moment_of(amount: float) -> float:
    """The inverse of amount_until."""
    weeks, rest = divmod(amount, _TOTAL)
    hour = min(167, bisect_right(_DONE, rest) - 1)
    part = min(3600.0, (rest - _DONE[hour]) / _RATE[hour] * 3600)
    return weeks * WEEK + hour * 3600 + part + _MONDAY
