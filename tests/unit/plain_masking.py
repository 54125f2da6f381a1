"""The rules of masking texts, told without haste: each pattern looks at every word.

`masking` takes short cuts to the words that matter; here is what they must come to.
"""

from __future__ import annotations

import json
import re

from invicti_collector.masking import MASK, mask_request_data

_SENSITIVE_NAME = re.compile(
    r"passw(?:or)?d|passphrase|pwd|secret|token|credential|authori[sz]ation|cookie|session"
    r"|api[-_ ]?key|access[-_ ]?key|private[-_ ]?key|client[-_ ]?key|recovery[-_ ]?code|otp",
    re.IGNORECASE,
)
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r".*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)
_HEADER = re.compile(r"^[ \t]*([\w.\[\]-]+)[ \t]*:[ \t]*", re.MULTILINE)
_LINE = re.compile(r"[^\r\n]+")
_TAG = re.compile(r"<([\w.:-]+)(?=[\s>])[^<>]*(?<!/)>")
_CONTENT = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|[^<]+", re.DOTALL)
_PART = re.compile(
    r"^content-disposition:([^\r\n]*)(?:\r?\n[^\r\n]+){0,5}\r?\n\r?\n", re.IGNORECASE | re.MULTILINE
)
_BODY = re.compile(r"(?:(?!\r?\n--).)+", re.DOTALL)
_WORD = r"(?:[\w.\-\[\]]|%5[BD])[\w.\-\[\]]*(?:%5[BD][\w.\-\[\]]*)*"
_NAME = re.compile(
    rf"({_WORD})(?:\\{{0,8}}[\"']|%2[27])?\s*(?:=|:|%3[AD])\s*|{_WORD}", re.IGNORECASE
)
_VALUE = re.compile(
    r"(?P<quote>\\{1,8}[\"'])(?:(?!(?<!\\)(?P=quote)).)*(?:(?P=quote))?"
    r"|\"[^\"\\]*(?:\\.[^\"\\]*)*\"?|'[^'\\]*(?:\\.[^'\\]*)*'?"
    r"|\[[^\]]*\]?|\{[^}]*\}?"
    r"|(?:(?:bearer|basic|digest|negotiate|token)[ \t]+)?(?:[^\s&;,}\"'<>]|[,}](?=[^\s\"'])"
    r"|[\"']{1,8}(?=[^\s;,:}\]\"'<>\\]))+",
    re.IGNORECASE | re.DOTALL,
)
_QUOTED_LINE = re.compile(rf"(?:(?<=[\"'])|(?<=\\)(?=[rn])){_WORD}\s*:", re.IGNORECASE)
_REST_OF_LINE = re.compile(r"(?:[^\r\n\"'\\]+|\\{0,8}[\"'](?=[\w;])|\\(?!\\{0,7}[rn\"']))+")
_OF_A_PAIR = re.compile(
    r"(?:(?<![\w/])|(?<=%5b|%22|%27))(?:(?P<naming>name|key|header|field|parameter)|value)"
    r"(?:\]|%5d)?(?:(?P<element>>)|(?:\\{0,8}[\"']|%2[27])?\s*(?:=|:|%3a)\s*)"
    r"(?=(?:\+|%20)?(?:\\{0,8}[\"']|%2[27])?(?P<holds>[\w. -]{0,64}))",
    re.IGNORECASE,
)
_RULES = (
    (_HEADER, _LINE),
    (_PART, _BODY),
    (_TAG, _CONTENT),
    (_NAME, _VALUE),
)


def mask_text(text: str) -> str:
    """Returns what `mask_request_data` has to make of a text that is no JSON."""
    if not _SENSITIVE_NAME.search(text):
        return text
    body = re.search(r"(?<=\n)[{\[].*", text, re.DOTALL)
    if body and _SENSITIVE_NAME.search(body.group()) and _is_json(body.group()):
        head = _mask_by_rules(text[: body.start()] + "x")
        if head.endswith("x"):  # no value of a secret in the head reaches into the body
            return f"{head[:-1]}{mask_request_data(body.group())}"
    return _mask_by_rules(text)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _mask_by_rules(text: str) -> str:
    text = _PRIVATE_KEY.sub(MASK, text)
    for names, values in _RULES:
        if names is _NAME:
            text = _mask_pairs(text)
        end = 0
        while found := names.search(text, end):
            end = found.end()
            if not _SENSITIVE_NAME.search(found.group(1) or ""):
                continue
            value = values.match(text, end)
            if names is _NAME and _QUOTED_LINE.match(text, found.start()):
                value = _REST_OF_LINE.match(text, end) or value
            if value:
                masked = _masked(value.group())
                text = text[:end] + masked + text[value.end() :]
                end += len(masked)
    return text


def _mask_pairs(text: str) -> str:
    end = 0
    naming = ""
    while field := _OF_A_PAIR.search(text, end):
        end = field.end()
        if called := field["naming"]:
            if _SENSITIVE_NAME.search(field["holds"]):
                naming = called.lower()
            elif field["holds"] and naming == called.lower():
                naming = ""
        elif naming:
            naming = ""
            if value := (_CONTENT if field["element"] else _VALUE).match(text, end):
                masked = _masked(value.group())
                text = text[:end] + masked + text[value.end() :]
                end += len(masked)
    return text


def _masked(value: str) -> str:
    if re.fullmatch(
        r"\s*(?:true|false|null)[}\]\s]*|(\\*[\"'])\1|\[\s*\]|\{\s*\}", value, re.IGNORECASE
    ):
        return value
    quote = re.match(r"\\*[\"']", value)
    return f"{quote.group()}{MASK}{quote.group()}" if quote else MASK
