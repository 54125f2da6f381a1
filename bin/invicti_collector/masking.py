# SPDX-License-Identifier: Apache-2.0
"""Masks secrets in `RequestData`, the HTTP request data of an audit record.

Its format is unknown (invicti-api.md 2.1): JSON text, form data and header lines are all served.
"""

from __future__ import annotations

import json
import re
from typing import Any

MASK = "********"

_SENSITIVE = (
    r"passw(?:or)?d|passphrase|pwd|secret|token|credential|authori[sz]ation|cookie|session"
    r"|api[-_ ]?key|access[-_ ]?key|private[-_ ]?key|client[-_ ]?key|recovery[-_ ]?code|otp"
)
_SENSITIVE_NAME = re.compile(_SENSITIVE, re.IGNORECASE)

# A header's value runs to the end of its line; quoted values to their closing quote; the value of
# a form field to the next separator.
_HEADER = re.compile(
    r"^([ \t]*[\w-]*(?:authori[sz]ation|cookie|token|api-?key|secret)[\w-]*[ \t]*:[ \t]*)[^\r\n]+",
    re.IGNORECASE | re.MULTILINE,
)
_ASSIGNMENT = re.compile(
    rf"([\w.\-\[\]]*(?:{_SENSITIVE})[\w.\-\[\]]*[\"']?\s*(?:=|:|%3D)\s*)"
    r"(\"(?:\\.|[^\"\\])*\"?|'(?:\\.|[^'\\])*'?|[^\s&;,}\"'<>]+)",
    re.IGNORECASE,
)
_ELEMENT = re.compile(
    rf"(<([\w.:-]*(?:{_SENSITIVE})[\w.:-]*)[^<>]*>)[^<]+(?=</\2\s*>)", re.IGNORECASE
)


def mask_request_data(value: Any) -> Any:
    """Returns `value` with what stands under the name of a secret replaced by `MASK`.

    Arguments:
        value: The field as received: usually a text, but any JSON value is taken.
    """
    if not isinstance(value, str):
        return _mask_tree(value)
    if not _SENSITIVE_NAME.search(value):
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
            name: MASK if _SENSITIVE_NAME.search(name) and inner else _mask_tree(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_mask_tree(inner) for inner in value]
    return _mask_text(value) if isinstance(value, str) else value


def _mask_text(text: str) -> str:
    masked = _HEADER.sub(rf"\g<1>{MASK}", text)
    masked = _ELEMENT.sub(rf"\g<1>{MASK}", masked)
    return _ASSIGNMENT.sub(_mask_assignment, masked)


def _mask_assignment(match: re.Match[str]) -> str:
    value = match.group(2)
    quote = value[0] if value[0] in "\"'" else ""
    return f"{match.group(1)}{quote}{MASK}{quote}"
