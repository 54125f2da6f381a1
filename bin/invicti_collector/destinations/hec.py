# SPDX-License-Identifier: Apache-2.0
"""Sends events to the HTTP Event Collector of another Splunk.

What it promises, and the answers it knows: docs/hec.md.
"""

from __future__ import annotations

import gzip
import logging
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Callable

from invicti_collector.configuration import HecTarget
from invicti_collector.destinations.hec_acks import Acknowledgements, Pending
from invicti_collector.destinations.hec_answers import (
    Receipt,
    RefusedError,
    TooLargeError,
    UncertainError,
    read_answer,
)
from invicti_collector.destinations.hec_batches import MOST_BYTES, Batch, Envelope, batches
from invicti_collector.destinations.hec_client import EVENT_PATH, HecClient, Receiver, Route
from invicti_collector.destinations.splunk_stream import Metadata
from invicti_collector.errors import (
    CollectorError,
    ConfigurationError,
    PermanentError,
    ServerError,
    TransientError,
    quoted,
)
from invicti_collector.patience import Patience
from invicti_collector.ports import Event
from invicti_collector.shutdown import Shutdown

FRUITLESS_REFUSALS = 40
"""Refused requests of one delivery, with none taken, that show the receiver to be at fault: eight
of 200 events may be refused one by one, spread evenly."""

_CROWDED_PAUSE = 2.0
_LEVEL = 6
"""Of gzip: a fifth smaller than with 1, for some milliseconds more a page; 9 gains nothing."""


@dataclass
class HecTally:
    """What a run did, for its summary line.

    Attributes:
        accepted: Events that were taken, and acknowledged where that was asked for.
        requests: That were taken.
        set_aside: Events that the receiver refuses.
        perhaps_doubled: Events sent again although the receiver may have had them.
        sent_bytes: Of all taken requests, before compression.
        packed_bytes: The same, compressed.
        newest: Time of the newest event taken.
        taken_at: When the last batch was taken, in seconds since the epoch.
    """

    accepted: int = 0
    requests: int = 0
    set_aside: int = 0
    perhaps_doubled: int = 0
    sent_bytes: int = 0
    packed_bytes: int = 0
    newest: float = 0.0
    taken_at: float = 0.0


class _Delivery:
    """What has become of the events of one page so far."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.taken = 0
        self.refusals = 0
        self.pending: list[Pending] = []
        self.forgotten: list[Pending] = []
        self.refused: list[tuple[Event, RefusedError]] = []

    def await_ack(self, new: Pending) -> None:
        """Keeps a batch that was taken until it is acknowledged.

        The ids of a channel count up from 0, and anew once the receiver has restarted. Asked by an
        id from before, it would tell of a batch that it took after.
        """
        here = [each for each in self.pending if each.receiver is new.receiver]
        if any(each.ack_id >= new.ack_id for each in here):
            self.forgotten += here
            self.pending = [each for each in self.pending if each.receiver is not new.receiver]
        self.pending.append(new)


class Hec:
    """Implements the port `Destination`.

    Arguments:
        target: Where to send.
        metadata: Of all events.
        route: How the receivers are reached.
        patience: How long to try.
        shutdown: Listens to splunkd.
        log: The add-on's log.
        assure: Called before each request that carries events; raises when the run may not go on.
    """

    def __init__(
        self,
        target: HecTarget,
        metadata: Metadata,
        route: Route,
        patience: Patience,
        shutdown: Shutdown,
        log: logging.Logger,
        assure: Callable[[], None],
    ) -> None:
        self.tally = HecTally()
        self._target = target
        self._patience = patience
        self._shutdown = shutdown
        self._log = log
        self._assure = assure
        self._client = HecClient(target, route, self._tell_failing)
        self._envelope = Envelope(metadata)
        self._most_bytes = MOST_BYTES
        self._crowded = False
        self._headers = {"Content-Encoding": "gzip"}
        self._acks: Acknowledgements | None = None
        if target.use_ack:
            self._acks = Acknowledgements(
                self._client, patience.seconds / 2, lambda: shutdown.requested
            )
            self._headers.update(self._acks.headers)

    def deliver(self, events: Sequence[Event]) -> None:
        """Sends the events of one page; see `ports.Destination`.

        An event that the receiver refuses while it takes others is set aside: the log has its Id.
        """
        delivery = _Delivery()
        waiting = deque(batches(map(self._envelope.wrap, events), self._most_bytes))
        while waiting:
            while waiting:
                waiting.extend(self._offer(waiting.popleft(), delivery))
            waiting.extend(self._unacknowledged(delivery))
        self._set_aside(delivery)

    def _offer(self, batch: Batch, delivery: _Delivery) -> list[Batch]:
        """Sends a batch; returns the pieces to send instead when it was refused."""
        if len(batch.parts) > 1 and batch.size > self._most_bytes:
            return batch.halves()  # made before a smaller one was refused for its size
        try:
            receiver, receipt = self._send(batch)
        except RefusedError as fault:
            delivery.refusals += 1
            return self._pieces(batch, fault, delivery)
        delivery.taken += len(batch.parts)
        if self._acks is None:
            self._count_accepted(batch)
        elif receipt.ack_id is None:
            self._count_uncertain(batch, "the receiver will not acknowledge it")
            raise _never_acknowledged(receiver)
        else:
            delivery.await_ack(Pending(receiver, receipt.ack_id, batch))
        if receipt.crowded:
            self._slow_down(receiver)
        return []

    def _pieces(self, batch: Batch, fault: RefusedError, delivery: _Delivery) -> list[Batch]:
        if delivery.refusals > FRUITLESS_REFUSALS and not delivery.taken:
            raise _nothing_taken(fault)
        if len(batch.parts) == 1:
            delivery.refused.append((batch.parts[0].event, fault))
            return []
        if isinstance(fault, TooLargeError):
            self._most_bytes = min(self._most_bytes, batch.size // 2)
            return batch.halves()
        # Whether the number counts from 0 or 1 is not documented: the event has to be refused
        # alone before it is set aside. Nor is it whether those before it were taken.
        if fault.number is not None and 0 <= fault.number < len(batch.parts):
            self.tally.perhaps_doubled += fault.number
            return batch.around(fault.number)
        return batch.halves()

    def _send(self, batch: Batch) -> tuple[Receiver, Receipt]:
        """Sends a batch until it is taken or refused, or the run's patience ends."""
        body = batch.body
        packed = gzip.compress(body, _LEVEL, mtime=0)

        def send() -> tuple[Receiver, Receipt]:
            self._assure()
            try:
                return self._client.ask_any(
                    EVENT_PATH, packed, self._headers, read_answer, self._check
                )
            except UncertainError:
                self._count_uncertain(batch, "the answer did not come")
                raise

        try:
            taken = self._patience.persist(send)
        except TransientError as fault:
            fault.retry_after = None  # or the next runs would keep from the tenant for that time
            raise
        self.tally.requests += 1
        self.tally.sent_bytes += len(body)
        self.tally.packed_bytes += len(packed)
        return taken

    def _check(self, receiver: Receiver) -> None:
        if self._acks is not None:
            self._acks.check_offered(receiver)

    def _unacknowledged(self, delivery: _Delivery) -> list[Batch]:
        """Waits for acknowledgements; returns what did not get one, to be sent again."""
        if self._acks is None or not delivery.pending:
            return []
        left = self._acks.settle(delivery.pending)
        for each in delivery.pending:
            if each not in left:
                self._count_accepted(each.batch)
        forgotten, delivery.pending, delivery.forgotten = delivery.forgotten, [], []
        again = [*left, *forgotten]
        if again:
            self._shutdown.sleep(0)
            if time.monotonic() - delivery.began >= self._patience.seconds:
                raise _not_acknowledged(again)
        for each in left:
            self._count_uncertain(each.batch, "no acknowledgement in time")
        for each in forgotten:
            self._count_uncertain(each.batch, "the receiver counts its acknowledgements anew")
        return [each.batch for each in again]

    def _set_aside(self, delivery: _Delivery) -> None:
        """Leaves out the events that were refused alone, provided that others were taken."""
        if not delivery.refused:
            return
        if not delivery.taken and (len(delivery.refused) > 1 or not self.tally.accepted):
            raise _nothing_taken(delivery.refused[0][1])
        for event, fault in delivery.refused:
            self.tally.set_aside += 1
            self._log.error(
                "action=event_set_aside id=%s characters=%d %s",
                quoted(event.name),
                len(event.data),
                fault,
            )

    # --- what is told ---------------------------------------------------------------------------

    def _count_accepted(self, batch: Batch) -> None:
        tally = self.tally
        tally.accepted += len(batch.parts)
        tally.taken_at = time.time()
        tally.newest = max(tally.newest, *(part.event.time for part in batch.parts))

    def _count_uncertain(self, batch: Batch, why: str) -> None:
        self.tally.perhaps_doubled += len(batch.parts)
        self._log.warning(
            "action=hec_resend reason=%s events=%d first_id=%s remedy=%s",
            quoted(why),
            len(batch.parts),
            quoted(batch.parts[0].event.name),
            quoted("none needed: events that come in twice carry the same Id"),
        )

    def _tell_failing(self, url: str, fault: CollectorError) -> None:
        self._log.warning(
            "action=hec_receiver_failed url=%s reason=%s remedy=%s",
            quoted(url),
            quoted(fault.error),
            quoted(fault.remedy),
        )

    def _slow_down(self, receiver: Receiver) -> None:
        if not self._crowded:
            self._crowded = True
            remedy = "none needed if it passes; else give the receiving Splunk more capacity"
            self._log.warning(
                "action=hec_crowded url=%s remedy=%s", quoted(receiver.url), quoted(remedy)
            )
        time.sleep(_CROWDED_PAUSE)

    def tell_ended(self) -> None:
        """Logs the run's summary."""
        tally = self.tally
        self._log.info(
            "action=hec_ended target=%s accepted=%d requests=%d retries=%d set_aside=%d "
            "perhaps_doubled=%d bytes=%d compressed_bytes=%d compression_ratio=%.1f "
            "delivery_lag_seconds=%.1f",
            quoted(self._target.name),
            tally.accepted,
            tally.requests,
            self._patience.retries,
            tally.set_aside,
            tally.perhaps_doubled,
            tally.sent_bytes,
            tally.packed_bytes,
            tally.sent_bytes / tally.packed_bytes if tally.packed_bytes else 0.0,
            max(tally.taken_at - tally.newest, 0.0),
        )


def _nothing_taken(fault: RefusedError) -> CollectorError:
    """Returns the error for a receiver that refuses whatever it is sent."""
    return PermanentError(f"none of the events is taken: {fault.error}", fault.where, _ASK_RECEIVER)


def _not_acknowledged(left: Sequence[Pending]) -> CollectorError:
    return ServerError(
        f"{len(left)} batches were taken, but not acknowledged in time",
        left[0].receiver.url,
        "look at the indexing queues of the receiving Splunk; behind a load balancer, "
        "acknowledgement needs sticky sessions",
    )


def _never_acknowledged(receiver: Receiver) -> CollectorError:
    return ConfigurationError(
        "events were taken without an acknowledgement to come",
        receiver.url,
        "switch indexer acknowledgment on for the token, on each receiver behind a load balancer; "
        "or switch off use_ack in the HEC target",
    )


_ASK_RECEIVER = (
    "the next run tries again; look at the event collector's settings and at what stands before it"
)
