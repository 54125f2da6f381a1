# SPDX-License-Identifier: Apache-2.0
"""Events as the HTTP Event Collector takes them, and how they are put into requests.

The form of an event: https://docs.splunk.com/Documentation/Splunk/latest/Data/FormateventsforHTTPEventCollector
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from invicti_collector.destinations.splunk_stream import SOURCETYPE, Metadata
from invicti_collector.ports import Event

MOST_BYTES = 1_000_000
"""Of a request before compression. Splunk takes more, what stands before it often does not."""

MOST_EVENTS = 1_000


class Part(NamedTuple):
    """One event of a request.

    Attributes:
        event: As the collector delivered it.
        body: As it is sent.
    """

    event: Event
    body: bytes


class Batch(NamedTuple):
    """The events of one request.

    Attributes:
        parts: One or more.
    """

    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        """Bytes before compression."""
        return sum(len(part.body) for part in self.parts)

    @property
    def body(self) -> bytes:
        """The request's body before compression: the events one after the other."""
        return b"".join(part.body for part in self.parts)

    def halves(self) -> list[Batch]:
        """Returns the two halves of a batch of several events."""
        middle = len(self.parts) // 2
        return [Batch(self.parts[:middle]), Batch(self.parts[middle:])]

    def around(self, number: int) -> list[Batch]:
        """Returns an event alone, and those before and after it.

        Arguments:
            number: The event's place, from 0.
        """
        pieces = (self.parts[number : number + 1], self.parts[:number], self.parts[number + 1 :])
        return [Batch(parts) for parts in pieces if parts]


class Envelope:
    """Wraps events.

    The event is sent as a string, since then `_raw` is that very string, as through the stream;
    an object would be written anew by the receiver.

    Arguments:
        metadata: Of all events.
    """

    def __init__(self, metadata: Metadata) -> None:
        fields = {
            "host": metadata.host,
            "source": metadata.stanza,
            "sourcetype": SOURCETYPE,
            "index": metadata.index_name,
        }
        self._head = (_encode(fields)[:-1] + ',"time":').encode()

    def wrap(self, event: Event) -> Part:
        """Returns an event with its time and metadata."""
        # Of JSON on one line, these are all that has to be escaped to make it a JSON string.
        text = event.data.encode().replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        return Part(event, b'%b%.3f,"event":"%b"}\n' % (self._head, event.time, text))


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def batches(parts: Iterable[Part], most_bytes: int) -> Iterator[Batch]:
    """Yields batches of at most `MOST_EVENTS` events and so many bytes; a larger event is alone.

    Arguments:
        parts: The events.
        most_bytes: Of a batch, before compression.
    """
    gathered: list[Part] = []
    size = 0
    for part in parts:
        if gathered and (size + len(part.body) > most_bytes or len(gathered) == MOST_EVENTS):
            yield Batch(tuple(gathered))
            gathered, size = [], 0
        gathered.append(part)
        size += len(part.body)
    if gathered:
        yield Batch(tuple(gathered))
