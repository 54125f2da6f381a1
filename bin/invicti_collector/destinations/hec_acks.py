# SPDX-License-Identifier: Apache-2.0
"""Indexer acknowledgement: waits until the receivers say that batches are indexed.

https://docs.splunk.com/Documentation/Splunk/latest/Data/AboutHECIDXAck
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Sequence
from typing import Callable, NamedTuple

from invicti_collector.destinations.hec_answers import UncertainError, read_acks
from invicti_collector.destinations.hec_batches import Batch
from invicti_collector.destinations.hec_client import ACK_PATH, HecClient, Receiver
from invicti_collector.errors import ServerError, TransientError

LONGEST_WAIT = 180.0
"""Seconds until a batch without acknowledgement is sent again."""

GRACE = 10.0
"""Seconds that acknowledgements may still take once splunkd asks for the end."""

_SHORTEST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0


class Pending(NamedTuple):
    """A batch that was taken and is not yet indexed.

    Attributes:
        receiver: Which has taken it; only that one knows.
        ack_id: To ask by.
        batch: To send again if need be.
    """

    receiver: Receiver
    ack_id: int
    batch: Batch


class Acknowledgements:
    """Asks for acknowledgements on a channel of this run's own.

    Arguments:
        client: Asks the receivers.
        seconds: Until a batch counts as lost.
        stopping: Tells whether splunkd has asked for the end.
    """

    def __init__(self, client: HecClient, seconds: float, stopping: Callable[[], bool]) -> None:
        self._client = client
        self._seconds = min(seconds, LONGEST_WAIT)
        self._stopping = stopping
        self.headers = {"X-Splunk-Request-Channel": str(uuid.uuid4())}
        self._offered: set[str] = set()

    def check_offered(self, receiver: Receiver) -> None:
        """Makes sure, once a run, that the token has acknowledgement at a receiver.

        Where it has not, what is sent is taken all the same, and never acknowledged.

        Arguments:
            receiver: That is about to be sent events.

        Raises:
            CollectorError: when it has not, or the receiver cannot tell.
        """
        if receiver.url in self._offered:
            return
        try:
            self._client.ask(receiver, ACK_PATH, b'{"acks":[0]}', self.headers, read_acks)
        except UncertainError as fault:
            # There were no events in it that could double.
            raise ServerError(fault.error, fault.where, fault.remedy, fault.retry_after) from None
        self._offered.add(receiver.url)

    def settle(self, pending: Sequence[Pending]) -> list[Pending]:
        """Waits for acknowledgements; splunkd's wish for the end only shortens the wait.

        Arguments:
            pending: Batches taken.

        Returns:
            Those that were not acknowledged in time.

        Raises:
            PermanentError: when a receiver refuses to tell.
        """
        left = list(pending)
        until = time.monotonic() + self._seconds
        pause = _SHORTEST_PAUSE
        while left:
            left = self._still_pending(left)
            now = time.monotonic()
            if self._stopping():
                until = min(until, now + GRACE)
                pause = _SHORTEST_PAUSE
            if not left or now + pause > until:
                break
            self._sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        return left

    def _sleep(self, seconds: float) -> None:
        """Waits in short steps, so that a wish for the end is noticed."""
        end = time.monotonic() + seconds
        time.sleep(_SHORTEST_PAUSE)
        while time.monotonic() < end and not self._stopping():
            time.sleep(_SHORTEST_PAUSE)

    def _still_pending(self, pending: list[Pending]) -> list[Pending]:
        left: list[Pending] = []
        for receiver in {id(each.receiver): each.receiver for each in pending}.values():
            mine = [each for each in pending if each.receiver is receiver]
            done = self._done(receiver, mine)
            left += [each for each in mine if each.ack_id not in done]
        return left

    def _done(self, receiver: Receiver, pending: list[Pending]) -> set[int]:
        body = json.dumps({"acks": [each.ack_id for each in pending]}).encode()
        try:
            return self._client.ask(receiver, ACK_PATH, body, self.headers, read_acks)
        except TransientError:
            return set()  # asked again, until the time is over
