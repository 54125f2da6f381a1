# SPDX-License-Identifier: Apache-2.0
"""HTTP in which no server can hold up a run for ever, or fill its memory.

`requests` limits the wait for each byte, not for an answer: a server that drips headers, or sends
interim answers or trailers without end, is never left. It also reads the whole body of a redirect
that it was told not to follow, and keeps every cookie.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Mapping
from typing import Any, Callable

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import extract_cookies_to_jar

MOST_COOKIES = 50
"""What RFC 6265, section 6.1, wants of a client: a load balancer's are what they are kept for."""

_HEADERS = 8 * 1024 * 1024
"""More than http.client takes: 100 headers of 64 KiB."""

_NO_CA_BUNDLE = "[SSL] the file of trusted certificates is not there"
"""In the form of OpenSSL's reasons."""


class BoundedSession(requests.Session):
    """A session that follows no redirect and gives up on an answer in time.

    Arguments:
        seconds: Tells, as a request is made, the seconds that its whole answer may take. One wait
            for a byte comes on top at the most.
        size: Bytes that its body may have as it travels.
    """

    def __init__(self, seconds: Callable[[], float], size: int) -> None:
        super().__init__()
        # The environment's proxies and .netrc are not what the administrator has set here.
        self.trust_env = False
        self.mount("https://", _Adapter(seconds, size))
        self.mount("http://", _Adapter(seconds, size))
        self._prepared: dict[str, requests.PreparedRequest] = {}

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """Returns None: even unfollowed, `requests` would read the body and parse the target."""
        return None

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """See `requests.Session`."""
        answer = super().send(request, **kwargs)
        self._bound_cookies()
        return answer

    def get_page(
        self, url: str, query: str, headers: Mapping[str, str], timeout: tuple[float, float]
    ) -> requests.Response:
        """Sends a GET, and leaves the body to be read.

        What `requests` works out anew for each request, and what it looks for beyond an answer, is
        half of what a page costs to fetch; here it is done once for each URL.

        Arguments:
            url: Without a query.
            query: URL-encoded; empty = none.
            headers: On top of the session's.
            timeout: Seconds to connect, and between two bytes.

        Raises:
            requests.RequestException: as `requests.Session.get` does.
        """
        prepared = self._prepared.get(url)
        if prepared is None:
            prepared = self._prepared[url] = self.prepare_request(requests.Request("GET", url))
        request = prepared.copy()
        request.url = f"{prepared.url}?{query}" if query else prepared.url
        request.headers.update(headers)
        if self.cookies:
            request.headers.pop("Cookie", None)
            request.prepare_cookies(self.cookies)
        how: dict[str, Any] = {"verify": self.verify, "cert": self.cert, "proxies": self.proxies}
        answer = self.get_adapter(url).send(request, stream=True, timeout=timeout, **how)
        if "Set-Cookie" in answer.headers:
            extract_cookies_to_jar(self.cookies, request, answer.raw)  # type: ignore[no-untyped-call]
            self._bound_cookies()
        return answer

    def _bound_cookies(self) -> None:
        if len(self.cookies) > MOST_COOKIES:
            self.cookies.clear()


class _Adapter(HTTPAdapter):
    def __init__(self, seconds: Callable[[], float], size: int) -> None:
        self._seconds = seconds
        self._size = size
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Returns the pool as `requests` makes it, its connections bounded, through proxies too."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        kind = pool.ConnectionCls
        if kind.response_class is http.client.HTTPResponse:
            bounded = {"response_class": staticmethod(self._response)}
            pool.ConnectionCls = type("Bounded" + kind.__name__, (kind,), bounded)
        return pool

    def cert_verify(self, *args: Any) -> None:
        """Sets what a certificate is verified by.

        Raises:
            requests.exceptions.SSLError: when the CA bundle is gone, as while it is replaced:
                `requests` looks for it at each request, and has an `OSError` for that.
        """
        try:
            super().cert_verify(*args)  # type: ignore[no-untyped-call]
        except OSError as fault:
            raise requests.exceptions.SSLError(_NO_CA_BUNDLE) from fault

    def _response(self, sock: socket.socket, **options: Any) -> http.client.HTTPResponse:
        answer = http.client.HTTPResponse(sock, **options)
        raw = answer.fp.detach()  # of socket.makefile
        answer.fp = io.BufferedReader(_Bounded(raw, self._seconds(), self._size + _HEADERS))
        return answer


class _Bounded(io.RawIOBase):
    """What comes in on a socket, until time or size is up."""

    def __init__(self, raw: Any, seconds: float, size: int) -> None:
        self._raw = raw
        self._until = time.monotonic() + seconds
        self._left = size

    def readable(self) -> bool:
        """See `io.RawIOBase`."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """See `io.RawIOBase`."""
        if time.monotonic() > self._until or self._left < 0:
            raise socket.timeout("the answer has no end")
        count = self._raw.readinto(buffer)
        self._left -= count or 0
        return int(count) if count is not None else None

    def close(self) -> None:
        """See `io.RawIOBase`."""
        self._raw.close()
        super().close()
