# SPDX-License-Identifier: Apache-2.0
"""Ends a run at once while it waits, and after the page at hand while it writes.

splunkd sends SIGTERM when an input is disabled or Splunk stops (on Windows: CTRL_BREAK_EVENT). A
page that was written but not saved would be written again, so writing is never broken off.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType


class StoppedError(Exception):
    """splunkd asked the run to end."""


class Shutdown:
    """Notices splunkd's request to end."""

    def __init__(self) -> None:
        self._requested = False
        self._may_interrupt = False

    def listen(self) -> None:
        """Takes over the signals that splunkd stops an input with."""
        for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
            number = getattr(signal, name, None)
            if number is not None:
                signal.signal(number, self._request)

    @property
    def requested(self) -> bool:
        """Whether splunkd has asked for the end."""
        return self._requested

    def _request(self, _number: int, _frame: FrameType | None) -> None:
        self._requested = True
        if self._may_interrupt:
            self._may_interrupt = False
            raise StoppedError

    @contextlib.contextmanager
    def interruptible(self) -> Iterator[None]:
        """Marks work that may be broken off at any instruction, as waiting for an answer.

        Only the main thread's, since Python runs signal handlers there; other threads are daemons.

        Raises:
            StoppedError: when splunkd has asked, or asks meanwhile, for the end.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._may_interrupt = True
        try:
            if self._requested:
                raise StoppedError
            yield
        finally:
            self._may_interrupt = False

    def sleep(self, seconds: float) -> None:
        """Waits.

        Raises:
            StoppedError: when splunkd asks for the end meanwhile.
        """
        with self.interruptible():
            time.sleep(seconds)
