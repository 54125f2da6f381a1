"""The port of the stand-in, plain HTTP on the loopback as Splunk Web's 8000 is by default."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler
from types import TracebackType

from tests.standins.listener import Listener
from tests.standins.splunk_web.site import LOCALE, Answered, Asked, Exchange, Site
from tests.standins.splunkd import Splunkd

_IDLE_SECONDS = 60.0


class _RequestHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 120
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answered = self.server.answer(Asked(self.command, self.path, headers, body))
        self.send_response(answered.status)
        self.send_header("Content-Type", answered.content_type)
        self.send_header("Content-Length", str(len(answered.body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("X-Frame-Options", "SAMEORIGIN")
        for name, value in answered.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answered.body)

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: exchanges are kept, not printed."""


class _Server(Listener):
    def __init__(self, port: int, site: Site) -> None:
        self.site = site
        self._changed = threading.Condition()
        self._busy = 0
        self._exchanges: list[Exchange] = []
        super().__init__(_RequestHandler, port)

    def answer(self, asked: Asked) -> Answered:
        with self._changed:
            self._busy += 1
        try:
            answered = self.site.answer(asked)
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()
        exchange = Exchange(asked.method, asked.target, asked.body, answered.status, answered.body)
        with self._changed:
            self._exchanges.append(exchange)
        return answered

    def noted(self) -> list[Exchange]:
        with self._changed:
            return list(self._exchanges)

    def await_idle(self) -> None:
        """Let the handlers end that a browser has asked for before it went away."""
        with self._changed:
            self._changed.wait_for(lambda: self._busy == 0, _IDLE_SECONDS)


class SplunkWeb:
    """Splunk Web in front of a splunkd, while used as a context.

    Args:
        splunkd: Has the app installed and is started.
        theme: The user's, ``light`` or ``dark``.
        port: Where to listen; 0 is any free port.
    """

    def __init__(self, splunkd: Splunkd, theme: str = "light", port: int = 0) -> None:
        self._site = Site(splunkd, theme)
        self._server = _Server(port, self._site)
        self._site.port = self._server.port

    def __enter__(self) -> SplunkWeb:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.stop()
        self._server.await_idle()

    @property
    def theme(self) -> str:
        """The user's theme."""
        return self._site.theme

    @theme.setter
    def theme(self, name: str) -> None:
        self._site.theme = name

    @property
    def url(self) -> str:
        """The app's home, which leads to its default page."""
        return f"http://127.0.0.1:{self._site.port}/{LOCALE}/app/{self._site.splunkd.app}"

    def page(self, view: str) -> str:
        """The URL of a page of the app."""
        return f"{self.url}/{view}"

    @property
    def exchanges(self) -> list[Exchange]:
        """All requests so far with their answers (a copy)."""
        return self._server.noted()
