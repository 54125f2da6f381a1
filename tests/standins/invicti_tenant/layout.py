"""The records of one window in the order of the list, addressed by rank without listing them.

`size` base records fill slots 0..size-1; some slots are holes (deleted, not visible yet), and
extra records (added while running) stand before a slot. Every step is a bisection.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Callable, Protocol

from .dice import Dice, Permutation


class SlotOrder(Protocol):
    """Where base records and extras stand."""

    def slot(self, rank: int) -> int:
        """Slot of the base record with that rank by age."""

    def rank(self, slot: int) -> int:
        """The inverse of slot."""

    def before(self, place: int, key: int) -> int:
        """The slot before which an extra stands that is newer than `place` base records."""


@dataclass(frozen=True)
class OldestFirst:
    """Slots by age."""

    size: int

    def slot(self, rank: int) -> int:
        """As it is."""
        return rank

    def rank(self, slot: int) -> int:
        """As it is."""
        return slot

    def before(self, place: int, key: int) -> int:  # noqa: ARG002
        """After the records that are older."""
        return place


@dataclass(frozen=True)
class NewestFirst:
    """Slots by age, the newest first."""

    size: int

    def slot(self, rank: int) -> int:
        """Counted from the end."""
        return self.size - 1 - rank

    def rank(self, slot: int) -> int:
        """Counted from the end."""
        return self.size - 1 - slot

    def before(self, place: int, key: int) -> int:  # noqa: ARG002
        """Before the records that are older."""
        return self.size - place


class Shuffled:
    """An arbitrary but stable order, as a query without a sort may give."""

    def __init__(self, size: int, key: int) -> None:
        self._size, self._key = size, key
        self._permutation = Permutation(max(1, size), key)

    def slot(self, rank: int) -> int:
        """Anywhere."""
        return self._permutation.forward(rank)

    def rank(self, slot: int) -> int:
        """The inverse."""
        return self._permutation.back(slot)

    def before(self, place: int, key: int) -> int:  # noqa: ARG002
        """Anywhere."""
        return Dice(self._key, "extra", key).below(self._size + 1)


class Layout:
    """Rank in the list -> key of the record."""

    def __init__(
        self,
        order: SlotOrder,
        size: int,
        key_of: Callable[[int], int],
        holes: list[int],
        extras: list[tuple[int, int]],
    ) -> None:
        """Holes are ranks by age; extras are (place, key), oldest first."""
        self._order, self._key_of = order, key_of
        self._holes = sorted(order.slot(rank) for rank in holes)
        newest_first = isinstance(order, NewestFirst)
        placed = [
            (order.before(place, key), key)
            for place, key in (reversed(extras) if newest_first else extras)
        ]
        placed.sort(key=lambda item: item[0])
        self._extra_keys = [key for _, key in placed]
        self._extra_ranks = [s - bisect_left(self._holes, s) + i for i, (s, _) in enumerate(placed)]
        self._gaps = [slot - i for i, slot in enumerate(self._holes)]
        self._length = size - len(holes) + len(extras)

    def __len__(self) -> int:
        return self._length

    def key(self, rank: int) -> int:
        """The key of the record at that rank of the list."""
        extras = bisect_left(self._extra_ranks, rank)
        if extras < len(self._extra_ranks) and self._extra_ranks[extras] == rank:
            return self._extra_keys[extras]
        rank -= extras
        slot = rank + bisect_right(self._gaps, rank)
        return self._key_of(self._order.rank(slot))

    def keys(self, start: int, stop: int) -> list[int]:
        """The keys of a slice of the list."""
        return [self.key(rank) for rank in range(max(0, start), min(stop, self._length))]
