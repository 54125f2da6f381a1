"""`python -m tests.bench`: what `make bench` runs."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import document
from tests.bench.arena import opened
from tests.bench.contestants import BenchError
from tests.bench.table import table
from tests.bench.targets import targets
from tests.conftest import ROOT, build_package, find_interpreter

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFERRED = "3.13"
"""The Python of the Splunk releases that new installations get."""


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m tests.bench",
        description="Compares the packaged input with its peers on a backfill from canned pages.",
    )
    parser.add_argument("--records", type=_count, default=100_000, help="size of the history")
    parser.add_argument("--rounds", type=_count, default=3, help="how often each is measured")
    parser.add_argument("--python", type=Path, help=f"interpreter; CPython {PREFERRED} if found")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    parser.add_argument("--package", type=Path, help="the package to measure; else it is built")
    return parser.parse_args(words)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def main(words: Sequence[str]) -> int:
    """Measures and prints.

    Returns:
        The exit code: 1 when a contestant did not deliver every record exactly once.
    """
    wanted = _arguments(words)
    with tempfile.TemporaryDirectory() as built:
        package = wanted.package
        if package is None:
            build_package(ROOT, Path(built))
            package = next(Path(built).glob("*.tar.gz"))
        python = wanted.python or find_interpreter(PREFERRED) or Path(sys.executable)
        with opened(package, python, wanted.records) as arena:
            try:
                figures = arena.compare(wanted.rounds)
                start_up = arena.start_up(2 * wanted.rounds)
                text = table(figures, arena.setting()) + "\n\n" + targets(figures, start_up)
            except BenchError as error:
                print(f"bench: {error}", file=sys.stderr)
                return 1
    print(text)
    if wanted.write:
        document.write("backfill", text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
