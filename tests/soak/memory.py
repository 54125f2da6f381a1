"""What an input's runs take of memory: like is held against like, and it must not grow."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import NamedTuple

from tests.soak.witness import SoakError

WARM_UP = 2
"""Days: the backfill's runs hold larger tiles than any later one."""

LIMIT = 1.10
"""Last by first: the tenants are as busy at the end as at first, but the kernel counts whole
pages, and upgraded tenants have larger records."""

FEWEST = 2
"""Runs of a kind in each third: one alone may be off by chance."""


class Peak(NamedTuple):
    """The memory of one good run.

    Attributes:
        day: Counted from 0.
        kind: What it did: a run that fetches pages ahead takes some MiB more than a mere poll.
        kib: The process's peak RSS.
    """

    day: int
    kind: str
    kib: int


def first_and_last(peaks: Iterable[Peak]) -> dict[str, tuple[int, int]]:
    """Medians in KiB of the first and the last third of each kind's runs after the warm-up.

    Arguments:
        peaks: Of one input, in the order of time.
    """
    kinds: dict[str, list[int]] = {}
    for peak in peaks:
        if peak.day >= WARM_UP:
            kinds.setdefault(peak.kind, []).append(peak.kib)
    return {
        kind: (int(median(sizes[:part])), int(median(sizes[-part:])))
        for kind, sizes in sorted(kinds.items())
        if 2 * (part := max(FEWEST, len(sizes) // 3)) <= len(sizes)
    }


def check_memory(inputs: dict[str, list[Peak]]) -> None:
    """Passes when no kind of run has grown, and none takes more than the backfill did.

    Arguments:
        inputs: Name of each, and its runs in the order of time.

    Raises:
        SoakError: otherwise, or when there is nothing to compare.
    """
    compared = 0
    for name, peaks in inputs.items():
        for kind, (first, last) in first_and_last(peaks).items():
            compared += 1
            if last > first * LIMIT:
                raise SoakError(f"memory of {name}, {kind}, grew from {first} to {last} KiB")
    if not compared:
        raise SoakError("no good runs to compare memory by")
    backfill = max((peak.kib for peak in _all(inputs) if peak.day < WARM_UP), default=0)
    highest = max(peak.kib for peak in _all(inputs) if peak.day >= WARM_UP)
    if highest > backfill * LIMIT:
        raise SoakError(f"a run took {highest} KiB, the backfill {backfill}")


def _all(inputs: dict[str, list[Peak]]) -> list[Peak]:
    return [peak for peaks in inputs.values() for peak in peaks]
