"""What grows with the history, and with the inputs of one machine; and what looking ahead gains.

`python -m tests.bench.growth` is what `make bench` runs: 10⁴ and 10⁵ records, 1 and 10 inputs. With
`--full` also 10⁶ records and 100 inputs, which docs/scaling.md shows and which takes long.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.bench.__main__ import PREFERRED
from tests.bench.arena import machine
from tests.bench.canned import CannedTenant
from tests.bench.contestants import BenchError
from tests.bench.table import columns
from tests.conftest import ROOT, build_package, find_interpreter
from tests.standins.splunkd import Splunkd

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HISTORIES = (10_000, 100_000)
INPUTS = (1, 10)
FULL_HISTORIES = (*HISTORIES, 1_000_000)
FULL_INPUTS = (*INPUTS, 100)
SMALL_TENANT = 500
LATENCY = 0.3
FAR_RECORDS = 50_000
LONGEST = 3 * 3600.0
COLLECTION = "storage/collections/data/"


class Cost(NamedTuple):
    """What something took.

    Attributes:
        size: Records collected, or inputs that polled.
        requests: To the tenant.
        cpu: Seconds of user and system time of the inputs' processes.
        rss_kib: The largest resident set of any of them.
        seconds: From the start of the first to the end of the last.
        kv_requests: To the KV Store.
    """

    size: int
    requests: int
    cpu: float
    rss_kib: int
    seconds: float
    kv_requests: int


class Place:
    """A splunkd with the add-on, a tenant, and inputs that collect it.

    Arguments:
        splunkd: Started.
        tenant: Started.
    """

    def __init__(self, splunkd: Splunkd, tenant: CannedTenant) -> None:
        self._splunkd = splunkd
        self._tenant = tenant

    def use(self, requests_at_once: str) -> None:
        """Sets the account's limit."""
        access = self._tenant.access
        self._splunkd.set_account("tenant", **access, requests_at_once=requests_at_once)

    def add_input(self, name: str) -> None:
        """Adds an input that has collected nothing."""
        settings = {"account": "tenant", "index": "main", "interval": "3600", "start_date": "all"}
        self._splunkd.set_input(name, **settings)

    def cost_of(self, names: Sequence[str], events: int) -> Cost:
        """Runs inputs one after the other.

        Raises:
            BenchError: when one did not end well, or all together did not write so many events.
        """
        self._splunkd.set()
        self._tenant.seen()
        began = time.perf_counter()
        runs = [self._splunkd.run_input(name, LONGEST, keep_events=False) for name in names]
        seconds = time.perf_counter() - began
        failed = [run.stderr for run in runs if run.exit_code or run.stderr]
        written = sum(run.event_count for run in runs)
        if failed or written != events:
            raise BenchError(f"{written} events instead of {events}; {len(failed)} runs failed")
        return Cost(
            len(names),
            self._tenant.seen().requests,
            sum(run.cpu_seconds for run in runs),
            max(run.peak_rss_kib for run in runs),
            seconds,
            sum(COLLECTION in line for line in self._splunkd.requests),
        )


@contextmanager
def opened(package: Path, python: Path, records: int, latency: float = 0.0) -> Iterator[Place]:
    """Starts the servers; they end with the block."""
    with ExitStack() as open_ones:
        home = Path(open_ones.enter_context(tempfile.TemporaryDirectory()))
        tenant = open_ones.enter_context(CannedTenant(records, latency))
        splunkd = open_ones.enter_context(Splunkd(package, home, python))
        place = Place(splunkd, tenant)
        place.use("")
        yield place


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Returns the b of the best `value = a * size ** b`, by least squares of the logarithms."""
    xs, ys = [math.log(size) for size in sizes], [math.log(value) for value in values]
    mid_x, mid_y = sum(xs) / len(xs), sum(ys) / len(ys)
    slope = sum((x - mid_x) * (y - mid_y) for x, y in zip(xs, ys))
    return slope / sum((x - mid_x) ** 2 for x in xs)


def costs_of_histories(package: Path, python: Path, histories: Sequence[int]) -> list[Cost]:
    """Returns what a backfill of each size costs."""
    costs = []
    for records in histories:
        with opened(package, python, records) as place:
            place.add_input("only")
            costs.append(place.cost_of(["only"], records)._replace(size=records))
    return costs


def costs_of_inputs(package: Path, python: Path, inputs: Sequence[int]) -> list[Cost]:
    """Returns what a round of polls that find nothing costs, for each number of inputs."""
    costs = []
    names: list[str] = []
    with opened(package, python, SMALL_TENANT) as place:
        for wanted in sorted(inputs):
            for number in range(len(names), wanted):
                names.append(f"input{number}")
                place.add_input(names[-1])
                place.cost_of(names[-1:], SMALL_TENANT)
            costs.append(place.cost_of(names, 0))
    return costs


def seconds_of_look_ahead(package: Path, python: Path, records: int) -> tuple[float, float]:
    """Returns how long a backfill takes one request after the other, and as shipped."""
    with opened(package, python, records, LATENCY) as place:
        seconds = []
        for at_once in ("1", ""):
            place.use(at_once)
            place.add_input(f"at_once{at_once}")
            seconds.append(place.cost_of([f"at_once{at_once}"], records).seconds)
    return seconds[0], seconds[1]


def table(title: str, costs: Sequence[Cost]) -> str:
    """Returns the table of one kind of growth, the exponents its last line."""
    head = (title, "requests", "CPU s", "peak RSS MiB", "KV Store requests", "seconds")
    rows: list[tuple[str, ...]] = [head]
    rows += [
        (
            f"{cost.size:,}",
            f"{cost.requests:,}",
            f"{cost.cpu:.2f}",
            f"{cost.rss_kib / 1024:.1f}",
            f"{cost.kv_requests:,}",
            f"{cost.seconds:.1f}",
        )
        for cost in costs
    ]
    sizes = [float(cost.size) for cost in costs]
    measured: list[list[float]] = [
        [cost.requests for cost in costs],
        [cost.cpu for cost in costs],
        [cost.rss_kib for cost in costs],
        [cost.kv_requests for cost in costs],
        [cost.seconds for cost in costs],
    ]
    rows.append(("exponent", *[f"{exponent(sizes, values):.2f}" for values in measured]))
    return columns(rows)


def main(words: Sequence[str]) -> int:
    """Measures and prints.

    Returns:
        The exit code: 1 when a run did not do its work.
    """
    parser = argparse.ArgumentParser("python -m tests.bench.growth")
    parser.add_argument("--full", action="store_true", help="10⁶ records and 100 inputs as well")
    full = parser.parse_args(words).full
    python = find_interpreter(PREFERRED) or Path(sys.executable)
    with tempfile.TemporaryDirectory() as built:
        build_package(ROOT, Path(built))
        package = next(Path(built).glob("*.tar.gz"))
        print(machine(python), flush=True)
        try:
            alone, ahead = seconds_of_look_ahead(package, python, FAR_RECORDS)
            print(
                f"\nBackfill of {FAR_RECORDS:,} records at {1000 * LATENCY:.0f} ms a page, whole "
                f"run: {alone:.1f} s one request after the other, {ahead:.1f} s as shipped: "
                f"{alone / ahead:.2f} times as fast\n",
                flush=True,
            )
            histories = FULL_HISTORIES if full else HISTORIES
            print(table("records", costs_of_histories(package, python, histories)), "\n")
            inputs = FULL_INPUTS if full else INPUTS
            print(table("idle inputs, a poll each", costs_of_inputs(package, python, inputs)))
        except BenchError as error:
            print(f"bench: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
