"""The tenant: a clock, a history that grows, and the answers to queries. No HTTP here."""

from __future__ import annotations

import threading
from collections.abc import Container, Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime, timezone
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

from .clock import HOUR, TICKS, Clock, from_ticks, parse_moment, to_ticks
from .dates import BadDateError, read_window
from .dice import Dice
from .envelope import Page, page_numbers, wrap
from .flow import GROWN, Flow
from .layout import Layout
from .pages import PageCache, StaleCounts
from .refusal import RefusedError, invalid
from .shape import Shaper, normal
from .store import Store, View, Window
from .switches import Switches


@dataclass
class _Tally:
    """What has been done between pages so far."""

    lists: int = 0
    inserted: int = 0
    deleted: int = 0
    throws: int = 0


class Made(NamedTuple):
    """A record as the tenant's own books have it, whatever the list shows.

    Attributes:
        key: Its number in the history.
        identity: Its Id, normalised.
        created: Ticks.
        shown: From when on it can be seen, in ticks.
        type: Its `Type` as text.
        endpoint: Its `EndpointType`.
    """

    key: int
    identity: str
    created: int
    shown: int
    type: str
    endpoint: str


class Tenant:
    """One tenant behind the API; every method is safe to call from any thread."""

    def __init__(self, switches: Switches) -> None:
        start = parse_moment(switches.now) if switches.now else datetime.now(timezone.utc)
        self._lock = threading.RLock()
        self._clock = Clock(start, switches.clock_speed)
        end = to_ticks(start)
        span = int(switches.span_days * 24 * HOUR)
        self.flow = Flow(switches.seed, switches.records, end - span, end, endless=switches.growing)
        self._store = Store(self.flow, switches.late_share, switches.late_hours)
        self._switches = switches
        self._shaper = Shaper(self._store, switches)
        self._tally = _Tally()
        self._cache = PageCache()
        self._stale_counts = StaleCounts()

    # Control.

    @property
    def switches(self) -> Switches:
        """The switches in force."""
        return self._switches

    @property
    def now(self) -> datetime:
        """The tenant's time."""
        return from_ticks(self._clock.ticks)

    def advance(self, seconds: float) -> None:
        """Move the tenant's clock."""
        self._clock.advance(seconds)

    def change(self, **changes: Any) -> None:
        """Replace switches while running; those that shape the history are refused."""
        fixed = {item.name for item in fields(Switches) if item.metadata["fixed"]}
        refused = sorted(fixed & changes.keys())
        if refused:
            raise ValueError(
                f"{', '.join(refused)}: only at the start, because the history depends on it"
            )
        with self._lock:
            self._switches = replace(self._switches, **changes)
            self._shaper = Shaper(self._store, self._switches)
            self._cache.clear()
            if "clock_speed" in changes:
                self._clock.set_speed(self._switches.clock_speed)

    def grow(
        self,
        count: int,
        *,
        late_hours: float = 0.0,
        spread_seconds: float = 300.0,
        own: bool | None = None,
    ) -> list[str]:
        """Add records of the last minutes, or of `late_hours` ago, visible at once; their Ids."""
        with self._lock:
            now = self._clock.ticks
            spread = int(spread_seconds * TICKS)
            begin = now - max(int(late_hours * HOUR), spread)
            dice = [Dice(self.flow.seed, "grow", self._store.grown_count + i) for i in range(count)]
            times = sorted(begin + int(d.fraction() * spread) for d in dice)
            return [self._shaper.identity(self._store.add(t, now, own=own)) for t in times]

    def delete(
        self, what: int | Iterable[str], where: str = "newest", *, oldest: bool = False
    ) -> list[str]:
        """Remove records: of these Ids, or so many newest, oldest or random ones; their Ids."""
        with self._lock:
            keys = (
                self._choose(what, "oldest" if oldest else where)
                if isinstance(what, int)
                else map(self._key, what)
            )
            gone = []
            for key in list(keys):
                self._store.remove(key, self._clock.ticks)
                gone.append(self._shaper.identity(key))
            return gone

    def _choose(self, count: int, where: str) -> list[int]:
        layout = self._layout(Window())
        count = min(count, len(layout))
        if where == "oldest":
            return layout.keys(0, count)
        if where == "newest":
            return layout.keys(len(layout) - count, len(layout))
        ranks: set[int] = set()
        while len(ranks) < count:
            self._tally.throws += 1
            ranks.add(Dice(self.flow.seed, "delete", self._tally.throws).below(len(layout)))
        return [layout.key(rank) for rank in sorted(ranks)]

    def _key(self, identity: str) -> int:
        key = self.flow.number(UUID(normal(identity)))
        if key is None or not self._store.exists(key):
            raise KeyError(identity)
        return key

    # What the tests compare with.

    def ids(self, since: datetime | None = None) -> set[str]:
        """Ids that the API user can see now, normalised; without records that show no Id."""
        with self._lock:
            layout = self._layout(Window(low=to_ticks(since) if since else 0))
            keys = layout.keys(0, len(layout))
            hidden = {"no_id", "not_object"}
            return {
                self.flow.identity(k).hex for k in keys if self._shaper.bad_kind(k) not in hidden
            }

    def ever_ids(self) -> set[str]:
        """All Ids that there are or ever were, deleted and not yet visible ones too."""
        with self._lock:
            base = range(self.flow.count_until(self._clock.ticks))
            grown = range(GROWN, GROWN + self._store.grown_count)
            return {self.flow.identity(k).hex for r in (base, grown) for k in r}

    def made(self, known: Container[int] = ()) -> list[Made]:
        """The books: every record created so far, deleted and late ones too, but `known` keys."""
        with self._lock:
            base = range(self.flow.count_until(self._clock.ticks))
            grown = range(GROWN, GROWN + self._store.grown_count)
            return [self._entry(key) for key in chain(base, grown) if key not in known]

    def _entry(self, key: int) -> Made:
        record = self._shaper.record(key)
        times = self._store.created(key), self._store.shown(key)
        identity = self.flow.identity(key).hex
        return Made(key, identity, *times, str(record["Type"]), record["EndpointType"])

    def count(self) -> int:
        """How many records the API user can see now."""
        with self._lock:
            return len(self._layout(Window()))

    @property
    def inserted(self) -> int:
        """How many records have come between pages so far."""
        with self._lock:
            return self._tally.inserted

    def record(self, identity: str) -> dict[str, Any]:
        """A record as the API shows it; KeyError if there never was one."""
        with self._lock:
            return self._shaper.record(self._key(identity))

    # Answers.

    def _layout(
        self, window: Window, *, order: str = "oldest", shuffle: int = 0, ago: float = 0.0
    ) -> Layout:
        as_of = self._clock.ticks - int(ago * TICKS)
        return self._store.layout(
            window, View(as_of, self._switches.own_records_only, order, shuffle)
        )

    def page(self, query: dict[str, str]) -> Page:
        """The page that a list request asks for."""
        with self._lock:
            switches = self._switches
            number, size = page_numbers(query, switches)
            window = _window(query, switches)
            self._tally.lists += 1
            layout = self._layout(window, order=switches.order, shuffle=self._shuffle())
            total = self._total(window, len(layout))
            if switches.page_beyond_end == "last":
                number = min(number, max(1, -(-len(layout) // size)))
            keys = layout.keys((number - 1) * size, number * size)
            if not keys and number > 1 and switches.page_beyond_end == "not_found":
                raise RefusedError(404, {"Message": "The page does not exist."})
            items = self._cache.get(tuple(keys), self._shaper)
            page = wrap(items, number, size, len(layout), total, switches)
            self._between_pages()
            return page

    def _shuffle(self) -> int:
        switches = self._switches
        if switches.order != "reshuffled":
            return switches.seed
        return switches.seed * 1_000_003 + self._tally.lists

    def export_keys(self, query: dict[str, str], number: int, size: int) -> list[int]:
        """Keys of the records on a page of the export."""
        with self._lock:
            switches = self._switches
            self._tally.lists += 1
            layout = self._layout(
                _window(query, switches), order=switches.order, shuffle=self._shuffle()
            )
            first, last = (number - 1) * size, number * size
            if not switches.csv_pages:
                first, last = 0, len(layout)
            keys = layout.keys(first, last)
            self._between_pages()
            return keys

    def record_of(self, key: int) -> dict[str, Any]:
        """The record of a key as the API shows it."""
        with self._lock:
            return self._shaper.record(key)

    def visible_keys(self) -> list[int]:
        """Keys of the records that the API user can see now."""
        with self._lock:
            layout = self._layout(Window())
            return layout.keys(0, len(layout))

    def created(self, key: int) -> int:
        """When the record of a key was created."""
        return self._store.created(key)

    def _total(self, window: Window, actual: int) -> int:
        """TotalItemCount, an old one when it is stale."""
        switches = self._switches
        if switches.total_item_count != "stale":
            return actual
        if switches.total_stale_seconds:
            actual = len(self._layout(window, ago=switches.total_stale_seconds))
        return self._stale_counts.count(window, actual, switches.total_stale_every)

    def _between_pages(self) -> None:
        """Insert and delete after every k-th list request: pages shift (invicti-api.md 1.6)."""
        switches, tally = self._switches, self._tally
        if switches.insert_every and tally.lists % switches.insert_every == 0:
            count = _rest(switches.insert_count, switches.insert_max, tally.inserted)
            tally.inserted += len(self.grow(count, late_hours=switches.insert_late_hours))
        if switches.delete_every and tally.lists % switches.delete_every == 0:
            count = _rest(switches.delete_count, switches.delete_max, tally.deleted)
            tally.deleted += len(self.delete(count, switches.delete_where))


def _rest(count: int, maximum: int, done: int) -> int:
    return count if not maximum else max(0, min(count, maximum - done))


def _window(query: dict[str, str], switches: Switches) -> Window:
    try:
        return read_window(query.get("startdate", ""), query.get("enddate", ""), switches)
    except BadDateError as error:
        name, text = error.args
        raise invalid(name, f"The value '{text}' is not valid for Nullable`1.") from error
