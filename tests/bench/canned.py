"""A tenant that answers a request it has seen before with the very same bytes.

The tenant stand-in builds each page anew, which costs more than some of the clients here; a
replayed page costs next to nothing, and the same for every client. It is a process of its own, so
that its CPU is not counted and its threads do not share an interpreter with the reader.

Usage: `python -m tests.bench.canned RECORDS [SECONDS]`; each answer takes so many seconds on its
way, however many are under way. Writes how to reach it as a line of JSON, and ends
when its standard input does, so that it never outlives the benchmark.
"""

from __future__ import annotations

import json
import socket
import socketserver
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections import Counter
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from tests.standins.invicti_tenant import Switches, Tenant
from tests.standins.invicti_tenant.answers import LIST, Question, answer
from tests.standins.invicti_tenant.listener import http_date

if TYPE_CHECKING:
    from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
NOW = "2026-03-11T12:00:00Z"
"""The tenant's clock stands at noon: windows of days are the same in every run."""

CONTROL = "/_bench/"
_HEAD_END = b"\r\n\r\n"


class Recorder:
    """Answers by whole request heads, from memory where it can."""

    def __init__(self, records: int) -> None:
        self.tenant = Tenant(Switches(records=records, now=NOW, clock_speed=0.0))
        self._answers: dict[bytes, bytes] = {}
        self._seen: Counter[str] = Counter()
        self._cpu = 0.0

    def answer(self, head: bytes) -> bytes:
        """Returns the answer's bytes, head and body."""
        if head.startswith(b"GET " + CONTROL.encode()):
            return _http(200, self._control(head.split(b" ", 2)[1].decode()), self._date())
        known = self._answers.get(head)
        self._seen["requests"] += 1
        if known is None:
            self._seen["recorded"] += 1
            known = self._answers[head] = self._ask_tenant(head)
        return known

    def _ask_tenant(self, head: bytes) -> bytes:
        request, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = request.split(" ", 2)
        parts = urlsplit(target)
        fields = (line.partition(":") for line in lines if line)
        headers = {name.strip().title(): value.strip() for name, _, value in fields}
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        told = answer(self.tenant, Question(method, parts.path, query, headers))
        return _http(told.status, told.body, self._date(), told.content_type)

    def _date(self) -> str:
        return http_date(self.tenant.now)

    def _control(self, path: str) -> bytes:
        """`ids`: what there is to collect; `seen`: traffic and own CPU seconds since last asked."""
        if path == CONTROL + "ids":
            return json.dumps(sorted(self.tenant.ids())).encode()
        cpu, self._cpu = self._cpu, time.process_time()
        seen, self._seen = self._seen, Counter()
        counts = {name: seen[name] for name in ("requests", "recorded")}
        return json.dumps({**counts, "cpu_seconds": self._cpu - cpu}).encode()


def _http(status: int, body: bytes, date: str, content_type: str = "application/json") -> bytes:
    lines = (
        f"HTTP/1.1 {status} Canned",
        f"Date: {date}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-cache",
    )
    return "\r\n".join(lines).encode() + _HEAD_END + body


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, recorder: Recorder, latency: float) -> None:
        self.recorder = recorder
        self.latency = latency
        super().__init__(("127.0.0.1", 0), _Connection)


class _Connection(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        """Answer GETs, which have no body, until the client goes away."""
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        rest = b""
        while data := self.request.recv(1 << 16):
            rest += data
            while (end := rest.find(_HEAD_END)) >= 0:
                head, rest = rest[:end], rest[end + len(_HEAD_END) :]
                if self.server.latency:
                    time.sleep(self.server.latency)
                self.request.sendall(self.server.recorder.answer(head))


def serve(records: int, latency: float = 0.0) -> None:
    """Serve until standard input ends."""
    recorder = Recorder(records)
    server = _Server(recorder, latency)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    switches = recorder.tenant.switches
    access = {
        "base_url": f"http://127.0.0.1:{server.server_address[1]}",
        "user_id": switches.user_id,
        "api_token": switches.api_token,
    }
    print(json.dumps(access), flush=True)
    sys.stdin.read()


class Seen(NamedTuple):
    """Traffic of the server since it was asked before.

    Attributes:
        requests: API requests answered.
        recorded: Of these, how many were new to it; replays cost the same for all, these do not.
        cpu_seconds: The server's own.
    """

    requests: int
    recorded: int
    cpu_seconds: float


class CannedTenant:
    """The server's process; as a context manager it ends with the block.

    Arguments:
        records: Size of the tenant's history.
        latency: Seconds that each answer takes on its way.
    """

    def __init__(self, records: int, latency: float = 0.0) -> None:
        command = [sys.executable, "-m", "tests.bench.canned", str(records), str(latency)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        self.access: dict[str, str] = json.loads(self._process.stdout.readline())

    def __enter__(self) -> CannedTenant:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()

    @property
    def netloc(self) -> str:
        """Host and port."""
        return urlsplit(self.access["base_url"]).netloc

    def ids(self) -> set[str]:
        """The Ids of all records, normalised."""
        return set(self._ask("ids"))

    def seen(self) -> Seen:
        """Traffic since this was asked before."""
        return Seen(**self._ask("seen"))

    def fetch_all(self, page_count: int) -> tuple[float, int]:
        """What a client gets that does nothing with the pages: pages a second, and bytes in all.

        The second pass counts: the first records whatever is new.
        """
        self._fetch_pages(page_count)
        began = time.perf_counter()
        size = self._fetch_pages(page_count)
        return page_count / (time.perf_counter() - began), size

    def _fetch_pages(self, page_count: int) -> int:
        host, _, port = self.netloc.partition(":")
        with socket.create_connection((host, int(port))) as connection:
            return sum(self._fetch(connection, number + 1) for number in range(page_count))

    def _fetch(self, connection: socket.socket, number: int) -> int:
        pair = f"{self.access['user_id']}:{self.access['api_token']}"
        request = (
            f"GET {LIST}?page={number}&pageSize=200 HTTP/1.1\r\n"
            f"Authorization: Basic {b64encode(pair.encode()).decode()}\r\n\r\n"
        )
        connection.sendall(request.encode())
        head, _, body = connection.recv(1 << 18).partition(_HEAD_END)
        size = int(head.partition(b"Content-Length: ")[2].split(b"\r\n", 1)[0])
        left = size - len(body)
        while left > 0:
            left -= len(connection.recv(left))
        return size

    def _ask(self, what: str) -> Any:
        connection = HTTPConnection(self.netloc)
        try:
            connection.request("GET", CONTROL + what)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


if __name__ == "__main__":
    serve(int(sys.argv[1]), *map(float, sys.argv[2:]))
