"""Real proxies, each a process of its own: pproxy, an HTTP and SOCKS5 proxy written by others."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.receivers.process import free_port, serving

USER, PASSWORD = "proxy.user", "pr0xy p@ss:word/%41"


class Proxy(NamedTuple):
    """A proxy that asks for a password.

    Attributes:
        kind: `http` or `socks5`.
        port: On 127.0.0.1.
        output: What it writes: a line for each connection.
    """

    kind: str
    port: int
    output: Path

    @property
    def connections(self) -> list[str]:
        """The connections that it has made so far."""
        return [line for line in self.output.read_text("utf-8").splitlines() if "->" in line]


@contextlib.contextmanager
def proxy(kind: str, folder: Path) -> Iterator[Proxy]:
    """Runs a proxy until the block ends.

    Args:
        kind: `http` or `socks5`.
        folder: Of its own.
    """
    folder.mkdir(parents=True)
    port = free_port()
    # -v: one line a connection. The part behind # is user and password.
    listen = f"{kind}://127.0.0.1:{port}#{USER}:{PASSWORD}"
    command = [sys.executable, "-X", "utf8", "-u", "-m", "pproxy", "-v", "-l", listen]
    with serving(command, folder, port):
        yield Proxy(kind, port, folder / "output.txt")
