"""Randomness as a pure function of a seed and a path, so that nothing has to be remembered."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_MASK = (1 << 62) - 1
_FIRST, _SECOND = 0x1F58476D1CE4E5B9, 0x14D049BB133111EB
_FIRST_BACK, _SECOND_BACK = pow(_FIRST, -1, 1 << 62), pow(_SECOND, -1, 1 << 62)


class Dice:
    """A pool of 512 bits for one purpose: the same seed and path give the same throws."""

    __slots__ = ("_pool",)

    def __init__(self, seed: int, purpose: str, number: int = 0) -> None:
        text = f"{seed}|{purpose}|{number}".encode()
        self._pool = int.from_bytes(hashlib.blake2b(text).digest(), "big")

    def below(self, limit: int) -> int:
        """A whole number from 0 to limit - 1."""
        self._pool, result = divmod(self._pool, limit)
        return result

    def fraction(self) -> float:
        """A number from 0 up to, not including, 1."""
        return self.below(1 << 30) / (1 << 30)

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.below(1 << 20) < probability * (1 << 20)

    def pick(self, things: Sequence[T]) -> T:
        """One of the things, all equally likely."""
        return things[self.below(len(things))]


def scramble(number: int) -> int:
    """A bijection of the whole numbers below 2**62: unique in, unique out."""
    number = (number * _FIRST) & _MASK
    number ^= number >> 31
    number = (number * _SECOND) & _MASK
    return number ^ (number >> 31)


def unscramble(number: int) -> int:
    """The inverse of scramble."""
    number ^= number >> 31
    number = (number * _SECOND_BACK) & _MASK
    number ^= number >> 31
    return (number * _FIRST_BACK) & _MASK


class Permutation:
    """A pseudo-random permutation of range(size), in both directions, without a table.

    A four-round Feistel network on the next even number of bits; values that fall outside the
    range are sent through again (cycle walking), which keeps it a bijection of the range.
    """

    def __init__(self, size: int, key: int) -> None:
        self._size = size
        self._half = max(1, (max(1, size - 1).bit_length() + 1) // 2)
        self._low = (1 << self._half) - 1
        dice = Dice(key, "permutation")
        self._keys = tuple(dice.below(1 << 62) | 1 for _ in range(4))

    def _round(self, value: int, key: int) -> int:
        value = (value + 1) * key & _MASK
        value ^= value >> 29
        return (value * _SECOND >> 17) & self._low

    def forward(self, place: int) -> int:
        """Where place goes."""
        while True:
            left, right = place >> self._half, place & self._low
            for key in self._keys:
                left, right = right, left ^ self._round(right, key)
            place = left << self._half | right
            if place < self._size:
                return place

    def back(self, place: int) -> int:
        """What goes to place."""
        while True:
            left, right = place >> self._half, place & self._low
            for key in reversed(self._keys):
                left, right = right ^ self._round(left, key), left
            place = left << self._half | right
            if place < self._size:
                return place
