# SPDX-License-Identifier: Apache-2.0
"""Decodes the tenant's JSON and keeps, beside each record, the very text it was received as.

A record that need not be changed is then written as it came, which is quicker than encoding it
anew and nothing is lost by it: the form of a number, or a field that is there twice.
"""

from __future__ import annotations

import json
import re
from itertools import chain
from typing import Any, NamedTuple


def _refuse(constant: str) -> Any:
    """`NaN` and the like, which Python reads, are no JSON: no event may hold them."""
    raise ValueError(constant)


_decode_at = json.JSONDecoder(parse_constant=_refuse).raw_decode


class Received(NamedTuple):
    """One item of a list.

    Attributes:
        value: As decoded.
        text: As received, where that is an object in compact JSON without needless escapes and
            with nothing that XML cannot hold; else None.
    """

    value: Any
    text: str | None


def decode(body: bytes) -> Any:
    """Returns what `json.loads` does, but of lists at the top and in an envelope: `Received` items.

    Where white space stands around the items, they are values alone.

    Arguments:
        body: The answer.

    Raises:
        ValueError: when it is not JSON.
        RecursionError: when it is nested too deeply.
    """
    try:
        return _decoded_with_texts(body.strip(_WHITE_SPACE))
    except (ValueError, IndexError, RecursionError):
        return json.loads(body)  # which knows better what is wrong, if anything is


_WHITE_SPACE = b" \t\r\n"


class _Span(NamedTuple):
    """A list's decoded items, and where the text of the first begins and of the last ends."""

    values: list[Any]
    begin: int
    end: int


def _decoded_with_texts(body: bytes) -> Any:
    text = body.decode()
    decoded, end = _list(text, 0) if text.startswith("[") else _envelope(text)
    if end != len(text):
        raise ValueError
    fields = decoded if isinstance(decoded, dict) else {"": decoded}
    lists = {name: value for name, value in fields.items() if isinstance(value, _Span)}
    plain = _is_plain(body, [value for each in lists.values() for value in each.values])
    for name, each in lists.items():
        fields[name] = (_split(text, each) if plain else None) or _item_by_item(text, each.begin)
    return fields if isinstance(decoded, dict) else fields[""]


def _envelope(text: str) -> tuple[dict[str, Any], int]:
    """Returns the object that `text` begins with, and where it ends."""
    fields: dict[str, Any] = {}
    at = 0
    mark = "{"
    while mark != "}":
        if text[at] != mark or text[at + 1] != '"':
            raise ValueError
        name, at = _decode_at(text, at + 1)
        if text[at] != ":":
            raise ValueError
        read = _list if text[at + 1] == "[" else _decode_at
        fields[name], at = read(text, at + 1)
        mark = "}" if text[at] == "}" else ","
    return fields, at + 1


def _list(text: str, at: int) -> tuple[_Span, int]:
    values, end = _decode_at(text, at)
    return _Span(values, at + 1, end - 1), end


# Between two objects in compact JSON of which none is empty.
_BETWEEN = '},{"'
_BEGIN, _END = '{"', "}"


def _split(text: str, items: _Span) -> list[Received] | None:
    """Returns the items of a list without white space; None where it is not plain to see.

    To decode them one by one takes half as long again: the decoder makes each name anew.
    """
    pieces = text[items.begin : items.end].split(_BETWEEN)
    # The mark stands inside an item, too, if that holds a list of objects or such a text.
    if len(pieces) != len(items.values) or not all(items.values):
        return None
    texts = [_BEGIN + piece + _END for piece in pieces]
    texts[0] = texts[0][len(_BEGIN) :]
    texts[-1] = texts[-1][: -len(_END)]
    return list(map(Received, items.values, texts))


def _item_by_item(text: str, at: int) -> list[Received]:
    """Returns the items of the list whose first begins at `at`."""
    items: list[Received] = []
    if text[at] == "]":
        return items
    while text[at - 1] != "]":
        value, end = _decode_at(text, at)
        item = text[at:end]
        items.append(Received(value, item if _is_plain(item.encode(), [value]) else None))
        if text[end] not in ",]":
            raise ValueError
        at = end + 1
    return items


# `\/` would keep a search for a path from finding it.
_NEEDLESS_ESCAPE = re.compile(rb"\\[u/]")
_NOT_IN_XML = ("\ufffe".encode(), "\uffff".encode())


def _is_plain(text: bytes, values: list[Any]) -> bool:
    """Tells whether encoding the values anew would give nothing better than their text.

    Arguments:
        text: Of them all.
        values: As decoded.
    """
    # A tab or the end of a line is never part of a value.
    if _NEEDLESS_ESCAPE.search(text) or any(mark in text for mark in (b"\n", b"\t", b"\r")):
        return False
    # One byte is found fifty times as fast as three.
    if b"\xef" in text and any(mark in text for mark in _NOT_IN_XML):
        return False
    if not all(isinstance(value, dict) for value in values):
        return False
    # If these fields have as many blanks as the text, none stands between values.
    return text.count(b" ") == _texts_in(values).count(" ")


def _texts_in(values: list[dict[str, Any]]) -> str:
    fields = [*chain.from_iterable(map(dict.values, values))]
    try:
        return "".join(filter(None, fields))
    except TypeError:  # some hold numbers, or more
        return "".join([field for field in fields if isinstance(field, str)])
