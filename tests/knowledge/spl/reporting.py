"""Commands that make statistics: stats, eventstats, streamstats, top, rare.

https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Stats
A row without one of the fields behind BY is in no group; a row with several values of one is in the
group of each. Rows come out in the order of the groups' values.
"""

from __future__ import annotations

from itertools import product

from tests.knowledge import times
from tests.knowledge.spl.aggregations import ZERO_WHEN_EMPTY, Aggregation, read_aggregations
from tests.knowledge.spl.events import Row
from tests.knowledge.spl.table import Context, Table, table_of
from tests.knowledge.spl.text import Arguments, unquoted
from tests.knowledge.unknown import UnknownConstructError
from tests.knowledge.values import Value, number, several

Group = tuple[str, ...]


def groups_of(rows: list[Row], fields: list[str]) -> dict[Group, list[Row]]:
    """Return the rows of each group, groups in the order of their values."""
    found: dict[Group, list[Row]] = {}
    for row in rows:
        for group in product(*(several(row.get(name)) for name in fields)):
            found.setdefault(group, []).append(row)
    return {group: found[group] for group in sorted(found, key=_order)}


def _order(group: Group) -> list[tuple[int, float, str]]:
    """Numbers as numbers, before texts."""
    numbers = [number(value) for value in group]
    return [(1, 0, v) if n is None else (0, n, v) for n, v in zip(numbers, group)]


def names_after_by(words: list[str]) -> list[str]:
    """Return the fields behind BY."""
    names = [unquoted(word) for word in words if word != ","]
    if any("*" in name or "=" in name for name in names):
        raise UnknownConstructError(f"BY {' '.join(words)}")
    return names


def stats(table: Table, text: str, context: Context) -> Table:
    """Return a row a group, or one row where there is no BY."""
    before, after = Arguments(text).before_and_after("by")
    wanted, by = read_aggregations(before), names_after_by(after)
    columns = [*by, *(each.column for each in wanted)]
    if not by and not table.rows and not ZERO_WHEN_EMPTY & {each.name for each in wanted}:
        raise UnknownConstructError(
            f"stats {text} over no rows: Splunk's manual leaves the result open; add a count"
        )
    groups = groups_of(table.rows, by) if by else {(): table.rows}
    rows: list[Row] = [
        {**dict(zip(by, group)), **_values(wanted, members, context)}
        for group, members in groups.items()
    ]
    return table_of(rows, columns)


def _values(wanted: list[Aggregation], rows: list[Row], context: Context) -> Row:
    return {each.column: each.value(rows, context.now) for each in wanted}


def eventstats(table: Table, text: str, context: Context) -> Table:
    """Add to each row the statistics of its group."""
    before, after = Arguments(text).before_and_after("by")
    wanted, by = read_aggregations(before), names_after_by(after)
    groups = groups_of(table.rows, by) if by else {(): table.rows}
    found = {group: _values(wanted, members, context) for group, members in groups.items()}
    for each in wanted:
        values = [_of_group(found, row, by, each.column) for row in table.rows]
        table = table.with_field(each.column, values)
    return table


def _of_group(found: dict[Group, Row], row: Row, by: list[str], column: str) -> Value:
    group = [several(row.get(name)) for name in by]
    if any(len(values) > 1 for values in group):
        raise UnknownConstructError("eventstats by a field with several values")
    return found[tuple(v for values in group for v in values)][column] if all(group) else None


def streamstats(table: Table, text: str, context: Context) -> Table:
    """Add to each row the statistics of the rows of its group so far, itself included.

    https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Streamstats
    """
    arguments = Arguments(text, "current", "window", "time_window")
    before, after = arguments.before_and_after("by")
    wanted, by = read_aggregations(before), names_after_by(after)
    seen: dict[Group, list[Row]] = {}
    columns: dict[str, list[Value]] = {each.column: [] for each in wanted}
    for row in table.rows:
        group = tuple(each for name in by for each in several(row.get(name))[:1])
        if len(group) < len(by):
            values: Row = {}
        else:
            seen.setdefault(group, []).append(row)
            values = _values(wanted, _window(seen[group], arguments), context)
        for name, column in columns.items():
            column.append(values.get(name))
    for name, column in columns.items():
        table = table.with_field(name, column)
    return table


def _window(rows: list[Row], arguments: Arguments) -> list[Row]:
    if not arguments.flag("current", "true"):
        rows = rows[:-1]
    if "window" in arguments.options:
        rows = rows[-int(arguments.options["window"]) :]
    if "time_window" in arguments.options and rows:
        rows = _within(rows, arguments.options["time_window"])
    return rows


def _within(rows: list[Row], span: str) -> list[Row]:
    """The rows less than a span away; streamstats wants them in the order of time."""
    amount, unit = times.span_of(span)
    moments = [number(row.get("_time")) or 0 for row in rows]
    if moments not in (sorted(moments), sorted(moments, reverse=True)):
        raise UnknownConstructError("streamstats time_window= over rows not sorted by _time")
    width = times.moved(0, amount, unit)
    return [row for row, moment in zip(rows, moments) if abs(moments[-1] - moment) < width]


def top(table: Table, text: str, _context: Context) -> Table:
    """Return the most common values with count and percent; 10 unless told otherwise.

    https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Top
    """
    return _common(table, text, most=True)


def rare(table: Table, text: str, _context: Context) -> Table:
    """Return the least common values; https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Rare."""
    return _common(table, text, most=False)


def _common(table: Table, text: str, *, most: bool) -> Table:
    arguments = Arguments(text, "limit", "showperc", "showcount", "countfield", "percentfield")
    before, after = arguments.before_and_after("by")
    if after:
        raise UnknownConstructError("top or rare with BY")
    names = names_after_by(before)
    groups = groups_of(table.rows, names)
    total = sum(len(rows) for rows in groups.values())
    ranked = sorted(groups.items(), key=lambda item: -len(item[1]) if most else len(item[1]))
    limit = int(arguments.options.get("limit", 10))
    count = arguments.options.get("countfield", "count")
    percent = arguments.options.get("percentfield", "percent")
    rows: list[Row] = [
        {**dict(zip(names, group)), count: len(m), percent: f"{100 * len(m) / total:.6f}"}
        for group, m in (ranked[:limit] if limit else ranked)
    ]
    shown = [count] if arguments.flag("showcount", "true") else []
    shown += [percent] if arguments.flag("showperc", "true") else []
    kept = [*names, *shown]
    return table_of([{name: row[name] for name in kept} for row in rows], kept)
