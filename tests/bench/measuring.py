"""Rounds of all contestants in turn, and the figures that come of them.

One after the other within a round, so that whatever else the machine does strikes all alike, and a
ratio of the same round says more than two best times.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Callable, NamedTuple

from tests.bench.contestants import BenchError, Ours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.canned import CannedTenant
    from tests.bench.contestants import Contestant
    from tests.standins.splunkd import Run

_SHORTEST = 1e-4
"""Seconds below which a difference of two runs is noise: tiny runs must not divide by 0."""


class Lap(NamedTuple):
    """One contestant in one round.

    Attributes:
        seconds: Of the backfill, from the process's start to its end.
        cpu: User and system seconds of its process.
        rss_kib: Its largest resident set.
        requests: API requests of the backfill.
        recorded: Of these, how many the server had not seen before; 0 in a fair round.
        server_cpu: Seconds that the tenant's process spent on answering.
        idle_seconds: Of a run that finds nothing.
        idle_cpu: Its CPU seconds.
        idle_requests: Its API requests.
        saves: Writes to the KV Store in the backfill.
    """

    seconds: float
    cpu: float
    rss_kib: int
    requests: int
    recorded: int
    server_cpu: float
    idle_seconds: float
    idle_cpu: float
    idle_requests: int
    saves: int


class Figures(NamedTuple):
    """A contestant's rounds.

    Attributes:
        name: The contestant.
        records: How many each backfill delivered.
        laps: One a round.
    """

    name: str
    records: int
    laps: list[Lap]

    def rates(self) -> list[float]:
        """Events a second in each round, start-up not counted."""
        start = self.of(lambda lap: lap.idle_seconds)
        return [self.records / max(lap.seconds - start, _SHORTEST) for lap in self.laps]

    def cpu_rates(self) -> list[float]:
        """Events a CPU second in each round, start-up not counted."""
        start = self.of(lambda lap: lap.idle_cpu)
        return [self.records / max(lap.cpu - start, _SHORTEST) for lap in self.laps]

    def rss(self) -> list[float]:
        """Peak RSS in MiB in each round."""
        return [lap.rss_kib / 1024 for lap in self.laps]

    def of(self, value: Callable[[Lap], float]) -> float:
        """The median of something over the rounds."""
        return median(map(value, self.laps))


def measure(contestants: Sequence[Contestant], tenant: CannedTenant, rounds: int) -> list[Figures]:
    """Runs all contestants, once to record the pages and warm up, then `rounds` times.

    Arguments:
        contestants: In the order to run them.
        tenant: Where records come from.
        rounds: How many times each is measured.

    Raises:
        BenchError: when one did not deliver every record exactly once.
    """
    ids = tenant.ids()
    for contestant in contestants:
        _lap(contestant, tenant, ids)
    laps = [[_lap(each, tenant, ids) for each in contestants] for _ in range(rounds)]
    return [
        Figures(contestant.name, len(ids), list(of_one))
        for contestant, of_one in zip(contestants, zip(*laps))
    ]


def _lap(contestant: Contestant, tenant: CannedTenant, ids: set[str]) -> Lap:
    tenant.seen()
    run = contestant.backfill()
    seen = tenant.seen()
    saves = contestant.saves if isinstance(contestant, Ours) else 0
    _check(contestant, run, ids)
    idle = contestant.idle()
    _check(contestant, idle, set())
    return Lap(
        run.seconds,
        run.cpu_seconds,
        run.peak_rss_kib,
        seen.requests,
        seen.recorded,
        seen.cpu_seconds,
        idle.seconds,
        idle.cpu_seconds,
        tenant.seen().requests,
        saves,
    )


def _check(contestant: Contestant, run: Run, expected: set[str]) -> None:
    delivered = contestant.ids(run)
    distinct = set(delivered)
    if distinct != expected or len(delivered) != len(distinct):
        missing, unknown = len(expected - distinct), len(distinct - expected)
        raise BenchError(
            f"{contestant.name}: of {len(expected)} records {missing} are missing, {unknown} are "
            f"unknown, {len(delivered) - len(distinct)} are doubled"
        )
