"""One run of one input: how it is started, ended from outside, and what is seen of it."""

from __future__ import annotations

import threading
import time
from signal import SIGKILL, SIGTERM
from typing import Any, Callable, NamedTuple

from tests.soak.plan import KINDS, Hazard
from tests.soak.troubles import Troubles
from tests.soak.witness import SoakError
from tests.soak.world import Subject, World
from tests.standins.hec import Taken
from tests.standins.splunkd import Event, Run

_OPTIONS = {
    "kill_after_events": ("kill_after_events", 1),
    "kill_after_time": ("kill_after_seconds", 1_000),
    "stop_after_events": ("terminate_after_events", 1),
    "stop_after_time": ("terminate_after_seconds", 1_000),
}
IN_FLIGHT = 0.5
"""Seconds after which the event collector has taken what a killed process has sent."""


class Outcome(NamedTuple):
    """One run of one input.

    Attributes:
        run: As splunkd sees it.
        texts: `_raw` of its events, wherever they went.
        log: What it has logged.
    """

    run: Run
    texts: list[str]
    log: str


class Runs:
    """Runs inputs.

    Arguments:
        world: In which.
        troubles: Brings about what comes in the middle of a run.
    """

    def __init__(self, world: World, troubles: Troubles) -> None:
        self.world = world
        self._troubles = troubles
        self._read: dict[str, int] = {}
        self._taken = 0

    def run(self, subject: Subject, hazards: list[Hazard]) -> Outcome:
        """Runs an input once, under the hazards of the moment."""
        run = self.world.splunkd.run_input(subject.name, 120.0, **self._options(subject, hazards))
        path = self.world.log(subject)
        text = path.read_text("utf-8") if path.exists() else ""
        before = self._read.get(subject.name, 0)
        self._read[subject.name] = len(text)
        texts = [event.data for event in run.events]
        if subject.by_hec:
            if run.exit_code == -SIGKILL:
                time.sleep(IN_FLIGHT)
            texts += [str(taken.event["event"]) for taken in self._newly_taken()]
        return Outcome(run, texts, text[before:])

    def _newly_taken(self) -> list[Taken]:
        """What the event collector has got; only one input sends to it."""
        taken = self.world.hec.collector.taken
        fresh = taken[self._taken :]
        self._taken += len(fresh)
        return fresh

    def _options(self, subject: Subject, hazards: list[Hazard]) -> dict[str, Any]:
        options: dict[str, Any] = {}
        for hazard in hazards:
            if hazard.kind in _OPTIONS and hazard.target == subject.name:
                name, unit = _OPTIONS[hazard.kind]
                options[name] = hazard.size if unit == 1 else hazard.size / unit
            elif hazard.kind == "order_flips_while_read" and subject.name == "whole":
                options["on_event"] = self._flip_once()
        return options

    def _flip_once(self) -> Callable[[Event], None]:
        done = threading.Event()

        def flip(_event: Event) -> None:
            if not done.is_set():
                done.set()
                self._troubles.flip("order_flips_while_read")

        return flip

    def ending(self, subject: Subject, outcome: Outcome, hazards: list[Hazard]) -> str:
        """How a run ended.

        Raises:
            SoakError: when no hazard that lasts or is of the moment explains it.
        """
        run, own = outcome.run, self._own(subject, hazards)
        effects = self.world.effects
        effects["list_arrives"] += "action=list_found" in outcome.log
        killing = [kind for kind in own if kind.startswith("kill")]
        if run.exit_code == -SIGKILL and killing:
            effects[killing[0]] += 1
            return "killed"
        stopping = [kind for kind in own if kind.startswith("stop")]
        if stopping and (run.exit_code == -SIGTERM or "action=stopped" in outcome.log):
            effects[stopping[0]] += 1
            return "stopped"
        if run.exit_code == 0 and not run.stderr:
            return "waited" if "action=throttled" in outcome.log else "good"
        for kind in own:
            if KINDS[kind].said and KINDS[kind].said in run.stderr:
                effects[kind] += 1
                return "refused"
        raise SoakError(f"exit code {run.exit_code}, {run.stderr.strip() or outcome.log[-2000:]}")

    @staticmethod
    def _own(subject: Subject, hazards: list[Hazard]) -> list[str]:
        return [each.kind for each in hazards if each.target in ("", subject.name)]
