"""The results that Splunk's renderer draws: of the packaged searches, by the evaluator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Callable

from tests.knowledge.dashboards.drawing import Search, Table
from tests.knowledge.dashboards.week import END
from tests.knowledge.spl import Event
from tests.knowledge.spl.chains import Chains

NOW = END.timestamp() + 240
"""Four minutes after the last run."""


def computing(app_folder: Path, events: Sequence[Event]) -> Callable[[Search], Table]:
    """Return what computes searches over events.

    Args:
        app_folder: The unpacked package, or the working tree.
        events: What lies in the indexes.
    """
    chains = Chains(app_folder, list(events), NOW)

    def compute(search: Search) -> Table:
        result = chains.run(search.queries, search.earliest, search.latest)
        columns = [[row.get(name) for row in result.rows] for name in result.fields]
        return Table(result.fields, columns)

    return compute
