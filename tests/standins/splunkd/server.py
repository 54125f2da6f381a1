"""The management port: HTTPS on the loopback, as splunkd's 8089 is.

TLS with a certificate that no public authority signed ("About securing Splunk with TLS": the
default certificate is Splunk's own), HTTP/1.1 with keep-alive. An answer leaves in one piece and
at once.
"""

from __future__ import annotations

import ssl
from http.client import responses
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Callable, Optional

import trustme

from tests.standins.listener import Listener
from tests.standins.splunkd.rest import Response

# method, target, headers, body → answer; None: hang up without one
Handler = Callable[[str, str, dict[str, str], bytes], Optional[Response]]


class _RequestHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 120
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        response = self.server.handler(self.command, self.path, headers, body)
        if response is None:
            self.close_connection = True
            return
        lines = [
            f"HTTP/1.1 {response.status} {responses.get(response.status, '')}",
            f"Date: {self.date_time_string()}",
            f"Content-Type: {response.content_type}",
            f"Content-Length: {len(response.body)}",
            "X-Content-Type-Options: nosniff",
            "Cache-Control: no-store, no-cache, must-revalidate, max-age=0",
            "Connection: Keep-Alive",
            "X-Frame-Options: SAMEORIGIN",
            "Server: Splunkd",
            *(f"{name}: {value}" for name, value in response.headers.items()),
        ]
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        self.wfile.write(head + (b"" if self.command == "HEAD" else response.body))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _serve  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: requests are counted, not printed."""


class _Server(Listener):
    handler: Handler


class ManagementPort:
    """Listens on a free port of 127.0.0.1; can be closed and opened again on the same port."""

    def __init__(self, handler: Handler, certificate_file: Path) -> None:
        authority = trustme.CA(organization_name="SplunkCommonCA")
        certificate = authority.issue_cert(
            "127.0.0.1", "localhost", common_name="SplunkServerDefaultCert"
        )
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(self._context)
        authority.cert_pem.write_to_path(str(certificate_file))
        self._handler = handler
        self._server: _Server | None = None
        self.port = 0

    def open(self) -> None:
        """Begin to listen."""
        if self._server is not None:
            return
        server = _Server(_RequestHandler, self.port, context=self._context)
        server.handler = self._handler
        server.start()
        self.port = server.port
        self._server = server

    def close(self) -> None:
        """Stop listening and hang up on everybody."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()
