"""What exists at an instant: the seeded history, what was added and deleted, what is late.

Only the additions and deletions are held in memory.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass

from .clock import HOUR
from .dice import Dice
from .flow import GROWN, OWN_EVERY, Flow
from .layout import Layout, NewestFirst, OldestFirst, Shuffled, SlotOrder

FOREVER = 1 << 62


@dataclass(frozen=True)
class Window:
    """CreatedAt from `low` up to, not including, `high` (ticks)."""

    low: int = 0
    high: int = FOREVER


@dataclass(frozen=True)
class View:
    """Who looks, when, and in which order."""

    as_of: int
    own_only: bool = False
    order: str = "oldest"
    shuffle: int = 0


class Store:
    """Answers which records a window holds, in the order of a view, by bisection."""

    def __init__(self, flow: Flow, late_share: float, late_hours: float) -> None:
        self.flow = flow
        self._late_every = max(1, round(1 / late_share)) if late_share else 0
        self._late_ticks = int(late_hours * HOUR)
        self._grown: list[tuple[int, int]] = []  # (created, key), sorted
        self._grown_created: list[int] = []
        self._grown_shown: list[int] = []
        self._grown_place: list[int] = []
        self._grown_own: list[bool] = []
        self._deleted: dict[int, int] = {}

    def add(self, created: int, shown: int, *, own: bool | None = None) -> int:
        """A new record, visible from `shown` on; its key."""
        key = GROWN + len(self._grown_created)
        if own is None:
            own = Dice(self.flow.seed, "own grown", key).below(OWN_EVERY) == 0
        self._grown_created.append(created)
        self._grown_shown.append(shown)
        self._grown_place.append(self.flow.count_until(created))
        self._grown_own.append(own)
        insort(self._grown, (created, key))
        return key

    def remove(self, key: int, moment: int) -> None:
        """Delete a record."""
        self._deleted.setdefault(key, moment)

    def exists(self, key: int) -> bool:
        """Whether there is, or was, a record of that key."""
        return 0 <= key < self.flow.limit if key < GROWN else key - GROWN < len(self._grown_created)

    def created(self, key: int) -> int:
        """When a record was created."""
        return self.flow.created(key) if key < GROWN else self._grown_created[key - GROWN]

    def is_own(self, key: int) -> bool:
        """Whether a record is the API user's own."""
        return self.flow.is_own(key) if key < GROWN else self._grown_own[key - GROWN]

    @property
    def grown_count(self) -> int:
        """How many records were added while running."""
        return len(self._grown_created)

    def layout(self, window: Window, view: View) -> Layout:
        """The visible records of a window, in the order of the view."""
        flow = self.flow
        low = flow.count_until(window.low - 1)
        high = max(low, flow.count_until(min(window.high - 1, view.as_of)))
        holes = self._holes(low, high, view)
        extras = self._extras(window, view)
        if view.own_only:
            first = flow.own_below(low)
            size = flow.own_below(high) - first
            holes = [flow.own_below(key) - first for key in holes if flow.is_own(key)]
            extras = [
                (flow.own_below(place) - first, key) for place, key in extras if self.is_own(key)
            ]
            return Layout(
                _order(view, size), size, lambda rank: flow.own(first + rank), holes, extras
            )
        size = high - low
        holes = [key - low for key in holes]
        extras = [(min(size, max(0, place - low)), key) for place, key in extras]
        return Layout(_order(view, size), size, lambda rank: low + rank, holes, extras)

    def _holes(self, low: int, high: int, view: View) -> list[int]:
        """Numbers of base records that cannot be seen (any more, or yet)."""
        deleted = {
            k for k, moment in self._deleted.items() if low <= k < high and moment <= view.as_of
        }
        deleted.update(self._not_shown_yet(low, high, view.as_of))
        return sorted(deleted)

    def _not_shown_yet(self, low: int, high: int, as_of: int) -> Iterator[int]:
        if not self._late_every:
            return
        low = max(low, self.flow.count_until(as_of - self._late_ticks))
        for group in range(low // self._late_every, high // self._late_every + 1):
            key, delay = self._late(group)
            if low <= key < high and self.flow.created(key) + delay > as_of:
                yield key

    def _late(self, group: int) -> tuple[int, int]:
        """The late record among those of a group, and by how many ticks."""
        dice = Dice(self.flow.seed, "late", group)
        key = group * self._late_every + dice.below(self._late_every)
        return key, int(self._late_ticks * dice.fraction())

    def shown(self, key: int) -> int:
        """From when on a record can be seen."""
        if key >= GROWN:
            return self._grown_shown[key - GROWN]
        late, delay = self._late(key // self._late_every) if self._late_every else (-1, 0)
        return self.flow.created(key) + (delay if key == late else 0)

    def _extras(self, window: Window, view: View) -> list[tuple[int, int]]:
        """(number of base records that are not newer, key), oldest first."""
        first = bisect_left(self._grown, (window.low, 0))
        last = bisect_right(self._grown, (min(window.high - 1, view.as_of), FOREVER))
        found = []
        for _, key in self._grown[first:last]:
            gone = self._deleted.get(key)
            if self._grown_shown[key - GROWN] <= view.as_of and (gone is None or gone > view.as_of):
                found.append((self._grown_place[key - GROWN], key))
        return found


def _order(view: View, size: int) -> SlotOrder:
    if view.order == "newest":
        return NewestFirst(size)
    if view.order == "oldest":
        return OldestFirst(size)
    return Shuffled(size, view.shuffle)
