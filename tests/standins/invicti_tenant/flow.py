"""Identity and time of the records of a seeded history, each a pure function of (seed, number).

Records are numbered from 0, the oldest. Numbers from GROWN on belong to records that were added
while the tenant runs. Nothing is stored: ten million records cost as much as ten.
"""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

from .activity import amount_until, moment_of
from .clock import TICKS
from .dice import Dice, scramble, unscramble

GROWN = 1 << 50
OWN_EVERY = 50  # one record in so many is the API user's own
_GROUP = 8


class Flow:
    """The times of `count` records from `start` to `end` (ticks); `endless` ones go on."""

    def __init__(
        self, seed: int, count: int, start: int, end: int, *, endless: bool = False
    ) -> None:
        self.seed, self.count, self.start, self.end = seed, count, start, end
        self.limit = GROWN if endless else count
        self._endless = endless
        self._first = amount_until(start / TICKS)
        self._per_record = (amount_until(end / TICKS) - self._first) / max(1, count)
        self.own = lru_cache(maxsize=4096)(self._own)
        self._group = lru_cache(maxsize=4096)(self._times_of_group)

    def created(self, number: int) -> int:
        """When record `number` was created; never falls as the number rises."""
        group, place = divmod(number, _GROUP)
        return self._group(group)[place]

    def _moment(self, position: float) -> int:
        ticks = int(moment_of(self._first + position * self._per_record) * TICKS)
        ticks = max(self.start, ticks)
        return ticks if self._endless else min(self.end, ticks)

    def _times_of_group(self, group: int) -> tuple[int, ...]:
        """Eight records: spread out, or (one in six) a burst in seconds with equal times."""
        dice = Dice(self.seed, "time", group)
        first = group * _GROUP
        if dice.below(6):
            return tuple(self._moment(first + i + dice.fraction()) for i in range(_GROUP))
        begin, latest = self._moment(first + dice.fraction()), self._moment(first + 1)
        after, times = 0, []
        for _ in range(_GROUP):
            after += dice.below(2) * dice.below(TICKS)
            times.append(min(latest, begin + after))
        return tuple(times)

    def count_until(self, ticks: int) -> int:
        """How many records were created at or before a moment."""
        if ticks < self.start:
            return 0
        position = int((amount_until(ticks / TICKS) - self._first) / max(self._per_record, 1e-12))
        low = min(self.limit, max(0, position - 2 * _GROUP))
        high = min(self.limit, position + 2 * _GROUP)
        while low < high:
            middle = (low + high) // 2
            if self.created(middle) <= ticks:
                low = middle + 1
            else:
                high = middle
        return low

    def is_own(self, number: int) -> bool:
        """Whether the record is the API user's own."""
        return self.own(number // OWN_EVERY) == number

    def _own(self, rank: int) -> int:
        """The number of the API user's own record of that rank."""
        return rank * OWN_EVERY + Dice(self.seed, "own", rank).below(OWN_EVERY)

    def own_below(self, number: int) -> int:
        """How many of the API user's own records have a lower number."""
        rank = number // OWN_EVERY
        return rank + (self.own(rank) < number)

    def identity(self, number: int) -> UUID:
        """The Id: unique by construction, because its low 62 bits are a bijection of the number."""
        high = Dice(self.seed, "id", number).below(1 << 60)
        high = (high >> 12) << 16 | 4 << 12 | (high & 0xFFF)
        return UUID(int=high << 64 | 2 << 62 | scramble(number ^ self._mask()))

    def number(self, identity: UUID) -> int | None:
        """The inverse of identity, or None for an Id that is not of this tenant."""
        number = unscramble(identity.int & ((1 << 62) - 1)) ^ self._mask()
        return number if self.identity(number) == identity else None

    def _mask(self) -> int:
        return self.seed * 0x9E3779B97F4A7C15 & ((1 << 62) - 1)
