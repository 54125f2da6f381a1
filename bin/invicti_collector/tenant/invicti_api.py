# SPDX-License-Identifier: Apache-2.0
"""HTTP client of the tenant: one page of its list, or of its CSV export, patiently."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any, Callable, NamedTuple, TypeVar
from urllib.parse import urlencode, urlsplit

import requests
import urllib3
from requests.auth import HTTPBasicAuth

from invicti_collector.bounded_http import BoundedSession
from invicti_collector.configuration import Account, proxied
from invicti_collector.errors import ServerError
from invicti_collector.pages import PAGE_SIZE, Page, read_page
from invicti_collector.patience import Patience
from invicti_collector.ports import LargePageError
from invicti_collector.received import decode
from invicti_collector.shutdown import Shutdown
from invicti_collector.tenant.answers import check_answer, describe_failure, http_date
from invicti_collector.timeline import DateFormat, Window

LIST_PATH = "/api/1.0/auditlogs/list"
EXPORT_PATH = "/api/1.0/auditlogs/export"
ME_PATH = "/api/1.0/account/me"
CONNECT_SECONDS = 15
READ_SECONDS = 120
"""Between two bytes: other clients of this API found pages that take minutes (invicti-api.md 4)."""

ANSWER_SECONDS = 300
"""For a whole answer, so that a server that drips bytes does not hold up the run."""

LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes, unpacked: six records of 5 MB on a page, or 200 of 160 kB. One record is about 1 kB."""

MOST_VALUES = 1_000_000
"""In a larger answer than any real page: each value costs up to 200 bytes once it is decoded."""

_ANY_PAGE = 4 * 1024 * 1024
_CHUNK = 256 * 1024
_LEAST_SECONDS = 0.1
_ANY_CSV = {"Accept": "text/csv, application/octet-stream;q=0.9, */*;q=0.8"}

T = TypeVar("T")

_CREDIBLE = (946_684_800, 7_258_118_400)
"""Years 2000 to 2199: windows by a date near year 1 or 9999 could not be written."""


class Network(NamedTuple):
    """How the tenant is reached.

    Attributes:
        proxy: URL of the proxy with its credentials; empty = none.
        patience: Seconds without a good answer after which the run gives up.
        user_agent: Names the add-on and its version.
        seconds: For all requests together, where a person waits; None = as long as they take.
    """

    proxy: str
    patience: float
    user_agent: str
    seconds: float | None = None


class InvictiApi:
    """The audit log of one tenant; implements the port `Source`.

    Arguments:
        account: The tenant and its API user.
        network: How it is reached.
        shutdown: Ends waiting when splunkd asks for it.
        sleep: Waits for seconds; `shutdown.sleep` but in tests.
    """

    def __init__(
        self,
        account: Account,
        network: Network,
        shutdown: Shutdown,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self.requests = 0
        """Those that it was patient with itself."""
        self._account = account
        self._network = network
        self._shutdown = shutdown
        self._patience = Patience(network.patience, sleep or shutdown.sleep)
        # One for each request under way at once: a session is not promised to serve two threads.
        self._idle: list[BoundedSession] = []
        self._offset: float | None = None
        self._until = None if network.seconds is None else time.monotonic() + network.seconds

    @property
    def retries(self) -> int:
        """Requests that were made again."""
        return self._patience.retries

    def now(self) -> float | None:
        """Returns the tenant's time by the `Date` of its last answer, None before the first."""
        return None if self._offset is None else time.time() + self._offset

    def caller(self) -> dict[str, Any] | None:
        """Returns what the tenant tells of the API user (invicti-api.md 3).

        Returns:
            None where the tenant does not know this request.
        """
        return self._patience.persist(self._ask_caller)

    def _ask_caller(self) -> dict[str, Any] | None:
        self.requests += 1
        where = f"GET {self._account.base_url}{ME_PATH}"
        answer, body = self._get(ME_PATH, {}, where)
        if answer.status_code == 404:
            return None
        self._check(answer, body, {}, where)
        told = _decoded(body, where)
        return told if isinstance(told, dict) else None

    def _open(self, account: Account, network: Network) -> BoundedSession:
        session = BoundedSession(lambda: self._limited(ANSWER_SECONDS), LARGEST_ANSWER)
        session.auth = HTTPBasicAuth(account.user_id.encode(), account.api_token.encode())
        session.headers.update({"Accept": "application/json", "User-Agent": network.user_agent})
        session.proxies = proxied(network.proxy)
        if account.ca_bundle:
            session.verify = account.ca_bundle
        return session

    def page(
        self, window: Window, date_format: DateFormat, number: int, size: int = PAGE_SIZE
    ) -> Page:
        """Returns one page of the audit log, patiently.

        Arguments:
            window: As for `ports.Listed.page`, which also tells what is raised.
            date_format: As there.
            number: As there.
            size: Records a page, up to 200.
        """
        return self._patience.persist(lambda: self.ask(window, date_format, number, size))

    def export(
        self,
        window: Window,
        date_format: DateFormat,
        number: int,
        read: Callable[[bytes, str, str], T],
        size: int = PAGE_SIZE,
    ) -> T | None:
        """Returns one page of the CSV export (invicti-api.md 1.2).

        Arguments:
            window: As in `ports.Listed.page`.
            date_format: The same.
            number: The same.
            read: Makes what is wanted of body, content type and the request's name; a
                `TransientError` of it has the request made again.
            size: The most rows that the page may have.

        Returns:
            None on 404: there are no such rows, or there is no such export.

        Raises:
            NotThereError: on 404 with a page for people: that is no answer of the API.
        """
        query = {**_query(window, date_format, number, size), "csvSeparator": "Comma"}
        where = f"GET {self._account.base_url}{EXPORT_PATH} page {number}"

        def ask() -> T | None:
            self.requests += 1
            answer, body = self._get(EXPORT_PATH, query, where, _ANY_CSV)
            if answer.status_code == 404 and "html" not in answer.headers.get("Content-Type", ""):
                return None
            self._check(answer, body, query, where, "csv")
            return read(body, answer.headers.get("Content-Type", ""), where)

        return self._patience.persist(ask)

    def ask(
        self,
        window: Window,
        date_format: DateFormat,
        number: int,
        size: int = PAGE_SIZE,
        *,
        alone: bool = True,
    ) -> Page:
        """Returns one page of the audit log; see `ports.Source`.

        Raises:
            LargePageError: see `ports.Source`.
            NotThereError: when the tenant has no such list.
        """
        query = _query(window, date_format, number, size)
        where = f"GET {self._account.base_url}{LIST_PATH} page {number}"
        answer, body = self._get(LIST_PATH, query, where, alone=alone)
        if answer.status_code == 404 and number > 1:
            # Page 1 was there, so this one lies beyond the end; the count proves whether it does.
            return Page(number, [], None, has_next=False, last_number=None)
        self._check(answer, body, query, where)
        page = read_page(_decoded(body, where), number)
        return page._replace(is_large=len(body) > _ANY_PAGE)

    def _get(
        self,
        path: str,
        query: dict[str, str],
        where: str,
        headers: dict[str, str] | None = None,
        *,
        alone: bool = True,
    ) -> tuple[requests.Response, bytes]:
        session = self._idle_session()
        with self._shutdown.interruptible():
            try:
                answer = session.get_page(
                    self._account.base_url + path,
                    urlencode(query),
                    headers or {},
                    (self._limited(CONNECT_SECONDS), self._limited(READ_SECONDS)),
                )
                with answer:
                    self._note_time(answer)
                    body = b"".join(_chunks(answer, where, alone=alone))
            except (requests.RequestException, urllib3.exceptions.HTTPError) as fault:
                raise describe_failure(fault, where, self._host_of_proxy()) from None
            finally:
                self._idle.append(session)
        return answer, body

    def _idle_session(self) -> BoundedSession:
        try:
            return self._idle.pop()
        except IndexError:
            return self._open(self._account, self._network)

    def _limited(self, seconds: float) -> float:
        """Returns a limit of time, shortened where a person waits."""
        if self._until is None:
            return seconds
        return max(min(seconds, self._until - time.monotonic()), _LEAST_SECONDS)

    def _check(
        self,
        answer: requests.Response,
        body: bytes,
        query: dict[str, str],
        where: str,
        wanted: str = "json",
    ) -> None:
        secrets = (self._account.api_token, self._account.user_id)
        dated = "startDate" in query
        check_answer(answer, body, where, secrets, dated=dated, now=self.now(), wanted=wanted)

    def _note_time(self, answer: requests.Response) -> None:
        try:
            told = http_date(answer.headers["Date"])
        except (KeyError, TypeError, ValueError, IndexError, OverflowError):
            return
        if _CREDIBLE[0] <= told < _CREDIBLE[1]:
            self._offset = told - time.time()

    def _host_of_proxy(self) -> str:
        return urlsplit(self._network.proxy).hostname or ""


def _query(window: Window, date_format: DateFormat, number: int, size: int) -> dict[str, str]:
    query = {"page": str(number), "pageSize": str(size)}
    if window.start is not None and window.end is not None:
        query["startDate"] = date_format.text(window.start)
        query["endDate"] = date_format.text(window.end)
    return query


def _chunks(answer: requests.Response, where: str, *, alone: bool) -> Iterator[bytes]:
    """Yields the body, decompressed, as it comes; of an error only the beginning."""
    size = 0
    while chunk := answer.raw.read1(_CHUNK, decode_content=True):
        size += len(chunk)
        if answer.status_code != 200 and size > _CHUNK:
            return
        if size > _ANY_PAGE and not alone:
            raise LargePageError
        if size > LARGEST_ANSWER:
            raise ServerError(
                f"the answer is larger than {LARGEST_ANSWER} bytes", where, _ASK_SERVER
            )
        yield chunk


_ASK_SERVER = "none needed if it passes; else ask who runs the tenant, or the proxy on the way"


def _decoded(body: bytes, where: str) -> Any:
    if len(body) > _ANY_PAGE and _holds_too_much(body):
        raise ServerError(
            f"the answer holds more than {MOST_VALUES} values in {len(body)} bytes",
            where,
            _ASK_SERVER,
        )
    try:
        # Of a large one, the records' own texts would be all of it once more.
        return json.loads(body) if len(body) > _ANY_PAGE else decode(body)
    except (ValueError, RecursionError):
        raise ServerError(
            f"the answer is not valid JSON, or was cut short after {len(body)} bytes",
            where,
            _ASK_SERVER,
        ) from None


def _holds_too_much(body: bytes) -> bool:
    """Tells whether there are too many values, quickly of all but a body full of commas."""
    if _values(body) <= MOST_VALUES:
        return False
    # UTF-16 has the byte of a quote within other characters, too.
    return b"\0" in body or sum(map(_values, _between_strings(body))) > MOST_VALUES


def _values(text: bytes) -> int:
    return sum(map(text.count, (b",", b"[", b"{")))


def _between_strings(body: bytes) -> Iterator[bytes]:
    """Yields what JSON has outside of strings; by parts, as all of 32 MB could be 1 GB of them."""
    bare = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    quotes = 0
    for start in range(0, len(bare), _CHUNK):
        parts = bare[start : start + _CHUNK].split(b'"')
        yield b"".join(parts[quotes % 2 :: 2])
        quotes += len(parts) - 1
