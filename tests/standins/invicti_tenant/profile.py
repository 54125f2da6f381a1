"""`GET /api/1.0/account/me`: UserHealthCheckApiModel (swagger [V]; invicti-api.md 3)."""

from __future__ import annotations

from .switches import Switches

API_USER_NAME, API_USER_EMAIL = "Splunk Collector", "splunk.collector@example.com"
_ZONES = {
    0.0: "GMT Standard Time",
    1.0: "W. Europe Standard Time",
    3.0: "Turkey Standard Time",
    9.0: "Tokyo Standard Time",
    -5.0: "Eastern Standard Time",
    -8.0: "Pacific Standard Time",
}


def account_me(switches: Switches) -> dict[str, str]:
    """The API user's health check; the zone is a Windows zone id (invicti-api.md 3 [V])."""
    return {
        "DateFormat": switches.user_date_format,
        "DisplayName": API_USER_NAME,
        "Email": API_USER_EMAIL,
        "AlternateLoginEmail": "",
        "TimeZoneInfo": _ZONES.get(switches.user_zone, "UTC"),
    }
