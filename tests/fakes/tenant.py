"""A tenant without HTTP: the port `Tenant` over a plain list, with its unknowns as fields."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any, Callable
from uuid import UUID

from invicti_collector.errors import DatesRefusedError
from invicti_collector.pages import Page, read_page
from invicti_collector.ports import Listed
from invicti_collector.timeline import DateFormat, Window

DAY = 86_400
NOON = int(datetime(2024, 5, 20, 12, tzinfo=timezone.utc).timestamp())
ACCOUNT = "33eabd3d-291b-443f-b4ea-35de08c677bf"


def guid(number: int) -> str:
    return str(UUID(bytes=hashlib.md5(b"%d" % number, usedforsecurity=False).digest()))


def iso(moment: float) -> str:
    date = datetime.fromtimestamp(int(moment), timezone.utc)
    return date.strftime("%Y-%m-%dT%H:%M:%S") + f".{int(moment % 1 * 1e7):07d}+00:00"


@dataclass
class Clock:
    """The tenant's time, and this machine's, which may be wrong."""

    time: float = NOON
    local_error: float = 0.0

    def local(self) -> float:
        """This machine's time."""
        return self.time + self.local_error


@dataclass
class Item:
    """A record, since when it is listed, and when it was created as the filter knows it."""

    name: str
    created: float
    listed: float
    body: Any


@dataclass
class FakeTenant:
    """Implements the port `Tenant`.

    Each request costs `seconds` of the clock; `before` is called ahead of each.
    """

    clock: Clock
    order: str = "newest"
    zone_hours: float = 0.0
    reads: frozenset[DateFormat] = frozenset({DateFormat.US, DateFormat.ISO})
    unread: str = "refuse"
    swapped: bool = False
    page_size: int = 200
    total: Callable[[int], int | None] = field(default=lambda count: count)
    account: str = ACCOUNT
    seconds: float = 0.5
    tells_time: bool = True
    before: Callable[[int], None] = field(default=lambda _: None)

    def __post_init__(self) -> None:
        self.items: list[Item] = []
        self.requests: list[tuple[Window, DateFormat, int]] = []
        self.one_by_one = threading.Lock()
        self.notes: dict[str, Any] = {}

    def add(
        self, created: float, *, listed: float = 0.0, created_at: str | None = None, **more: Any
    ) -> str:
        """Adds a record, and returns its `Id`."""
        name = guid(len(self.items))
        shown = iso(created) if created_at is None else created_at
        body = {"AccountId": self.account, "CreatedAt": shown, "Id": name, "Type": "Signin"}
        self.items.append(Item(name, created, listed, {**body, **more}))
        return name

    def fill(self, count: int, since: float, until: float, seed: int = 1) -> list[str]:
        """Adds records at random times."""
        chance = random.Random(seed)
        times = sorted(chance.uniform(since, until) for _ in range(count))
        return [self.add(moment) for moment in times]

    @property
    def names(self) -> set[str]:
        """The ids that are listed now."""
        return {item.name for item in self._listed()}

    def now(self) -> float | None:
        """See `ports.Tenant`."""
        return self.clock.time if self.tells_time and self.requests else None

    def onwards(
        self, window: Window, date_format: DateFormat, _first: Page, _following: Window | None
    ) -> Callable[[int], Page]:
        """See `ports.Tenant`: one after the other."""
        return lambda number: self.page(window, date_format, number)

    def ask(
        self,
        window: Window,
        date_format: DateFormat,
        number: int,
        *,
        alone: bool,  # noqa: ARG002 - no page is large
    ) -> Page:
        """See `ports.Source`."""
        with self.one_by_one:
            return self.page(window, date_format, number)

    def recall(self, notes: Mapping[str, Any]) -> None:
        """See `ports.Tenant`."""
        self.notes = dict(notes)

    def glance(self, window: Window, date_format: DateFormat, number: int) -> Page:
        """See `ports.Tenant`."""
        return self.page(window, date_format, number)

    def page(self, window: Window, date_format: DateFormat, number: int) -> Page:
        """See `ports.Tenant`."""
        self.clock.time += self.seconds
        self.requests.append((window, date_format, number))
        self.before(len(self.requests))
        low = self._bound(window.start, date_format)
        high = self._bound(window.end, date_format)
        found = [
            item
            for item in self._listed()
            if (low is None or item.created >= low) and (high is None or item.created <= high)
        ]
        first = (number - 1) * self.page_size
        count = -(-len(found) // self.page_size)
        body = {
            "HasNextPage": number < count,
            "List": [item.body for item in self._sorted(found)[first : first + self.page_size]],
            "PageCount": count,
            "PageSize": self.page_size,
            "TotalItemCount": self.total(len(found)),
        }
        return read_page(body, number)

    def _listed(self) -> list[Item]:
        return [item for item in self.items if item.listed <= self.clock.time]

    def _sorted(self, items: list[Item]) -> list[Item]:
        if self.order == "shuffled":
            return sorted(items, key=lambda item: item.name)
        if self.order == "reshuffled":
            return random.Random(len(self.requests)).sample(items, len(items))
        return sorted(items, key=lambda item: item.created, reverse=self.order == "newest")

    def _bound(self, moment: int | None, date_format: DateFormat) -> float | None:
        if moment is None:
            return None
        text = date_format.text(moment)
        try:
            return self._read(text, date_format) - self.zone_hours * 3600
        except ValueError:
            if self.unread == "refuse":
                raise DatesRefusedError("dates refused", "fake tenant", "none") from None
            return None

    def _read(self, text: str, date_format: DateFormat) -> float:
        if date_format not in self.reads:
            raise ValueError(text)
        form = "%d/%m/%Y %H:%M:%S" if self.swapped else "%m/%d/%Y %H:%M:%S"
        if date_format is DateFormat.ISO:
            form = "%Y-%m-%dT%H:%M:%SZ"
        return datetime.strptime(text, form).replace(tzinfo=timezone.utc).timestamp()


class OnlyListed:
    """Implements the port `Tenant` over a list: nothing to find out, nothing to note."""

    notes: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, listed: Listed) -> None:
        self.page = self.glance = listed.page
        self.onwards = listed.onwards
        self.now = listed.now

    def recall(self, notes: Mapping[str, Any]) -> None:
        """See `ports.Tenant`."""
