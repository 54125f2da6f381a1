"""Statistical functions, as `stats`, `chart`, `timechart` and their like use them.

https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/CommonStatsFunctions
A row without the field does not count. `max` and `min` compare numbers where all values are
numbers; the other functions of numbers leave texts out.
"""

from __future__ import annotations

import re
from typing import Callable, NamedTuple

from tests.knowledge.eval_functions import Scope
from tests.knowledge.eval_language import compiled
from tests.knowledge.spl.events import Row
from tests.knowledge.spl.text import unquoted
from tests.knowledge.unknown import UnknownConstructError
from tests.knowledge.values import Value, number, one, several

MOST_LISTED = 100
"""Values that list() returns."""


class Aggregation(NamedTuple):
    """A function over the rows of a group.

    Attributes:
        name: Of the function.
        argument: A field, `eval(...)`, or nothing.
        column: The name of the result.
    """

    name: str
    argument: str
    column: str

    def value(self, rows: list[Row], now: float) -> Value:
        """Return the result over the rows of a group, in their order."""
        if not self.argument:
            return len(rows)
        if self.argument.startswith("eval("):
            return _counted(self.argument[5:-1], rows, now)
        holding = [row for row in rows if several(row.get(self.argument))]
        return FUNCTIONS[self.name](self.argument, holding)


def read_aggregations(words: list[str]) -> list[Aggregation]:
    """Read `count`, `dc(user) AS users`, `count(eval(x=1)) AS ones` and their like."""
    found, left = [], [word for word in words if word != ","]
    while left:
        call = left.pop(0)
        name, argument = _call(call)
        column = call if argument else "count"
        if left and left[0].lower() == "as":
            if len(left) < 2:
                raise UnknownConstructError(f"AS without a name behind {call}")
            column = unquoted(left[1])
            left = left[2:]
        elif argument.startswith("eval("):
            raise UnknownConstructError(f"{call} without AS")
        found.append(Aggregation(name, argument, column))
    if not found:
        raise UnknownConstructError("statistics without a function")
    return found


def _call(text: str) -> tuple[str, str]:
    match = re.fullmatch(r"(\w+)(?:\((.*)\))?", text, re.DOTALL)
    name = _ALIASES.get(match[1].lower(), match[1].lower()) if match else ""
    argument = unquoted((match[2] or "").strip()) if match else ""
    if not (name in FUNCTIONS or name == "count") or "*" in argument:
        raise UnknownConstructError(f"the function {text}")
    if name != "count" and (not argument or argument.startswith("eval(")):
        raise UnknownConstructError(f"the function {text}")
    return name, argument


def _counted(expression: str, rows: list[Row], now: float) -> int:
    condition = compiled(expression)
    return sum(condition(Scope(row, now)) is True for row in rows)


def _values(field: str, rows: list[Row]) -> list[str]:
    return [value for row in rows for value in several(row[field])]


def _numbers(field: str, rows: list[Row]) -> list[int | float]:
    return [found for value in _values(field, rows) if (found := number(value)) is not None]


def _sum(field: str, rows: list[Row]) -> Value:
    numbers = _numbers(field, rows)
    return sum(numbers) if numbers else None


def _average(field: str, rows: list[Row]) -> Value:
    numbers = _numbers(field, rows)
    return sum(numbers) / len(numbers) if numbers else None


def _extreme(largest: bool) -> Callable[[str, list[Row]], Value]:
    def chosen(field: str, rows: list[Row]) -> Value:
        values = _values(field, rows)
        if not values:
            return None
        numbers = _numbers(field, rows)
        if len(numbers) == len(values):
            return max(numbers) if largest else min(numbers)
        return max(values) if largest else min(values)

    return chosen


def _by_time(newest: bool) -> Callable[[str, list[Row]], Value]:
    def chosen(field: str, rows: list[Row]) -> Value:
        moments = [number(row.get("_time")) for row in rows]
        if None in moments:
            raise UnknownConstructError("latest() or earliest() of rows without _time")
        dated = [(moment, row) for moment, row in zip(moments, rows) if moment is not None]
        if not dated:
            return None
        moment = (max if newest else min)(moment for moment, _ in dated)
        found = {str(row[field]): row[field] for other, row in dated if other == moment}
        if len(found) > 1:
            raise UnknownConstructError(f"latest() or earliest() of {field}: two at the same time")
        return next(iter(found.values()))

    return chosen


FUNCTIONS: dict[str, Callable[[str, list[Row]], Value]] = {
    "avg": _average,
    "count": lambda field, rows: len(_values(field, rows)),
    "dc": lambda field, rows: len(set(_values(field, rows))),
    "earliest": _by_time(newest=False),
    "first": lambda field, rows: rows[0][field] if rows else None,
    "last": lambda field, rows: rows[-1][field] if rows else None,
    "latest": _by_time(newest=True),
    "list": lambda field, rows: one(_values(field, rows)[:MOST_LISTED]),
    "max": _extreme(largest=True),
    "min": _extreme(largest=False),
    "sum": _sum,
    "values": lambda field, rows: one(sorted(set(_values(field, rows)))),
}
_ALIASES = {"distinct_count": "dc", "c": "count", "mean": "avg"}
ZERO_WHEN_EMPTY = {"count", "dc"}
"""Functions that give 0 over no rows."""
