"""The query language of the KV Store.

"KV Store endpoint descriptions" of the REST API Reference Manual, "Query": a JSON object; equality,
``$gt $gte $lt $lte $ne`` with a value, ``$and $or $not`` with queries. ``$in``, ``$nin`` and
``$exists`` are MongoDB's, which the store passes on. ``fields``, ``sort``, ``skip`` and ``limit``
are described in the same place, with ``name:1`` and ``name:-1``.
"""

from __future__ import annotations

import json
from typing import Any, Callable

from tests.standins.splunkd.rest import RestError

Document = dict[str, Any]

_ABSENT = object()


def parse_query(text: str) -> Document:
    """The query of a request; 400 if it is no JSON object."""
    if not text:
        return {}
    try:
        query = json.loads(text)
    except ValueError as error:
        raise RestError(400, "The provided query was invalid.") from error
    if not isinstance(query, dict):
        raise RestError(400, "The provided query was invalid.")
    return query


def matches(document: Document, query: Document) -> bool:
    """Whether a document is one the query asks for."""
    return all(_matches_one(document, key, wanted) for key, wanted in query.items())


def _matches_one(document: Document, key: str, wanted: object) -> bool:
    if key in {"$and", "$or", "$nor"}:
        if not isinstance(wanted, list):
            raise RestError(400, f"The provided query was invalid. {key} needs an array")
        found = [matches(document, part) for part in wanted]
        return {"$and": all(found), "$or": any(found), "$nor": not any(found)}[key]
    if key == "$not":
        return not (isinstance(wanted, dict) and matches(document, wanted))
    if key.startswith("$"):
        raise RestError(400, f"The provided query was invalid. unknown operator: {key}")
    value = _value(document, key)
    if isinstance(wanted, dict) and any(name.startswith("$") for name in wanted):
        return all(_operator(name)(value, operand) for name, operand in wanted.items())
    return _equal(value, wanted)


def _value(document: Document, key: str) -> object:
    """A field, ``a.b`` reaching into an object as in MongoDB."""
    if key in document:
        return document[key]
    value: object = document
    for part in key.split("."):
        if not isinstance(value, dict) or part not in value:
            return _ABSENT
        value = value[part]
    return value


def _equal(value: object, wanted: object) -> bool:
    if wanted is None:
        return value is None or value is _ABSENT
    if isinstance(value, list) and not isinstance(wanted, list):
        return any(_equal(item, wanted) for item in value)
    return isinstance(value, bool) == isinstance(wanted, bool) and value == wanted


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[object, object], bool]:
    """Comparison within a type only: MongoDB's "type bracketing"."""

    def check(value: object, operand: object) -> bool:
        if isinstance(value, bool) or isinstance(operand, bool):
            return False
        numbers = isinstance(value, (int, float)) and isinstance(operand, (int, float))
        texts = isinstance(value, str) and isinstance(operand, str)
        return (numbers or texts) and compare(value, operand)

    return check


def _listed(value: object, operand: object) -> bool:
    if not isinstance(operand, list):
        raise RestError(400, "The provided query was invalid. $in needs an array")
    return any(_equal(value, item) for item in operand)


_OPERATORS: dict[str, Callable[[object, object], bool]] = {
    "$gt": _ordered(lambda value, operand: value > operand),
    "$gte": _ordered(lambda value, operand: value >= operand),
    "$lt": _ordered(lambda value, operand: value < operand),
    "$lte": _ordered(lambda value, operand: value <= operand),
    "$ne": lambda value, operand: not _equal(value, operand),
    "$eq": _equal,
    "$in": _listed,
    "$nin": lambda value, operand: not _listed(value, operand),
    "$exists": lambda value, operand: (value is not _ABSENT) == bool(operand),
}


def _operator(name: str) -> Callable[[object, object], bool]:
    if name not in _OPERATORS:
        raise RestError(400, f"The provided query was invalid. unknown operator: {name}")
    return _OPERATORS[name]


def project(document: Document, fields: str) -> Document:
    """``fields=a,b`` or ``a:1`` keeps these and ``_key``; ``a:0`` leaves a field out."""
    if not fields:
        return document
    flags = dict(_flag(part) for part in fields.split(",") if part.strip())
    keep = {name for name, on in flags.items() if on and name != "_key"}
    drop = {name for name, on in flags.items() if not on}
    if keep:
        names = keep | ({"_key"} - drop)
        return {key: value for key, value in document.items() if key in names}
    return {key: value for key, value in document.items() if key not in drop}


def _flag(part: str) -> tuple[str, bool]:
    name, _, flag = part.strip().partition(":")
    return name.strip(), flag.strip() not in {"0", "-1"}


def sort(documents: list[Document], order: str) -> list[Document]:
    """``sort=a,b:-1``: by these fields, ``-1`` descending; else in the order of insertion."""
    result = list(documents)
    for part in reversed([item for item in order.split(",") if item.strip()]):
        name, _, direction = part.strip().partition(":")
        result.sort(key=_sort_key(name.strip()), reverse=direction.strip() == "-1")
    return result


def _sort_key(name: str) -> Callable[[Document], tuple[int, Any]]:
    """MongoDB's order of types: nothing, numbers, text, the rest."""

    def key(document: Document) -> tuple[int, Any]:
        value = _value(document, name)
        if value is _ABSENT or value is None:
            return 0, 0
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return 1, value
        return (2, value) if isinstance(value, str) else (3, json.dumps(value, sort_keys=True))

    return key


def number(text: str | None, name: str) -> int:
    """``limit`` and ``skip``; 0 where nothing is said, 400 if it is no number."""
    if not text:
        return 0
    try:
        return max(0, int(text))
    except ValueError as error:
        raise RestError(400, f"Invalid value for {name}: {text}") from error
