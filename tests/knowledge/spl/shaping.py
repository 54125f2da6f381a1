"""Commands that select, compute and arrange rows.

https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/ListOfSearchCommands
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Any, Callable, NamedTuple

import pcre2

from tests.knowledge import times
from tests.knowledge.eval_functions import Scope
from tests.knowledge.eval_language import compiled
from tests.knowledge.spl.events import Row
from tests.knowledge.spl.table import Context, Table
from tests.knowledge.spl.terms import read_search
from tests.knowledge.spl.text import Arguments, cut_at_commas, unquoted
from tests.knowledge.unknown import UnknownConstructError
from tests.knowledge.values import Value, number, one, several, text

SORTED_BY_DEFAULT = 10_000
"""Rows that sort returns unless told otherwise; `sort 0` is for all."""


def search(table: Table, expression: str, _context: Context) -> Table:
    """Keep the rows that a search expression selects."""
    wanted = read_search(expression)
    if wanted.times:
        raise UnknownConstructError("time modifiers behind a pipe")
    return table.with_rows([row for row in table.rows if wanted.selects(row)])


def where(table: Table, expression: str, context: Context) -> Table:
    """Keep the rows of which an eval expression is true; null is not."""
    condition = compiled(expression)
    rows = [row for row in table.rows if condition(Scope(row, context.now)) is True]
    return table.with_rows(rows)


def evaluate(table: Table, assignments: str, context: Context) -> Table:
    """Compute fields, one after the other; null takes a field away."""
    for assignment in cut_at_commas(assignments):
        name, mark, expression = assignment.partition("=")
        if not mark or not re.fullmatch(r"""\s*(\w[\w.{}]*|"[^"]+"|'[^']+')\s*""", name):
            raise UnknownConstructError(f"eval {assignment}")
        node = compiled(expression.strip())
        values = [node(Scope(row, context.now)) for row in table.rows]
        if any(isinstance(value, bool) for value in values):
            raise UnknownConstructError(f"eval {assignment}: a field cannot be a truth value")
        table = table.with_field(unquoted(name.strip()), values)
    return table


def _matching(names: list[str], patterns: list[str]) -> list[str]:
    """Names in the order of the patterns; `*` stands for anything."""
    found = [name for each in patterns for name in names if fnmatchcase(name, each)]
    return list(dict.fromkeys(found))


def tabulated(table: Table, names: str, _context: Context) -> Table:
    """Keep the columns named, in that order, also those that no row has."""
    wanted: list[str] = []
    for each in Arguments(names).names():
        wanted += _matching(table.fields, [each]) if "*" in each else [each]
    return _only(table, list(dict.fromkeys(wanted)))


def fields(table: Table, names: str, _context: Context) -> Table:
    """Keep or, behind `-`, drop columns; `_time` and `_raw` stay unless they are named with `-`.

    https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Fields
    """
    wanted = Arguments(names).names()
    sign = wanted[0] if wanted[:1] in (["-"], ["+"]) else ""
    wanted = wanted[1:] if sign else wanted
    if sign == "-":
        dropped = _matching(table.fields, wanted)
        return _only(table, [name for name in table.fields if name not in dropped])
    inner = [name for name in table.fields if name in ("_time", "_raw")]
    return _only(table, list(dict.fromkeys([*inner, *_matching(table.fields, wanted)])))


def _only(table: Table, names: list[str]) -> Table:
    rows: list[Row] = [{name: row[name] for name in names if name in row} for row in table.rows]
    return Table(rows, names)


def rename(table: Table, text_: str, _context: Context) -> Table:
    """Give columns other names."""
    words = [word for word in Arguments(text_).words if word != ","]
    if len(words) % 3 or any(word.lower() != "as" for word in words[1::3]) or "*" in text_:
        raise UnknownConstructError(f"rename {text_}")
    names = {unquoted(old): unquoted(new) for old, new in zip(words[::3], words[2::3])}
    kept = [name for name in table.fields if name not in names.values()]
    rows: list[Row] = [
        {names.get(name, name): row[name] for name in kept if name in row} for row in table.rows
    ]
    return Table(rows, [names.get(name, name) for name in kept])


class _Key(NamedTuple):
    """A field to sort by: its name, whether the other way round, and `num`, `str` or nothing."""

    field: str
    descending: bool
    kind: str


def sort(table: Table, text_: str, _context: Context) -> Table:
    """Sort; rows without the field come last. Numbers sort as numbers, texts with regard to case.

    https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Sort
    """
    match = re.match(r"\s*(\d+)\b(.*)", text_, re.DOTALL)
    limit, listed = (int(match[1]), match[2]) if match else (SORTED_BY_DEFAULT, text_)
    rows = table.rows
    for key in reversed([_key(each) for each in listed.split(",")]):
        rows = _sorted(rows, key)
    return table.with_rows(rows[:limit] if limit else rows)


def _key(text_: str) -> _Key:
    match = re.fullmatch(r"\s*([+-]?)\s*(?:(num|str)\(([\w.]+)\)|([\w.]+))\s*", text_)
    if match is None:
        raise UnknownConstructError(f"sort by {text_}")
    return _Key(match[3] or match[4], match[1] == "-", match[2] or "")


def _sorted(rows: list[Row], key: _Key) -> list[Row]:
    having = [row for row in rows if key.field in row]
    lacking = [row for row in rows if key.field not in row]
    return sorted(having, key=_sorting(having, key), reverse=key.descending) + lacking


def _sorting(rows: list[Row], key: _Key) -> Callable[[Row], Any]:
    numbers = [number(row[key.field]) for row in rows]
    if key.kind != "str" and None not in numbers:
        return lambda row: number(row[key.field])
    if key.kind == "num" or (key.kind == "" and any(found is not None for found in numbers)):
        raise UnknownConstructError(f"sort by {key.field}: numbers and texts; say num() or str()")
    return lambda row: text(row[key.field])


def head(table: Table, text_: str, _context: Context) -> Table:
    """Keep the first rows: 10 unless told otherwise."""
    arguments = Arguments(text_, "limit")
    words = arguments.names() or [arguments.options.get("limit", "10")]
    if len(words) != 1 or not words[0].isdigit():
        raise UnknownConstructError(f"head {text_}")
    return table.with_rows(table.rows[: int(words[0])])


def reverse(table: Table, text_: str, _context: Context) -> Table:
    """Turn the order round."""
    if text_:
        raise UnknownConstructError(f"reverse {text_}")
    return table.with_rows(table.rows[::-1])


def dedup(table: Table, text_: str, _context: Context) -> Table:
    """Keep the first row of each combination of values.

    Rows without one of the fields go, unless keepempty=true.
    https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Dedup
    """
    arguments = Arguments(text_, "keepempty")
    names = arguments.names()
    if not names or names[0].isdigit() or {"sortby"} & {name.lower() for name in names}:
        raise UnknownConstructError(f"dedup {text_}")
    seen: set[str] = set()
    rows: list[Row] = []
    for row in table.rows:
        key = repr([several(row.get(name)) for name in names])
        whole = all(name in row for name in names)
        if key not in seen if whole else arguments.flag("keepempty", "false"):
            rows.append(row)
            seen |= {key} if whole else set()
    return table.with_rows(rows)


def fillnull(table: Table, text_: str, _context: Context) -> Table:
    """Put 0, or value=, where a field is missing: in those named, or in all columns."""
    arguments = Arguments(text_, "value")
    names = arguments.names() or table.fields
    value = arguments.options.get("value", "0")
    for name in names:
        table = table.with_field(name, [row.get(name, value) for row in table.rows])
    return table


def rex(table: Table, text_: str, _context: Context) -> Table:
    """Extract fields by the named groups of a regular expression; of `_raw` unless told otherwise.

    https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Rex
    """
    arguments = Arguments(text_, "field", "max_match")
    if len(arguments.words) != 1 or arguments.options.get("max_match", "1") != "1":
        raise UnknownConstructError(f"rex {text_}")
    # Within quotes, a backslash is the expression's own, but for one before a quote.
    pattern = pcre2.compile(arguments.words[0][1:-1].replace('\\"', '"'))
    field = arguments.options.get("field", "_raw")
    found = [_groups(pattern, row.get(field)) for row in table.rows]
    for name in pattern.groupindex:
        values = [groups.get(name, row.get(name)) for groups, row in zip(found, table.rows)]
        table = table.with_field(name, values)
    return table


def _groups(pattern: pcre2.Pattern, value: Value) -> Row:
    match = pattern.search(text(value)) if value is not None else None
    groups = match.groupdict() if match else {}
    return {name: group for name, group in groups.items() if group is not None}


def bin_(table: Table, text_: str, _context: Context) -> Table:
    """Put times into bins; https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Bin."""
    arguments = Arguments(text_, "span")
    before, after = arguments.before_and_after("as")
    if "span" not in arguments.options or before != ["_time"] or len(after) > 1:
        raise UnknownConstructError(f"bin {text_}: only a span of _time is known here")
    span = times.span_of(arguments.options["span"])
    moments = [number(row.get("_time")) for row in table.rows]
    values = [None if moment is None else times.bin_start(moment, span) for moment in moments]
    return table.with_field(unquoted(after[0]) if after else "_time", list(values))


def mvexpand(table: Table, text_: str, _context: Context) -> Table:
    """Make a row of each value of a field; a row without the field stays."""
    names = Arguments(text_).names()
    if len(names) != 1:
        raise UnknownConstructError(f"mvexpand {text_}")
    name = names[0]
    rows: list[Row] = []
    for row in table.rows:
        rows += [{**row, name: value} for value in several(row.get(name))] or [row]
    return table.with_rows(rows)


def makemv(table: Table, text_: str, _context: Context) -> Table:
    """Split a field at a delimiter."""
    arguments = Arguments(text_, "delim")
    names = arguments.names()
    if len(names) != 1 or "delim" not in arguments.options:
        raise UnknownConstructError(f"makemv {text_}")
    delimiter = arguments.options["delim"]
    values: list[Value] = [
        one([part for part in text(row[names[0]]).split(delimiter) if part])
        if names[0] in row
        else None
        for row in table.rows
    ]
    return table.with_field(names[0], values)
