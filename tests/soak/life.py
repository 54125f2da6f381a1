"""Day after day: hazards come, inputs run, and what they did is held against the books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from tests.soak.books import Wanted
from tests.soak.memory import Peak
from tests.soak.plan import HOURS, LASTING, Hazard, Plan
from tests.soak.rows import RowsWitness
from tests.soak.runs import Outcome, Runs
from tests.soak.troubles import Troubles
from tests.soak.witness import SoakError, Witness
from tests.soak.world import START, SUBJECTS, Subject, World

_LASTING = {kind.name for kind in LASTING}
OLDEST = 7 * 86_400
"""Seconds that ids are kept: the live window begins three days before today, a record's time may
be 36 hours off, the filter's zone may change by 26, and the day that is over counts in full."""

_QUIET_HOURS = (6, 8)
"""Polls before the tenant's `Retry-After` is over, on a day on which it is throttled for hours."""


def plan_of(days: int, seed: int) -> Plan:
    """The plan for the inputs of the soak."""
    inputs = {subject.name: subject.hours for subject in SUBJECTS}
    return Plan(days, seed, inputs, frozenset(each.name for each in SUBJECTS if each.by_hec))


@dataclass
class Record:
    """The figures of one input, for the report.

    Attributes:
        witness: What it has delivered.
        runs: How its runs ended.
        retries: Requests that were made again.
        memory: Of each good run.
        documents: Documents with ids after each day.
        well: Whether its last run was good.
    """

    witness: Witness
    runs: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    memory: list[Peak] = field(default_factory=list)
    documents: list[int] = field(default_factory=list)
    well: bool = False


class Life:
    """Lives through a plan.

    Arguments:
        world: To live in.
        plan: What happens in it.
    """

    def __init__(self, world: World, plan: Plan) -> None:
        self.world = world
        self.plan = plan
        self.records = {subject.name: Record(_witness(subject, world)) for subject in SUBJECTS}
        self._troubles = Troubles(world)
        self._lasting: list[Hazard] = []
        self._runs = Runs(world, self._troubles)

    def live(self) -> Iterator[int]:
        """Lives; yields each day that is over.

        Raises:
            SoakError: at the first promise that is broken, with day, hour and input.
        """
        for day in range(self.plan.days):
            for hour in HOURS:
                self._moment(day, hour)
            self._count_documents(day)
            yield day
        self._last_day()

    def _last_day(self) -> None:
        """All is well again; one more poll of all inputs, then every set must be equal."""
        self._moment(self.plan.days, 0)
        for subject in SUBJECTS:
            witness = self.records[subject.name].witness
            due = self.world.books[subject.tenant].due(witness.wanted)
            with self._located(f"at the end, input {subject.name}", []):
                witness.check_ids(due, due)
                witness.check_contents(self.world.tenants[subject.tenant].tenant)

    def _count_documents(self, day: int) -> None:
        """Ids are forgotten once no window can show them again."""
        told = self.world.documents()
        for name, record in self.records.items():
            ages = [self.world.now.timestamp() - until for until in told[name]]
            record.documents.append(len(ages))
            if record.well and max(ages, default=0.0) > OLDEST:
                days = max(ages) / 86_400
                raise SoakError(f"day {day}, input {name}: ids are kept for {days:.1f} days")

    # -- one moment --------------------------------------------------------------------------------

    def _moment(self, day: int, hour: int) -> None:
        self.world.move_to(START + timedelta(days=day, hours=hour))
        hazards = self.plan.at(day, hour)
        self._change_lasting(day, hazards)
        due = [subject for subject in SUBJECTS if hour in subject.hours]
        if any(hazard.kind == "forwarder_off" for hazard in self._lasting):
            self.world.effects["forwarder_off"] += len(due)
            for subject in due:
                self.records[subject.name].well = False
            return
        for hazard in hazards:
            self._troubles.begin(hazard)
        self.world.read_books()
        self.world.clear_requests()
        with ThreadPoolExecutor(len(SUBJECTS)) as pool:
            outcomes = list(pool.map(lambda subject: self._runs.run(subject, hazards), due))
        self.world.read_books()
        for subject, outcome in zip(due, outcomes):
            with self._located(f"day {day}, {hour}:20, input {subject.name}", hazards):
                self._judge(subject, outcome, hazards, day)
        self._check_silence(hour)
        self._troubles.end_of_moment(hazards)

    @contextmanager
    def _located(self, where: str, hazards: list[Hazard]) -> Iterator[None]:
        """Says of an error where it was, and what was planned there."""
        try:
            yield
        except SoakError as fault:
            planned = ", ".join(map(str, [*self._lasting, *hazards])) or "nothing"
            raise SoakError(f"{where}, planned {planned}: {fault}") from fault

    def _change_lasting(self, day: int, hazards: list[Hazard]) -> None:
        for hazard in list(self._lasting):
            if day >= hazard.day + hazard.size:
                self._troubles.repair(hazard)
                self._lasting.remove(hazard)
        self._lasting += [hazard for hazard in hazards if hazard.kind in _LASTING]

    def _check_silence(self, hour: int) -> None:
        """A tenant that has asked to be left alone is left alone."""
        throttled = any(hazard.kind == "throttled_for_hours" for hazard in self._lasting)
        if throttled and hour in _QUIET_HOURS and self.world.tenants["acme"].requests:
            raise SoakError("the tenant was asked before its Retry-After was over")

    # -- judgement ---------------------------------------------------------------------------------

    def _judge(self, subject: Subject, outcome: Outcome, hazards: list[Hazard], day: int) -> None:
        run, record = outcome.run, self.records[subject.name]
        books = self.world.books[subject.tenant]
        if run.timed_out or run.stream_error:
            raise SoakError(run.stream_error or "the run did not end")
        ended = self._runs.ending(subject, outcome, [*self._lasting, *hazards])
        record.runs[ended] += 1
        record.witness.take(outcome.texts, cut_off=ended in ("killed", "refused"))
        proved = record.witness.check_lines(outcome.log, books)
        possible = books.due(record.witness.wanted)
        settled = possible - books.fresh if ended == "good" and proved else set()
        record.witness.check_ids(settled, possible)
        record.retries += sum(
            int(part.partition("=")[2])
            for part in outcome.log.split()
            if part.startswith("retries=")
        )
        record.well = ended == "good" and proved
        if ended == "good":
            kind = self._kind(subject, outcome)
            record.memory.append(Peak(day, kind, run.peak_rss_kib))
            if not proved:
                record.runs["unproved"] += 1

    def _kind(self, subject: Subject, outcome: Outcome) -> str:
        """What a run did, as far as its memory goes by it."""
        listed = not subject.by_rows or self.world.effects["list_arrives"]
        read = "catch-ups" if "scope=backfill" in outcome.log else "polls"
        return read if listed else f"{read} of CSV"


def _witness(subject: Subject, world: World) -> Witness:
    wanted = _wanted(subject)
    tenant = world.tenants[subject.tenant].tenant
    return RowsWitness(wanted, tenant) if subject.by_rows else Witness(wanted)


def _wanted(subject: Subject) -> Wanted:
    excluded = frozenset(name.lower() for name in subject.excluded)
    return Wanted(subject.start, frozenset(subject.endpoints), excluded)
