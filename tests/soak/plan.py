"""What befalls the inputs, and when: a plan that follows from the days and a seed. No I/O here."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

HOURS = (0, 6, 8, 12, 16, 18)
"""The hours of a day at which inputs are polled, 20 minutes past."""

ALL_POLL = (0, 12)
"""Hours at which every tenant is read: trouble is sure to strike."""

_SURE = ((0, 0), (1, 0))
"""Moments at which only one run is disturbed, so that one kill and one stop are sure to hit."""


class Kind(NamedTuple):
    """A way to disturb.

    Attributes:
        name: Of the hazard.
        said: What a run that fails by it says; empty = it must not fail.
        every: It comes about once in so many days; 0: just once.
        effect: What is counted as its effect.
    """

    name: str
    said: str
    every: int
    effect: str


LASTING = (
    Kind("certificate_expired", "TLS failed", 30, "runs refused"),
    Kind("authority_changed", "TLS failed", 30, "runs refused"),
    Kind("token_reset", "HTTP 401", 30, "runs refused"),
    Kind("kv_store_down", "KV Store is not ready", 18, "runs refused"),
    Kind("throttled_for_hours", "HTTP 429", 18, "runs refused"),
    Kind("forwarder_off", "", 22, "polls missed"),
)
"""From the first poll of a day to the first of the next; each needs a repair, or passes."""

STRIKING = (
    Kind("throttling_storm", "", 6, "requests throttled"),
    Kind("server_faults", "", 6, "requests spoiled"),
    Kind("list_grows_while_read", "", 6, "records inserted"),
    Kind("kv_store_loses_writes", "KV Store", 8, "runs refused"),
    Kind("order_flips_while_read", "", 6, "flips"),
)
"""During the runs of one moment; one at a time."""

PASSING = (
    Kind("order_flips", "", 6, "flips"),
    Kind("records_late_by_40_hours", "", 4, "records"),
    Kind("tenant_upgrade", "", 0, "records of new form"),
    Kind("list_arrives", "", 0, "inputs moved to the list"),
)
"""Between polls."""

_NOT_BEFORE = {"tenant_upgrade": 3, "list_arrives": 2}
"""What comes just once does so when this part of the days is over."""

ENDING = (
    Kind("kill_after_events", "", 4, "runs killed"),
    Kind("kill_after_time", "", 4, "runs killed"),
    Kind("stop_after_events", "", 10, "runs stopped"),
    Kind("stop_after_time", "", 10, "runs stopped"),
)
"""One input's run is ended from outside, whatever else happens."""

CHANCY = frozenset({"kill_after_time", "stop_after_time"})
"""Hazards that may come too late: how long a run takes depends on the machine."""

KINDS = {kind.name: kind for kind in (*LASTING, *STRIKING, *PASSING, *ENDING)}


class Hazard(NamedTuple):
    """One disturbance.

    Attributes:
        day: Counted from 0.
        hour: One of `HOURS`.
        kind: A name of `KINDS`.
        target: The input, where only one is meant.
        size: How much: days, events, milliseconds, records, or a number to choose by.
    """

    day: int
    hour: int
    kind: str
    target: str
    size: int

    def __str__(self) -> str:
        return f"{self.kind}({' '.join(filter(None, (self.target, str(self.size))))})"


class Plan:
    """All hazards of a soak.

    Arguments:
        days: How long it lasts; 10 or more.
        seed: The same one gives the same plan.
        inputs: Name of each input: hours at which it polls.
        sends: Inputs whose events do not come by the stream.
    """

    def __init__(
        self, days: int, seed: int, inputs: dict[str, tuple[int, ...]], sends: frozenset[str]
    ) -> None:
        if days < 10:
            raise ValueError("a soak needs 10 days or more: each hazard of a day has its own")
        self.days = days
        self.seed = seed
        self._inputs = inputs
        self._first = next(iter(inputs))
        self._sends = sends
        self._chance = random.Random(seed)
        self.hazards = sorted(
            [*(lasting := list(self._lasting())), *self._of_moments(self._free(lasting))]
        )

    def at(self, day: int, hour: int) -> list[Hazard]:
        """What comes at a moment."""
        return [hazard for hazard in self.hazards if (hazard.day, hazard.hour) == (day, hour)]

    def _times(self, kind: Kind) -> int:
        return max(1, self.days // kind.every) if kind.every else 1

    def _lasting(self) -> Iterator[Hazard]:
        """Day 0 and 1 are the backfill's; after the last day all must be well again."""
        days = list(range(2, self.days - 1))
        self._chance.shuffle(days)
        for kind in LASTING:
            for _ in range(self._times(kind)):
                day = days.pop()
                size = 1
                while kind.name == "forwarder_off" and size < 4 and day + size in days:
                    if self.days < 30 or self._chance.random() < 0.3:
                        break
                    days.remove(day + size)
                    size += 1
                yield Hazard(day, 0, kind.name, "", size)

    def _free(self, lasting: list[Hazard]) -> list[int]:
        taken = {hazard.day + more for hazard in lasting for more in range(hazard.size)}
        return [day for day in range(self.days) if day not in taken]

    def _of_moments(self, days: list[int]) -> Iterator[Hazard]:
        chance = self._chance
        slots = [(day, hour) for day in days for hour in ALL_POLL if (day, hour) not in _SURE]
        chance.shuffle(slots)
        flips = set()
        for kind in STRIKING:
            for _ in range(self._times(kind)):
                flips.add(slots[-1] if kind.name == "order_flips_while_read" else None)
                yield Hazard(*slots.pop(), kind.name, "", chance.randint(2, 8))
        for kind in PASSING:
            for _ in range(self._times(kind)):
                over = self.days // _NOT_BEFORE.get(kind.name, 1)
                late = [day for day in days if day >= over]
                day = late[0] if late else chance.choice(days[1:])
                yield Hazard(day, chance.choice(HOURS), kind.name, "", chance.randint(5, 30))
        # Sure to strike: thousands of records are to be read then, and dozens the day after.
        yield Hazard(*_SURE[0], "kill_after_events", self._first, chance.randint(1, 600))
        yield Hazard(*_SURE[1], "stop_after_events", self._first, chance.randint(1, 5))
        for kind in ENDING:
            for _ in range(self._times(kind)):
                ending = self._ending(kind.name, days)
                if (ending.day, ending.hour) not in {*flips, *_SURE}:
                    yield ending

    def _ending(self, kind: str, days: list[int]) -> Hazard:
        by_events = kind.endswith("events")
        names = [name for name in self._inputs if not (by_events and name in self._sends)]
        target = self._chance.choice(names)
        size = self._chance.randint(1, 20) if by_events else self._chance.randint(100, 1_200)
        hour = self._chance.choice(self._inputs[target])
        return Hazard(self._chance.choice(days), hour, kind, target, size)
