"""`python -m tests.soak`: what `make soak` runs."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.conftest import ROOT, build_package, find_interpreter
from tests.soak.life import Life, plan_of
from tests.soak.report import check, table
from tests.soak.witness import SoakError
from tests.soak.world import World

PREFERRED = "3.13"
"""The Python of the Splunk releases that new installations get."""


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m tests.soak",
        description="Lives through days of a tenant with six inputs and every kind of trouble.",
    )
    parser.add_argument("--days", type=int, default=90, help="10 or more; default: 90")
    parser.add_argument("--seed", type=int, help="of an earlier soak, to live through it again")
    parser.add_argument("--python", type=Path, help=f"interpreter; CPython {PREFERRED} if found")
    parser.add_argument("--package", type=Path, help="the package; else it is built")
    parser.add_argument("--plan", action="store_true", help="only print the plan")
    return parser.parse_args(words)


def main(words: Sequence[str]) -> int:
    """Lives and reports.

    Returns:
        The exit code: 1 when a promise was broken.
    """
    wanted = _arguments(words)
    seed = random.randrange(1 << 16) if wanted.seed is None else wanted.seed
    plan = plan_of(wanted.days, seed)
    print(f"{wanted.days} days, --seed {seed}, {len(plan.hazards)} hazards", flush=True)
    if wanted.plan:
        for hazard in plan.hazards:
            print(f"day {hazard.day:2} {hazard.hour:02}:20 {hazard}")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        package = wanted.package
        if package is None:
            build_package(ROOT, Path(folder) / "built")
            package = next((Path(folder) / "built").glob("*.tar.gz"))
        python = wanted.python or find_interpreter(PREFERRED) or Path(sys.executable)
        with World(package, python, Path(folder), seed) as world:
            return _live(Life(world, plan))


def _live(life: Life) -> int:
    began = time.monotonic()
    try:
        for day in life.live():
            if day % 5 == 4:
                print(f"{day + 1:3} days, {time.monotonic() - began:.0f} s", flush=True)
        print(table(life, time.monotonic() - began))
        check(life)
    except SoakError as fault:
        print(f"soak: --days {life.plan.days} --seed {life.plan.seed}: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
