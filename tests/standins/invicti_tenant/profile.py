"""`GET /api/1.0/account/me`: UserHealthCheckApiModel (swagger [V]; invicti-api.md 3)."""

from __future__ import annotations

from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from .switches import Switches

API_USER_NAME, API_USER_EMAIL = "Splunk Collector", "splunk.collector@example.com"
_HOURS = {
    1.0: "W. Central Africa Standard Time",
    3.0: "Turkey Standard Time",
    9.0: "Tokyo Standard Time",
}
"""Zones without daylight saving time."""

_RULES = {
    "UTC": "Etc/UTC",
    "GMT Standard Time": "Europe/London",
    "W. Europe Standard Time": "Europe/Berlin",
    "Eastern Standard Time": "America/New_York",
    "Tokyo Standard Time": "Asia/Tokyo",
    "(UTC-08:00) Pacific Time (US & Canada)": "America/Los_Angeles",
    "(UTC+10:00) Canberra, Melbourne, Sydney": "Australia/Sydney",
}


def user_zone(switches: Switches) -> tzinfo:
    """The API user's own zone."""
    if switches.user_zone:
        return timezone(timedelta(hours=switches.user_zone))
    return ZoneInfo(_RULES[switches.user_zone_id])


def account_me(switches: Switches) -> dict[str, str]:
    """The API user's health check; the zone is a Windows zone id (invicti-api.md 3 [V])."""
    zone = switches.user_zone_id
    if switches.user_zone:
        zone = _HOURS.get(switches.user_zone) or _shown(switches.user_zone)
    return {
        "DateFormat": switches.user_date_format,
        "DisplayName": API_USER_NAME,
        "Email": API_USER_EMAIL,
        "AlternateLoginEmail": "",
        "TimeZoneInfo": zone,
    }


def _shown(hours: float) -> str:
    minutes = round(abs(hours) * 60)
    sign = "-" if hours < 0 else "+"
    return f"(UTC{sign}{minutes // 60:02d}:{minutes % 60:02d}) Somewhere"
