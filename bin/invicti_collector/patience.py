# SPDX-License-Identifier: Apache-2.0
"""Asks a server until it answers, within the run's patience.

Retries are ours rather than urllib3's since they must end with the run's patience, be broken off
by SIGTERM, and cover faults in the answer's body; see docs/dependencies.md.
"""

from __future__ import annotations

import random
import time
from typing import Callable, TypeVar

from invicti_collector.errors import TransientError

LONGEST_PAUSE = 60.0
"""Seconds between two tries, unless the server asks for more."""

T = TypeVar("T")


class Patience:
    """Tries again for as long as a run may.

    Arguments:
        seconds: Without a good answer after which the run gives up.
        sleep: Waits for seconds.
    """

    def __init__(self, seconds: float, sleep: Callable[[float], None]) -> None:
        self.seconds = seconds
        self.retries = 0
        self._sleep = sleep

    def persist(self, ask: Callable[[], T]) -> T:
        """Returns the first good answer.

        Arguments:
            ask: Asks once.

        Raises:
            TransientError: the last one, when the patience ends.
        """
        began = time.monotonic()
        waited = 0.0
        attempt = 0
        while True:
            try:
                return ask()
            except TransientError as fault:
                pause = pause_before(attempt, fault.retry_after)
                waited = max(waited, time.monotonic() - began)
                if waited + pause > self.seconds:
                    raise
            attempt += 1
            self.retries += 1
            self._sleep(pause)
            waited += pause


def pause_before(attempt: int, asked: float | None) -> float:
    """Returns how long to wait: doubling, but as long as the server asked for, with jitter.

    Arguments:
        attempt: How many tries have failed before this one.
        asked: Seconds of the server's `Retry-After`; None where it gave none.
    """
    # The exponent is bounded since a float's is.
    pause = min(2.0 ** min(attempt, 10), LONGEST_PAUSE)
    if asked is None:
        return pause * random.uniform(0.5, 1)
    # A server may ask for 0 seconds, or name a time that is past, at every try.
    return max(pause, asked) + random.uniform(0, 1)
