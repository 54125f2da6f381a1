"""A run that is killed or stopped while it sends: nothing lost, at most a batch doubled a kill."""

from __future__ import annotations

import os
import random
from pathlib import Path
from signal import SIGTERM

from tests.integration.hec_support import HecSite, arrived, hec_site
from tests.integration.support import INPUT, PAGE
from tests.standins.hec import HecServer, HecSwitches
from tests.standins.hec.switches import TOKEN
from tests.standins.invicti_tenant import Switches
from tests.standins.splunkd import StopWhen

KILLS = 50
STOPS = 15
STARTUP_SECONDS = 0.6
"""About what a process needs before its first request."""


def _random(interpreter: Path) -> random.Random:
    """A new seed each time, printed; KILL_SEED=<seed> repeats one."""
    seed = int(os.environ.get("KILL_SEED") or random.randrange(1 << 32))
    print(f"KILL_SEED={seed} with {interpreter}")
    return random.Random(seed)


class _Runs:
    """Runs that are ended from outside, at a random moment or right when a batch was taken.

    Args:
        place: With a HEC target.
        receiver: Of that target.
        chance: Of the points.
        signal: `kill` or `terminate`.
    """

    def __init__(
        self, place: HecSite, receiver: HecServer, chance: random.Random, signal: str
    ) -> None:
        self._place = place
        self._receiver = receiver
        self._chance = chance
        self._signal = signal
        self.ended = 0

    @property
    def doubles(self) -> int:
        """Events that arrived before."""
        return sum(times - 1 for times in arrived(self._receiver).values())

    def next(self) -> None:
        """Adds records, and ends the run that collects them."""
        self._place.tenant.grow(self._chance.randint(1, 3 * PAGE))
        splunkd = self._place.place.splunkd
        after: dict[str, float] = {}
        at = self._chance.randint(1, 3)
        if self._chance.random() < 0.5:
            after[f"{self._signal}_after_seconds"] = self._chance.uniform(0, 2 * STARTUP_SECONDS)
            at = 0
        self._receiver.collector.set()
        process = splunkd.start_input(INPUT, stop=StopWhen(**after))  # type: ignore[arg-type]
        end = getattr(process, self._signal)
        self._receiver.collector.on_taken = lambda number: end() if number == at else None
        run = self._place.place.finish(process)
        self._receiver.collector.on_taken = lambda _number: None
        assert run.event_count == 0
        if self._signal == "kill":
            self.ended += run.exit_code < 0
        else:
            # Before the add-on has begun to listen, the signal ends the interpreter itself.
            assert run.exit_code in (0, -SIGTERM)
            assert run.stderr == ""
            self.ended += 1


def test_killed_at_random_points(package: Path, interpreter: Path, tmp_path: Path) -> None:
    server = HecServer(HecSwitches(token=TOKEN))
    with (
        hec_site(package, interpreter, tmp_path, Switches(records=2_000)) as place,
        server as receiver,
    ):
        place.point_to(receiver.url, TOKEN)
        runs = _Runs(place, receiver, _random(interpreter), "kill")
        while runs.ended < KILLS:
            runs.next()
            # Kills in a row each leave a page that is not saved; one later run doubles them all.
            assert runs.doubles <= runs.ended * PAGE
        place.good_run()
        assert arrived(receiver).keys() == place.tenant.ids()
        print(f"{runs.ended} kills, {runs.doubles} doubles")
        texts = {taken.event["event"] for taken in receiver.collector.taken}
        assert len(texts) == len(arrived(receiver))


def test_stopped_at_random_points_doubles_nothing(
    package: Path, interpreter: Path, tmp_path: Path
) -> None:
    switches = HecSwitches(token=TOKEN, use_ack=True, ack_after_polls=3)
    server = HecServer(switches)
    with (
        hec_site(package, interpreter, tmp_path, Switches(records=2_000)) as place,
        server as receiver,
    ):
        place.point_to(receiver.url, TOKEN, use_ack="1")
        runs = _Runs(place, receiver, _random(interpreter), "terminate")
        for _ in range(STOPS):
            runs.next()
        place.good_run()
        place.check_each_once(arrived(receiver))
        assert place.log.count("action=stopped") > 0
