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
from invicti_collector.destinations.hec_answers import Asked, UncertainError
from invicti_collector.errors import CollectorError, ConfigurationError, TransientError
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
    """

    url: str
    rests_until: float = 0.0
    failing: bool = False


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
        self, path: str, body: bytes, headers: dict[str, str], read: Read[T]
    ) -> tuple[Receiver, T]:
        """Asks the receivers in turn until one gives a good answer.

        Arguments:
            path: Of the request.
            body: Of the request.
            headers: Of the request.
            read: Makes the result of an answer; raises as `hec_answers.read_answer`.

        Returns:
            The receiver that answered, and the result.

        Raises:
            TransientError: when all that may be asked now failed; `UncertainError` when one of
                them may have taken what was sent.
            PermanentError: when one answered so that a person has to put something right.
        """
        faults: list[TransientError] = []
        for receiver in self._in_turn():
            try:
                result = self.ask(receiver, path, body, headers, read)
            except UncertainError:
                # Another receiver would have it twice at once, so the caller counts this one.
                raise
            except TransientError as fault:
                faults.append(fault)
                continue
            self._receivers.remove(receiver)
            self._receivers.append(receiver)
            return receiver, result
        raise min(faults, key=lambda fault: fault.retry_after or 0.0)

    def _in_turn(self) -> list[Receiver]:
        """Returns the receivers that may be asked now, the one longest without a turn first.

        Where all have failed lately, it is the one whose rest ends first.
        """
        now = time.monotonic()
        ready = [receiver for receiver in self._receivers if receiver.rests_until <= now]
        return ready or [min(self._receivers, key=lambda receiver: receiver.rests_until)]

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
        receiver.failing = False
        return result

    def _rest(self, receiver: Receiver, fault: TransientError) -> None:
        rest = REST_SECONDS if fault.retry_after is None else fault.retry_after
        receiver.rests_until = time.monotonic() + rest
        if not receiver.failing:
            self._tell(receiver.url, fault)
        receiver.failing = True

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
