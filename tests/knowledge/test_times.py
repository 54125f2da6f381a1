"""Time modifiers, spans and formats as Splunk's manual gives them.

https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/SearchTimeModifiers
"""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.knowledge import times
from tests.knowledge.unknown import UnknownConstructError


def at(text: str) -> float:
    return datetime.fromisoformat(f"{text}+00:00").timestamp()


NOW = at("2026-03-11T13:37:05")  # a Wednesday


@pytest.mark.parametrize(
    ("modifier", "expected"),
    [
        ("now", "2026-03-11T13:37:05"),
        ("-30m", "2026-03-11T13:07:05"),
        ("-m", "2026-03-11T13:36:05"),
        ("+1d", "2026-03-12T13:37:05"),
        ("@d", "2026-03-11T00:00:00"),
        ("-1d@d", "2026-03-10T00:00:00"),
        ("-24h@h", "2026-03-10T13:00:00"),
        ("-35m@m", "2026-03-11T13:02:00"),
        ("@h+15m", "2026-03-11T13:15:00"),
        ("@w0", "2026-03-08T00:00:00"),
        ("@w", "2026-03-08T00:00:00"),
        ("@w1", "2026-03-09T00:00:00"),
        ("@w4", "2026-03-05T00:00:00"),
        ("-1w@w1", "2026-03-02T00:00:00"),
        ("@mon", "2026-03-01T00:00:00"),
        ("-1mon@mon", "2026-02-01T00:00:00"),
        ("@y", "2026-01-01T00:00:00"),
        ("-7d@d+3h", "2026-03-04T03:00:00"),
    ],
)
def test_a_time_modifier(modifier: str, expected: str) -> None:
    assert times.moment_of(modifier, NOW) == at(expected)


def test_a_month_later_is_never_another_month() -> None:
    assert times.moved(at("2026-01-31T08:00:00"), 1, "mon") == at("2026-02-28T08:00:00")


def test_an_epoch_time_is_itself() -> None:
    assert times.moment_of("1773144120", NOW) == 1773144120


@pytest.mark.parametrize("modifier", ["yesterday", "-1x", "rt", "-1d@", "2026-03-11"])
def test_another_modifier_fails(modifier: str) -> None:
    with pytest.raises(UnknownConstructError):
        times.moment_of(modifier, NOW)


@pytest.mark.parametrize(
    ("span", "start", "following"),
    [
        ("15m", "2026-03-11T13:30:00", "2026-03-11T13:45:00"),
        ("4h", "2026-03-11T12:00:00", "2026-03-11T16:00:00"),
        ("day", "2026-03-11T00:00:00", "2026-03-12T00:00:00"),
        ("1w", "2026-03-08T00:00:00", "2026-03-15T00:00:00"),
        ("1mon", "2026-03-01T00:00:00", "2026-04-01T00:00:00"),
    ],
)
def test_a_bin(span: str, start: str, following: str) -> None:
    found = times.bin_start(NOW, times.span_of(span))
    assert (found, times.next_bin(found, times.span_of(span))) == (at(start), at(following))


@pytest.mark.parametrize("span", ["2w", "3mon"])
def test_where_several_weeks_or_months_begin_is_not_known(span: str) -> None:
    with pytest.raises(UnknownConstructError):
        times.bin_start(NOW, times.span_of(span))


def test_formats() -> None:
    assert times.formatted(NOW + 0.25, "%Y-%m-%dT%H:%M:%S.%3N%z") == "2026-03-11T13:37:05.250+0000"
    assert times.formatted(NOW, "%F %T %a %b %e %j") == "2026-03-11 13:37:05 Wed Mar 11 070"
    assert times.formatted(NOW, "%s") == "1773236225"
    assert times.parsed("2026-03-11 13:37:05", "%Y-%m-%d %H:%M:%S") == NOW
    assert times.parsed("11 March", "%Y-%m-%d") is None
    assert times.iso(NOW + 0.25) == "2026-03-11T13:37:05.250+00:00"
    with pytest.raises(UnknownConstructError):
        times.formatted(NOW, "%q")
