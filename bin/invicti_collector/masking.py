# SPDX-License-Identifier: Apache-2.0
"""Masks secrets in `RequestData`, the HTTP request data of an audit record.

Its format is unknown (invicti-api.md 2.1): JSON text, form data (plain and multipart), header lines
and XML are all served. Whoever may send the tenant a request writes this text, so each pattern
reads it once: names are found whole and judged afterwards, never searched for with wildcards.
"""

from __future__ import annotations

import json
import re
from typing import Any

MASK = "********"

_SENSITIVE_NAME = re.compile(
    r"passw(?:or)?d|passphrase|pwd|secret|token|credential|authori[sz]ation|cookie|session"
    r"|api[-_ ]?key|access[-_ ]?key|private[-_ ]?key|client[-_ ]?key|recovery[-_ ]?code|otp",
    re.IGNORECASE,
)
_SENSITIVE_HEADER = re.compile(r"authori[sz]ation|cookie|token|api-?key|secret", re.IGNORECASE)

_HEADER = re.compile(r"^[ \t]*([\w-]+)[ \t]*:[ \t]*", re.MULTILINE)
_LINE = re.compile(r"[^\r\n]+")

_TAG = re.compile(r"<([\w.:-]+)(?=[\s>])[^<>]*(?<!/)>")
_CONTENT = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|[^<]+", re.DOTALL)

# Of a part of multipart form data, the line that names it; further header lines may follow.
_PART = re.compile(
    r"^content-disposition:([^\r\n]*)(?:\r?\n[^\r\n]+){0,5}\r?\n\r?\n", re.IGNORECASE | re.MULTILINE
)
_BODY = re.compile(r"(?:(?!\r?\n--).)+", re.DOTALL)

# A name in plain, quoted (also with the quotes escaped) or URL-encoded form, and what follows it;
# or a word that is no name, so that no part of it is looked at again.
_WORD = r"(?:[\w.\-\[\]]|%5[BD])[\w.\-\[\]]*(?:%5[BD][\w.\-\[\]]*)*"
_NAME = re.compile(
    rf"({_WORD})(?:\\{{0,8}}[\"']|%2[27])?\s*(?:=|:|%3[AD])\s*|{_WORD}", re.IGNORECASE
)
# Quoted values reach to their closing quote, lists and objects to their bracket, others to the next
# separator; a comma or a brace inside a word belongs to it.
_VALUE = re.compile(
    r"(?P<quote>\\{1,8}[\"'])(?:(?!(?<!\\)(?P=quote)).)*(?:(?P=quote))?"
    r"|\"[^\"\\]*(?:\\.[^\"\\]*)*\"?|'[^'\\]*(?:\\.[^'\\]*)*'?"
    r"|\[[^\]]*\]?|\{[^}]*\}?"
    r"|(?:(?:bearer|basic|digest|negotiate|token)[ \t]+)?(?:[^\s&;,}\"'<>]|[,}](?=[^\s\"']))+",
    re.IGNORECASE | re.DOTALL,
)

_NAMES_A_VALUE = frozenset({"name", "key", "header", "field", "parameter"})


def mask_request_data(value: Any) -> Any:
    """Returns `value` with what stands under the name of a secret replaced by `MASK`.

    Arguments:
        value: The field as received: usually a text, but any JSON value is taken.
    """
    try:
        return _mask_json(value) if isinstance(value, str) else _mask_tree(value)
    except RecursionError:  # nested so deeply that it can be no request of a person
        return _mask_text(value) if isinstance(value, str) else MASK


def _mask_json(text: str) -> str:
    if not _SENSITIVE_NAME.search(text):
        return text
    tree = _parsed(text)
    if tree is None:
        return _mask_text(text)
    masked = _mask_tree(tree)
    if masked == tree:
        return text
    return json.dumps(masked, ensure_ascii=False, separators=(",", ":"))


def _parsed(text: str) -> Any:
    """Returns the object or list that `text` is the JSON of, else None."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _mask_tree(value: Any) -> Any:
    """Masks by name through nested objects; texts inside may be request data themselves."""
    if isinstance(value, dict):
        return _mask_object(value)
    if isinstance(value, list):
        return [_mask_tree(inner) for inner in value]
    return _mask_json(value) if isinstance(value, str) else value


def _mask_object(value: dict[str, Any]) -> dict[str, Any]:
    """Masks the fields of one object; in `{"Name": "Authorization", "Value": …}` the value."""
    names_a_secret = any(
        name.lower() in _NAMES_A_VALUE and isinstance(inner, str) and _SENSITIVE_NAME.search(inner)
        for name, inner in value.items()
    )
    masked = {}
    for name, inner in value.items():
        secret = _SENSITIVE_NAME.search(name) or (names_a_secret and name.lower() == "value")
        masked[name] = MASK if secret and inner else _mask_tree(inner)
    return masked


def _mask_text(text: str) -> str:
    text = _mask_values(text, _HEADER, _LINE, _SENSITIVE_HEADER)
    text = _mask_values(text, _PART, _BODY, _SENSITIVE_NAME)
    text = _mask_values(text, _TAG, _CONTENT, _SENSITIVE_NAME)
    return _mask_values(text, _NAME, _VALUE, _SENSITIVE_NAME)


def _mask_values(
    text: str, names: re.Pattern[str], values: re.Pattern[str], sensitive: re.Pattern[str]
) -> str:
    """Masks the value that follows each sensitive name."""
    parts = []
    done = 0
    found = names.search(text)
    while found:
        end = found.end()
        value = values.match(text, end) if sensitive.search(found.group(1) or "") else None
        if value:
            parts += [text[done:end], _masked(value.group())]
            done = end = value.end()
        found = names.search(text, end)
    return "".join([*parts, text[done:]])


def _masked(value: str) -> str:
    quote = re.match(r"\\*[\"']", value)
    return f"{quote.group()}{MASK}{quote.group()}" if quote else MASK
