# SPDX-License-Identifier: Apache-2.0
"""Masks secrets in `RequestData`, the HTTP request data of an audit record.

Its format is unknown (invicti-api.md 2.1): JSON text, form data (plain and multipart), header lines
and XML are all served. Whoever may send the tenant a request writes this text, so each pattern
reads it once: names are found whole and judged afterwards, never searched for with wildcards.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

MASK = "********"

# Both are for folded texts: IGNORECASE is slow.
_SENSITIVE_NAME = re.compile(
    r"passw(?:or)?d|passphrase|pwd|secret|token|credential|authori[sz]ation|cookie|session"
    r"|api[-_ ]?key|access[-_ ]?key|private[-_ ]?key|client[-_ ]?key|recovery[-_ ]?code|otp"
)
_SENSITIVE_HEADER = re.compile(r"authori[sz]ation|cookie|token|api-?key|secret")

# Whatever the patterns above find holds one of these: they spare most texts the patterns, and lead
# to the few names of the others that matter.
_ROOTS = (
    *("pass", "pwd", "secret", "token", "credential", "authori", "cookie", "session"),
    *("key", "code", "otp"),
)
# What stands for i and s where case is ignored, beyond str.lower(), of which İ has two letters.
_LIKE_ASCII = (("\u0130", "i"), ("\u0131", "i"), ("\u017f", "s"))

_HEADER = re.compile(r"[ \t]*([\w-]+)[ \t]*:[ \t]*")
_LINE = re.compile(r"[^\r\n]+")

_TAG = re.compile(r"<([\w.:-]+)(?=[\s>])[^<>]*(?<!/)>")
_CONTENT = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|[^<]+", re.DOTALL)

# Of a part of multipart form data, the line that names it; further header lines may follow.
_PART = re.compile(
    r"^content-disposition:([^\r\n]*)(?:\r?\n[^\r\n]+){0,5}\r?\n\r?\n", re.IGNORECASE | re.MULTILINE
)
_BODY = re.compile(r"(?:(?!\r?\n--).)+", re.DOTALL)

# A word in plain or URL-encoded form; of a name, what follows it, too: the end of its quotes, in
# plain, escaped or URL-encoded form, and the mark before the value.
_WORD = r"(?:[\w.\-\[\]]|%5[BDbd])[\w.\-\[\]]*(?:%5[BDbd][\w.\-\[\]]*)*"
_NAME = re.compile(rf"({_WORD})((?:\\{{0,8}}[\"']|%2[27])?\s*(?:=|:|%3[ADad])\s*)?")
# Quoted values reach to their closing quote, lists and objects to their bracket, others to the next
# separator; a comma or a brace inside a word belongs to it.
_VALUE = re.compile(
    r"(?P<quote>\\{1,8}[\"'])(?:(?!(?<!\\)(?P=quote)).)*(?:(?P=quote))?"
    r"|\"[^\"\\]*(?:\\.[^\"\\]*)*\"?|'[^'\\]*(?:\\.[^'\\]*)*'?"
    r"|\[[^\]]*\]?|\{[^}]*\}?"
    r"|(?i:(?:bearer|basic|digest|negotiate|token)[ \t]+)?(?:[^\s&;,}\"'<>]+|[,}](?=[^\s\"']))+",
    re.DOTALL,
)

# No match of `_NAME` holds one of these, so that a search may begin behind any of them.
_BETWEEN_NAMES = "&,{/"

_NAMES_A_VALUE = frozenset({"name", "key", "header", "field", "parameter"})


class _Text(NamedTuple):
    """A text, the same folded, and where `_ROOTS` stand in it, in order."""

    text: str
    folded: str
    roots: list[int]


def mask_request_data(value: Any) -> Any:
    """Returns `value` with what stands under the name of a secret replaced by `MASK`.

    Arguments:
        value: The field as received: usually a text, but any JSON value is taken.
    """
    try:
        return _mask_json(value) if isinstance(value, str) else _mask_tree(value)
    except RecursionError:  # nested so deeply that it can be no request of a person
        return _mask_text(_looked_at(value)) if isinstance(value, str) else MASK


def _mask_json(text: str) -> str:
    seen = _looked_at(text)
    # JSON may write any letter of a name as an escape.
    if not seen.roots and "\\u" not in text:
        return text
    tree = _parsed(text)
    if tree is None:
        return _mask_text(seen)
    masked = _mask_tree(tree)
    if masked == tree:
        return text
    return json.dumps(masked, ensure_ascii=False, separators=(",", ":"))


def _folded(text: str) -> str:
    """Returns `text` in lower case, each letter in its place."""
    if not text.isascii():
        for letter, like in _LIKE_ASCII:
            text = text.replace(letter, like)
    return text.lower()


def _looked_at(text: str) -> _Text:
    folded = _folded(text)
    found = []
    for root in _ROOTS:
        position = folded.find(root)
        while position >= 0:
            found.append(position)
            position = folded.find(root, position + 1)
    return _Text(text, folded, sorted(found))


def _is_sensitive(name: str) -> bool:
    return _SENSITIVE_NAME.search(_folded(name)) is not None


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
        name.lower() in _NAMES_A_VALUE and isinstance(inner, str) and _is_sensitive(inner)
        for name, inner in value.items()
    )
    masked = {}
    for name, inner in value.items():
        secret = _is_sensitive(name) or (names_a_secret and name.lower() == "value")
        masked[name] = MASK if secret and inner else _mask_tree(inner)
    return masked


def _mask_text(seen: _Text) -> str:
    seen = _mask_headers(seen)
    masked = seen.text
    if "content-disposition" in seen.folded:
        masked = _mask_values(masked, _PART, _BODY)
    if "<" in masked:
        masked = _mask_values(masked, _TAG, _CONTENT)
    return _mask_names(seen if masked == seen.text else _looked_at(masked))


def _mask_headers(seen: _Text) -> _Text:
    """Masks the rest of each line that begins with the name of a secret header."""
    text, folded, roots = seen
    cuts = []
    line = 0
    for root in roots if ":" in text else ():
        if root < line:
            continue
        begin = text.rfind("\n", line, root) + 1 or line
        line = text.find("\n", root) + 1 or len(text)
        name = _HEADER.match(text, begin)
        if name and _SENSITIVE_HEADER.search(folded, *name.span(1)):
            value = _LINE.match(text, name.end())
            if value:
                cuts.append((*value.span(), _masked(value.group())))
    return _replaced(seen, cuts) if cuts else seen


def _replaced(seen: _Text, cuts: list[tuple[int, int, str]]) -> _Text:
    """Returns a text with pieces of it replaced: from, to, and by what; no root reaches across."""
    parts, folded, roots = [], [], []
    done = shift = 0
    left = iter(seen.roots)
    root = next(left, None)
    for begin, end, mask in [*cuts, (len(seen.text), len(seen.text), "")]:
        parts += [seen.text[done:begin], mask]
        folded += [seen.folded[done:begin], mask]
        while root is not None and root < end:
            if root < begin:
                roots.append(root + shift)
            root = next(left, None)
        shift += len(mask) - (end - begin)
        done = end
    return _Text("".join(parts), "".join(folded), roots)


def _mask_names(seen: _Text) -> str:
    """Masks the value that follows each sensitive name, wherever it stands in the text."""
    text, folded, roots = seen
    parts = []
    done = at = 0
    for root in roots:
        line = text.rfind("\n", at, root) + 1
        if line and text[line].isalnum():  # a word begins, so none reaches here from above
            at = line
        at = max([at, *[text.rfind(mark, at, root) + 1 for mark in _BETWEEN_NAMES]])
        while at <= root and (name := _NAME.search(text, at)):
            at = name.end()
            sensitive = name.group(2) and _SENSITIVE_NAME.search(folded, *name.span(1))
            value = _VALUE.match(text, at) if sensitive else None
            if value:
                parts += [text[done:at], _masked(value.group())]
                done = at = value.end()
    return "".join([*parts, text[done:]])


def _mask_values(text: str, names: re.Pattern[str], values: re.Pattern[str]) -> str:
    """Masks the value that follows each sensitive name."""
    parts = []
    done = 0
    found = names.search(text)
    while found:
        end = found.end()
        value = values.match(text, end) if _is_sensitive(found.group(1)) else None
        if value:
            parts += [text[done:end], _masked(value.group())]
            done = end = value.end()
        found = names.search(text, end)
    return "".join([*parts, text[done:]])


_QUOTE = re.compile(r"\\*[\"']")


def _masked(value: str) -> str:
    quote = _QUOTE.match(value)
    return f"{quote.group()}{MASK}{quote.group()}" if quote else MASK
