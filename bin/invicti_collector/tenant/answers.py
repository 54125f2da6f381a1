# SPDX-License-Identifier: Apache-2.0
"""Tells good answers of the tenant from bad ones, and what to do about each bad one.

Status codes and error bodies: invicti-api.md 4.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
from collections.abc import Iterable
from datetime import timezone
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import requests
import urllib3

from invicti_collector.errors import (
    AuthenticationError,
    CollectorError,
    ConfigurationError,
    DatesRefusedError,
    NotThereError,
    ServerError,
    TransientError,
    UnexpectedAnswerError,
)

_DETAIL_LENGTH = 200
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_LATER = "none needed if it passes; else ask who runs the tenant, or the proxy on the way"
_WRONG_URL = "check the account's base URL: it must be the address of Invicti Enterprise itself"

_PRIVATE_CA = (
    "if the server or a proxy on the way uses a private certificate authority, give the path of "
    "its certificate file as ca_bundle"
)

_REMEDIES = {
    401: "check user ID and API token in the account: a token that was reset in Invicti is void, "
    "and the user must be enabled with API access on",
    403: "in Invicti: give the API user the permission to see the activity log, switch its API "
    "access on, and allow this machine's address under IP restrictions",
    404: "check the account's base URL: neither the list of audit logs nor the CSV export that "
    "builds before 2022 have instead is there",
    407: "check user name and password in the proxy settings",
}

# The vendor documents none of these answers (invicti-api.md 3): what fits no pattern gets all three
# remedies at once.
_FORBIDDEN = {
    r"\bip\b": "in Invicti, under IP restrictions: allow the address that this machine, or the "
    "proxy, has on the internet",
    r"\bapi access\b": "in Invicti, in the settings of the API user: switch API access on",
    r"\bpermission": "in Invicti: give the role of the API user the permission to see the activity "
    "log",
}


def check_answer(
    answer: requests.Response,
    body: bytes,
    where: str,
    secrets: Iterable[str],
    *,
    dated: bool,
    now: float | None,
    wanted: str = "json",
) -> None:
    """Passes an answer that carries what was asked for.

    Arguments:
        answer: Status and headers.
        body: Its body.
        where: The request, for the error.
        secrets: What must not show in an error although a server may echo it.
        dated: Whether the request carried dates.
        now: The server's time, to read a `Retry-After` date by.
        wanted: `json`, or `csv`, whose content type is documented nowhere (invicti-api.md 1.3).

    Raises:
        DatesRefusedError: on 400, when the request carried dates.
        AuthenticationError: on 401 and 403.
        NotThereError: on 404.
        UnexpectedAnswerError: on a redirect, another 4xx, or 200 without what was wanted.
        ServerError: on 408, 429 and 5xx.
    """
    status = answer.status_code
    secrets = list(secrets)
    if status == 200:
        _check_content_type(answer, where, secrets, wanted)
        return
    if 300 <= status < 400:
        raise UnexpectedAnswerError(
            f"the server redirects (HTTP {status}): a wrong URL, or single sign-on",
            where,
            _WRONG_URL,
        )
    if status == 407:
        raise UnexpectedAnswerError("the proxy refused (HTTP 407)", where, _REMEDIES[407])
    detail = _detail(answer, body, secrets)
    if status in _PASSING or status > 504:
        wait = retry_after(answer, now)
        raise ServerError(f"the server failed: {detail}", where, _LATER, wait)
    if status in (401, 403):
        remedy = _remedy_of_refusal(status, detail)
        raise AuthenticationError(f"access refused: {detail}", where, remedy)
    if status == 400 and dated:
        raise DatesRefusedError(f"dates refused: {detail}", where, "set the account's date_format")
    remedy = _REMEDIES.get(status, _WRONG_URL)
    kind = NotThereError if status == 404 else UnexpectedAnswerError
    raise kind(f"the server refused: {detail}", where, remedy)


def _remedy_of_refusal(status: int, detail: str) -> str:
    """Returns the remedy for 401 or 403, by the server's own words where they tell."""
    told = (
        remedy for words, remedy in _FORBIDDEN.items() if re.search(words, detail, re.IGNORECASE)
    )
    return next(told, _REMEDIES[status])


def _check_content_type(
    answer: requests.Response, where: str, secrets: list[str], wanted: str
) -> None:
    content_type = answer.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if wanted == "json":
        fits = not content_type or "json" in content_type
    else:
        fits = not re.search("html|json|xml", content_type)
    if not fits:
        cause = "a sign-in page or a proxy's page" if "html" in content_type else "not the API"
        told = _without(secrets, content_type)[:_DETAIL_LENGTH]
        raise UnexpectedAnswerError(
            f"the answer is {told}, not {wanted.upper()}: probably {cause}", where, _WRONG_URL
        )


def retry_after(answer: requests.Response, now: float | None) -> float | None:
    """Returns the seconds that the server asks to wait (RFC 9110, section 10.2.3).

    Arguments:
        answer: With its headers.
        now: The server's time, to read a date by; None where it has not told it.
    """
    text = answer.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}", text):
        return float(text)
    try:
        moment = http_date(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return None if now is None else max(moment - now, 0.0)


def http_date(text: str) -> float:
    """Returns the time of an HTTP date in seconds since the epoch.

    Raises:
        TypeError, ValueError, IndexError, OverflowError: when it is none.
    """
    moment = parsedate_to_datetime(text)
    # Dates in C's form name no zone, and all are in UTC (RFC 9110, section 5.6.7).
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


def _detail(answer: requests.Response, body: bytes, secrets: list[str]) -> str:
    """Returns status and message of an error answer, in one short line without secrets."""
    text = _without(secrets, _message(body[:20_000].decode("utf-8", "replace")))
    text = " ".join(text.split())[:_DETAIL_LENGTH]
    return f"HTTP {answer.status_code}" + (f" {text}" if text else "")


def _without(secrets: list[str], text: str) -> str:
    """Returns a server's text with any form of the secrets masked, that of the header too."""
    pair = base64.b64encode(":".join(reversed(secrets)).encode()).decode()
    for secret in (pair, *secrets):
        for form in {secret, quote(secret, safe="")}:
            # .NET writes the hexadecimal digits of a quoted text in lower case.
            pattern = re.compile(re.escape(form), re.IGNORECASE)
            text = pattern.sub("********", text) if form else text
    return text


def _message(text: str) -> str:
    """Returns the message of an error: of its JSON, a bare string, or a page's title."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        title = re.search(r"<title[^>]*>([^<]*)", text, re.IGNORECASE)
        # Only here: its table of names is large, and an idle poll, mostly imports, needs none.
        from html import unescape  # noqa: PLC0415

        return unescape(title.group(1)) if title else ("" if "<" in text else text)
    if isinstance(body, dict):
        body = body.get("Message") or body.get("ErrorMessage") or ""
    return body if isinstance(body, str) else ""


def describe_failure(
    fault: requests.RequestException | urllib3.exceptions.HTTPError, where: str, proxy: str
) -> CollectorError:
    """Returns the error for a request without an answer.

    The fault's own text is left out: it may hold the proxy's password.

    Arguments:
        fault: What `requests` raised, or `urllib3` while the body came.
        where: The request.
        proxy: Host of the proxy; empty = none.
    """
    exceptions, lower = requests.exceptions, urllib3.exceptions
    # The pool's name is in the text of every fault behind a SOCKS proxy, also of TLS ones.
    if isinstance(fault, (exceptions.SSLError, lower.SSLError)):
        return TransientError("TLS failed: " + _tls_reason(fault), where, _PRIVATE_CA)
    if isinstance(fault, exceptions.ProxyError) or (proxy and "SOCKS" in repr(fault)):
        return _describe_proxy_failure(str(fault), where, proxy)
    if isinstance(fault, (exceptions.Timeout, lower.TimeoutError)):
        return TransientError("no answer in time", where, _LATER)
    if isinstance(fault, (exceptions.InvalidURL, exceptions.InvalidSchema)):
        return ConfigurationError("the URL or the proxy's cannot be used", where, _WRONG_URL)
    cut = (exceptions.ChunkedEncodingError, exceptions.ContentDecodingError, lower.HTTPError)
    if isinstance(fault, cut):
        return TransientError("the answer was cut short", where, _LATER)
    no_http = _no_http(fault)
    return TransientError(
        f"the answer is not HTTP ({no_http})"
        if no_http
        else f"no connection ({type(fault).__name__})",
        where,
        _WRONG_URL if no_http else "check host name, firewall and proxy",
    )


def _no_http(fault: BaseException) -> str:
    """Returns http.client's name for what is wrong with an answer's head, empty for other faults.

    It stands at the end of a chain of wrapped exceptions. A closed connection is one of them, too.
    """
    causes = [fault, *(cause for cause in fault.args if isinstance(cause, BaseException))]
    causes += [cause for cause in causes[-1].args if isinstance(cause, BaseException)]
    found = (
        type(cause).__name__
        for cause in causes
        if isinstance(cause, http.client.HTTPException) and not isinstance(cause, OSError)
    )
    return next(found, "")


def _describe_proxy_failure(text: str, where: str, proxy: str) -> TransientError:
    """Tells a proxy that refuses from one that is not there, and from what lies behind it.

    Arguments:
        text: The fault's; of SOCKS in the words of PySocks (RFC 1928, section 6).
        where: The request.
        proxy: Host of the proxy.
    """
    if "failed: 407" in text:
        return TransientError(f"the proxy {proxy} refused (HTTP 407)", where, _REMEDIES[407])
    if "authentication" in text:
        return TransientError(f"the proxy {proxy} refused", where, _REMEDIES[407])
    if "onnection closed unexpectedly" in text:
        # Some SOCKS proxies hang up on a wrong password instead of refusing it.
        return TransientError(
            f"the proxy {proxy} closed the connection",
            where,
            "check user name, password and type in the proxy settings",
        )
    behind = re.search(r"0x0[1-8]: ([A-Za-z ]+)", text) or re.search(
        r"Tunnel connection failed: (\d{3}[A-Za-z ]*)", text
    )
    if behind:
        return TransientError(
            f"the proxy {proxy} does not reach the server: {behind.group(1).strip()}",
            where,
            "check the URL's host name, and whether the proxy may connect to it",
        )
    return TransientError(
        f"the proxy {proxy} cannot be used",
        where,
        "check host, port and type in the proxy settings",
    )


def _tls_reason(fault: BaseException) -> str:
    """Returns OpenSSL's reason, which stands at the end of a chain of wrapped exceptions."""
    match = re.search(r"\[SSL[^\]]*\] ([^(\"']+)", str(fault))
    return match.group(1).strip() if match else "the connection was not accepted"
