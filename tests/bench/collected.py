"""Which records a run delivered, read from what it wrote."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.standins.splunkd.stream import StreamReader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.standins.splunkd import Event


def ids_of_stream(text: str, required: tuple[str, ...]) -> list[str]:
    """Returns the Ids of a modular input's events, in their order.

    Arguments:
        text: Standard output; `solnlib` writes a stream a batch, which are taken as one.
        required: What every event must say.

    Raises:
        ValueError: when splunkd could not read it.
    """
    events: list[Event] = []
    reader = StreamReader(events.append, required)
    reader.feed(text.replace("</stream><stream>", "").encode())
    reader.close(cut=False)
    if reader.error is not None:
        raise ValueError(f"not an event stream: {reader.error}")
    return _ids(json.loads(event.data) for event in events)


def ids_of_lines(text: str) -> list[str]:
    """Returns the Ids of pages written one a line, in their order."""
    return _ids(record for line in text.split("\n") if line for record in json.loads(line)["List"])


def _ids(records: Iterable[dict[str, Any]]) -> list[str]:
    return [str(record["Id"]).replace("-", "").lower() for record in records]
