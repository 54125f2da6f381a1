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

MOST_VALUES = 100_000
"""In a text in JSON: one with more, which no person's request has, is masked as a text."""

# For folded texts: IGNORECASE is slow.
_SENSITIVE_NAME = re.compile(
    r"passw(?:or)?d|passphrase|pwd|secret|token|credential|authori[sz]ation|cookie|session"
    r"|api[-_ ]?key|access[-_ ]?key|private[-_ ]?key|client[-_ ]?key|recovery[-_ ]?code|otp"
)

# Each match of `_SENSITIVE_NAME` has one of these words in it, which spare most texts the patterns.
# A word with a pattern is a match only where that fits, within letters before and from it on.
_WORDS: tuple[tuple[str, re.Pattern[str] | None, int, int], ...] = (
    *((word, None, 0, 0) for word in ("pwd", "secret", "token", "credential", "cookie")),
    *((word, None, 0, 0) for word in ("session", "otp")),
    ("pass", re.compile("passw(?:or)?d|passphrase"), 0, len("passphrase")),
    ("authori", re.compile("authori[sz]ation"), 0, len("authorization")),
    ("key", re.compile("(?:api|access|private|client)[-_ ]?key"), len("private-"), len("key")),
    ("code", re.compile("recovery[-_ ]?code"), len("recovery-"), len("code")),
)
# What stands for i and s where case is ignored, beyond str.lower(), of which İ has two letters.
_LIKE_ASCII = (("\u0130", "i"), ("\u0131", "i"), ("\u017f", "s"))

# Where a line begins as JSON does.
_JSON_BELOW = re.compile(r"\n(?=[{\[])")

_HEADER = re.compile(r"[ \t]*([\w.\[\]-]+)[ \t]*:[ \t]*")
_LINE = re.compile(r"[^\r\n]+")

# Known by what it says; holds the word `private key`, so that a text without one needs no look.
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r".*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)

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
# separator; a comma, a brace or a quote inside a word belongs to it.
_VALUE = re.compile(
    r"(?P<quote>\\{1,8}[\"'])(?:(?!(?<!\\)(?P=quote)).)*(?:(?P=quote))?"
    r"|\"[^\"\\]*(?:\\.[^\"\\]*)*\"?|'[^'\\]*(?:\\.[^'\\]*)*'?"
    r"|\[[^\]]*\]?|\{[^}]*\}?"
    r"|(?i:(?:bearer|basic|digest|negotiate|token)[ \t]+)?(?:[^\s&;,}\"'<>]+|[,}](?=[^\s\"'])"
    r"|[\"']{1,8}(?=[^\s;,:}\]\"'<>\\]))+",
    re.DOTALL,
)

# Of lines inside a quoted text, such as a request in JSON that was cut short: where one begins, its
# end being an escape, and what it holds. Quotes may stand inside of it.
_QUOTED_LINE = re.compile(r"(?<=[\"'])|(?<=\\)[rn]")
_REST_OF_LINE = re.compile(r"(?:[^\r\n\"'\\]+|\\{0,8}[\"'](?=[\w;])|\\(?!\\{0,7}[rn\"']))+")

# No match of `_NAME` holds one of these, so that a search may begin behind any of them.
_BETWEEN_NAMES = "&,{/"

_NAMES_A_VALUE = frozenset({"name", "key", "header", "field", "parameter"})

# Of a folded text, a field that names another or is that one's value, in a form or JSON or as an
# element, and how its own value begins.
_OF_A_PAIR = re.compile(
    r"(?:(?<![\w/])|(?<=%5b|%22|%27))(name|key|header|field|parameter|value)(?:\]|%5d)?"
    r"(?:>|(?:\\{0,8}[\"']|%2[27])?\s*(?:=|:|%3a)\s*)"
    r"(?=(?:\+|%20)?(?:\\{0,8}[\"']|%2[27])?([\w. -]{0,64}))"
)


Found = list[tuple[int, int]]
"""From where to where a text holds names of secrets, in order."""


class _Text(NamedTuple):
    """A text, the same folded, and the names of secrets in it."""

    text: str
    folded: str
    found: Found


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
    if not seen.found and "\\u" not in text:
        return text
    tree = _parsed(text)
    return _mask_request(seen) if tree is None else _mask_parsed(text, tree)


def _mask_parsed(text: str, tree: Any) -> str:
    masked = _mask_tree(tree)
    if masked == tree:
        return text
    return json.dumps(masked, ensure_ascii=False, separators=(",", ":"))


def _mask_request(seen: _Text) -> str:
    """Masks a text that is no JSON, but may have a request's body in JSON below header lines."""
    text, folded, found = seen
    below = _JSON_BELOW.search(text)
    at = below.end() if below else len(text)
    holds_one = (found and found[-1][1] > at) or text.find("\\u", at) >= 0
    body = text[at:]
    tree = _parsed(body) if holds_one else None
    if tree is None:
        return _mask_text(seen)
    # In place of the body, to see whether all of it is the value of a secret above.
    above = [span for span in found if span[1] <= at]
    masked = _mask_text(_Text(text[:at] + "x", folded[:at] + "x", above))
    return masked[:-1] + _mask_parsed(body, tree) if masked.endswith("x") else _mask_text(seen)


def _folded(text: str) -> str:
    """Returns `text` in lower case, each letter in its place."""
    if not text.isascii():
        for letter, like in _LIKE_ASCII:
            text = text.replace(letter, like)
    return text.lower()


def _looked_at(text: str) -> _Text:
    folded = _folded(text)
    found = []
    for word, whole, before, after in _WORDS:
        at = folded.find(word)
        while at >= 0:
            if whole is None:
                found.append((at, at + len(word)))
            elif match := whole.search(folded, max(at - before, 0), at + after):
                found.append(match.span())
            at = folded.find(word, at + 1)
    return _Text(text, folded, sorted(found))


def _is_sensitive(name: str) -> bool:
    return _SENSITIVE_NAME.search(_folded(name)) is not None


def _parsed(text: str) -> Any:
    """Returns the object, list or text that `text` is the JSON of, else None."""
    if not text.lstrip().startswith(("{", "[", '"')):
        return None
    # Decoded, a value may take a hundred times the memory of its text.
    if sum(map(text.count, ",[{")) > MOST_VALUES:
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
        masked[name] = MASK if secret and inner and inner is not True else _mask_tree(inner)
    return masked


def _mask_text(seen: _Text) -> str:
    if "-----begin" in seen.folded:
        seen = _looked_at(_PRIVATE_KEY.sub(MASK, seen.text))
    text, found = _mask_headers(seen)
    masked = text
    if "content-disposition" in seen.folded:
        masked = _mask_values(masked, _PART, _BODY)
    if "<" in masked:
        masked = _mask_values(masked, _TAG, _CONTENT)
    if "value" in seen.folded:
        masked = _mask_pairs(masked)
    return _mask_names(masked, found if masked == text else _looked_at(masked).found)


def _mask_headers(seen: _Text) -> tuple[str, Found]:
    """Masks the rest of each line that begins with the name of a secret and a colon.

    Returns:
        The text, and what it holds besides these names and values.
    """
    text, folded, found = seen
    if ":" not in text:
        return text, found
    parts, left = [], []
    done = shift = next_line = 0
    for begin, end in found:
        if begin >= next_line:
            value = _header_value(text, folded, text.rfind("\n", next_line, begin) + 1 or next_line)
            next_line = text.find("\n", begin) + 1 or len(text)
            if value:
                mask = _masked(value.group())
                parts += [text[done : value.start()], mask]
                done = value.end()
                shift += len(mask) - len(value.group())
        if begin >= done:
            left.append((begin + shift, end + shift))
    return "".join([*parts, text[done:]]), left


def _header_value(text: str, folded: str, line: int) -> re.Match[str] | None:
    """Returns the secret's value in the line that begins there, if there is one."""
    name = _HEADER.match(text, line)
    if name and _SENSITIVE_NAME.search(folded, *name.span(1)):
        return _LINE.match(text, name.end())
    return None


def _mask_pairs(text: str) -> str:
    """Masks the value in `Name=Authorization&Value=…` and the like."""
    parts = []
    done = 0
    naming = ""  # the field that named a secret last
    for field in _OF_A_PAIR.finditer(_folded(text)):
        called, holds = field.groups()
        if field.start() < done:
            continue
        if called != "value":
            if _SENSITIVE_NAME.search(holds):
                naming = called
            elif holds and naming == called:
                naming = ""
        elif naming:
            values = _CONTENT if field.group().endswith(">") else _VALUE
            if value := values.match(text, field.end()):
                parts += [text[done : value.start()], _masked(value.group())]
                done = value.end()
            naming = ""
    return "".join([*parts, text[done:]])


def _mask_names(text: str, found: Found) -> str:
    """Masks the value that follows each sensitive name, wherever it stands in the text."""
    parts = []
    done = at = 0
    for index, (begin, _) in enumerate(found):
        if begin < at:
            continue
        at = _before_name(text, at, begin)
        while at <= begin and (name := _NAME.search(text, at)):
            at = name.end()
            value = _value(text, name) if name[2] and _holds(name, found, index) else None
            if value:
                parts += [text[done:at], _masked(value.group())]
                done = at = value.end()
    return "".join([*parts, text[done:]])


def _value(text: str, name: re.Match[str]) -> re.Match[str] | None:
    """Returns the value that follows a name, which may begin a line inside a quoted text."""
    if name[2].lstrip()[0] == ":" and _QUOTED_LINE.match(text, name.start()):
        return _REST_OF_LINE.match(text, name.end()) or _VALUE.match(text, name.end())
    return _VALUE.match(text, name.end())


def _before_name(text: str, at: int, begin: int) -> int:
    """Returns from where on to look for the name that has a word of a secret at `begin`."""
    line = text.rfind("\n", at, begin) + 1
    if line and text[line].isalnum():  # a word begins, so none reaches here from above
        at = line
    for mark in _BETWEEN_NAMES:
        at = max(at, text.rfind(mark, at, begin) + 1)
    return at


def _holds(name: re.Match[str], found: Found, index: int) -> bool:
    """Tells whether a name holds the word of a secret; those before `index` stand before it."""
    first, last = name.span(1)
    while index < len(found) and found[index][0] < last:
        if found[index][0] >= first and found[index][1] <= last:
            return True
        index += 1
    return False


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
# Empty, or a switch such as AutoGeneratePassword: what a person did, and no secret. Inside of JSON
# that was cut short, brackets may follow it.
_NO_SECRET = re.compile(
    r"\s*(?:true|false|null)[}\]\s]*|(\\*[\"'])\1|\[\s*\]|\{\s*\}", re.IGNORECASE
)


def _masked(value: str) -> str:
    if _NO_SECRET.fullmatch(value):
        return value
    quote = _QUOTE.match(value) if value[0] in "\\\"'" else None
    return f"{quote.group()}{MASK}{quote.group()}" if quote else MASK
