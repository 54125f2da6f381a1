"""Runs the searches of a dashboard: each base search once, whatever is chained to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.knowledge.spl.events import Event
from tests.knowledge.spl.running import Result, _Searching, _shown
from tests.knowledge.spl.table import Table
from tests.knowledge.spl.text import expanded


class Chains:
    """Searches over the same events at the same time.

    Args:
        app_folder: The unpacked package, or the working tree.
        events: What lies in the indexes.
        now: The time of the searches, in seconds since the epoch.
    """

    def __init__(self, app_folder: Path, events: list[Event], now: float) -> None:
        self._app_folder, self._events, self._now = app_folder, events, now
        self._found: dict[tuple[tuple[str, ...], str, str], Table] = {}

    def run(self, searches: Sequence[str], earliest: str, latest: str) -> Result:
        """Run the last of a chain of searches.

        Args:
            searches: The base search and what is chained to it, without tokens.
            earliest: From when on, such as `-24h@h`; `0` for all time.
            latest: Until when, not included.

        Raises:
            UnknownConstructError: where a search holds what the evaluator does not know.
        """
        table = self._table(tuple(searches), earliest, latest)
        return Result(table.fields, [_shown(row) for row in table.rows])

    def _table(self, searches: tuple[str, ...], earliest: str, latest: str) -> Table:
        key = searches, earliest, latest
        if key not in self._found:
            piped = self._table(searches[:-1], earliest, latest) if searches[1:] else None
            searching = _Searching(self._app_folder, self._events, self._now, earliest, latest)
            self._found[key] = searching.run(expanded(self._app_folder, searches[-1]), piped)
        return self._found[key]
