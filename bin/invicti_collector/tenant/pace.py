# SPDX-License-Identifier: Apache-2.0
"""How many requests may be under way at once, learned from how the server answers.

As TCP does it: one more after a number of good answers, back to one at the first sign of trouble.
"""

from __future__ import annotations

from collections import deque

FIRST_STEP = 4
"""Good answers in a row before one more request is allowed."""

SLOW_STEP = 32
"""The same after the server was in trouble; doubles with each further trouble, since a server
that takes only one request at a time makes each attempt at two cost a wait."""

SLOWEST_STEP = 512

SAMPLES = 8
"""Answers that tell how quick the server is, by the third quickest: when it is in trouble nearly
all are slow, while a busy machine of ours makes only some of them late."""

GROWTH = 2.5
"""How many times as long as one by one answers may take before that counts as trouble."""

TOLERANCE = 0.5
"""Seconds that they may take longer in any case: below, it may as well be this machine."""


class Pace:
    """The number of requests allowed at once.

    Arguments:
        most: It never exceeds this; at least 1.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.allowed = 1
        self._good = 0
        self._step = FIRST_STEP
        self._troubles = 0
        self._alone: deque[float] = deque(maxlen=SAMPLES)
        self._recent: deque[float] = deque(maxlen=SAMPLES)

    def succeeded(self, seconds: float) -> None:
        """Notes a good answer.

        Arguments:
            seconds: How long it took.
        """
        (self._alone if self.allowed == 1 else self._recent).append(seconds)
        if self._has_slowed_down():
            self.failed()
            return
        self._good += 1
        if self._good >= self._step and self.allowed < self.most:
            self.allowed += 1
            self._good = 0
            self._recent.clear()

    def failed(self) -> None:
        """Notes that the server throttled or failed."""
        if self.allowed > 1 or not self._troubles:
            # What the requests that were under way together meet is one trouble.
            self._step = min(SLOW_STEP * 2**self._troubles, SLOWEST_STEP)
            self._troubles += 1
        self.allowed = 1
        self._good = 0
        self._alone.clear()
        self._recent.clear()

    def _has_slowed_down(self) -> bool:
        if len(self._recent) < SAMPLES:
            return False
        alone = _typical(self._alone)
        return _typical(self._recent) > max(GROWTH * alone, alone + TOLERANCE)


def _typical(seconds: deque[float]) -> float:
    return sorted(seconds)[len(seconds) // 4]
