"""Commands that bring other rows in: lookup, inputlookup, append, appendpipe, makeresults.

https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Lookup
"""

from __future__ import annotations

import csv
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from tests.knowledge.spl.events import Row
from tests.knowledge.spl.table import Context, Table, table_of
from tests.knowledge.spl.text import Arguments, unquoted, words_of
from tests.knowledge.unknown import UnknownConstructError
from tests.knowledge.values import text
from tests.package.test_confs import read_conf


class Lookup(NamedTuple):
    """What a lookup command wants.

    Attributes:
        rows: Of the lookup.
        column: The one that is compared.
        wildcards: Whether its cells may hold `*`.
        field: Of the events, that it is compared with.
        outputs: A column, and the field that it becomes.
        keep: Whether a field that is there stays.
    """

    rows: list[Row]
    column: str
    wildcards: bool
    field: str
    outputs: dict[str, str]
    keep: bool


def read_lookup(app_folder: Path, text_: str) -> Lookup:
    """Read the arguments of the lookup command."""
    words = [word for word in words_of(text_) if word != ","]
    if len(words) < 2:
        raise UnknownConstructError(f"lookup {text_}")
    name, column, field = words[0], unquoted(words[1]), unquoted(words[1])
    rest = words[2:]
    if rest[:1] and rest[0].lower() == "as":
        field, rest = unquoted(rest[1]), rest[2:]
    rows, columns, wildcards = _lookup(app_folder, name)
    outputs, keep = _outputs(rest, [each for each in columns if each != column])
    if not {column, *outputs} <= set(columns):
        raise UnknownConstructError(f"the lookup {name} lacks one of {column}, {list(outputs)}")
    return Lookup(rows, column, column in wildcards, field, outputs, keep)


def lookup(table: Table, text_: str, context: Context) -> Table:
    """Add columns of a packaged lookup, from the first row that matches."""
    wanted = read_lookup(context.app_folder, text_)
    matched = [_matched(wanted, row.get(wanted.field)) for row in table.rows]
    for source, target in wanted.outputs.items():
        values = [
            row.get(target) if wanted.keep and target in row else found.get(source) or None
            for found, row in zip(matched, table.rows)
        ]
        table = table.with_field(target, list(values))
    return table


def _outputs(words: list[str], others: list[str]) -> tuple[dict[str, str], bool]:
    if not words:
        return {name: name for name in others}, False
    if words[0].upper() not in ("OUTPUT", "OUTPUTNEW"):
        raise UnknownConstructError(f"lookup ... {words[0]}")
    found: dict[str, str] = {}
    names = [unquoted(word) for word in words[1:]]
    while names:
        source = names.pop(0)
        if len(names) > 1 and names[0].lower() == "as":
            found[source] = names[1]
            names = names[2:]
        else:
            found[source] = source
    return found, words[0].upper() == "OUTPUTNEW"


def _matched(wanted: Lookup, value: object) -> Row:
    if value is None:
        return {}
    for row in wanted.rows:
        cell = text(row.get(wanted.column))
        if value == cell or (wanted.wildcards and fnmatchcase(str(value), cell)):
            return row
    return {}


def _lookup(app_folder: Path, name: str) -> tuple[list[Row], list[str], set[str]]:
    """The rows, columns and columns with wildcards of a lookup that transforms.conf defines."""
    transforms = read_conf(app_folder / "default" / "transforms.conf")
    if not transforms.has_section(name) or "filename" not in transforms[name]:
        raise UnknownConstructError(f"the lookup {name}")
    stanza = dict(transforms[name])
    if stanza.get("max_matches") != "1":
        raise UnknownConstructError(f"the lookup {name} with several matches")
    file = app_folder / "lookups" / stanza["filename"]
    reader = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    wildcards = set(re.findall(r"WILDCARD\((\w+)\)", stanza.get("match_type", "")))
    rows: list[Row] = [dict(row) for row in reader]
    return rows, list(reader.fieldnames or []), wildcards


def inputlookup(table: Table, text_: str, context: Context) -> Table:
    """Begin with the rows of a lookup; https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Inputlookup."""
    words = words_of(text_)
    if len(words) != 1 or table.rows:
        raise UnknownConstructError(f"inputlookup {text_}")
    rows, columns, _ = _lookup(context.app_folder, words[0])
    return table_of(rows, columns)


def makeresults(table: Table, text_: str, context: Context) -> Table:
    """Begin with rows that hold nothing but the time of the search; one unless told otherwise."""
    arguments = Arguments(text_, "count")
    if arguments.words or table.rows:
        raise UnknownConstructError(f"makeresults {text_}")
    number_ = int(arguments.options.get("count", "1"))
    return table_of([{"_time": context.now}] * number_, ["_time"])


def append(table: Table, text_: str, context: Context) -> Table:
    """Add the rows of a subsearch."""
    return _joined(table, context.subsearch(_inner(text_), None))


def appendpipe(table: Table, text_: str, context: Context) -> Table:
    """Add what commands make of the rows so far."""
    return _joined(table, context.subsearch(_inner(text_), table))


def _inner(text_: str) -> str:
    match = re.fullmatch(r"\s*\[(.*)\]\s*", text_, re.DOTALL)
    if match is None:
        raise UnknownConstructError(f"a subsearch with options: {text_}")
    return match[1]


def _joined(first: Table, second: Table) -> Table:
    names = list(dict.fromkeys([*first.fields, *second.fields]))
    return Table([*first.rows, *second.rows], names)
