"""The benchmark's table: ratios first, since absolute figures tell of the machine."""

from __future__ import annotations

import textwrap
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.measuring import Figures

PAGE = 200


class Setting(NamedTuple):
    """Under which circumstances the figures came about.

    Attributes:
        machine: Python, system and cores.
        record_bytes: Size of a record in the tenant's answer.
        pages_per_second: What the tenant's process gives a client that does nothing with them.
        save_ms: What a write to the stand-in's KV Store takes a client that does nothing else.
    """

    machine: str
    record_bytes: float
    pages_per_second: float
    save_ms: float


def table(figures: Sequence[Figures], setting: Setting) -> str:
    """Returns the text to print.

    Arguments:
        figures: Ours first, then the peers.
        setting: See `Setting`.
    """
    ours, *peers = figures
    head = (
        f"Backfill of {ours.records:,} records of {setting.record_bytes:.0f} bytes from canned "
        f"pages, {len(ours.laps)} rounds in turn: median (lowest-highest)\n{setting.machine}"
    )
    return "\n\n".join([head, _ratios(ours, peers), _absolutes(figures), _notes(figures, setting)])


def _ratios(ours: Figures, peers: Sequence[Figures]) -> str:
    rows = [("ours against", "events/s", "events per CPU second", "peak RSS", "requests")]
    rows += [
        (
            peer.name,
            _times(ours.rates(), peer.rates()),
            _times(ours.cpu_rates(), peer.cpu_rates()),
            _times(ours.rss(), peer.rss()),
            _times([lap.requests for lap in ours.laps], [lap.requests for lap in peer.laps]),
        )
        for peer in peers
    ]
    return columns(rows)


def _times(ours: Sequence[float], theirs: Sequence[float]) -> str:
    ratios = [mine / other for mine, other in zip(ours, theirs)]
    return f"{median(ratios):.2f} x ({min(ratios):.2f}-{max(ratios):.2f})"


def _absolutes(figures: Sequence[Figures]) -> str:
    head = ("", "events/s", "CPU ms per 1,000 events", "peak RSS MiB", "requests", "start-up s")
    rows = [(*head, "start-up CPU s")]
    rows += [
        (
            each.name,
            f"{median(each.rates()):,.0f}",
            f"{1e6 / median(each.cpu_rates()):.1f}",
            f"{median(each.rss()):.1f}",
            f"{each.of(lambda lap: lap.requests):.0f}",
            f"{each.of(lambda lap: lap.idle_seconds):.2f}",
            f"{each.of(lambda lap: lap.idle_cpu):.2f}",
        )
        for each in figures
    ]
    return columns(rows)


def _notes(figures: Sequence[Figures], setting: Setting) -> str:
    ours = figures[0]
    laps = [lap for each in figures for lap in each.laps]
    idle = ", ".join(map(str, sorted({lap.idle_requests for lap in laps})))
    spare = setting.pages_per_second * PAGE / max(median(each.rates()) for each in figures)
    server_ms = 1000 * sum(lap.server_cpu for lap in laps) / sum(lap.requests for lap in laps)
    return _paragraphs(
        f"""Delivered: by each, in each round, exactly the tenant's {ours.records:,} Ids, none
        twice.""",
        f"""Start-up: a whole run that asks once and finds nothing (requests: {idle}). It is taken
        off events/s and CPU.""",
        f"""Requests: the whole list has {-(-ours.records // PAGE)} pages; (a), (b) and (c) read it
        without dates and remember nothing. Ours can resume, and asks for windows: a probe of the
        date format, the live days, then tiles of about 10,000 records that overlap by an hour.""",
        f"""Progress: ours wrote {ours.of(lambda lap: lap.saves):.0f} times to the KV Store, the
        others never. The stand-in takes {setting.save_ms:.2f} ms a write, which counts in the
        events/s of ours but not in its CPU.""",
        f"""Server: a bare socket gets {setting.pages_per_second:,.0f} pages/s, {spare:.1f} times
        what the fastest of these took; it spent {server_ms:.2f} ms of CPU of its own on a request,
        and {sum(lap.recorded for lap in laps)} answers were not replays.""",
    )


def _paragraphs(*texts: str) -> str:
    return "\n".join(
        textwrap.fill(" ".join(text.split()), 100, subsequent_indent="  ") for text in texts
    )


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Returns rows as a text, the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = []
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:])]
        lines.append("  ".join([first.ljust(widths[0]), *cells]).rstrip())
    return "\n".join(lines)
