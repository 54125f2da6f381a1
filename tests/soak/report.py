"""What a soak came to, as a table; and whether that was all that was to come."""

from __future__ import annotations

import platform

from tests.soak.life import Life, Record
from tests.soak.memory import WARM_UP, check_memory, first_and_last
from tests.soak.plan import CHANCY, KINDS
from tests.soak.witness import SoakError
from tests.soak.world import SUBJECTS


def check(life: Life) -> None:
    """Passes when memory has not grown and every hazard had an effect.

    Raises:
        SoakError: otherwise.
    """
    check_memory({name: record.memory for name, record in life.records.items()})
    effects = _effects(life)
    without = sorted(kind for kind in KINDS.keys() - CHANCY if not effects.get(kind))
    if without:
        raise SoakError(f"hazards that came to nothing: {', '.join(without)}")


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
    highest = max(peak.kib for record in records.values() for peak in record.memory)
    python = life.world.splunkd.home.interpreter.version
    title = (
        f"{days} days, {len(records)} inputs, seed {life.plan.seed}, CPython {python}, "
        f"{platform.system()}: {seconds:.0f} s, {runs} runs, peak RSS {highest / 1024:.1f} MB"
    )
    heads = (
        f"{'input':9}{'records':>9}{'runs':>6}{'good':>6}{'refused':>9}{'killed':>8}{'stopped':>9}"
        f"{'waited':>8}{'doubled':>9}{'proofs':>8}{'unproved':>10}{'retries':>9}"
        f"{'docs':>9}"
    )
    rows = [_row(subject.name, records[subject.name]) for subject in SUBJECTS]
    lines = [title, "", heads, *rows, "", "peak RSS in MB, medians of the first and last third"]
    for subject in SUBJECTS:
        for done, (first, last) in first_and_last(records[subject.name].memory).items():
            sizes = f"{first / 1024:6.1f}{last / 1024:6.1f}{last / first:6.2f}"
            lines.append(f"{subject.name:9}{done:18}{sizes}")
    lines += ["", f"{'hazard':26}{'planned':>8}  effect"]
    effects = _effects(life)
    for name, kind in KINDS.items():
        planned = sum(hazard.kind == name for hazard in life.plan.hazards)
        lines.append(f"{name:26}{planned:>8}  {effects.get(name, 0)} {kind.effect}")
    return "\n".join(lines)


def _row(name: str, record: Record) -> str:
    runs = record.runs
    counts = [runs[end] for end in ("good", "refused", "killed", "stopped", "waited")]
    docs = "{}/{}".format(*documents(record))
    return (
        f"{name:9}{len(record.witness.ids):>9}{sum(counts):>6}{counts[0]:>6}{counts[1]:>9}"
        f"{counts[2]:>8}{counts[3]:>9}{counts[4]:>8}{record.witness.doubled:>9}"
        f"{record.witness.reconciled:>8}{runs['unproved']:>10}{record.retries:>9}"
        f"{docs:>9}"
    )
