"""Values of fields: texts, numbers, several of these, truth values, or nothing.

A text that looks like a number is one where numbers are asked for, as fields of events have no
types: https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/CommonEvalFunctions
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Union

from tests.knowledge.unknown import UnknownConstructError

Value = Union[str, bool, int, float, list[str], None]
Fields = Mapping[str, Value]
_NUMBER = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")


def number(value: Value) -> int | float | None:
    """Return a value as a number; None where it is none."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        found = float(value)
        return int(value) if re.fullmatch(r"-?\d+", value) else found
    return None


def text(value: Value) -> str:
    """Return one value as a text; a whole number has no decimals."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None or isinstance(value, list):
        raise UnknownConstructError(f"{value!r} where one text is expected")
    return str(int(value)) if value == int(value) else repr(value)


def several(value: Value) -> list[str]:
    """Return the values of a field as texts; none where there is nothing."""
    if value is None:
        return []
    return value if isinstance(value, list) else [text(value)]


def one(values: list[str]) -> Value:
    """Return several values as a field holds them: one as itself, none as nothing."""
    return None if not values else values[0] if len(values) == 1 else values


def is_equal(left: Value, right: Value) -> bool | None:
    """Compare as `==` of eval: numbers as numbers, texts with regard to case; null with null."""
    if left is None or right is None:
        return None
    _no_lists(left, right)
    numbers = number(left), number(right)
    return numbers[0] == numbers[1] if None not in numbers else left == right


def is_less(left: Value, right: Value) -> bool | None:
    """Compare as `<` of eval.

    Raises:
        UnknownConstructError: for a number with a text: use tonumber(), to say what is meant.
    """
    if left is None or right is None:
        return None
    _no_lists(left, right)
    first, second = number(left), number(right)
    if first is not None and second is not None:
        return first < second
    if first is not None or second is not None:
        raise UnknownConstructError(f"{left!r} < {right!r}: a number with a text")
    return text(left) < text(right)


def _no_lists(*values: Value) -> None:
    if any(isinstance(value, list) for value in values):
        raise UnknownConstructError("a comparison of a field with several values: use mv functions")
