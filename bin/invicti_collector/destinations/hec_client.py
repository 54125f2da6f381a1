# SPDX-License-Identifier: Apache-2.0
"""HTTP client of one or more event collectors that take turns."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Callable, NamedTuple, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3

from invicti_collector.bounded_http import BoundedSession
from invicti_collector.configuration import HecTarget, proxied
from invicti_collector.destinations.hec_answers import Asked, RefusedError, UncertainError
from invicti_collector.errors import (
    CollectorError,
    ConfigurationError,
    PermanentError,
    TransientError,
)
from invicti_collector.tenant.answers import describe_failure

EVENT_PATH = "/services/collector/event"
ACK_PATH = "/services/collector/ack"
CONNECT_SECONDS = 15
READ_SECONDS = 60
"""Between two bytes. A receiver answers at once or says that it is busy."""

REST_SECONDS = 30.0
"""How long a receiver that failed is passed over while another one works."""

LARGEST_ANSWER = 1024 * 1024

T = TypeVar("T")
Read = Callable[[requests.Response, bytes, Asked], T]


class Route(NamedTuple):
    """How receivers are reached.

    Attributes:
        proxy: URL of the proxy with its credentials; empty = none.
        user_agent: Names the add-on and its version.
        seconds: To wait for a connection, and between two bytes.
    """

    proxy: str
    user_agent: str
    seconds: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS)


@dataclass
class Receiver:
    """One event collector.

    Attributes:
        url: Scheme, host and port.
        rests_until: By the monotonic clock, when it may be asked again after it failed.
        failing: Whether its last answer was a failure.
        at_fault: Whether its last answer was one that a person has to put right.
    """

    url: str
    rests_until: float = 0.0
    failing: bool = False
    at_fault: bool = False


class HecClient:
    """Asks the receivers of one HEC target.

    Arguments:
        target: With its URLs and token.
        route: How they are reached.
        tell: Is told of a receiver that begins to fail: its URL and the fault.
    """

    def __init__(
        self, target: HecTarget, route: Route, tell: Callable[[str, CollectorError], None]
    ) -> None:
        self._token = target.token
        self._proxy = urlsplit(route.proxy).hostname or ""
        self._seconds = route.seconds
        self._session = _session(target, route)
        self._tell = tell
        self._receivers = [Receiver(url) for url in target.urls]

    def ask_any(
        self,
        path: str,
        body: bytes,
        headers: dict[str, str],
        read: Read[T],
        check: Callable[[Receiver], None] = lambda _receiver: None,
    ) -> tuple[Receiver, T]:
        """Asks the receivers in turn until one gives a good answer.

        Arguments:
            path: Of the request.
            body: Of the request.
            headers: Of the request.
            read: Makes the result of an answer; raises as `hec_answers.read_answer`.
            check: Is called with each receiver before it is asked; raises as `ask` does.

        Returns:
            The receiver that answered, and the result.

        Raises:
            TransientError: when all that may be asked now failed, and it may pass with one;
                `UncertainError` when one of them may have taken what was sent.
            PermanentError: when a person has to put something right with each;
                `RefusedError` when it is in what was sent.
        """
        faults: list[CollectorError] = []
        for receiver in self._in_turn():
            try:
                check(receiver)
                result = self.ask(receiver, path, body, headers, read)
            except (UncertainError, RefusedError):
                # Another receiver would have it twice at once, so the caller counts this one; and
                # what one refuses because of what is in it, another does, too.
                raise
            except CollectorError as fault:
                if isinstance(fault, PermanentError):
                    self._pass_over(receiver, fault)
                faults.append(fault)
                continue
            self._receivers.remove(receiver)
            self._receivers.append(receiver)
            return receiver, result
        raise _decisive(faults)

    def _in_turn(self) -> list[Receiver]:
        """Returns the receivers that may be asked now, the one longest without a turn first.

        Where all have failed lately, it is the one whose rest ends first. Those at fault do not
        decide alone while there is another.
        """
        now = time.monotonic()
        ready = [receiver for receiver in self._receivers if receiver.rests_until <= now]
        if all(receiver.at_fault for receiver in ready):
            first = min(self._receivers, key=lambda each: (each.at_fault, each.rests_until))
            ready += [first] if first not in ready else []
        return ready

    def _pass_over(self, receiver: Receiver, fault: PermanentError) -> None:
        receiver.rests_until = time.monotonic() + REST_SECONDS
        # A sole one's fault ends the run, which tells it.
        if not receiver.at_fault and len(self._receivers) > 1:
            self._tell(receiver.url, fault)
        receiver.at_fault = True

    def ask(
        self,
        receiver: Receiver,
        path: str,
        body: bytes | None,
        headers: dict[str, str],
        read: Read[T],
    ) -> T:
        """Asks one receiver.

        Arguments:
            receiver: The one to ask.
            path: Of the request.
            body: Of the request; None = a GET without one.
            headers: Of the request.
            read: See `ask_any`.

        Raises:
            CollectorError: as `read` does, and when there is no answer.
        """
        method = "GET" if body is None else "POST"
        where = f"{method} {receiver.url}{path}"
        try:
            answer, content = self._send(method, receiver.url + path, body, headers, where)
            result = read(answer, content, Asked(where, self._token, time.time()))
        except TransientError as fault:
            self._rest(receiver, fault)
            raise
        receiver.failing = receiver.at_fault = False
        return result

    def _rest(self, receiver: Receiver, fault: TransientError) -> None:
        rest = REST_SECONDS if fault.retry_after is None else fault.retry_after
        receiver.rests_until = time.monotonic() + rest
        if not receiver.failing:
            self._tell(receiver.url, fault)
        receiver.failing, receiver.at_fault = True, False

    def _send(
        self, method: str, url: str, body: bytes | None, headers: dict[str, str], where: str
    ) -> tuple[requests.Response, bytes]:
        try:
            answer = self._session.request(
                method,
                url,
                data=body,
                headers=headers,
                timeout=self._seconds,
                allow_redirects=False,
                stream=True,
            )
            with answer:
                return answer, _content(answer)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as fault:
            raise _failure(fault, where, self._proxy) from None


def _decisive(faults: list[CollectorError]) -> CollectorError:
    """Returns the one to raise when no receiver answered well: where it may pass, that."""
    passing = [fault for fault in faults if isinstance(fault, TransientError)]
    return min(passing, key=lambda fault: fault.retry_after or 0.0) if passing else faults[0]


def _session(target: HecTarget, route: Route) -> requests.Session:
    session = BoundedSession(lambda: route.seconds[1], LARGEST_ANSWER)
    session.headers.update(
        {
            "Authorization": f"Splunk {target.token}",
            "Content-Type": "application/json",
            "User-Agent": route.user_agent,
        }
    )
    session.proxies = proxied(route.proxy)
    if target.ca_bundle:
        session.verify = target.ca_bundle
    return session


def _content(answer: requests.Response) -> bytes:
    """Returns the body within bounds of size; the beginning tells all there is to know."""
    content = b""
    while chunk := answer.raw.read1(64 * 1024, decode_content=True):
        content += chunk
        if len(content) > LARGEST_ANSWER:
            break
    return content


def _failure(fault: Exception, where: str, proxy: str) -> CollectorError:
    """Returns the error for a request without an answer, and whether it may have arrived."""
    told = describe_failure(fault, where, proxy)  # type: ignore[arg-type]
    remedy = told.remedy
    if isinstance(told, ConfigurationError):
        return ConfigurationError(told.error, where, "check the URLs of the HEC target")
    if told.error.startswith("TLS"):
        remedy = (
            "if the receiver or a proxy on the way uses a private certificate authority, name its "
            "certificate file as the HEC target's ca_bundle"
        )
    kind = UncertainError if _may_have_arrived(fault) else TransientError
    return kind(told.error, where, remedy)


def _may_have_arrived(fault: Exception) -> bool:
    """Tells whether the request was under way when it failed."""
    exceptions = requests.exceptions
    before = (exceptions.SSLError, exceptions.ProxyError, exceptions.ConnectTimeout)
    # urllib3's cause of a connection that never was stands within what requests raises.
    return not isinstance(fault, before) and "NewConnectionError" not in repr(fault)
