"""Search expressions: what the `search` command and the beginning of a search select.

https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Search
https://docs.splunk.com/Documentation/Splunk/latest/Search/Booleanexpressions
Texts compare without regard to case, `*` stands for anything, OR binds closer than AND. A
comparison by `!=` needs the field, NOT does not.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Callable, NamedTuple

from tests.knowledge.spl.events import Row
from tests.knowledge.spl.text import unquoted
from tests.knowledge.unknown import UnknownConstructError
from tests.knowledge.values import number, several

Predicate = Callable[[Row], bool]
TIMES = ("earliest", "latest", "_index_earliest", "_index_latest")
_TOKEN = re.compile(
    r"""\s*(?P<token>"(?:[^"\\]|\\.)*"|<=|>=|!=|==|[()=<>,]|[^\s"()=<>!,\[\]]+)""", re.DOTALL
)
_COMPARISONS = ("=", "!=", "<", ">", "<=", ">=")


class Search(NamedTuple):
    """A search expression.

    Attributes:
        selects: Tells whether it selects a row.
        times: The time modifiers in it.
        fields: The fields that it names.
    """

    selects: Predicate
    times: dict[str, str]
    fields: frozenset[str]


@cache
def read_search(expression: str) -> Search:
    """Read a search expression.

    Raises:
        UnknownConstructError: at whatever is not known here.
    """
    reader = _Reader(_tokens(expression))
    selects = reader.conjunction() if reader.next() else _everything
    if reader.next():
        raise UnknownConstructError(f"{reader.next()!r} in the search {expression}")
    return Search(selects, reader.times, frozenset(reader.fields))


def _everything(_row: Row) -> bool:
    return True


def _tokens(expression: str) -> list[str]:
    found, place = [], 0
    while place < len(expression.rstrip()):
        match = _TOKEN.match(expression, place)
        if match is None:
            raise UnknownConstructError(f"{expression[place:]!r} in a search")
        found.append(match["token"])
        place = match.end()
    return found


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self.times: dict[str, str] = {}
        self.fields: set[str] = set()

    def next(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _take(self, wanted: str = "") -> str:
        if not self._tokens or (wanted and self.next() != wanted):
            raise UnknownConstructError(f"{self.next()!r} where {wanted or 'more'!r} is expected")
        return self._tokens.pop(0)

    def conjunction(self) -> Predicate:
        parts = [self._disjunction()]
        while self.next() not in ("", ")"):
            if self.next() == "AND":
                self._take()
            parts.append(self._disjunction())
        return lambda row: all(part(row) for part in parts)

    def _disjunction(self) -> Predicate:
        parts = [self._negation()]
        while self.next() == "OR":
            self._take()
            parts.append(self._negation())
        return lambda row: any(part(row) for part in parts)

    def _negation(self) -> Predicate:
        if self.next() != "NOT":
            return self._term()
        self._take()
        part = self._negation()
        return lambda row: not part(row)

    def _term(self) -> Predicate:
        word = self._take()
        if word == "(":
            part = self.conjunction()
            self._take(")")
            return part
        if self.next() in _COMPARISONS:
            return self._comparison(unquoted(word), self._take(), unquoted(self._take()))
        if self.next().upper() == "IN" and len(self._tokens) > 1 and self._tokens[1] == "(":
            return self._among(unquoted(word))
        if word in (*_COMPARISONS, ",", ")", "AND", "OR"):
            raise UnknownConstructError(f"{word!r} in a search")
        return _text_term(unquoted(word))

    def _comparison(self, field: str, mark: str, value: str) -> Predicate:
        if field in TIMES:
            self.times[field] = value
            return _everything
        if "::" in field or "*" in field:
            raise UnknownConstructError(f"the field {field} in a search")
        self.fields.add(field)
        return _compared(field, mark, value)

    def _among(self, field: str) -> Predicate:
        self._take()
        self._take("(")
        values = []
        while self.next() != ")":
            values.append(unquoted(self._take()))
            if self.next() == ",":
                self._take()
        self._take(")")
        self.fields.add(field)
        parts = [_compared(field, "=", value) for value in values]
        return lambda row: any(part(row) for part in parts)


def _compared(field: str, mark: str, value: str) -> Predicate:
    if mark in ("=", "!="):
        fits = _pattern(field, value)
        if mark == "=":
            return lambda row: any(fits(each) for each in several(row.get(field)))
        return lambda row: (
            bool(several(row.get(field)))
            and not any(fits(each) for each in several(row.get(field)))
        )
    limit = number(value)
    if limit is None:
        raise UnknownConstructError(f"{field}{mark}{value}: only numbers are known here")
    return lambda row: any(_ordered(each, mark, limit) for each in several(row.get(field)))


def _pattern(field: str, value: str) -> Callable[[str], bool]:
    wanted = re.compile(
        ".*".join(re.escape(part) for part in value.split("*")), re.IGNORECASE | re.DOTALL
    )
    if field == "index" and value.startswith("*"):
        # No internal ones: https://docs.splunk.com/Documentation/Splunk/latest/Search/Searchindexes
        return lambda each: not each.startswith("_") and wanted.fullmatch(each) is not None
    return lambda each: wanted.fullmatch(each) is not None


def _ordered(value: str, mark: str, limit: float) -> bool:
    found = number(value)
    if found is None:
        raise UnknownConstructError(f"{value!r} {mark} {limit}: a text with a number")
    return {
        "<": found < limit,
        ">": found > limit,
        "<=": found <= limit,
        ">=": found >= limit,
    }[mark]


def _text_term(text: str) -> Predicate:
    """Whole words of the event, in any case.

    https://docs.splunk.com/Documentation/Splunk/latest/Search/Usethesearchcommand
    """
    body = r"[^\s]*".join(re.escape(part) for part in text.split("*"))
    wanted = re.compile(rf"(?<![^\W_]){body}(?![^\W_])", re.IGNORECASE)
    if text == "*":
        return _everything

    def found(row: Row) -> bool:
        if "_raw" not in row:
            raise UnknownConstructError(f"the word {text!r} searched in what is no event")
        return wanted.search(str(row["_raw"])) is not None

    return found
