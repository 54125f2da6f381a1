"""A run that is killed or stopped at any point: nothing lost, hardly anything doubled."""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest

from tests.integration.support import INPUT, PAGE, SETTINGS, Site, collected, site
from tests.standins.invicti_tenant import Switches
from tests.standins.splunkd import InputProcess, SplunkdSwitches

RECORDS = 10_000
STARTUP_SECONDS = 0.6
"""About what a process needs before its first event, on a busy machine."""


def _random(interpreter: Path) -> random.Random:
    """A new seed each time, printed; KILL_SEED=<seed> repeats one."""
    seed = int(os.environ.get("KILL_SEED") or random.randrange(1 << 32))
    print(f"KILL_SEED={seed} with {interpreter}")
    return random.Random(seed)


def _point(chance: random.Random, verb: str) -> dict[str, Any]:
    """A random point of a run: after some event of the first pages, or after some time."""
    if chance.random() < 0.6:
        return {f"{verb}_after_events": chance.randint(1, 3 * PAGE)}
    return {f"{verb}_after_seconds": chance.uniform(0.0, 2 * STARTUP_SECONDS)}


class _Backfills:
    """Backfills of the same tenant, one input after the other, and what they have written.

    Arguments:
        place: The tenant and the Splunk.
    """

    def __init__(self, place: Site) -> None:
        self.place = place
        self.number = 0
        self.texts: list[str] = []
        self.stops = 0
        self._begin()

    def _begin(self) -> None:
        self.number += 1
        self.name = f"backfill{self.number}"
        self.place.splunkd.set_input(self.name, **SETTINGS)
        self.texts, self.stops = [], 0

    @property
    def doubles(self) -> int:
        """Events that were written before."""
        return len(self.texts) - len(set(self.texts))

    def next(self) -> None:
        """Checks a backfill that is complete, and begins another."""
        found = collected(self.texts)
        assert found.keys() == self.place.tenant.ids()
        # A double has the same Id and is the same event, byte for byte.
        assert len(set(self.texts)) == len(found)
        assert all(json.loads(text)["Id"] for text in set(self.texts))
        self._begin()


@pytest.mark.parametrize(("kv_state", "wanted"), [("ready", 50), ("disabled", 15)])
def test_killed_at_random_points(
    kv_state: str, wanted: int, interpreter: Path, package: Path, tmp_path: Path
) -> None:
    """On two Pythons, so 100 kills with progress in the KV Store and 30 with files."""
    chance = _random(interpreter)
    kills = finished = doubled = 0
    state = SplunkdSwitches(kv_state=kv_state)
    with site(package, interpreter, tmp_path, Switches(records=RECORDS), state) as place:
        backfills = _Backfills(place)
        while kills < wanted or backfills.stops:
            point = _point(chance, "kill") if kills < wanted else {}
            run = place.run(backfills.name, **point)
            backfills.texts += [event.data for event in run.events]
            assert run.exit_code in (0, -9), place.log[-3000:]
            if run.exit_code == 0:
                finished += 1
                doubled += backfills.doubles
                backfills.next()
            else:
                kills += 1
                backfills.stops += 1
            assert backfills.doubles <= PAGE * backfills.stops
        assert "log_level=ERROR" not in place.log
    print(f"{kills} kills, {finished} backfills finished, {doubled} records doubled")


def test_doubles_after_a_kill_are_at_most_one_page(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    chance = _random(interpreter)
    with site(package, interpreter, tmp_path, Switches(records=RECORDS)) as place:
        written: set[str] = set()
        doubles = []
        for _ in range(10):
            run = place.run(kill_after_events=chance.randint(1, 3 * PAGE))
            texts = [event.data for event in run.events]
            doubles.append(len(written.intersection(texts)))
            written.update(texts)
        place.good_run()

        assert max(doubles) <= PAGE, doubles
        assert collected(place.texts).keys() == place.tenant.ids()


def test_a_stop_by_splunkd_doubles_nothing(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    chance = _random(interpreter)
    stopped = 0
    with site(package, interpreter, tmp_path, Switches(records=RECORDS)) as place:
        while stopped < 25:
            run = place.run(**_point(chance, "terminate"))
            assert run.stderr == ""
            if run.exit_code == -15:  # before Python has got to our code
                assert run.event_count == 0
            else:
                assert run.exit_code == 0
            stopped += 1
            if len(place.texts) == place.tenant.count():
                place.tenant.grow(2_000)
        place.good_run()

        place.assert_complete()
        assert "log_level=ERROR" not in place.log
        assert 'action=stopped reason="splunkd asked for it"' in place.log


def test_a_stop_ends_a_wait_at_once(interpreter: Path, package: Path, tmp_path: Path) -> None:
    switches = Switches(records=RECORDS, faults="stall=60@8")
    with site(package, interpreter, tmp_path, switches) as place:
        run = place.run(terminate_after_seconds=4.0)
        assert (run.exit_code, run.stderr) == (0, "")
        assert run.seconds < 8.0

        place.server.set(faults="")
        place.good_run()
        place.assert_complete()


def _unread(place: Site) -> InputProcess:
    """A run whose events, few enough for the kernel's pipe to take them all, nobody has read."""
    place.splunkd.set(reads_nothing=True)
    process = place.splunkd.start_input(INPUT)
    while process.unread_bytes == 0:
        assert process.running, place.log
        time.sleep(0.01)
    place.splunkd.set(reads_nothing=False)
    return process


def test_what_splunkd_had_not_read_when_it_died_comes_again(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    with site(package, interpreter, tmp_path, Switches(records=20)) as place:
        process = _unread(place)
        time.sleep(1.0)
        process.crash_reader()
        run = place.finish(process)
        assert (run.exit_code, run.event_count) == (1, 0)
        assert [line.count("Broken pipe") for line in run.stderr.splitlines()] == [1]

        place.good_run()
        place.assert_complete()


def test_a_splunkd_that_pauses_is_waited_for(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    """A stop meanwhile does not break it off: what is written is either saved or comes again."""
    with site(package, interpreter, tmp_path, Switches(records=20)) as place:
        process = _unread(place)
        process.terminate()
        time.sleep(1.0)
        assert process.running
        process.read_on()
        run = place.finish(process)
        assert (run.exit_code, run.event_count, run.stderr) == (0, 20, "")

        place.good_run()
        place.assert_complete()
