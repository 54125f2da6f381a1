"""What the benchmark is to show, beside what it shows."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.measuring import Figures

BACKFILL = (3.0, 1.5, 0.6)
"""Events/s against (a), (b) and (c), at least."""

START_UP = 1.3
"""CPU of an idle poll against that of the bare imports and one request, at most."""

HEC = 0.8
"""Events/s against the same requests made by a bare loop, at least."""


class StartUp(NamedTuple):
    """CPU seconds of whole processes, in turn.

    Attributes:
        ours: Idle polls.
        bare: The imports and one request.
    """

    ours: list[float]
    bare: list[float]


def shown(name: str, ratios: Sequence[float], target: str) -> str:
    """Returns a line: what is compared, median and range of the ratios, and the target."""
    spread = f"{median(ratios):.2f} x ({min(ratios):.2f}-{max(ratios):.2f})"
    return f"{name:<54}{spread:>22}   target: {target}"


def targets(figures: Sequence[Figures], start_up: StartUp) -> str:
    """Returns the lines of a backfill and of an idle poll.

    Arguments:
        figures: Ours first, then (a), (b) and (c).
        start_up: See `StartUp`.
    """
    ours, *peers = figures
    lines = [
        shown(
            f"events/s against {peer.name}",
            [mine / other for mine, other in zip(ours.rates(), peer.rates())],
            f"at least {least}",
        )
        for peer, least in zip(peers, BACKFILL)
    ]
    ratios = [mine / other for mine, other in zip(*start_up)]
    lines.append(shown("idle poll against bare imports, CPU", ratios, f"at most {START_UP}"))
    return "\n".join(lines)
