"""Watches the process list, as another user of the machine could."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

_PAUSE_SECONDS = 0.02
PROC = Path("/proc")


class Processes:
    """Command lines and environments seen so far."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._end.wait(_PAUSE_SECONDS):
            for folder in PROC.glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    with contextlib.suppress(OSError):
                        self.seen.add((folder / name).read_bytes())

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._end.set()
        self._thread.join()


@contextlib.contextmanager
def watched() -> Iterator[Processes]:
    """Watches all processes until the block ends."""
    processes = Processes()
    processes.start()
    try:
        yield processes
    finally:
        processes.stop()
