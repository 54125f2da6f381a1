# SPDX-License-Identifier: Apache-2.0
"""Writes events to the Splunk that runs the input, through the modular input's XML stream.

The form of the stream: https://docs.splunk.com/Documentation/Splunk/latest/AdvancedDev/ModInputsStream
and `splunklib.modularinput.Event`, which writes the same elements one event at a time.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from invicti_collector.destinations.pipe import wait_until_read
from invicti_collector.errors import TransientError
from invicti_collector.ports import Event

SOURCETYPE = "invicti:enterprise:audit"


class Metadata(NamedTuple):
    """What all events of an input have in common.

    Attributes:
        stanza: `invicti_auditlogs://<input>`, which is also their source.
        host: The tenant's host name.
        index_name: The Splunk index.
    """

    stanza: str
    host: str
    index_name: str


class SplunkStream:
    """Implements the port `Destination`.

    Arguments:
        out: Standard output, which splunkd reads.
        metadata: Of all events.
    """

    def __init__(self, out: BinaryIO, metadata: Metadata) -> None:
        self._out = out
        self._opened = False
        self._broken = False
        source = escape(metadata.stanza)
        self._before_time = f"<event stanza={quoteattr(metadata.stanza)}><time>".encode()
        self._before_data = (
            f"</time><index>{escape(metadata.index_name)}</index><host>{escape(metadata.host)}</host>"
            f"<sourcetype>{SOURCETYPE}</sourcetype><source>{source}</source><data>"
        ).encode()

    def deliver(self, events: Sequence[Event]) -> None:
        """Writes the events of one page at once, and returns once splunkd has read them.

        Arguments:
            events: Their text must hold only what XML can.

        Raises:
            TransientError: when splunkd no longer reads.
        """
        # XML cannot hold U+0000, so no text has it, and the page is escaped at once.
        texts = _escaped(b"\0".join([event.data.encode() for event in events])).split(b"\0")
        parts = [] if self._opened else [b"<stream>"]
        for event, text in zip(events, texts):
            parts += (
                self._before_time,
                b"%.3f" % event.time,
                self._before_data,
                text,
                b"</data></event>\n",
            )
        with self._told():
            self._write(b"".join(parts))
            self._opened = True
            wait_until_read(self._out)

    def close(self) -> None:
        """Ends the stream, so that what splunkd was given is well-formed."""
        if not self._broken:  # else Python would fail at its exit, over what nobody can read
            with self._told():
                self._write(b"</stream>" if self._opened else b"<stream></stream>")

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._out.flush()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as fault:
            self._broken = True
            raise TransientError(
                f"splunkd does not take events: {fault.strerror}",
                "standard output",
                "none needed if Splunk is stopping; else look for errors in splunkd.log",
            ) from fault


def _escaped(text: bytes) -> bytes:
    """Returns what `xml.sax.saxutils.escape` makes of a text in UTF-8."""
    return text.replace(b"&", b"&amp;").replace(b">", b"&gt;").replace(b"<", b"&lt;")
