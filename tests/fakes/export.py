"""A tenant's CSV export in memory, and what reads it, for pages of four rows."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from typing import Any, Callable, TypeVar, cast

from invicti_collector.errors import TransientError
from invicti_collector.pages import Page
from invicti_collector.tenant.csv_export import CsvExport
from invicti_collector.tenant.invicti_api import InvictiApi
from invicti_collector.timeline import DAY, DateFormat, Window
from tests.fakes.tenant import NOON

SIZE = 4
US = DateFormat.US
LIVE = Window(NOON - 3 * DAY, NOON + 2 * DAY)
TILE = Window(NOON - 60 * DAY, NOON - 3 * DAY)
HEADER = ("User", "Action", "Endpoint Type", "Date")
T = TypeVar("T")


def line(user: str, minute: int = 0) -> tuple[str, ...]:
    return (user, "Role Delete", "Web UI", f"21/05/2024 {minute // 60:02}:{minute % 60:02}")


class Export:
    """What the client of a tenant's export offers, over lines in memory."""

    def __init__(self, lines: list[tuple[str, ...]]) -> None:
        self.lines = lines
        self.asked: list[int] = []
        self.queries: set[tuple[Window, DateFormat]] = set()
        self.profile: dict[str, Any] | None = None
        self.profiles = 0
        self.time: float | None = NOON
        self.pages = True
        self.most = SIZE
        """Rows a page has at the most, whatever is asked for."""
        self.repeats_last = False
        """Whether a page beyond the end is the last one."""
        self.header_everywhere = True
        self.title = ""
        """Lines before the header of each page."""
        self.not_there = False
        self.spoil: Callable[[bytes], bytes] = lambda body: body
        self.before: Callable[[int], None] = lambda _number: None

    def now(self) -> float | None:
        """See `InvictiApi`."""
        return self.time

    def caller(self) -> dict[str, Any] | None:
        """See `InvictiApi`."""
        self.profiles += 1
        return self.profile

    def export(
        self, window: Window, date_format: DateFormat, number: int, read: Callable[..., T]
    ) -> T | None:
        """See `InvictiApi`; asks again after what may pass, as it does."""
        self.queries.add((window, date_format))
        for _ in range(3):
            self.asked.append(number)
            self.before(len(self.asked))
            lines = self.lines
            if self.pages:
                last = max(-(-len(lines) // self.most), 1) if self.repeats_last else number
                lines = lines[(min(number, last) - 1) * self.most : min(number, last) * self.most]
            if self.not_there or (not lines and number > 1):
                return None
            named = self.header_everywhere or number == 1
            text = io.StringIO()
            text.write(self.title if named else "")
            csv.writer(text).writerows([HEADER, *lines] if named else lines)
            try:
                return read(self.spoil(text.getvalue().encode()), "text/csv", "here")
            except TransientError as fault:
                latest = fault
        raise latest


def client(api: Export, notes: dict[str, Any] | None = None) -> CsvExport:
    """The client of a run; with what the run before has noted."""
    export = CsvExport(cast("InvictiApi", api), ["RoleDelete"])
    if notes:
        export.recall(json.loads(json.dumps(notes)))
    api.asked.clear()
    return export


def read(export: CsvExport, window: Window = LIVE) -> list[Page]:
    pages = [export.page(window, US, 1)]
    while pages[-1].has_next:
        pages.append(export.page(window, US, len(pages) + 1))
    return pages


def digests(pages: list[Page]) -> list[int]:
    return [record.digest for page in pages for record in page.records]


def users(pages: list[Page]) -> Counter[str]:
    return Counter(record.item["UserName"] for page in pages for record in page.records)


def lines_of(names: list[str]) -> list[tuple[str, ...]]:
    """Three rows a minute, many of which say the same; but no page says what another says."""
    return [line(name, number // 3) for number, name in enumerate(names)]
