"""Runs a search over events."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Callable, NamedTuple

from tests.knowledge import times
from tests.knowledge.spl import charting, joining, reporting, shaping
from tests.knowledge.spl.events import Event, Row, row_of
from tests.knowledge.spl.table import Context, Table, table_of
from tests.knowledge.spl.terms import Search, read_search
from tests.knowledge.spl.text import Command, commands_of, expanded, filled
from tests.knowledge.unknown import UnknownConstructError
from tests.knowledge.values import number, several, text

COMMANDS: dict[str, Callable[[Table, str, Context], Table]] = {
    "append": joining.append,
    "appendpipe": joining.appendpipe,
    "bin": shaping.bin_,
    "bucket": shaping.bin_,
    "chart": charting.chart,
    "dedup": shaping.dedup,
    "eval": shaping.evaluate,
    "eventstats": reporting.eventstats,
    "fields": shaping.fields,
    "fillnull": shaping.fillnull,
    "head": shaping.head,
    "inputlookup": joining.inputlookup,
    "lookup": joining.lookup,
    "makemv": shaping.makemv,
    "makeresults": joining.makeresults,
    "mvexpand": shaping.mvexpand,
    "rare": reporting.rare,
    "rename": shaping.rename,
    "reverse": shaping.reverse,
    "rex": shaping.rex,
    "search": shaping.search,
    "sort": shaping.sort,
    "stats": reporting.stats,
    "streamstats": reporting.streamstats,
    "table": shaping.tabulated,
    "timechart": charting.timechart,
    "top": reporting.top,
    "where": shaping.where,
}
GENERATING = ("inputlookup", "makeresults")


class Result(NamedTuple):
    """What a search returns.

    Attributes:
        fields: The names of the columns, in order.
        rows: Texts, or lists of texts, as Splunk's REST API gives them; a missing field is no key.
    """

    fields: list[str]
    rows: list[dict[str, str | list[str]]]


def run(
    app_folder: Path,
    spl: str,
    events: list[Event],
    now: float,
    *,
    earliest: str | float | None = None,
    latest: str | float | None = None,
    tokens: Mapping[str, str] | None = None,
) -> Result:
    """Run a search.

    Args:
        app_folder: The unpacked package, for macros, lookups and all other knowledge.
        spl: The search.
        events: What lies in the indexes, in any order.
        now: The time of the search, in seconds since the epoch.
        earliest: From when on, as a modifier such as `-24h@h` or an epoch time; None for all time.
            Modifiers in the search win over it.
        latest: Until when, not included; None for all time, also beyond `now`.
        tokens: Values for the tokens of a dashboard (`$name$`); None where `$` is but a character.

    Raises:
        UnknownConstructError: where the search holds what this evaluator does not know.
    """
    spl = expanded(app_folder, spl if tokens is None else filled(spl, tokens))
    searching = _Searching(app_folder, events, now, earliest, latest)
    table = searching.run(spl)
    return Result(table.fields, [_shown(row) for row in table.rows])


class _Searching:
    def __init__(
        self,
        app_folder: Path,
        events: list[Event],
        now: float,
        earliest: str | float | None,
        latest: str | float | None,
    ) -> None:
        self._app_folder, self._events, self._now = app_folder, events, now
        self._range = {"earliest": earliest, "latest": latest}

    def run(self, spl: str, piped: Table | None = None) -> Table:
        commands = commands_of(spl if piped is None else f"| {spl.strip().lstrip('|')}")
        first = commands[0]
        if piped is not None:
            return self._apply(commands, piped, self._context({}))
        if first.name in GENERATING:
            return self._apply(commands, Table(), self._context({}))
        if first.name != "search":
            raise UnknownConstructError(f"a search that begins with {first.name}")
        wanted = read_search(first.text)
        context = self._context(wanted.times)
        return self._apply(commands[1:], self._found(wanted, context), context)

    def _context(self, modifiers: Mapping[str, str]) -> Context:
        earliest = self._moment({**self._range, **modifiers}["earliest"])
        latest = self._moment({**self._range, **modifiers}["latest"])
        until = float("inf") if latest is None else latest
        return Context(self._app_folder, self._now, earliest or None, until, self.run)

    def _moment(self, modifier: str | float | None) -> float | None:
        if modifier is None or isinstance(modifier, (int, float)):
            return modifier
        return times.moment_of(modifier, self._now)

    def _found(self, wanted: Search, context: Context) -> Table:
        """The events, newest first, as a search returns them."""
        if "index" not in wanted.fields:
            raise UnknownConstructError("a search without an index: it depends on the user's role")
        first = self._moment(wanted.times.get("_index_earliest"))
        last = self._moment(wanted.times.get("_index_latest"))
        rows: list[Row] = []
        for event in sorted(self._events, key=lambda each: -each.time):
            if not (context.earliest or 0) <= event.time < context.latest:
                continue
            indexed = int(event.time if event.indexed is None else event.indexed)
            if (first or 0) <= indexed < (float("inf") if last is None else last):
                rows.append(row_of(self._app_folder, event))
        return table_of([row for row in rows if wanted.selects(row)])

    def _apply(self, commands: list[Command], table: Table, context: Context) -> Table:
        for command in commands:
            if command.name not in COMMANDS:
                raise UnknownConstructError(f"the command {command.name}")
            if command.name in GENERATING and command is not commands[0]:
                raise UnknownConstructError(f"{command.name} behind a pipe")
            table = COMMANDS[command.name](table, command.text, context)
        return table


def _shown(row: Row) -> dict[str, str | list[str]]:
    shown: dict[str, str | list[str]] = {}
    for name, value in row.items():
        moment = number(value) if name == "_time" and not isinstance(value, list) else None
        if moment is not None:
            shown[name] = times.iso(moment)
        else:
            shown[name] = several(value) if isinstance(value, list) else text(value)
    return shown
