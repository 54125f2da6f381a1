# SPDX-License-Identifier: Apache-2.0
"""The table of a receiver's answers: taken, refused, try again, or for a person to put right.

Status and code of each answer: "Possible error codes" in Splunk's "Troubleshoot HTTP Event
Collector"; the same table for people is docs/hec.md.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple
from urllib.parse import quote

import requests

from invicti_collector.errors import (
    AuthenticationError,
    CollectorError,
    ConfigurationError,
    PermanentError,
    ServerError,
    UnexpectedAnswerError,
)
from invicti_collector.tenant.answers import retry_after

_LATER = "none needed if it passes; else look at the health of the receiving Splunk"
_SEE_THE_TARGET = "check the token of the HEC target: Settings > Data inputs > HTTP Event Collector"
_WRONG_URL = (
    "check the URLs of the HEC target: https://<host>:8088, or on Splunk Cloud "
    "https://http-inputs-<stack>.splunkcloud.com"
)
_NEEDS_ACK = (
    "the token has indexer acknowledgment on: switch on use_ack in the HEC target, or name a token "
    "without it"
)
_NO_ACK = "the token has no indexer acknowledgment: switch off use_ack in the HEC target"
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_UNCERTAIN = frozenset({500, 502, 504})


class UncertainError(ServerError):
    """The request failed, but the receiver may have taken its events; sent again, they double."""


class RefusedError(PermanentError):
    """The receiver refuses the batch because of what is in it.

    Arguments:
        error: What it said.
        where: The request.
        remedy: What to do.
        number: The event's place in the batch, from 0, as the receiver tells it; None = untold.
    """

    def __init__(self, error: str, where: str, remedy: str, number: int | None = None) -> None:
        super().__init__(error, where, remedy)
        self.number = number


class TooLargeError(RefusedError):
    """The receiver refuses the batch because of its size (413)."""


class Asked(NamedTuple):
    """What an answer is read by.

    Attributes:
        where: The request, for the error.
        token: Must not show in an error although a server may echo it.
        now: Seconds since the epoch, to read a `Retry-After` date by.
    """

    where: str
    token: str
    now: float


class Receipt(NamedTuple):
    """What a good answer tells.

    Attributes:
        ack_id: To ask for the acknowledgement by; None where it gives none.
        crowded: Whether the receiver has taken the batch and is about to refuse more.
    """

    ack_id: int | None
    crowded: bool


class _Cause(NamedTuple):
    """Why a code is permanent: the error's class, and the remedy."""

    kind: type[CollectorError]
    remedy: str


# By Splunk's code. The others follow from the status: 8, 9, 18, 19, 20, 23, 26 and 27 pass by.
_PERMANENT = {
    1: _Cause(AuthenticationError, "enable the token, or name another one in the HEC target"),
    2: _Cause(AuthenticationError, _SEE_THE_TARGET),
    3: _Cause(AuthenticationError, _SEE_THE_TARGET),
    4: _Cause(AuthenticationError, _SEE_THE_TARGET),
    7: _Cause(
        ConfigurationError,
        "create the input's index on the receiving Splunk and allow it for the token, or choose "
        "another index in the input",
    ),
    10: _Cause(ConfigurationError, _NEEDS_ACK),
    11: _Cause(ConfigurationError, _NEEDS_ACK),
    14: _Cause(ConfigurationError, _NO_ACK),
    16: _Cause(UnexpectedAnswerError, "check that a proxy on the way leaves the URL as it is"),
    21: _Cause(AuthenticationError, _SEE_THE_TARGET),
    22: _Cause(AuthenticationError, "enable the token, or name another one in the HEC target"),
}
_NO_CODE = 1000
"""Above all of Splunk's. A number may have thousands of digits, and is not told then."""

_OF_THE_EVENTS = frozenset({5, 6, 12, 13, 15})
_CROWDED = frozenset({24, 25})
_REFUSED_REMEDY = (
    "compare the record in Invicti; an event larger than the receiver takes needs a higher "
    "max_content_length there, or request_data = drop in the input"
)


def read_answer(answer: requests.Response, body: bytes, asked: Asked) -> Receipt:
    """Returns the receipt of a batch that was taken.

    Arguments:
        answer: Status and headers.
        body: Its body.
        asked: The request.

    Raises:
        RefusedError: when the events are at fault; `TooLargeError` when it is their size.
        ServerError: when it may pass; `UncertainError` when the batch may have been taken.
        PermanentError: when a person has to put something right.
    """
    status, where = answer.status_code, asked.where
    told = _decoded(body)
    code = _number(told.get("code"))
    if status == 200:
        return _receipt(answer, told, code, asked)
    said = _said(status, code, told.get("text"), asked.token)
    number = _number(told.get("invalid-event-number"))
    if status in _PASSING or status > 504:
        # A number above 0 tells how far a busy receiver got.
        uncertain = status in _UNCERTAIN or status > 504 or bool(number)
        kind = UncertainError if uncertain else ServerError
        raise kind(f"the receiver failed: {said}", where, _LATER, retry_after(answer, asked.now))
    if status == 413:
        raise TooLargeError(f"the receiver refused: {said}", where, _REFUSED_REMEDY)
    if code in _PERMANENT:
        cause = _PERMANENT[code]
        raise cause.kind(f"the receiver refused: {said}", where, cause.remedy)
    if status == 400 and (code is None or code in _OF_THE_EVENTS):
        raise RefusedError(f"the receiver refused: {said}", where, _REFUSED_REMEDY, number)
    raise _by_status(status, said, where)


def _receipt(
    answer: requests.Response, told: dict[str, Any], code: int | None, asked: Asked
) -> Receipt:
    """Returns the receipt; anything but an event collector's own words is none."""
    if code != 0 and code not in _CROWDED:
        content_type = answer.headers.get("Content-Type", "").split(";")[0].strip() or "untyped"
        raise UnexpectedAnswerError(
            f"the answer (HTTP 200, {_words(content_type, asked.token)}) is not an event "
            "collector's",
            asked.where,
            _WRONG_URL,
        )
    return Receipt(_number(told.get("ackId")), code in _CROWDED)


def _by_status(status: int, said: str, where: str) -> CollectorError:
    if 300 <= status < 400:
        return UnexpectedAnswerError(
            f"the receiver redirects (HTTP {status}); the token does not follow", where, _WRONG_URL
        )
    if status in (401, 403):
        return AuthenticationError(f"the receiver refused: {said}", where, _SEE_THE_TARGET)
    if status == 407:
        remedy = "check user name and password in the proxy settings"
        return UnexpectedAnswerError("the proxy refused (HTTP 407)", where, remedy)
    if status == 415:
        remedy = "make sure that what stands before the event collector lets gzip pass"
        return UnexpectedAnswerError(f"the receiver refused: {said}", where, remedy)
    return UnexpectedAnswerError(f"the receiver refused: {said}", where, _WRONG_URL)


def read_acks(answer: requests.Response, body: bytes, asked: Asked) -> set[int]:
    """Returns the ids that are acknowledged.

    Arguments:
        answer: Status and headers.
        body: Its body.
        asked: The request.

    Raises:
        CollectorError: as `read_answer` does.
    """
    told = _decoded(body)
    acks = told.get("acks")
    if answer.status_code == 200 and isinstance(acks, dict):
        done = (name for name, is_done in acks.items() if is_done is True)
        return {int(name) for name in done if re.fullmatch(r"[0-9]{1,20}", name)}
    if answer.status_code != 200:
        try:
            read_answer(answer, body, asked)
        except RefusedError as fault:
            raise UnexpectedAnswerError(fault.error, asked.where, _NO_ACK) from None
    raise UnexpectedAnswerError("the answer has no acknowledgements", asked.where, _WRONG_URL)


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _said(status: int, code: int | None, text: Any, token: str) -> str:
    """Returns status, code and an event collector's own words, in a short line without secrets."""
    words = _words(text, token) if isinstance(text, str) else ""
    number = f"code {code}" if code is not None and 0 <= code < _NO_CODE else ""
    return " ".join(filter(None, (f"HTTP {status}", number, words)))


def _words(text: str, token: str) -> str:
    """Returns a receiver's text, short and without the token, as it is or as in a URL."""
    forms = f"{re.escape(token)}|{re.escape(quote(token, safe=''))}"
    return re.sub(forms, "********", " ".join(text.split()), flags=re.IGNORECASE)[:100]
