"""user_dates: dates in the API user's own format and zone."""

from __future__ import annotations

from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invicti_collector.tenant.user_dates import Form, UserDates

BERLIN = "W. Europe Standard Time"
pytestmark = pytest.mark.usefixtures("far_from_utc")


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp()


@pytest.mark.parametrize(
    ("date_format", "text", "moment", "step"),
    [
        ("dd/MM/yyyy", "21/07/2014 03:30 PM", "2014-07-21 15:30", 60),
        ("dd/MM/yyyy", "03/04/2024 15:30", "2024-04-03 15:30", 60),
        ("MM/dd/yyyy", "03/04/2024 15:30", "2024-03-04 15:30", 60),
        ("MM/dd/yyyy", "3/4/2024 3:30:07 AM", "2024-03-04 03:30:07", 1),
        ("dd/MM/yyyy HH:mm", "21/07/2014 23:59:59", "2014-07-21 23:59:59", 1),
        ("MM/dd/yyyy hh:mm tt", "07/21/2014 11:59:59 p.m.", "2014-07-21 23:59:59", 1),
        ("dd/MM/yyyy", "01/01/2024 12:00 AM", "2024-01-01 00:00", 60),
        ("dd/MM/yyyy", "01/01/2024 12:00 PM", "2024-01-01 12:00", 60),
        ("dd/MM/yyyy", "21/07/2014 03:30\u202fPM", "2014-07-21 15:30", 60),
        ("dd/MM/yyyy", "21/07/2014\u00a03:30:07\u00a0a.\u00a0m.", "2014-07-21 03:30:07", 1),
        ("dd.MM.yyyy", "21.07.2014, 15:30", "2014-07-21 15:30", 60),
        ("dd/MM/yyyy", " 21/07/2014 ", "2014-07-21", 86_400),
        ("MM/dd/yyyy", "2014-07-21T15:30:01.25Z", "2014-07-21 15:30:01.250", 0),
        ("MM/dd/yyyy", "2014-07-21 15:30:01+02:00", "2014-07-21 13:30:01", 1),
        ("MM/dd/yyyy", "2014-07-21 15:30-12:30", "2014-07-22 04:00", 60),
        ("MM/dd/yyyy", "2014-07-21t15:30+0545", "2014-07-21 09:45", 60),
        ("MM/dd/yyyy", "2014-07-21 15:30:01z", "2014-07-21 15:30:01", 1),
        ("dd/MM/yyyy", "01/01/1970 00:00", "1970-01-01 00:00", 60),
    ],
)
def test_what_is_read(date_format: str, text: str, moment: str, step: int) -> None:
    found = UserDates(date_format, "UTC").read(text)
    assert found is not None
    assert found.seconds == utc(moment)
    assert found.form.step == step


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "21/07/2014 25:00", "21/07/2014 13:30 PM", "21/07/2014 00:30 AM"),
        *("07/21/2014 15:30", "21/07-2014", "1/2/3", "01/01/0001 00:00", "31/12/9999 23:59"),
        *("01/01/9999 00:00Z", "31/12/1969 23:59:59Z"),
        *("21/07/2014 15:30 CET", "२१/०७/२०१४ १५:३०"),
    ],
)
def test_what_cannot_be_read(text: str) -> None:
    assert UserDates("dd/MM/yyyy", BERLIN).read(text) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("15/01/2024 12:00", "2024-01-15 11:00"),
        ("15/07/2024 12:00", "2024-07-15 10:00"),
        # Shown at 00:30 and at 01:30 UTC: the first counts.
        ("27/10/2024 02:30", "2024-10-27 00:30"),
        # Never shown: as if the clock had not been put forward.
        ("31/03/2024 02:30", "2024-03-31 01:30"),
    ],
)
def test_the_zones_summer_time_counts(text: str, moment: str) -> None:
    found = UserDates("dd/MM/yyyy", BERLIN).read(text)
    assert found is not None
    assert found.seconds == utc(moment)


def test_an_hour_that_comes_twice_is_written_twice_and_known_as_the_first() -> None:
    dates = UserDates("dd/MM/yyyy", BERLIN)
    for moment in ("2024-10-27 00:30:59", "2024-10-27 01:30:59"):
        assert dates.as_written(utc(moment), Form(60, local=True)) == utc("2024-10-27 00:30")
        whole = dates.as_written(utc(moment), Form(0, local=True))
        assert whole == utc("2024-10-27 00:30:59")


def test_a_known_zone_is_told_as_it_was_given() -> None:
    dates = UserDates("MM/dd/yyyy", BERLIN)
    assert (dates.date_format, dates.zone, dates.knows_zone) == ("MM/dd/yyyy", BERLIN, True)


def test_an_unknown_zone_is_utc_and_told() -> None:
    dates = UserDates("dd/MM/yyyy", "Middle Earth Standard Time")
    assert not dates.knows_zone
    found = dates.read("15/07/2024 12:00")
    assert found is not None
    assert found.seconds == utc("2024-07-15 12:00")


@pytest.mark.parametrize(
    ("pattern", "form"),
    [
        ("%d/%m/%Y %H:%M", Form(60, local=True)),
        ("%d/%m/%Y %I:%M:%S %p", Form(1, local=True)),
        ("%d/%m/%Y", Form(86_400, local=True)),
        ("%d/%m/%Y %H:%M:%S.%f", Form(0, local=True)),
        ("%Y-%m-%dT%H:%M:%SZ", Form(1, local=False)),
        ("%Y-%m-%dT%H:%MZ", Form(60, local=False)),
        ("%Y-%m-%dT%H:%M:%S.%fZ", Form(0, local=False)),
    ],
)
@given(created=st.integers(0, 2**32).map(lambda tenths: 1e9 + tenths / 10))
def test_a_record_is_known_by_what_its_row_would_show(
    pattern: str, form: Form, created: float
) -> None:
    """Also in the hour that comes twice: this is what ties a record to its row."""
    zone = ZoneInfo("Europe/Berlin") if form.local else timezone.utc
    text = datetime.fromtimestamp(created, timezone.utc).astimezone(zone).strftime(pattern)
    dates = UserDates("dd/MM/yyyy", BERLIN)
    found = dates.read(text)
    assert found is not None
    assert found.form == form
    assert found.seconds == dates.as_written(created, form)


@given(st.text(alphabet="0123456789/.-: TZAPM+", max_size=30))
def test_no_text_is_an_error(text: str) -> None:
    UserDates("MM/dd/yyyy", BERLIN).read(text)
