"""windows_zones: the tenant's names for zones mean what Windows means by them."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tzlocal.windows_tz import win_tz

from invicti_collector.tenant.windows_zones import zone_named


@pytest.fixture(autouse=True)
def nothing_found_before() -> None:
    """So that each test looks the names up itself, for whoever counts which tests do."""
    zone_named.cache_clear()


@pytest.mark.parametrize(
    ("name", "same_as"),
    [
        ("GMT Standard Time", "Europe/London"),
        ("w. europe standard time ", "Europe/Berlin"),
        ("Turkey Standard Time", "Europe/Istanbul"),
        ("UTC", "Etc/UTC"),
        ("Europe/Paris", "Europe/Paris"),
        ("(UTC) Coordinated Universal Time", "Etc/UTC"),
        ("(UTC+00:00) Dublin, Edinburgh, Lisbon, London", "Europe/London"),
        ("(GMT+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Berlin"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(UTC-07:00) Arizona", "America/Phoenix"),
        ("(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", "Asia/Kolkata"),
        ("(UTC+10:00) Canberra, Melbourne, Sydney", "Australia/Sydney"),
    ],
)
@pytest.mark.parametrize("month", [1, 7])
def test_a_name_means_a_zone_with_its_summer_time(name: str, same_as: str, month: int) -> None:
    moment = datetime(2024, month, 15, 12, tzinfo=ZoneInfo("Etc/UTC"))
    assert (
        moment.astimezone(zone_named(name)).utcoffset()
        == moment.astimezone(ZoneInfo(same_as)).utcoffset()
    )


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("(UTC-03:30) Newfoundland", "America/St_Johns"),  # Newfoundland Standard Time
        ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(UTC-06:00) Guadalajara, Mexico City, Monterrey", "America/Mexico_City"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Amsterdam"),
    ],
)
def test_a_place_is_looked_up_as_an_id_then_city_by_city(name: str, key: str) -> None:
    assert str(zone_named(name)) == key


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("(UTC-12:00) International Date Line West", -12),
        ("(UTC+03:30) Nowhere", 3.5),
        # A city of that name lies elsewhere: the offset that is told counts.
        ("(UTC+09:00) London", 9),
    ],
)
def test_without_a_known_place_the_offset_counts(name: str, hours: float) -> None:
    zone = zone_named(name)
    assert zone is not None
    assert zone.utcoffset(datetime(2024, 7, 1)) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "name", ["", "Middle Earth Standard Time", "Europe", "../../etc/passwd", "(UTC+99:00) x", "\0"]
)
def test_an_unknown_name_is_no_zone(name: str) -> None:
    assert zone_named(name) is None


def test_every_id_of_windows_is_a_zone() -> None:
    assert [name for name in win_tz if zone_named(name) is None] == []


@given(st.text())
def test_no_name_is_an_error(name: str) -> None:
    zone_named(name)
    zone_named(f"(UTC+01:00) {name}")
