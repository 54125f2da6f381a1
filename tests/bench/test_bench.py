"""The benchmark itself is right: it counts what happened, and refuses what is not the whole list.

No figure of time or memory is asserted: those are for people to read, on a quiet machine.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.bench import collected, document
from tests.bench.arena import opened
from tests.bench.canned import CannedTenant
from tests.bench.contestants import BenchError
from tests.bench.measuring import Figures, Lap, measure
from tests.bench.table import Setting, table
from tests.bench.targets import StartUp, targets
from tests.standins.splunkd import Run

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDS = 1_000
PAGES = 5
PEERS = ("(a) vendor's loop, splunklib", "(b) solnlib, batches of 200", "(c) floor")


class Outcome:
    """A short comparison: the figures, the text and the log of the packaged input."""

    def __init__(self, figures: list[Figures], start_up: StartUp, text: str, log: str) -> None:
        self.figures = figures
        self.start_up = start_up
        self.text = text
        self.log = log


@pytest.fixture(scope="module")
def outcome(package: Path) -> Outcome:
    with opened(package, Path(sys.executable), RECORDS) as arena:
        figures = arena.compare(1)
        text, log = table(figures, arena.setting()), arena.splunkd.log_text()
        return Outcome(figures, arena.start_up(2), text, log)


def test_each_contestant_delivers_all_records_in_every_round(outcome: Outcome) -> None:
    # `measure` raises otherwise; see the tests of that below.
    assert [(each.records, len(each.laps)) for each in outcome.figures] == [(RECORDS, 1)] * 4


def test_the_peers_read_the_list_once_and_an_idle_run_asks_once(outcome: Outcome) -> None:
    laps = [each.laps[0] for each in outcome.figures]
    assert [lap.requests for lap in laps[1:]] == [PAGES] * 3
    assert [lap.idle_requests for lap in laps] == [1] * 4


def test_requests_of_ours_are_counted_as_it_counts_them_itself(outcome: Outcome) -> None:
    logged = re.findall(r"action=ended events=(\d+) excluded=0 requests=(\d+)", outcome.log)
    lap = outcome.figures[0].laps[0]
    assert logged[-2:] == [(str(RECORDS), str(lap.requests)), ("0", "1")]
    assert lap.requests > PAGES


def test_ours_saves_on_every_page_and_the_peers_never(outcome: Outcome) -> None:
    saves = [each.laps[0].saves for each in outcome.figures]
    assert saves[0] >= PAGES
    assert saves[1:] == [0, 0, 0]


def test_what_is_measured_is_replayed(outcome: Outcome) -> None:
    assert [each.laps[0].recorded for each in outcome.figures] == [0] * 4


def test_idle_polls_and_bare_imports_take_turns(outcome: Outcome) -> None:
    assert [len(cpu) for cpu in outcome.start_up] == [2, 2]
    assert min(map(min, outcome.start_up)) > 0
    lines = targets(outcome.figures, outcome.start_up).splitlines()
    assert [line.rpartition(": ")[2] for line in lines] == [
        *(f"at least {least}" for least in (3.0, 1.5, 0.6)),
        "at most 1.3",
    ]


def test_table_has_ratios_first_then_figures_and_their_circumstances(outcome: Outcome) -> None:
    head, ratios, absolutes, notes = outcome.text.split("\n\n")
    assert head.startswith("Backfill of 1,000 records")
    assert "Python 3." in head
    assert " cores" in head
    for peer, line in zip(PEERS, ratios.splitlines()[1:]):
        assert line.startswith(peer)
        assert len(re.findall(r"\d+\.\d\d x \(\d+\.\d\d-\d+\.\d\d\)", line)) == 4
    rows = absolutes.splitlines()
    assert rows[1].startswith("ours ")
    assert len(rows) == 5
    assert "exactly the tenant's 1,000 Ids, none twice" in notes
    assert " 0 answers were not replays" in " ".join(notes.split())


class Scripted:
    """A contestant that delivers what it is told to."""

    name = "scripted"

    def __init__(self, ids: list[str]) -> None:
        self._ids = ids
        self._delivered: list[str] = []

    def backfill(self) -> Run:
        """See `Contestant`."""
        self._delivered = self._ids
        return Run()

    def idle(self) -> Run:
        """See `Contestant`."""
        self._delivered = []
        return Run()

    def ids(self, run: Run) -> list[str]:
        """See `Contestant`."""
        del run
        return self._delivered


@pytest.fixture
def tenant() -> Iterator[CannedTenant]:
    with CannedTenant(10) as canned:
        yield canned


def test_contestant_that_delivers_all_passes(tenant: CannedTenant) -> None:
    (figures,) = measure([Scripted(sorted(tenant.ids()))], tenant, 3)
    assert (figures.records, len(figures.laps)) == (10, 3)


def test_contestant_that_loses_doubles_or_invents_fails_the_benchmark(tenant: CannedTenant) -> None:
    ids = sorted(tenant.ids())
    with pytest.raises(BenchError, match="of 10 records 1 are missing, 0 are unknown, 0 are doub"):
        measure([Scripted(ids[1:])], tenant, 1)
    with pytest.raises(BenchError, match="0 are missing, 0 are unknown, 1 are doubled"):
        measure([Scripted([*ids, ids[0]])], tenant, 1)
    with pytest.raises(BenchError, match="0 are missing, 1 are unknown, 0 are doubled"):
        measure([Scripted([*ids, "f" * 32])], tenant, 1)


def test_ids_are_read_from_streams_and_from_pages() -> None:
    event = '<event stanza="a"><data>{"Id":"AB-CD"}</data></event>'
    stream = f"<stream>{event}</stream>"
    assert collected.ids_of_stream(stream + stream, ("stanza",)) == ["abcd", "abcd"]
    assert collected.ids_of_lines('{"List":[{"Id":"A-B"}]}\n{"List":[]}\n') == ["ab"]
    with pytest.raises(ValueError, match="not an event stream"):
        collected.ids_of_stream("<stream>" + event, ("stanza",))


def test_ratios_are_taken_within_a_round() -> None:
    def figures(name: str, seconds: list[float]) -> Figures:
        laps = [Lap(each + 1, each + 1, 1024, 5, 0, 0.1, 1.0, 1.0, 1, 0) for each in seconds]
        return Figures(name, 100, laps)

    text = table(
        [figures("ours", [1.0, 10.0, 4.0]), figures("peer", [2.0, 20.0, 4.0])],
        Setting("a machine", 500.0, 10_000.0, 1.0),
    )
    assert "2.00 x (1.00-2.00)" in text
    assert re.search(r"^ours +25 +40000\.0 +1\.0 +5 +1\.00 +1\.00$", text, re.MULTILINE)


def test_a_table_takes_the_place_of_the_one_before_and_of_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n<!-- begin y -->\n<!-- end y -->\n"
    )
    for text in ("1 \\1", "2 \\g<0>"):
        document.write("x", text, page)
    x = "<!-- begin x -->\n```\n2 \\g<0>\n```\n<!-- end x -->"
    assert page.read_text() == f"a\n{x}\nb\n<!-- begin y -->\n<!-- end y -->\n"
    with pytest.raises(ValueError, match="no block z"):
        document.write("z", "", page)


@pytest.mark.parametrize("name", ["backfill", "hec", "memory"])
def test_the_page_has_a_place_for_each_table(name: str, tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(document.DOCUMENT.read_text("utf-8"), "utf-8")
    document.write(name, "figures", page)
    assert f"<!-- begin {name} -->\n```\nfigures\n```\n" in page.read_text("utf-8")
