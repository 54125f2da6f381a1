"""`python -m tests.bench.hec`: events a second into a real HEC receiver, beside other ways to send.

Each contestant is a process of the same interpreter that sends the same events to a receiver of its
own, and times itself from the first event to the last answer. In each round all take their turn,
and what counts are the ratios within a round.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.bench import document
from tests.bench.targets import HEC
from tests.conftest import ROOT
from tests.receivers.installing import MissingError, tenzir_engine, tools
from tests.receivers.tenzir import TOKEN, Tenzir

SENDERS = Path(__file__).with_name("peers") / "hec_senders.py"


class Contestant(NamedTuple):
    """One way to send.

    Attributes:
        key: What `hec_senders` calls it.
        name: What the table calls it.
        share: Of the events that ours sends, since some take minutes.
    """

    key: str
    name: str
    share: float


CONTESTANTS = (
    Contestant("ours", "ours", 1.0),
    Contestant("floor", "floor: the same requests, compressed and posted in a loop", 1.0),
    Contestant("one_by_one", "a loop that posts one event a request", 0.04),
    Contestant("handler", "splunk-hec-handler 1.2.0, its defaults", 0.04),
    Contestant("forwarder", "python-splunk-logging 1.2.0, batches, its defaults", 0.2),
)


class BenchError(Exception):
    """A contestant did not deliver its events; its figures would mean nothing."""


def measure(python: Path, engine: Path, contestant: Contestant, events: int, folder: Path) -> float:
    """Events a second of one turn.

    Raises:
        BenchError: when an event is missing or there twice.
    """
    count = max(int(events * contestant.share), 200)
    with Tenzir(engine, folder) as receiver:
        order = {"port": receiver.port, "token": TOKEN, "sender": contestant.key, "events": count}
        done = subprocess.run(
            [python, str(SENDERS)],
            input=json.dumps(order),
            capture_output=True,
            text=True,
            check=False,
            env={"PYTHONPATH": str(ROOT / "bin"), "PATH": os.defpath},
        )
    if done.returncode:
        raise BenchError(f"{contestant.name}: {done.stderr.strip()}")
    numbers = [_number(event["event"]) for event in receiver.events()]
    if sorted(numbers) != list(range(count)):
        raise BenchError(f"{contestant.name}: {len(numbers)} of {count} events arrived")
    return count / float(done.stdout)


def _number(event: object) -> int:
    record = json.loads(event) if isinstance(event, str) else event
    assert isinstance(record, dict)
    return int(record["Number"])


def table(rates: dict[str, list[float]], events: int) -> str:
    """The text to print: ratios first, since absolute figures tell of the machine."""
    ours = rates["ours"]
    head = (
        f"HEC: {events:,} events of about 530 bytes to Tenzir 6.20.0 over plain http, "
        f"{len(ours)} rounds in turn: median (lowest-highest)"
    )
    lines = [head, "", "ours against".ljust(58) + "events/s".rjust(22)]
    for each in CONTESTANTS[1:]:
        ratios = [mine / other for mine, other in zip(ours, rates[each.key])]
        told = f"{median(ratios):.2f} x ({min(ratios):.2f}-{max(ratios):.2f})"
        target = f"   target: at least {HEC}" if each.key == "floor" else ""
        lines.append(each.name.ljust(58) + told.rjust(22) + target)
    lines.append("")
    lines += [
        each.name.ljust(58) + f"{median(rates[each.key]):,.0f} events/s".rjust(22)
        for each in CONTESTANTS
    ]
    return "\n".join(lines)


def main() -> int:
    """Measures and prints; 1 when a contestant did not deliver every event exactly once."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.hec", description=__doc__)
    parser.add_argument("--events", type=int, default=50_000, help="events of ours in a round")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    wanted = parser.parse_args()
    rates: dict[str, list[float]] = {each.key: [] for each in CONTESTANTS}
    try:
        engine, python = tenzir_engine(), tools() / "python"
        with tempfile.TemporaryDirectory() as scratch:
            for number in range(wanted.rounds):
                for each in CONTESTANTS:
                    folder = Path(scratch) / f"{each.key}-{number}"
                    rate = measure(python, engine, each, wanted.events, folder)
                    rates[each.key].append(rate)
    except (BenchError, MissingError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    text = table(rates, wanted.events)
    print(text)
    if wanted.write:
        document.write("hec", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
