# SPDX-License-Identifier: Apache-2.0
"""HTTP client of the tenant: one page of `GET /api/1.0/auditlogs/list`, patiently.

Retries are ours rather than urllib3's since they must end with the run's patience, be broken off
by SIGTERM, and cover faults in the answer's body; see docs/dependencies.md.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any, Callable, NamedTuple
from urllib.parse import urlsplit

import requests
from requests.auth import HTTPBasicAuth

from invicti_collector.answers import check_answer, describe_failure
from invicti_collector.configuration import Account
from invicti_collector.errors import ServerError, TransientError
from invicti_collector.pages import PAGE_SIZE, Page, read_page
from invicti_collector.shutdown import Shutdown
from invicti_collector.timeline import DateFormat, Window

LIST_PATH = "/api/1.0/auditlogs/list"
CONNECT_SECONDS = 15
READ_SECONDS = 120
"""Between two bytes: other clients of this API found pages that take minutes (invicti-api.md 4)."""

ANSWER_SECONDS = 300
"""For a whole answer, so that a server that drips bytes does not hold up the run."""

LARGEST_ANSWER = 256 * 1024 * 1024
_CHUNK = 256 * 1024
_LONGEST_PAUSE = 60.0


class Network(NamedTuple):
    """How the tenant is reached.

    Attributes:
        proxy: URL of the proxy with its credentials; empty = none.
        patience: Seconds without a good answer after which the run gives up.
        user_agent: Names the add-on and its version.
    """

    proxy: str
    patience: float
    user_agent: str


class InvictiApi:
    """The audit log of one tenant; implements the port `Tenant`.

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
        self.retries = 0
        self._account = account
        self._network = network
        self._shutdown = shutdown
        self._sleep = sleep or shutdown.sleep
        self._session = _session(account, network)
        self._offset: float | None = None
        self._spent = 0.0

    def now(self) -> float | None:
        """Returns the tenant's time by the `Date` of its last answer, None before the first."""
        return None if self._offset is None else time.time() + self._offset

    def page(self, window: Window, date_format: DateFormat, number: int) -> Page:
        """Returns one page of the audit log; see `ports.Tenant`."""
        query = {"page": str(number), "pageSize": str(PAGE_SIZE)}
        if window.start is not None and window.end is not None:
            query["startDate"] = date_format.text(window.start)
            query["endDate"] = date_format.text(window.end)
        return self._patiently(lambda: self._ask(query, number))

    def _patiently(self, ask: Callable[[], Page]) -> Page:
        """Asks until there is a good answer, or the run's patience ends."""
        began = time.monotonic()
        waited = 0.0
        attempt = 0
        while True:
            try:
                return ask()
            except TransientError as fault:
                pause = _pause(attempt, fault.retry_after)
                waited = max(waited, time.monotonic() - began)
                if waited + pause > self._network.patience:
                    raise
            attempt += 1
            self.retries += 1
            self._sleep(pause)
            waited += pause

    def _ask(self, query: dict[str, str], number: int) -> Page:
        where = f"GET {self._account.base_url}{LIST_PATH} page {number}"
        self.requests += 1
        with self._shutdown.interruptible():
            try:
                answer = self._session.get(
                    self._account.base_url + LIST_PATH,
                    params=query,
                    timeout=(CONNECT_SECONDS, READ_SECONDS),
                    allow_redirects=False,
                    stream=True,
                )
                with answer:
                    self._note_time(answer)
                    body = b"".join(_chunks(answer, where))
            except requests.RequestException as fault:
                raise describe_failure(fault, where, self._host_of_proxy()) from None
        self._check(answer, body, query, where)
        return read_page(_decoded(body, where), number)

    def _check(
        self, answer: requests.Response, body: bytes, query: dict[str, str], where: str
    ) -> None:
        secrets = (self._account.api_token, self._account.user_id)
        check_answer(answer, body, where, secrets, dated="startDate" in query, now=self.now())

    def _note_time(self, answer: requests.Response) -> None:
        try:
            told = parsedate_to_datetime(answer.headers["Date"]).timestamp()
        except (KeyError, TypeError, ValueError):
            return
        self._offset = told - time.time()

    def _host_of_proxy(self) -> str:
        return urlsplit(self._network.proxy).hostname or ""


def _session(account: Account, network: Network) -> requests.Session:
    session = requests.Session()
    # The environment's proxies and .netrc are not what the administrator has set here.
    session.trust_env = False
    session.auth = HTTPBasicAuth(account.user_id.encode(), account.api_token.encode())
    session.headers.update({"Accept": "application/json", "User-Agent": network.user_agent})
    if network.proxy:
        session.proxies = {"http": network.proxy, "https": network.proxy}
    if account.ca_bundle:
        session.verify = account.ca_bundle
    return session


def _pause(attempt: int, asked: float | None) -> float:
    """Returns how long to wait: what the server asked for, else doubling, with jitter."""
    if asked is not None:
        return asked + random.uniform(0, 1)
    return min(2.0**attempt, _LONGEST_PAUSE) * random.uniform(0.5, 1)


def _chunks(answer: requests.Response, where: str) -> Iterator[bytes]:
    """Yields the body, decompressed, within bounds of time and size."""
    began = time.monotonic()
    size = 0
    for chunk in answer.iter_content(_CHUNK):
        size += len(chunk)
        if size > LARGEST_ANSWER:
            raise ServerError(
                f"the answer is larger than {LARGEST_ANSWER} bytes", where, _ASK_SERVER
            )
        if time.monotonic() - began > ANSWER_SECONDS:
            raise ServerError(
                f"the answer took more than {ANSWER_SECONDS} seconds", where, _ASK_SERVER
            )
        yield chunk


_ASK_SERVER = "none needed if it passes; else ask who runs the tenant, or the proxy on the way"


def _decoded(body: bytes, where: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ServerError(
            f"the answer is not valid JSON, or was cut short after {len(body)} bytes",
            where,
            _ASK_SERVER,
        ) from None
