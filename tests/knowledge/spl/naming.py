"""Which fields a search asks for, and which it makes itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Callable

from tests.knowledge.eval_language import fields_in
from tests.knowledge.spl.aggregations import read_aggregations
from tests.knowledge.spl.joining import read_lookup
from tests.knowledge.spl.terms import read_search
from tests.knowledge.spl.text import Arguments, Command, commands_of, cut_at_commas, unquoted
from tests.knowledge.unknown import UnknownConstructError

Names = tuple[set[str], set[str]]
_OPTIONS = {
    *("current", "window", "time_window", "limit", "useother", "usenull", "otherstr", "nullstr"),
    *("span", "showperc", "showcount", "countfield", "percentfield", "value", "keepempty", "delim"),
    *("max_match", "count"),
}


def names_of(app_folder: Path, spl: str) -> Names:
    """Return the fields that a search asks for, and those that it makes.

    Args:
        app_folder: The unpacked package.
        spl: The search, macros and tokens filled in.

    Raises:
        UnknownConstructError: at a command that is not known here.
    """
    asked: set[str] = set()
    made: set[str] = set()
    for command in commands_of(spl):
        if command.name not in _COMMANDS:
            raise UnknownConstructError(f"the names in the command {command.name}")
        more_asked, more_made = _COMMANDS[command.name](app_folder, command)
        asked |= more_asked
        made |= more_made
    return asked, made


def _words(command: Command) -> Arguments:
    return Arguments(command.text, *_OPTIONS)


def _listed(command: Command) -> set[str]:
    names = {name.lstrip("+-") for name in _words(command).names()}
    names = {re.sub(r"^(?:num|str)\((.*)\)$", r"\1", name) for name in names}
    return {name for name in names if name and "*" not in name and not name.isdigit()}


def _searching(_app_folder: Path, command: Command) -> Names:
    return set(read_search(command.text).fields), set()


def _where(_app_folder: Path, command: Command) -> Names:
    return fields_in(command.text), set()


def _eval(_app_folder: Path, command: Command) -> Names:
    pairs = [assignment.partition("=") for assignment in cut_at_commas(command.text)]
    asked = {name for _, _, expression in pairs for name in fields_in(expression)}
    return asked, {unquoted(name.strip()) for name, _, _ in pairs}


def _statistics(_app_folder: Path, command: Command) -> Names:
    before, after = _words(command).before_and_after("by", "over")
    by = {unquoted(word) for word in after if word != "," and word.lower() != "by"}
    wanted = read_aggregations(before)
    arguments = {each.argument for each in wanted if each.argument}
    conditions = {each for each in arguments if each.startswith("eval(")}
    asked = {name for each in conditions for name in fields_in(each[5:-1])}
    return asked | by | (arguments - conditions), {each.column for each in wanted}


def _listing(_app_folder: Path, command: Command) -> Names:
    return _listed(command), set()


def _filling(_app_folder: Path, command: Command) -> Names:
    return _listed(command), _listed(command)


def _common(_app_folder: Path, command: Command) -> Names:
    return _listed(command), {"count", "percent"}


def _renaming(_app_folder: Path, command: Command) -> Names:
    words = [unquoted(word) for word in _words(command).words if word != ","]
    return set(words[::3]), set(words[2::3])


def _extracting(_app_folder: Path, command: Command) -> Names:
    arguments = Arguments(command.text, "field", "max_match")
    made = set(re.findall(r"\(\?<(\w+)>", arguments.words[0]))
    return {arguments.options.get("field", "_raw")}, made


def _looking_up(app_folder: Path, command: Command) -> Names:
    wanted = read_lookup(app_folder, command.text)
    return {wanted.field}, set(wanted.outputs.values())


def _beginning(app_folder: Path, command: Command) -> Names:
    wanted = read_lookup(app_folder, f"{command.text} {_first_column(app_folder, command.text)}")
    return set(), {wanted.column, *wanted.outputs}


def _first_column(app_folder: Path, name: str) -> str:
    file = app_folder / "lookups" / f"{name.strip()}.csv"
    return file.read_text(encoding="utf-8").partition(",")[0]


def _joining(app_folder: Path, command: Command) -> Names:
    inner = command.text.strip()[1:-1].strip()
    # What appendpipe is given is no search of its own.
    return names_of(app_folder, inner if command.name == "append" else f"| {inner.lstrip('|')}")


def _nothing(_app_folder: Path, _command: Command) -> Names:
    return set(), set()


_COMMANDS: dict[str, Callable[[Path, Command], Names]] = {
    "append": _joining,
    "appendpipe": _joining,
    "bin": _nothing,
    "bucket": _nothing,
    "chart": _statistics,
    "dedup": _listing,
    "eval": _eval,
    "eventstats": _statistics,
    "fields": _listing,
    "fillnull": _filling,
    "head": _nothing,
    "inputlookup": _beginning,
    "lookup": _looking_up,
    "makemv": _listing,
    "makeresults": _nothing,
    "mvexpand": _listing,
    "rare": _common,
    "rename": _renaming,
    "reverse": _nothing,
    "rex": _extracting,
    "search": _searching,
    "sort": _listing,
    "stats": _statistics,
    "streamstats": _statistics,
    "table": _listing,
    "timechart": _statistics,
    "top": _common,
    "where": _where,
}
