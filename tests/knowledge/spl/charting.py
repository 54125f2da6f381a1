"""Commands that make charts: chart and timechart.

https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Timechart
https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Chart
"""

from __future__ import annotations

from tests.knowledge import times
from tests.knowledge.spl.aggregations import ZERO_WHEN_EMPTY, Aggregation, read_aggregations
from tests.knowledge.spl.events import Row
from tests.knowledge.spl.reporting import groups_of, names_after_by
from tests.knowledge.spl.table import Context, Table, table_of
from tests.knowledge.spl.text import Arguments
from tests.knowledge.unknown import UnknownConstructError
from tests.knowledge.values import Value, number, several

_OPTIONS = ("limit", "useother", "usenull", "otherstr", "nullstr")
_SPANS = ("1s", "5s", "10s", "30s", "1m", "5m", "10m", "30m", "1h", "1d", "1mon")
_MOST_BINS = 100


def chart(table: Table, text: str, context: Context) -> Table:
    """Return a row a value of the first field, a column a value of the second."""
    arguments = Arguments(text, *_OPTIONS)
    wanted, rows_by, columns_by = _split(arguments)
    if not rows_by:
        raise UnknownConstructError(f"chart {text} without OVER or BY")
    if not columns_by:
        groups = groups_of(table.rows, [rows_by])
        columns = {each.column: each for each in wanted}
        made: list[Row] = [
            {rows_by: name, **{c: a.value(rows, context.now) for c, a in columns.items()}}
            for (name,), rows in groups.items()
        ]
        return table_of(made, [rows_by, *columns])
    charted = [row for row in table.rows if several(row.get(rows_by))]
    series = _Series(charted, _single(wanted), columns_by, arguments, context)
    cells: list[Row] = [
        {rows_by: name, **series.cells(rows)}
        for (name,), rows in groups_of(table.rows, [rows_by]).items()
    ]
    return table_of(cells, [rows_by, *series.names])


def _split(arguments: Arguments) -> tuple[list[Aggregation], str, str]:
    before, over = arguments.before_and_after("over")
    if over:
        rest = [word for word in over if word.lower() != "by"]
    else:
        before, rest = arguments.before_and_after("by")
    names = names_after_by(rest)
    if len(names) > 2:
        raise UnknownConstructError(f"chart by {names}")
    first, second = [*names, "", ""][:2]
    return read_aggregations(before), first, second


def _single(wanted: list[Aggregation]) -> Aggregation:
    if len(wanted) != 1:
        raise UnknownConstructError("several functions split by a field")
    return wanted[0]


class _Series:
    """The columns of a chart that is split by a field.

    The ten with the largest sum of the function are shown, the others as OTHER, rows without the
    field as NULL; those two stand last.
    """

    def __init__(
        self,
        rows: list[Row],
        wanted: Aggregation,
        field: str,
        arguments: Arguments,
        context: Context,
    ) -> None:
        self._wanted, self._field, self._context = wanted, field, context
        self._other = arguments.options.get("otherstr", "OTHER")
        self._null = arguments.options.get("nullstr", "NULL")
        groups = groups_of(rows, [field])
        limit = int(arguments.options.get("limit", 10))
        ranked = sorted(groups, key=lambda group: -self._size(groups[group]))
        kept = ranked[:limit] if limit else ranked
        self._shown = [name for (name,) in groups if (name,) in kept]
        self._useother = arguments.flag("useother", "true") and len(kept) < len(ranked)
        self._usenull = arguments.flag("usenull", "true") and any(
            not several(row.get(field)) for row in rows
        )
        self.names = [
            *self._shown,
            *([self._other] if self._useother else []),
            *([self._null] if self._usenull else []),
        ]

    def _size(self, rows: list[Row]) -> float:
        return number(self._wanted.value(rows, self._context.now)) or 0

    def cells(self, rows: list[Row]) -> Row:
        """Return the values of one row of the chart."""
        members: dict[str, list[Row]] = {}
        for row in rows:
            for name in several(row.get(self._field)) or [self._null]:
                shown = name if name in self._shown or name == self._null else self._other
                members.setdefault(shown, []).append(row)
        return {name: self._value(members.get(name, [])) for name in self.names}

    def _value(self, rows: list[Row]) -> Value:
        if not rows:
            return 0 if self._wanted.name in ZERO_WHEN_EMPTY else None
        return self._wanted.value(rows, self._context.now)


def timechart(table: Table, text: str, context: Context) -> Table:
    """Return a row a span of time, also where nothing happened, over the range of the search.

    Without span=, the smallest step that gives at most 100 bins is taken; so come about the default
    spans in Splunk's table (24 hours: 30 minutes, 7 days: a day).
    """
    arguments = Arguments(text, *_OPTIONS, "span")
    before, after = arguments.before_and_after("by")
    wanted, by = read_aggregations(before), names_after_by(after)
    span = times.span_of(arguments.options.get("span") or _default_span(table, context))
    moments = _moments(table, context, span)
    if len(by) > 1:
        raise UnknownConstructError("timechart by several fields")
    if by:
        series = _Series(table.rows, _single(wanted), by[0], arguments, context)
        columns, cells = series.names, series.cells
    else:
        columns = [each.column for each in wanted]

        def cells(rows: list[Row]) -> Row:
            return {each.column: _cell(each, rows, context) for each in wanted}

    inside: dict[float, list[Row]] = {moment: [] for moment in moments}
    for row in table.rows:
        moment = times.bin_start(_time(row), span)
        if moment not in inside:
            raise UnknownConstructError("timechart of a row outside the range of the search")
        inside[moment].append(row)
    made: list[Row] = [{"_time": moment, **cells(rows)} for moment, rows in inside.items()]
    return table_of(made, ["_time", *columns])


def _cell(wanted: Aggregation, rows: list[Row], context: Context) -> Value:
    if not rows and wanted.name not in ZERO_WHEN_EMPTY:
        return None
    return wanted.value(rows, context.now)


def _time(row: Row) -> float:
    found = number(row.get("_time"))
    if found is None:
        raise UnknownConstructError("timechart of a row without _time")
    return found


def _range(table: Table, context: Context) -> tuple[float, float]:
    """The range of the search; of one over all time, that of the rows."""
    moments = [_time(row) for row in table.rows]
    first = context.earliest or min(moments, default=context.latest)
    return first, context.latest if context.earliest else max(moments, default=context.latest)


def _default_span(table: Table, context: Context) -> str:
    first, last = _range(table, context)
    fitting = [
        span for span in _SPANS if last - first <= _MOST_BINS * times.moved(0, *times.span_of(span))
    ]
    return fitting[0] if fitting else "1y"


def _moments(table: Table, context: Context, span: tuple[int, str]) -> list[float]:
    if not table.rows:
        return []
    first, last = _range(table, context)
    found: list[float] = []
    moment = times.bin_start(first, span)
    while moment < last or not found or moment <= max(_time(row) for row in table.rows):
        found.append(moment)
        moment = times.next_bin(moment, span)
    return found
