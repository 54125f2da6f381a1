"""A server that means harm: whatever is asked, it sends the bytes of a script.

It speaks TCP itself, since no HTTP library would send such answers.
"""

from __future__ import annotations

import contextlib
import gzip
import itertools
import socket
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Callable

Script = Callable[[], Iterable[bytes]]

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
MEGABYTE = 1024 * 1024
_PAUSE = 0.02
"""Between two bytes of a server that drips: any read timeout is longer."""


class HostileServer:
    """Serves a script on a loopback port.

    Args:
        script: What to send; called for each connection.
    """

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked = 0
        self.heads: list[bytes] = []
        """The head of each request."""
        self.current = threading.local()
        """Its `head` is that of the request that a script is answering."""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> HostileServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:  # the client has gone, as it should
            head = _head_of(connection).partition(b"\r\n\r\n")[0]
            self.asked += 1
            self.heads.append(head)
            self.current.head = head
            for part in self.script():
                connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(1)
            while connection.recv(65536):
                pass


def _head_of(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        received = connection.recv(65536)
        if not received:
            raise OSError
        head += received
    return head


def answer(
    body: bytes, *headers: str, status: str = "200 OK", kind: str = "application/json"
) -> bytes:
    """An ordinary answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *headers, "Connection: close", "", ""]).encode("latin-1") + body


def dripped(text: bytes) -> Iterator[bytes]:
    """A byte at a time, for ever."""
    for byte in itertools.cycle(text):
        time.sleep(_PAUSE)
        yield bytes([byte])


def packed(pattern: bytes, megabytes: int, *, layers: int = 1) -> bytes:
    """So many megabytes of a pattern, in so many layers of gzip."""
    block = (pattern * (MEGABYTE // len(pattern) + 1))[:MEGABYTE]
    # Members one after the other are gzip, too (RFC 1952, section 2.2), and made at once.
    whole = gzip.compress(block, 9) * megabytes
    for _ in range(layers - 1):
        whole = gzip.compress(whole, 9)
    return whole


# --- what never ends ---------------------------------------------------------------------------


def endless_body() -> Iterator[bytes]:
    """A list that goes on."""
    yield CHUNKED
    block = b'"' + b"x" * 65533 + b'",'
    while True:
        yield b"%x\r\n%s\r\n" % (len(block), block)


def dripped_status_line() -> Iterator[bytes]:
    """Not even the status comes to its end."""
    yield b"HTTP/1.1 200 "
    yield from dripped(b"O")


def dripped_headers() -> Iterator[bytes]:
    """A header at a time, a byte at a time."""
    yield OK
    yield from dripped(b"X-Wait: yes\r\n")


def dripped_body() -> Iterator[bytes]:
    """A body a byte at a time."""
    yield OK + b"Content-Length: 1000000\r\n\r\n"
    yield from dripped(b" ")


def dripped_chunk_size() -> Iterator[bytes]:
    """The size of a chunk that never comes to its end."""
    yield CHUNKED
    yield from dripped(b"0")


def endless_trailers() -> Iterator[bytes]:
    """Headers behind the body, without end (RFC 9112, section 7.1.2)."""
    yield CHUNKED + b"2\r\n{}\r\n0\r\n"
    while True:
        yield b"X-More: to come\r\n" * 1000


def endless_interim_answers() -> Iterator[bytes]:
    """100 Continue for ever (RFC 9110, section 15.2)."""
    while True:
        yield b"HTTP/1.1 100 Continue\r\n\r\n" * 1000


def endless_nothing() -> Iterator[bytes]:
    """A deflate stream of empty blocks (RFC 1951, section 3.2.4): all input, no output."""
    yield OK + b"Content-Encoding: deflate\r\n\r\n"
    yield zlib.compress(b"")[:2]
    while True:
        yield b"\x00\x00\x00\xff\xff" * 10_000


def endless_redirect() -> Iterator[bytes]:
    """A redirect whose body nobody wants, without end."""
    yield b"HTTP/1.1 302 Found\r\nLocation: https://idp.example/sso\r\n\r\n"
    while True:
        yield b"x" * 65536


ENDLESS: tuple[Script, ...] = (
    endless_body,
    dripped_status_line,
    dripped_headers,
    dripped_body,
    dripped_chunk_size,
    endless_trailers,
    endless_interim_answers,
    endless_nothing,
    endless_redirect,
)


# --- what is large -----------------------------------------------------------------------------


def _bomb(coding: str, body: bytes, status: str = "200 OK", *more: str) -> Script:
    return lambda: [answer(body, f"Content-Encoding: {coding}", *more, status=status)]


def _json(text: str) -> Script:
    return lambda: [answer(text.encode())]


def header_flood() -> Iterator[bytes]:
    """Ten thousand headers."""
    yield OK + b"".join(b"X-%d: %s\r\n" % (n, b"x" * 1000) for n in range(10_000)) + b"\r\n{}"


def long_header() -> Iterator[bytes]:
    """One header of ten megabytes."""
    yield OK + b"X-Long: " + b"x" * 10 * MEGABYTE + b"\r\n\r\n{}"


def many_links() -> Iterator[bytes]:
    """A hundred codings, one in the other."""
    yield answer(b"x", "Content-Encoding: " + ", ".join(["gzip"] * 100))


def large() -> dict[str, Script]:
    """Answers that are, or would become, large: name and script; made once, for it takes time."""
    gzip_bomb = packed(b'{"Id":"a"},', 2000)
    nested = packed(b" ", 2000, layers=3)
    return {
        "gzip bomb": _bomb("gzip", gzip_bomb),
        "gzip in gzip in gzip": _bomb("gzip, gzip, gzip", nested),
        "gzip bomb in an error": _bomb("gzip", gzip_bomb, "503 Service Unavailable"),
        "gzip bomb in a redirect": _bomb(
            "gzip", gzip_bomb, "302 Found", "Location: https://idp.example/sso"
        ),
        "header flood": header_flood,
        "long header": long_header,
        "a hundred codings": many_links,
        "lists": _bomb("gzip", b"".join([packed(b"[],", 31)])),
        "objects": _json('{"List":[' + '{"":0},' * (4 * MEGABYTE) + "{}]}"),
        "texts": _json('{"List":[' + '"ab",' * (6 * MEGABYTE) + '""]}'),
        "records": _json('{"List":[' + '"",' * 500_000 + '""]}'),
        "deep lists": _json("[" * 10_000_000),
        "deep objects": _json('{"List":' * 1_000_000),
        "deep in a record": _json(
            '{"List":[{"Id":"a","X":' + "[" * 100_000 + "]" * 100_000 + "}]}"
        ),
        "huge integer": _json('{"TotalItemCount":' + "9" * 1_000_000 + ',"List":[]}'),
        "huge integer in a record": _json('{"List":[{"Id":"a","X":' + "9" * 1_000_000 + "}]}"),
    }
