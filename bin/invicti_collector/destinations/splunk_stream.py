# SPDX-License-Identifier: Apache-2.0
"""Writes events to the Splunk that runs the input, through the modular input's XML stream.

The form of the stream: https://docs.splunk.com/Documentation/Splunk/latest/AdvancedDev/ModInputsStream
and `splunklib.modularinput.Event`, which writes the same elements one event at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO, NamedTuple
from xml.sax.saxutils import escape, quoteattr

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
        self._before_time = f"<event stanza={quoteattr(metadata.stanza)}><time>"
        self._before_data = (
            f"</time><index>{escape(metadata.index_name)}</index><host>{escape(metadata.host)}</host>"
            f"<sourcetype>{SOURCETYPE}</sourcetype><source>{escape(metadata.stanza)}</source><data>"
        )

    def deliver(self, events: Sequence[Event]) -> None:
        """Writes the events of one page at once and hands them to splunkd.

        Arguments:
            events: Their text must hold only what XML can.

        Raises:
            TransientError: when splunkd no longer reads.
        """
        parts = [] if self._opened else ["<stream>"]
        for event in events:
            parts += (
                self._before_time,
                f"{event.time:.3f}",
                self._before_data,
                escape(event.data),
                "</data></event>\n",
            )
        self._write("".join(parts))
        self._opened = True

    def close(self) -> None:
        """Ends the stream, so that what splunkd was given is well-formed."""
        self._write("</stream>" if self._opened else "<stream></stream>")

    def _write(self, text: str) -> None:
        try:
            self._out.write(text.encode("utf-8"))
            self._out.flush()
        except OSError as fault:
            raise TransientError(
                f"splunkd does not take events: {fault.strerror}",
                "standard output",
                "none needed if Splunk is stopping; else look for errors in splunkd.log",
            ) from fault
