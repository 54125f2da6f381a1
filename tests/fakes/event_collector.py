"""An HTTP Event Collector's complaints, as far as the trial of a HEC target can provoke them.

Statuses and codes: "Possible error codes" in Splunk's "Troubleshoot HTTP Event Collector" and
"services/collector/health" in "HTTP Event Collector REST API endpoints".
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TOKEN = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"  # noqa: S105

_HEALTHY: tuple[int, dict[str, object]] = (200, {"text": "HEC is healthy", "code": 17})
_UNHEALTHY: tuple[int, dict[str, object]] = (503, {"text": "HEC is unhealthy", "code": 18})


@dataclass
class EventCollector:
    """One event collector, and what it was asked.

    Attributes:
        url: Where it listens.
        healthy: Whether its queues have room.
        enabled: Whether the token is.
        acknowledges: Whether the token has indexer acknowledgement.
        seconds: Until it answers.
        looks_first: At the `channel` or at the `data`, where both are missing. Not documented.
        asked: Method, path, and length of the body of each request.
    """

    url: str = ""
    healthy: bool = True
    enabled: bool = True
    acknowledges: bool = False
    looks_first: str = "channel"
    seconds: float = 0.0
    asked: list[tuple[str, str, int]] = field(default_factory=list)

    def answer(
        self, method: str, path: str, token: str, channel: str, body: bytes
    ) -> tuple[int, dict[str, object]]:
        """Status and body of an answer."""
        self.asked.append((method, path, len(body)))
        if path == "/services/collector/health":
            return _HEALTHY if self.healthy else _UNHEALTHY
        if token != f"Splunk {TOKEN}":
            return 403, {"text": "Invalid token", "code": 4}
        if not self.enabled:
            return 403, {"text": "Token disabled", "code": 1}
        return self._acks(body) if path == "/services/collector/ack" else self._event(channel, body)

    def _acks(self, body: bytes) -> tuple[int, dict[str, object]]:
        if not self.acknowledges:
            return 400, {"text": "ACK is disabled", "code": 14}
        return 200, {"acks": {str(number): False for number in json.loads(body)["acks"]}}

    def _event(self, channel: str, body: bytes) -> tuple[int, dict[str, object]]:
        lacks_channel = self.acknowledges and not channel
        if lacks_channel and (body or self.looks_first == "channel"):
            return 400, {"text": "Data channel is missing", "code": 10}
        if not body:
            return 400, {"text": "No data", "code": 5}
        return 200, {"text": "Success", "code": 0}


@contextmanager
def event_collector(tls: tuple[Path, Path] | None = None) -> Iterator[EventCollector]:
    """Runs one until the block ends.

    Args:
        tls: Certificate chain and private key; None = plain http.
    """
    collector = EventCollector()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            channel = self.headers.get("X-Splunk-Request-Channel", "")
            token = self.headers.get("Authorization", "")
            path = self.path.partition("?")[0]
            time.sleep(collector.seconds)
            status, told = collector.answer(self.command, path, token, channel, body)
            content = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _serve  # noqa: N815 - the names are http.server's

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        collector.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
        yield collector
        server.shutdown()
