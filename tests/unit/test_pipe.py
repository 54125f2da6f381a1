"""pipe: nothing counts as read before splunkd has read it."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import pytest

from invicti_collector.destinations.pipe import wait_until_read
from invicti_collector.destinations.splunk_stream import Metadata, SplunkStream
from invicti_collector.errors import TransientError
from invicti_collector.ports import Event


class Ends(NamedTuple):
    """A pipe, the descriptor that splunkd has and the stream that the input has."""

    splunkd: int
    out: BinaryIO


@pytest.fixture
def ends() -> Iterator[Ends]:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as out:
        yield Ends(reading, out)


class Waiting(threading.Thread):
    """Waits in a thread of its own."""

    def __init__(self, out: BinaryIO) -> None:
        super().__init__(daemon=True)
        self._out = out
        self.broken = False
        self.start()

    def run(self) -> None:
        """As the collector."""
        try:
            wait_until_read(self._out)
        except BrokenPipeError:
            self.broken = True

    def ended_within(self, seconds: float) -> bool:
        """Whether it returned."""
        self.join(seconds)
        return not self.is_alive()


def _write(out: BinaryIO, data: bytes) -> None:
    out.write(data)
    out.flush()


def test_it_ends_only_with_the_last_byte_read(ends: Ends) -> None:
    _write(ends.out, b"page")
    waiting = Waiting(ends.out)
    assert not waiting.ended_within(0.3)
    os.read(ends.splunkd, 3)
    assert not waiting.ended_within(0.3)
    os.read(ends.splunkd, 1)
    assert waiting.ended_within(10)
    assert not waiting.broken


def test_what_a_reader_that_is_gone_left_unread_is_told(ends: Ends) -> None:
    _write(ends.out, b"page")
    os.close(ends.splunkd)
    with pytest.raises(BrokenPipeError, match="Broken pipe"):
        wait_until_read(ends.out)


def test_a_reader_that_goes_meanwhile_is_noticed(ends: Ends) -> None:
    _write(ends.out, b"page")
    waiting = Waiting(ends.out)
    assert not waiting.ended_within(0.2)
    os.close(ends.splunkd)
    assert waiting.ended_within(10)
    assert waiting.broken


def test_a_reader_that_went_after_it_had_read_all_has_all(ends: Ends) -> None:
    _write(ends.out, b"page")
    os.read(ends.splunkd, 4)
    os.close(ends.splunkd)
    wait_until_read(ends.out)


def test_what_is_no_pipe_is_not_waited_for(tmp_path: Path) -> None:
    wait_until_read(io.BytesIO(b"page"))
    with (tmp_path / "events.xml").open("wb") as out:
        _write(out, b"page")
        wait_until_read(out)


def test_a_page_that_nobody_read_is_not_delivered(ends: Ends) -> None:
    stream = SplunkStream(ends.out, Metadata("invicti_auditlogs://a", "tenant.example", "audit"))
    events = [Event(1.0, "a", "x")]
    threading.Timer(0.2, os.close, [ends.splunkd]).start()
    with pytest.raises(TransientError) as caught:
        stream.deliver(events)
    assert caught.value.error == "splunkd does not take events: Broken pipe"
    stream.close()  # writes nothing more


def test_the_end_of_the_stream_is_left_to_be_read(ends: Ends) -> None:
    """A run is over when its pages are read: it must not hold its lease for a mere end tag."""
    SplunkStream(ends.out, Metadata("invicti_auditlogs://a", "tenant.example", "audit")).close()
    assert os.read(ends.splunkd, 100) == b"<stream></stream>"
