"""`python -m tests.bench.memory`: the packaged input's peak RSS over a small and a large backfill.

From the tenant stand-in, which makes its pages as they are asked for: a million records would not
fit into the canned one. splunkd's stand-in parses the stream and keeps none of it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.bench import document
from tests.conftest import ROOT, build_package, find_interpreter
from tests.integration.support import site
from tests.standins.invicti_tenant import Switches

SMALL = 10_000
LARGE = 1_000_000
MOST_MORE = 10
MOST = 64
"""Targets in MB: of the large backfill above the small one, and of the process."""

NOW = "2026-06-15T12:00:00Z"
LONGEST = 7200.0


def peak_mib(package: Path, python: Path, records: int) -> float:
    """Returns the peak RSS of a backfill that delivers as many events as there are records."""
    with tempfile.TemporaryDirectory() as scratch:
        switches = Switches(records=records, now=NOW)
        with site(package, python, Path(scratch), switches) as place:
            place.splunkd.introspection()  # its process is not the one that is measured
            run = place.good_run(timeout=LONGEST, keep_events=False)
    if run.event_count != records:
        raise SystemExit(f"bench: {run.event_count} of {records} records were delivered")
    return run.peak_rss_kib / 1024


def table(small: tuple[int, float], large: tuple[int, float], machine: str) -> str:
    """Returns the text to print: for each size its records and peak RSS in MiB."""
    lines = [f"Peak RSS of a backfill, {machine}", ""]
    lines += [f"{records:>9,} records {peak:6.1f} MiB" for records, peak in (small, large)]
    more = large[1] - small[1]
    lines.append(f"more: {more:.1f} MiB; targets: at most {MOST_MORE} MB more, below {MOST} MB")
    return "\n".join(lines)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.memory", description=__doc__)
    parser.add_argument("--records", type=int, default=LARGE, help="of the large backfill")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    wanted = parser.parse_args()
    python = find_interpreter("3.13") or Path(sys.executable)
    with tempfile.TemporaryDirectory() as built:
        build_package(ROOT, Path(built))
        package = next(Path(built).glob("*.tar.gz"))
        small, large = (
            (records, peak_mib(package, python, records)) for records in (SMALL, wanted.records)
        )
    text = table(small, large, f"CPython {python.resolve().parent.parent.name}")
    print(text)
    if wanted.write:
        document.write("memory", text)


if __name__ == "__main__":
    main()
