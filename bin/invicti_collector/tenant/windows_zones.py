# SPDX-License-Identifier: Apache-2.0
"""The time zone that the tenant's name for it means.

Invicti runs on Windows, whose zones have ids of their own ("GMT Standard Time") and names for
people ("(UTC+01:00) Amsterdam, Berlin, ..."); which of the two `/account/me` gives is not known
(invicti-api.md 3). `tzlocal` has Unicode's table of the ids, `tzdata` the zones' rules.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from tzlocal.windows_tz import win_tz

_SHOWN = re.compile(r"\((?:UTC|GMT)(?:([+-])(\d\d):?(\d\d))?\)\s*(.*)")
_FURTHEST = timedelta(hours=14)
_IDS = {name.lower(): zone for name, zone in win_tz.items()}


@lru_cache(maxsize=16)
def zone_named(name: str) -> tzinfo | None:
    """Returns the zone of a name, None where nothing is known of it.

    A name for people whose place is not known gives the offset that it tells, without daylight
    saving time.

    Arguments:
        name: A Windows zone id, a Windows name for people, or a name of the IANA database.
    """
    name = name.strip()
    shown = _SHOWN.fullmatch(name)
    if shown is None:
        return _zone(_IDS.get(name.lower(), name))
    sign, hours, minutes, place = shown.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    if offset > _FURTHEST:
        return None
    offset = -offset if sign == "-" else offset
    return _zone_of_place(place, offset) or timezone(offset)


def _zone(key: str) -> tzinfo | None:
    try:
        return ZoneInfo(key)
    except (KeyError, ValueError, OSError):  # unknown, malformed, or a folder of the database
        return None


def _zone_of_place(place: str, offset: timedelta) -> tzinfo | None:
    """Returns the zone that a name for people means by its cities or by the name of its time."""
    plain = re.sub(r"\s*\(.*\)", "", place).strip()
    named = [_IDS.get(f"{plain} standard time".lower()), _IDS.get(_as_id(plain))]
    cities = [city.strip().replace(" ", "_") for city in plain.split(",")]
    found = [*named, *(_cities().get(city.lower()) for city in cities)]
    zones = (_zone(key) for key in found if key)
    return next((zone for zone in zones if zone and _standard_offset(zone) == offset), None)


def _as_id(plain: str) -> str:
    """Returns the id of names such as `Eastern Time`, which is `Eastern Standard Time`."""
    return re.sub(r"\s+time$", " standard time", plain.lower())


@lru_cache(maxsize=1)
def _cities() -> dict[str, str]:
    return {key.rpartition("/")[2].lower(): key for key in sorted(available_timezones())}


def _standard_offset(zone: tzinfo) -> timedelta:
    """Returns the offset without daylight saving time: Windows' names tell that one all year."""
    year = datetime.now(timezone.utc).year
    offsets = (datetime(year, month, 1, tzinfo=zone).utcoffset() for month in (1, 7))
    return min(offset for offset in offsets if offset is not None)
