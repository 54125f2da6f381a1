"""The event collector over HTTP/1.1."""

from __future__ import annotations

import json
import ssl
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tests.standins.listener import Listener

from .collector import Call, Collector, Reply
from .switches import HecSwitches


class HecServer:
    """An event collector behind a port; as a context manager it runs in a thread of its own."""

    def __init__(
        self,
        switches: HecSwitches | None = None,
        *,
        port: int = 0,
        tls: tuple[Path, Path] | None = None,
    ) -> None:
        self.switches = switches or HecSwitches()
        self.collector = Collector(self.switches)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if tls else None
        if context and tls:
            context.load_cert_chain(*tls)
        self._listener = _HecListener(_Handler, port, context=context)
        self._listener.hec = self
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._listener.port}"

    def __enter__(self) -> HecServer:
        self._listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.stop()

    @property
    def ids(self) -> list[str]:
        """The `Id` of each event taken, in order, with doubles if there were any."""
        return [json.loads(taken.event["event"])["Id"] for taken in self.collector.taken]


class _HecListener(Listener):
    hec: HecServer


class _Handler(BaseHTTPRequestHandler):
    server: _HecListener
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answers a request, whatever its method."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(parts.query))
        path = parts.path.rstrip("/")
        self._send(self.server.hec.collector.serve(Call(self.command, path, query, headers, body)))

    do_POST = do_PUT = do_GET  # noqa: N815

    def _send(self, reply: Reply) -> None:
        if reply.lost:
            self.close_connection = True
            return
        switches = self.server.hec.switches
        html = not reply.body or (reply.status >= 400 and switches.html_errors)
        page = f"<html><head><title>{reply.status}</title></head><body></body></html>"
        body = page.encode() if html else json.dumps(reply.body).encode()
        head = [
            f"HTTP/1.1 {reply.status} {self.responses.get(reply.status, ('',))[0]}",
            f"Date: {self.date_time_string()}",
            f"Content-Type: {'text/html' if html else 'application/json; charset=UTF-8'}",
            f"Content-Length: {len(body)}",
            *(["Connection: close"] if self.close_connection else []),
            *([f"Retry-After: {reply.retry_after}"] if reply.retry_after else []),
            *([f"Location: {switches.location}"] if 300 <= reply.status < 400 else []),
        ]
        self.wfile.write(("\r\n".join(head) + "\r\n\r\n").encode() + body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Requests are kept in `Collector.calls`, not printed."""
