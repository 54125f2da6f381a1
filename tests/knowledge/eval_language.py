"""Eval expressions, as far as the packaged confs and searches use them.

Operators and their order: https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Eval
An expression that compares with, or is computed from, a missing field is null. What Splunk's
manual leaves open (NOT of null, a number compared with a text) fails here: a search must say what
it means.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Callable, NamedTuple

from tests.knowledge.eval_functions import FUNCTIONS, LAZY, Node, Scope
from tests.knowledge.unknown import UnknownConstructError
from tests.knowledge.values import Fields, Value, is_equal, is_less, number, text

__all__ = ["Fields", "UnknownConstructError", "Value", "compiled", "evaluate", "fields_in"]


class Token(NamedTuple):
    """A piece of an expression: its kind (string, field, number, name, mark) and its text."""

    kind: str
    text: str


_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<field>'[^']+')|(?P<number>\d+(?:\.\d+)?)"""
    r"""|(?P<name>[A-Za-z_]\w*)|(?P<mark>==|!=|<=|>=|[(),=<>+\-*/%.]))""",
    re.DOTALL,
)
_WORDS = {"AND", "OR", "NOT", "XOR", "IN", "LIKE"}


def evaluate(expression: str, fields: Fields, now: float | None = None) -> Value:
    """Return the value of an expression.

    Args:
        expression: In the eval language.
        fields: Of the event or row.
        now: The time of the search; needed by now() alone.

    Raises:
        UnknownConstructError: at whatever is not known here.
    """
    return compiled(expression)(Scope(fields, now))


@cache
def compiled(expression: str) -> Node:
    """Return an expression ready to be evaluated over many rows."""
    reader = _Reader(_tokens(expression))
    node = reader.disjunction()
    if reader.next():
        raise UnknownConstructError(f"{reader.next()} in {expression}")
    return node


def fields_in(expression: str) -> set[str]:
    """Return the names of the fields that an expression asks for."""
    reader = _Reader(_tokens(expression))
    reader.disjunction()
    return reader.fields


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
    """Reads an expression, each method a level of precedence."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self.fields: set[str] = set()

    def next(self) -> str:
        return self._tokens[0].text if self._tokens else ""

    def _take(self, wanted: str = "") -> Token:
        if not self._tokens or (wanted and self.next() != wanted):
            raise UnknownConstructError(f"{self.next()!r} where {wanted or 'more'!r} is expected")
        return self._tokens.pop(0)

    def disjunction(self) -> Node:
        nodes = self._listed("OR", self._conjunction)
        return nodes[0] if len(nodes) == 1 else lambda scope: any(n(scope) is True for n in nodes)

    def _conjunction(self) -> Node:
        nodes = self._listed("AND", self._negation)
        return nodes[0] if len(nodes) == 1 else lambda scope: all(n(scope) is True for n in nodes)

    def _listed(self, word: str, part: Callable[[], Node]) -> list[Node]:
        nodes = [part()]
        while self.next().upper() == word:
            self._take()
            nodes.append(part())
        return nodes

    def _negation(self) -> Node:
        if self.next().upper() != "NOT":
            return self._comparison()
        self._take()
        node = self._negation()
        return lambda scope: _not(node(scope))

    def _comparison(self) -> Node:
        node = self._sum()
        mark = self.next()
        if mark.upper() == "IN":
            self._take()
            return _among(node, self._arguments())
        if mark not in _COMPARISONS:
            return node
        self._take()
        return _binary(node, self._sum(), _COMPARISONS[mark])

    def _sum(self) -> Node:
        node, marks = self._product(), set()
        while self.next() in ("+", "-", "."):
            mark = self._take().text
            marks.add(mark == ".")
            node = _binary_of(mark, node, self._product())
        if len(marks) > 1:
            raise UnknownConstructError("+ or - beside . without brackets")
        return node

    def _product(self) -> Node:
        node = self._operand()
        while self.next() in ("*", "/", "%"):
            node = _binary_of(self._take().text, node, self._operand())
        return node

    def _operand(self) -> Node:
        kind, found = self._take()
        if found == "(":
            node = self.disjunction()
            self._take(")")
            return node
        if found == "-":
            return _binary_of("-", _constant(0), self._operand())
        if kind == "string":
            return _constant(re.sub(r'\\(["\\])', r"\1", found[1:-1]))
        if kind == "number":
            return _constant(number(found))
        if kind == "field":
            return self._field(found[1:-1])
        if kind != "name" or found in _WORDS:
            raise UnknownConstructError(f"{found!r} in an eval expression")
        return _call(found, self._arguments()) if self.next() == "(" else self._field(found)

    def _field(self, name: str) -> Node:
        self.fields.add(name)
        return lambda scope: scope.fields.get(name)

    def _arguments(self) -> list[Node]:
        self._take("(")
        nodes: list[Node] = []
        while self.next() != ")":
            nodes.append(self.disjunction())
            if self.next() != ")":
                self._take(",")
        self._take(")")
        return nodes


def _constant(value: Value) -> Node:
    return lambda _scope: value


def _call(name: str, arguments: list[Node]) -> Node:
    if name in LAZY:
        lazy = LAZY[name]
        return lambda scope: lazy(scope, arguments)
    if name not in FUNCTIONS:
        raise UnknownConstructError(f"the function {name}")
    function = FUNCTIONS[name]
    return lambda scope: function(*(argument(scope) for argument in arguments))


def _binary(left: Node, right: Node, join: Callable[[Value, Value], Value]) -> Node:
    return lambda scope: join(left(scope), right(scope))


def _binary_of(mark: str, left: Node, right: Node) -> Node:
    return _binary(left, right, _ARITHMETIC[mark])


def _among(node: Node, candidates: list[Node]) -> Node:
    def found(scope: Scope) -> Value:
        value = node(scope)
        return None if value is None else any(is_equal(value, each(scope)) for each in candidates)

    return found


def _not(value: Value) -> bool:
    if not isinstance(value, bool):
        raise UnknownConstructError(
            "NOT of null: say what a missing field means, with isnull() or coalesce()"
        )
    return not value


def _unequal(left: Value, right: Value) -> bool | None:
    equal = is_equal(left, right)
    return None if equal is None else not equal


def _not_after(left: Value, right: Value) -> bool | None:
    more = is_less(right, left)
    return None if more is None else not more


_COMPARISONS: dict[str, Callable[[Value, Value], Value]] = {
    "==": is_equal,
    "=": is_equal,
    "!=": _unequal,
    "<": is_less,
    ">": lambda left, right: is_less(right, left),
    "<=": _not_after,
    ">=": lambda left, right: _not_after(right, left),
}


def _plus(left: Value, right: Value) -> Value:
    """Add numbers, join texts; https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Eval."""
    first, second = number(left), number(right)
    if first is not None and second is not None:
        return first + second
    if first is not None or second is not None:
        raise UnknownConstructError(f"{left!r} + {right!r}: a number and a text; use .")
    return _concatenated(left, right)


def _concatenated(left: Value, right: Value) -> Value:
    return None if left is None or right is None else text(left) + text(right)


def _computed(operation: Callable[[float, float], float]) -> Callable[[Value, Value], Value]:
    def computed(left: Value, right: Value) -> Value:
        if left is None or right is None:
            return None
        first, second = number(left), number(right)
        if first is None or second is None:
            raise UnknownConstructError(f"arithmetic with {left!r} and {right!r}")
        try:
            return operation(first, second)
        except ZeroDivisionError:
            return None

    return computed


_ARITHMETIC: dict[str, Callable[[Value, Value], Value]] = {
    "+": lambda left, right: None if left is None or right is None else _plus(left, right),
    ".": _concatenated,
    "-": _computed(lambda left, right: left - right),
    "*": _computed(lambda left, right: left * right),
    "/": _computed(lambda left, right: left / right),
    "%": _computed(lambda left, right: left % right),
}
