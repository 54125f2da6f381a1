"""What a soak came to, as a table; and that memory has not grown."""

from __future__ import annotations

import platform

from tests.soak.life import Life, Record
from tests.soak.plan import CHANCY, KINDS
from tests.soak.witness import SoakError
from tests.soak.world import SUBJECTS

WARM_UP = 2
"""Days: the backfill's runs hold larger tiles than any later one."""

MEMORY_LIMIT = 1.10
"""The last days' highest peak by the first days': the tenants are as busy at the end as at first,
but single days differ (a catch-up after days of silence), and the kernel counts whole pages."""

CATCH_UP = 6 * 1024
"""KiB that a run with pages to catch up takes more than an idle one: four pages under way at once.
Allowed to a short soak alone, whose first days may have had none; ten days always have some."""


def check(life: Life) -> None:
    """Passes when memory has not grown and every hazard had an effect.

    Raises:
        SoakError: otherwise.
    """
    compared = 0
    for name, record in life.records.items():
        first, last = memory(record, life.plan.days)
        compared += bool(first and last)
        catch_up = CATCH_UP if _span(life.plan.days) < 10 else 0
        if first and last > max(first * MEMORY_LIMIT, first + catch_up):
            raise SoakError(f"memory of {name} grew from {first} to {last} KiB")
    if not compared:
        raise SoakError("no good runs to compare memory by")
    effects = _effects(life)
    without = sorted(kind for kind in KINDS.keys() - CHANCY if not effects.get(kind))
    if without:
        raise SoakError(f"hazards that came to nothing: {', '.join(without)}")


def _span(days: int) -> int:
    """Days that are compared: ten, or what a short soak has."""
    return min(10, (days - WARM_UP) // 2)


def memory(record: Record, days: int) -> tuple[int, int]:
    """Highest peaks in KiB: first days after the warm-up, last days; 0 = no good run."""
    span = _span(days)
    first = [peak for day, peak in record.memory if WARM_UP <= day < WARM_UP + span]
    last = [peak for day, peak in record.memory if day > days - span]
    return max(first, default=0), max(last, default=0)


def documents(record: Record) -> tuple[int, int]:
    """Most documents with ids in the first half after the warm-up, and in the second.

    For people to read: how many there are goes by how many pages had something new, so a list that
    grows while it is read makes many. That none is kept for long is checked each day (`life`).
    """
    half = len(record.documents) // 2
    return max(record.documents[WARM_UP:half]), max(record.documents[half:])


def _effects(life: Life) -> dict[str, int]:
    effects = {**life.world.effects}
    acme = life.world.tenants["acme"].tenant
    books = acme.made()
    effects["tenant_upgrade"] = sum("IpAddress" in acme.record(record.identity) for record in books)
    return effects


def table(life: Life, seconds: float) -> str:
    """The report.

    Arguments:
        life: That is over.
        seconds: It took.
    """
    days, records = life.plan.days, life.records
    runs = sum(
        count
        for record in records.values()
        for end, count in record.runs.items()
        if end != "unproved"
    )
    highest = max(peak for record in records.values() for _, peak in record.memory)
    python = life.world.splunkd.home.interpreter.version
    title = (
        f"{days} days, {len(records)} inputs, seed {life.plan.seed}, CPython {python}, "
        f"{platform.system()}: {seconds:.0f} s, {runs} runs, peak RSS {highest / 1024:.1f} MB"
    )
    heads = (
        f"{'input':8}{'records':>9}{'runs':>6}{'good':>6}{'refused':>9}{'killed':>8}{'stopped':>9}"
        f"{'waited':>8}{'doubled':>9}{'proofs':>8}{'unproved':>10}{'retries':>9}"
        f"{'MB first/last':>16}{'docs':>9}"
    )
    rows = [_row(subject.name, records[subject.name], days) for subject in SUBJECTS]
    lines = [title, "", heads, *rows]
    lines += ["", f"{'hazard':26}{'planned':>8}  effect"]
    effects = _effects(life)
    for name, kind in KINDS.items():
        planned = sum(hazard.kind == name for hazard in life.plan.hazards)
        lines.append(f"{name:26}{planned:>8}  {effects.get(name, 0)} {kind.effect}")
    return "\n".join(lines)


def _row(name: str, record: Record, days: int) -> str:
    runs = record.runs
    first, last = memory(record, days)
    counts = [runs[end] for end in ("good", "refused", "killed", "stopped", "waited")]
    sizes = f"{first / 1024:.1f}/{last / 1024:.1f}"
    docs = "{}/{}".format(*documents(record))
    return (
        f"{name:8}{len(record.witness.ids):>9}{sum(counts):>6}{counts[0]:>6}{counts[1]:>9}"
        f"{counts[2]:>8}{counts[3]:>9}{counts[4]:>8}{record.witness.doubled:>9}"
        f"{record.witness.reconciled:>8}{runs['unproved']:>10}{record.retries:>9}"
        f"{sizes:>16}{docs:>9}"
    )
