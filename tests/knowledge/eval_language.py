"""Eval expressions, as far as the packaged calculated fields use them.

Functions: https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/CommonEvalFunctions
An expression that compares with, or is computed from, a missing field is null.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Callable, NamedTuple, Union

import pcre2

Value = Union[str, bool, None]
Fields = Mapping[str, Value]


class UnknownConstructError(Exception):
    """Something that this evaluator does not know: it must learn it, not guess."""


class Token(NamedTuple):
    """A piece of an expression: its kind (string, name, mark) and its text."""

    kind: str
    text: str


_TOKEN = re.compile(
    r'\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<name>[A-Za-z_]\w*)|(?P<mark>==|[(),]))'
)


def evaluate(expression: str, fields: Fields) -> Value:
    """Return the value of an expression.

    Raises:
        UnknownConstructError: at whatever is not known here.
    """
    reader = _Reader(_tokens(expression), fields)
    value = reader.disjunction()
    if reader.next():
        raise UnknownConstructError(f"{reader.next()} in {expression}")
    return value


def _tokens(expression: str) -> list[Token]:
    found, place = [], 0
    while place < len(expression.rstrip()):
        match = _TOKEN.match(expression, place)
        if match is None:
            raise UnknownConstructError(f"{expression[place:]!r} in an eval expression")
        found.append(Token(match.lastgroup or "", match[match.lastgroup or ""]))
        place = match.end()
    return found


class _Reader:
    def __init__(self, tokens: list[Token], fields: Fields) -> None:
        self._tokens, self._fields = tokens, fields

    def next(self) -> str:
        return self._tokens[0].text if self._tokens else ""

    def _take(self, wanted: str = "") -> Token:
        if not self._tokens or (wanted and self.next() != wanted):
            raise UnknownConstructError(f"{self.next()!r} where {wanted or 'more'!r} is expected")
        return self._tokens.pop(0)

    def disjunction(self) -> Value:
        value = self._conjunction()
        while self.next() == "OR":
            self._take()
            other = self._conjunction()
            value = value is True or other is True
        return value

    def _conjunction(self) -> Value:
        value = self._comparison()
        while self.next() == "AND":
            self._take()
            other = self._comparison()
            value = value is True and other is True
        return value

    def _comparison(self) -> Value:
        value = self._operand()
        if self.next() != "==":
            return value
        self._take()
        other = self._operand()
        return None if value is None or other is None else value == other

    def _operand(self) -> Value:
        kind, text = self._take()
        if kind == "string":
            return re.sub(r'\\(["\\])', r"\1", text[1:-1])
        if kind != "name" or text in {"AND", "OR", "NOT", "XOR", "IN", "LIKE"}:
            raise UnknownConstructError(f"{text!r} in an eval expression")
        return self._call(text) if self.next() == "(" else self._fields.get(text)

    def _call(self, name: str) -> Value:
        self._take("(")
        values: list[Value] = []
        while self.next() != ")":
            values.append(self.disjunction())
            if self.next() != ")":
                self._take(",")
        self._take(")")
        if name not in FUNCTIONS:
            raise UnknownConstructError(f"the function {name}")
        return FUNCTIONS[name](*values)


def _case(*values: Value) -> Value:
    if len(values) % 2:
        raise UnknownConstructError("case() with an odd number of arguments")
    pairs = zip(values[::2], values[1::2])
    return next((value for condition, value in pairs if condition is True), None)


def _match(text: Value, pattern: Value) -> bool | None:
    if text is None or pattern is None:
        return None
    return pcre2.compile(str(pattern)).search(str(text)) is not None


def _replace(text: Value, pattern: Value, replacement: Value) -> Value:
    if text is None or pattern is None or replacement is None:
        return None
    done: str = pcre2.compile(str(pattern)).sub(
        lambda match: re.sub(
            r"\\(\d)", lambda group: match.group(int(group[1])) or "", str(replacement)
        ),
        str(text),
    )
    return done


def _decoded(text: Value) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _json_valid(text: Value) -> bool | None:
    return None if text is None else isinstance(_decoded(text), (dict, list))


def _json_extract(text: Value, path: Value) -> Value:
    found = _decoded(text)
    value = found.get(path) if isinstance(found, dict) else None
    if not isinstance(path, str) or not path.isidentifier():
        raise UnknownConstructError(f"json_extract of the path {path}")
    return value if value is None or isinstance(value, str) else json.dumps(value)


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "case": _case,
    "coalesce": lambda *values: next((value for value in values if value is not None), None),
    "isnotnull": lambda value: value is not None,
    "isnull": lambda value: value is None,
    "json_extract": _json_extract,
    "json_valid": _json_valid,
    "match": _match,
    "replace": _replace,
    "true": lambda: True,
}
