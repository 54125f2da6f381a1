"""Sockets and HTTP/1.1.

An answer leaves in one send, so that no delayed acknowledgement slows it.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from datetime import datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from tests.standins.listener import Listener

from .answers import Question
from .control import PREFIX, control
from .delivery import Delivery

if TYPE_CHECKING:
    from .server import TenantServer


def http_date(moment: datetime, later: float = 0.0) -> str:
    """`Wed, 08 May 2024 12:32:04 GMT`."""
    return format_datetime((moment + timedelta(seconds=later)).replace(microsecond=0), usegmt=True)


class TenantListener(Listener):
    """Can reset connections, and wakes sleeping answers when it stops."""

    def __init__(
        self, address: tuple[str, int], tenant_server: TenantServer, context: ssl.SSLContext | None
    ) -> None:
        self.tenant_server = tenant_server
        self.stopping = threading.Event()
        self.to_reset: set[int] = set()
        host, port = address
        super().__init__(Handler, port, host=host, context=context)

    def shutdown_request(self, request: Any) -> None:
        """Closes a connection: orderly, or at once with RST."""
        if id(request) in self.to_reset:
            self.to_reset.discard(id(request))
            request.close()
        super().shutdown_request(request)

    def stop(self) -> None:
        """Stops accepting, wakes sleeping answers, closes the connections."""
        self.stopping.set()
        super().stop()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: TenantListener
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer a request, whatever its method."""
        length = int(self.headers.get("Content-Length") or 0)
        if length:
            self.rfile.read(length)
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if parts.path.startswith(PREFIX):
            self._send(
                Delivery(control(self.server.tenant_server, self.command, parts.path, query))
            )
            return
        headers = {name.title(): value for name, value in self.headers.items()}
        tenant = self.server.tenant_server
        delivery = tenant.deliver(Question(self.command, parts.path, query, headers))
        if delivery.wait:
            self.server.stopping.wait(delivery.wait)
        tenant.answered()
        self._send(delivery)

    do_POST = do_PUT = do_DELETE = do_HEAD = do_GET  # noqa: N815

    def _send(self, delivery: Delivery) -> None:
        if delivery.dropped:
            self._drop(reset=delivery.reset)
            return
        body = delivery.answer.body
        head = self._head(delivery, len(body))
        if self.command == "HEAD":
            body = b""
        if delivery.part < 1:
            body = body[: int(len(body) * delivery.part)]
            self.close_connection = True
        if delivery.chunk:
            self._trickle(head, body, delivery)
        else:
            self.wfile.write(head + body)

    def _head(self, delivery: Delivery, length: int) -> bytes:
        answer = delivery.answer
        reason = self.responses.get(answer.status, ("",))[0]
        lines = [
            f"HTTP/1.1 {answer.status} {reason}",
            *self._date(),
            f"Content-Type: {answer.content_type}",
            f"Content-Length: {length}",
            "Cache-Control: no-cache",
            *(f"{name}: {value}" for name, value in answer.headers.items()),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _date(self) -> list[str]:
        tenant = self.server.tenant_server.tenant
        return [f"Date: {http_date(tenant.now)}"] if tenant.switches.date_header else []

    def _trickle(self, head: bytes, body: bytes, delivery: Delivery) -> None:
        self.wfile.write(head)
        for start in range(0, len(body), delivery.chunk):
            if self.server.stopping.wait(delivery.pause):
                self.close_connection = True
                return
            self.wfile.write(body[start : start + delivery.chunk])

    def _drop(self, *, reset: bool) -> None:
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.server.to_reset.add(id(self.connection))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Requests are kept in TenantServer.requests, not printed."""
