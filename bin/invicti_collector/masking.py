# SPDX-License-Identifier: Apache-2.0
"""Masks secrets in `RequestData`, the HTTP request data of an audit record.

Its format is unknown (invicti-api.md 2.1): JSON text, form data, header lines and XML are served.
Texts are walked from one sensitive word to the next, never backwards: any member of the tenant
can have a text of any size recorded, and regular expressions that try again at each character
would take time that grows with its square.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, Optional

MASK = "********"

_SENSITIVE = re.compile(
    r"passw(?:or)?d|passphrase|pwd|secret|token|credential|authori[sz]ation|cookie|session"
    r"|api[-_ ]?key|access[-_ ]?key|private[-_ ]?key|client[-_ ]?key|recovery[-_ ]?code|otp"
)
_IGNORING_CASE = re.compile(_SENSITIVE.pattern, re.IGNORECASE)
_LONGEST_WORD = len("authorization")

_NAME_REST = re.compile(r"[\w.\-\[\]]*")
_HEADER_START = re.compile(r"[ \t]*[\w-]{0,60}")
_HEADER_VALUE = re.compile(r"[ \t]*:[ \t]*(?![ \t\"'])([^\r\n]+)")
_ASSIGNMENT = re.compile(r"\\*[\"']?\s*(?:=|:|%3[Dd])\s*")
_ELEMENT = re.compile(r"(?:\s[^<>]{0,200})?>(?=[^<>]+</)")
_OPENING = re.compile(r"\\*[\"']")
_QUOTED = {
    '"': re.compile(r"(?:\\.|[^\"\\])*", re.DOTALL),
    "'": re.compile(r"(?:\\.|[^'\\])*", re.DOTALL),
}
_BARE = re.compile(r"[^\s&;,}\"'<>]+")
_ELEMENT_TEXT = re.compile(r"[^<]+")

Span = Optional[tuple[int, int]]


def mask_request_data(value: Any) -> Any:
    """Returns `value` with what stands under the name of a secret replaced by `MASK`.

    Arguments:
        value: The field as received: usually a text, but any JSON value is taken.
    """
    if not isinstance(value, str):
        return _mask_tree(value)
    if not _names_secret(value):
        return value
    tree = _parsed(value)
    if tree is None:
        return _mask_text(value)
    return json.dumps(_mask_tree(tree), ensure_ascii=False, separators=(",", ":"))


def _parsed(text: str) -> Any:
    """Returns the object or list that `text` is the JSON of, else None."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _mask_tree(value: Any) -> Any:
    """Masks by name through nested objects; texts inside may be request data themselves."""
    if isinstance(value, dict):
        return {
            name: MASK if _is_secret_name(name) and inner else _mask_tree(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_mask_tree(inner) for inner in value]
    return mask_request_data(value) if isinstance(value, str) else value


def _names_secret(text: str) -> bool:
    lowered = text.lower()
    if len(lowered) == len(text):
        return _SENSITIVE.search(lowered) is not None
    return _IGNORING_CASE.search(text) is not None


_is_secret_name = lru_cache(maxsize=1024)(_names_secret)


def _mask_text(text: str) -> str:
    lowered = text.lower()
    # A few letters have a lower case of another length, which would shift all that follows.
    words, find = (lowered, _SENSITIVE) if len(lowered) == len(text) else (text, _IGNORING_CASE)
    parts: list[str] = []
    done = position = line = looked = 0
    while (word := find.search(words, position)) is not None:
        line = max(line, text.rfind("\n", looked, word.start()) + 1)
        looked = word.start()
        name_end = _end(_NAME_REST, text, word.end())
        value = _header_value(text, line, word.start(), name_end) or _value(text, name_end)
        if value is None:
            # A word may begin inside the rest of the name and reach beyond it ("recovery code").
            position = max(word.end(), name_end - _LONGEST_WORD)
            continue
        start, position = value
        parts += (text[done:start], MASK)
        done = position
    return "".join([*parts, text[done:]])


def _header_value(text: str, line: int, word: int, name_end: int) -> Span:
    """Returns where a header's value stands: it runs to the end of its line."""
    if _end(_HEADER_START, text, line) < word:
        return None
    match = _HEADER_VALUE.match(text, name_end)
    return None if match is None else match.span(1)


def _value(text: str, name_end: int) -> Span:
    """Returns where the value stands that is assigned to a name ending there."""
    assignment = _ASSIGNMENT.match(text, name_end)
    if assignment is None:
        element = _ELEMENT.match(text, name_end)
        return (
            None if element is None else (element.end(), _end(_ELEMENT_TEXT, text, element.end()))
        )
    start = assignment.end()
    opening = _OPENING.match(text, start)
    if opening is None:
        bare = _BARE.match(text, start)
        return None if bare is None else bare.span()
    return opening.end(), _closing(text, opening.group(), opening.end())


def _closing(text: str, opening: str, start: int) -> int:
    """Returns where a quoted value ends: at its quote, or where the text was cut off."""
    if len(opening) == 1:
        return _end(_QUOTED[opening], text, start)
    found = text.find(opening, start)
    return len(text) if found < 0 else found


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return start if match is None else match.end()
