"""timeline: no moment may fall between two windows."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invicti_collector import timeline
from invicti_collector.timeline import (
    DAY,
    EVERYTHING,
    HOUR,
    DateFormat,
    Window,
    fitting_span,
    formats_to_try,
    is_too_large,
    live_window,
    next_tile,
    overlapping,
    telling_window,
)

MOMENTS = st.integers(0, 4_000_000_000)
pytestmark = pytest.mark.usefixtures("far_from_utc")


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp())


@given(MOMENTS, st.integers(1, 400 * DAY), st.lists(st.integers(HOUR, 100 * DAY), min_size=1))
def test_tiles_are_contiguous_and_overlap_by_an_hour(
    covered: int, history: int, spans: list[int]
) -> None:
    end = covered + history
    previous = None
    for span in spans * 3:
        tile = next_tile(covered, end, span)
        assert tile.start == covered
        assert tile.end is not None
        assert covered < tile.end <= end
        assert tile.end - covered <= span
        asked = overlapping(tile)
        assert asked.start == tile.start
        assert asked.end == tile.end + HOUR
        if previous is not None:
            assert previous.end == asked.start + HOUR
        previous, covered = asked, tile.end
        if covered == end:
            break


def test_the_live_window_reaches_from_three_days_back_to_two_ahead() -> None:
    expected = Window(utc("2024-05-17"), utc("2024-05-22"))
    for time in ("2024-05-20", "2024-05-20T12:00:00", "2024-05-20T23:59:59"):
        assert live_window(utc(time) + 0.9) == expected


@given(MOMENTS, st.integers(-12, 14), st.integers(0, 48 * HOUR))
def test_the_live_window_shows_late_records_in_every_zone(now: int, zone: int, late: int) -> None:
    window = live_window(now)
    shown = now - late + zone * HOUR  # the clock time that a filter in that zone compares
    assert window.start is not None
    assert window.end is not None
    assert window.start <= shown <= window.end
    assert window.may_show(now - late)


@given(st.integers(0, 8_000_000_000))
def test_the_telling_window_cannot_be_misread(created: int) -> None:
    window = telling_window(created)
    assert window.start is not None
    assert window.end is not None
    # A server may read it in any zone and cut it to days, hence a day on both sides.
    assert window.start <= created - DAY
    assert created + DAY <= window.end
    for end in window:
        date = datetime.fromtimestamp(end or 0, timezone.utc)
        assert date.day > 12
        with pytest.raises(ValueError, match=r"does not match|remains"):
            datetime.strptime(DateFormat.US.text(end or 0), "%d/%m/%Y %H:%M:%S")
    assert timeline.length(window) <= 29 * DAY


@given(st.integers(HOUR, 4000 * DAY), st.integers(0, 10**7))
def test_the_next_span_is_bounded(span: int, records: int) -> None:
    fitted = fitting_span(span, records)
    assert HOUR <= fitted <= max(2 * span, HOUR)
    if records > 2 * timeline.TARGET_RECORDS and span > HOUR:
        assert fitted < span  # so that making a tile smaller comes to an end


def test_the_next_span_fits_ten_thousand_records() -> None:
    assert fitting_span(10 * DAY, 20_000) == 5 * DAY
    assert fitting_span(10 * DAY, 10_000) == 10 * DAY
    assert fitting_span(10 * DAY, 0) == 20 * DAY
    assert fitting_span(10 * DAY, 10**9) == HOUR


def test_a_tile_is_too_large_only_while_it_can_be_made_smaller() -> None:
    assert is_too_large(2 * HOUR, 20_001)
    assert not is_too_large(2 * HOUR, 20_000)
    assert not is_too_large(HOUR, 10**9)


def test_the_forms_of_date() -> None:
    moment = utc("2024-05-08T01:02:03")
    assert DateFormat.US.text(moment) == "05/08/2024 01:02:03"
    assert DateFormat.ISO.text(moment) == "2024-05-08T01:02:03Z"
    assert DateFormat.US.text(0) == "01/01/1970 00:00:00"


def test_the_documented_form_is_tried_first() -> None:
    assert formats_to_try("auto") == (DateFormat.US, DateFormat.ISO)
    assert formats_to_try("MM/dd/yyyy HH:mm:ss") == (DateFormat.US,)
    assert formats_to_try("ISO 8601") == (DateFormat.ISO,)


@given(MOMENTS)
def test_a_day_begins_at_midnight_in_utc(moment: int) -> None:
    date = datetime.fromtimestamp(timeline.day_of(moment), timezone.utc)
    assert date.time() == datetime.min.time()
    assert date <= datetime.fromtimestamp(moment, timezone.utc) < date + timedelta(days=1)


@given(MOMENTS, st.integers(0, 9 * DAY), st.integers(-14, 14), st.integers(-12, 14))
def test_no_record_of_a_window_is_called_foreign(
    start: int, span: int, filter_zone: int, record_zone: int
) -> None:
    window = Window(start, start + span)
    # As read by the filter in its zone, and shown in a zone that the text does not tell.
    for shown in (start, start + span):
        created = shown - filter_zone * HOUR + record_zone * HOUR
        if abs(created - shown) <= 26 * HOUR:
            assert window.may_show(created)
    assert not window.may_show(start - 2 * DAY)
    assert not window.may_show(start + span + 2 * DAY)


def test_everything_is_a_window_without_dates() -> None:
    assert not EVERYTHING.dated
    assert EVERYTHING.may_show(0)
    assert Window(0, 5).dated
