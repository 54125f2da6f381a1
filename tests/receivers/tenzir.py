"""Tenzir's `accept_splunk`: a real HEC receiver of another maker, which writes events to a file."""

from __future__ import annotations

import contextlib
import json
import subprocess
from pathlib import Path
from typing import Any

from tests.receivers.process import end, free_port, serving

TOKEN = "11111111-2222-3333-4444-555555555555"  # noqa: S105 - of a receiver made for a test


class Tenzir:
    """One receiver; a context manager. After a stop it may be started again: it has a new file.

    Args:
        engine: See `installing.tenzir_engine`.
        folder: Its own.
        tls: Certificate and key, PEM files; None = plain http.
        options: Of `accept_splunk`, as TQL: `max_request_size=1000`.
    """

    def __init__(
        self, engine: Path, folder: Path, tls: tuple[Path, Path] | None = None, *options: str
    ) -> None:
        self._engine = engine
        self._folder = folder
        self._tls = tls
        self._options = options
        self._starts = 0
        self._exit = contextlib.ExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Tenzir:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begins to listen."""
        self._starts += 1
        arguments = [f'"127.0.0.1:{self.port}"', f'hec_token="{TOKEN}"', *self._options]
        if self._tls:
            arguments.append(f'tls={{certfile: "{self._tls[0]}", keyfile: "{self._tls[1]}"}}')
        pipeline = self._folder / "hec.tql"
        # Its file sink begins a file anew at each start.
        file = self._folder / f"events-{self._starts}.ndjson"
        pipeline.write_text(
            f'accept_splunk {", ".join(arguments)}\nto_file "{file}" {{ write_ndjson }}\n'
        )
        command = [str(self._engine), "-f", str(pipeline)]
        self._process = self._exit.enter_context(serving(command, self._folder, self.port))

    def stop(self) -> None:
        """Ends; whatever it took is in its file then."""
        if self._process is not None:
            end(self._process)
        self._exit.close()

    def events(self) -> list[dict[str, Any]]:
        """The events of all its starts; complete once it is stopped."""
        files = sorted(self._folder.glob("events-*.ndjson"))
        lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
        return [json.loads(line) for line in lines if line]
