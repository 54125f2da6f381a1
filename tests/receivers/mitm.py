"""mitmproxy between the add-on and a receiver, spoiling what a test names."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from tests.receivers.process import free_port, serving

ADDON = Path(__file__).with_name("spoiling.py")


class Mitm:
    """A reverse proxy in front of one receiver; a context manager.

    Args:
        tools: See `installing.tools`.
        folder: Its own.
        receiver: URL of the receiver, plain http.
        faults: See `spoiling`.
    """

    def __init__(self, tools: Path, folder: Path, receiver: str, *faults: dict[str, Any]) -> None:
        self._tools = tools
        self._folder = folder
        self._receiver = receiver
        self._exit = contextlib.ExitStack()
        self.port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        self.spoil(*faults)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def spoil(self, *faults: dict[str, Any]) -> None:
        """Replaces the faults."""
        (self._folder / "faults.json").write_text(json.dumps(faults), encoding="utf-8")

    @property
    def seen(self) -> list[dict[str, Any]]:
        """The requests that reached it whole."""
        file = self._folder / "seen.ndjson"
        return [json.loads(line) for line in file.read_text("utf-8").splitlines()]

    def __enter__(self) -> Mitm:
        command = [
            *(str(self._tools / "mitmdump"), "--quiet", "--mode", f"reverse:{self._receiver}"),
            *("--listen-host", "127.0.0.1", "--listen-port", str(self.port)),
            *("--set", f"confdir={self._folder / 'conf'}", "--set", "connection_strategy=lazy"),
            *("--scripts", str(ADDON)),
        ]
        self._exit.enter_context(serving(command, self._folder, self.port))
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()
