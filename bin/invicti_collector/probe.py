# SPDX-License-Identifier: Apache-2.0
"""Finds out how the tenant reads dates, since a date misread looks like silence.

A record is taken from the list without dates; then a window around it is asked for. If the answer
does not honour the window, the tenant does not read that form of date (invicti-api.md 1.5).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Callable, NamedTuple

from invicti_collector.errors import DatesRefusedError
from invicti_collector.pages import Page
from invicti_collector.records import Record
from invicti_collector.timeline import (
    DAY,
    EVERYTHING,
    DateFormat,
    Window,
    formats_to_try,
    length,
    telling_window,
)

FetchPage = Callable[[Window, DateFormat, int], Page]

_LONG_AGO = Window(14 * DAY, 15 * DAY)
"""Before any record; like a telling window, it cannot be misread with day and month swapped."""


class Finding(NamedTuple):
    """What the probe found.

    Attributes:
        date_format: The form of date that the tenant reads; None while it has no record to tell by.
        sample: The page without dates that the probe took its record from.
    """

    date_format: DateFormat | None
    sample: Page


def probe(fetch: FetchPage, setting: str) -> Finding:
    """Returns the form of date that the tenant reads, `DateFormat.NONE` where it reads none.

    Arguments:
        fetch: Returns a page by window, date format and index.
        setting: The account's `date_format`.
    """
    sample = fetch(EVERYTHING, DateFormat.NONE, 1)
    record = _telling_record(sample.records)
    if record is None or record.created is None:
        return Finding(None, sample)
    window = telling_window(record.created)
    for date_format in formats_to_try(setting):
        if _honours(fetch, window, date_format, record):
            return Finding(date_format, sample)
    return Finding(DateFormat.NONE, sample)


def _telling_record(records: Iterable[Record]) -> Record | None:
    """Returns the record whose telling window is the shortest."""
    dated = [record for record in records if record.created is not None]
    return min(dated, key=_window_length, default=None)


def _window_length(record: Record) -> int:
    return length(telling_window(record.created or 0))


def _honours(fetch: FetchPage, window: Window, date_format: DateFormat, record: Record) -> bool:
    try:
        page = fetch(window, date_format, 1)
        # Of a busy tenant, all of page 1 may lie in the window although the dates were ignored.
        past = fetch(_LONG_AGO, date_format, 1)
    except DatesRefusedError:
        return False
    if any_foreign(past.records, _LONG_AGO):
        return False
    if not page.records or any_foreign(page.records, window):
        return False
    return page.has_next or any(other.digest == record.digest for other in page.records)


def any_foreign(records: Iterable[Record], window: Window) -> bool:
    """Tells whether a record cannot be in the window, so that the filter was not honoured."""
    times = [record.created for record in records if record.created is not None]
    return bool(times) and not (window.may_show(min(times)) and window.may_show(max(times)))
