"""The event stream of a modular input, read as strictly as XML allows.

"Set up streaming" in Splunk's modular input manual (XML mode): one ``<stream>`` in UTF-8 with
``<event stanza="…" unbroken="1">`` elements holding ``time``, ``source``, ``sourcetype``,
``index``, ``host``, ``data`` and an empty ``done``. splunkd itself forgives much; here every
departure is an error, so that a test sees what splunkd would lose in silence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable
from xml.parsers import expat

_FIELDS = frozenset({"time", "source", "sourcetype", "index", "host", "data"})


@dataclass(frozen=True)
class Event:
    """One complete ``<event>``."""

    stanza: str | None
    time: float | None
    host: str | None
    source: str | None
    sourcetype: str | None
    index: str | None
    data: str


class StreamError(Exception):
    """The stream is not what splunkd expects."""


class StreamReader:
    """Takes bytes as they come, gives complete events to ``receive``.

    Args:
        receive: Called with each event as soon as its end tag was read.
        required: Names of what every event must say.
    """

    def __init__(self, receive: Callable[[Event], None], required: tuple[str, ...]) -> None:
        self._receive = receive
        self._required = required
        self._parser = expat.ParserCreate("UTF-8")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._depth = 0
        self._attributes: dict[str, str] = {}
        self._values: dict[str, str] = {}
        self._parts: list[str] = []
        self._done = False
        self._count = 0
        self.started = False
        self.error: str | None = None

    def feed(self, data: bytes) -> None:
        """Read on; after an error nothing more is read, as the rest has no meaning."""
        if self.error is None and data:
            self.started = True
            self._parse(data, final=False)

    def close(self, *, cut: bool) -> None:
        """The stream ended; ``cut``: the process was killed, so it may end anywhere."""
        if self.error is None and self.started and not cut:
            self._parse(b"", final=True)

    def _parse(self, data: bytes, *, final: bool) -> None:
        try:
            self._parser.Parse(data, final)
        except (expat.ExpatError, StreamError) as error:
            self.error = f"{error} (after {self._count} events)"

    def _doctype(self, *_: object) -> None:
        raise StreamError("a document type declaration")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1 and name == "stream":
            return
        if self._depth == 2 and name == "event":
            self._open_event(attributes)
        elif self._depth == 3 and (name in _FIELDS or name == "done"):
            self._open_field(name, attributes)
        else:
            raise StreamError(f"unexpected element <{name}> at depth {self._depth}")

    def _open_event(self, attributes: dict[str, str]) -> None:
        unknown = set(attributes) - {"stanza", "unbroken"}
        if unknown:
            raise StreamError(f"unknown attribute {min(unknown)!r} of <event>")
        self._attributes = attributes
        self._values = {}
        self._done = False

    def _open_field(self, name: str, attributes: dict[str, str]) -> None:
        if attributes:
            raise StreamError(f"<{name}> has attributes")
        if self._done:
            raise StreamError(f"<{name}> after <done/>")
        if name in self._values:
            raise StreamError(f"<{name}> twice in one event")
        self._parts = []

    def _text(self, text: str) -> None:
        if self._depth == 3:
            self._parts.append(text)
        elif text.strip():
            raise StreamError(f"text outside of an element: {text.strip()[:60]!r}")

    def _end(self, name: str) -> None:
        depth, self._depth = self._depth, self._depth - 1
        if depth == 3:
            text = "".join(self._parts)
            if name != "done":
                self._values[name] = text
            elif text:
                raise StreamError("<done> is not empty")
            else:
                self._done = True
        elif depth == 2:
            self._close_event()

    def _close_event(self) -> None:
        values = self._values
        if "data" not in values:
            raise StreamError("an event without <data>")
        if self._attributes.get("unbroken") == "1" and not self._done:
            raise StreamError("an unbroken event without <done/>: splunkd waits for its rest")
        stanza = self._attributes.get("stanza")
        for field in self._required:
            if not (stanza if field == "stanza" else values.get(field)):
                raise StreamError(f"an event without {field}")
        event = Event(
            stanza,
            _seconds(values.get("time")),
            values.get("host"),
            values.get("source"),
            values.get("sourcetype"),
            values.get("index"),
            values["data"],
        )
        self._count += 1
        self._receive(event)


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise StreamError(f"<time> is no number of seconds: {text[:40]!r}")
    return seconds
