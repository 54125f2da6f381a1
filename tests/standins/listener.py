"""The port on which a stand-in listens: HTTP, or HTTPS, each connection in a thread of its own."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Listener(ThreadingHTTPServer):
    """Serves in the background, and hangs up on everybody when it stops.

    Arguments:
        handler: Of one connection.
        port: 0 = any that is free.
        host: Whose address it listens on.
        context: Of TLS; None = plain HTTP.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        handler: type[BaseHTTPRequestHandler],
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._context = context
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        super().__init__((host, port), handler)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def start(self) -> None:
        """Serves from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Stops accepting and closes the connections."""
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):  # the client may have closed it
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)

    def get_request(self) -> tuple[socket.socket, Any]:
        """A connection; the TLS handshake is left to its own thread."""
        connection, peer = super().get_request()
        if self._context:
            connection = self._context.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        self._open.add(connection)
        return connection, peer

    def shutdown_request(self, request: Any) -> None:
        """Closes a connection."""
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away, or are killed, are no news."""
