"""`python -m tests.bench.memory`: the packaged input's peak RSS over a small and a large backfill.

splunkd's stand-in parses the stream and keeps none of it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import document
from tests.bench.__main__ import PREFERRED
from tests.bench.arena import machine
from tests.bench.growth import costs_of_histories
from tests.conftest import ROOT, build_package, find_interpreter

if TYPE_CHECKING:
    from tests.bench.growth import Cost

SMALL = 10_000
LARGE = 1_000_000
MOST_MORE = 10
MOST = 64
"""Targets in MB: of the large backfill above the small one, and of the process."""


def table(small: Cost, large: Cost, machine: str) -> str:
    """Returns the text to print.

    Arguments:
        small: Of a backfill.
        large: Of one with many more records.
        machine: What it was measured on.
    """
    more = _megabytes(large) - _megabytes(small)
    most = max(map(_megabytes, (small, large)))
    lines = [f"Peak RSS of a backfill, {machine}", ""]
    lines += [f"{cost.size:>9,} records {_megabytes(cost):6.1f} MB" for cost in (small, large)]
    lines += [
        f"     more          {more:6.1f} MB   target: at most {MOST_MORE}",
        f"  the most         {most:6.1f} MB   target: below {MOST}",
    ]
    return "\n".join(lines)


def _megabytes(cost: Cost) -> float:
    return cost.rss_kib * 1024 / 1e6


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.memory", description=__doc__)
    parser.add_argument("--records", type=int, default=LARGE, help="of the large backfill")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    wanted = parser.parse_args()
    python = find_interpreter(PREFERRED) or Path(sys.executable)
    with tempfile.TemporaryDirectory() as built:
        build_package(ROOT, Path(built))
        package = next(Path(built).glob("*.tar.gz"))
        small, large = costs_of_histories(package, python, (SMALL, wanted.records))
    text = table(small, large, machine(python))
    print(text)
    if wanted.write:
        document.write("memory", text)


if __name__ == "__main__":
    main()
