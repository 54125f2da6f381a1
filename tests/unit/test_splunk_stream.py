"""splunk_stream: what splunkd reads from standard output (design, section 6)."""

from __future__ import annotations

import io
from xml.etree import ElementTree as ET

import pytest

from invicti_collector.destinations.splunk_stream import Metadata, SplunkStream
from invicti_collector.errors import TransientError
from invicti_collector.ports import Event

METADATA = Metadata("invicti_auditlogs://a<\"&'>b", "tenant.example", "audit")


class Pipe(io.BytesIO):
    """Notes what was written when it was flushed."""

    def __init__(self) -> None:
        super().__init__()
        self.flushed: list[int] = []

    def flush(self) -> None:
        """As a pipe."""
        self.flushed.append(len(self.getvalue()))


def parsed(out: io.BytesIO) -> ET.Element:
    tree: ET.Element = ET.fromstring(out.getvalue().decode("utf-8"))  # noqa: S314 - our own
    return tree


def test_events_carry_all_that_splunk_needs() -> None:
    out = Pipe()
    stream = SplunkStream(out, METADATA)
    stream.deliver([Event(1715171524.1234567, '{"A":"<&>é"}', "x"), Event(0.0, "b", "y")])
    stream.deliver([Event(5.9996, "c", "z")])
    stream.close()
    tree = parsed(out)
    assert tree.tag == "stream"
    assert [event.tag for event in tree] == ["event"] * 3
    first = tree[0]
    assert first.get("stanza") == METADATA.stanza
    assert {child.tag: child.text for child in first} == {
        "time": "1715171524.123",
        "index": "audit",
        "host": "tenant.example",
        "sourcetype": "invicti:enterprise:audit",
        "source": METADATA.stanza,
        "data": '{"A":"<&>é"}',
    }
    assert [event.findtext("time") for event in tree] == ["1715171524.123", "0.000", "6.000"]
    assert [event.findtext("data") for event in tree] == ['{"A":"<&>é"}', "b", "c"]


def test_a_page_is_handed_over_before_deliver_returns() -> None:
    out = Pipe()
    stream = SplunkStream(out, METADATA)
    stream.deliver([Event(1.0, "a", "x")] * 200)
    assert out.flushed == [len(out.getvalue())]


def test_a_stream_without_events_is_well_formed() -> None:
    out = Pipe()
    SplunkStream(out, METADATA).close()
    assert list(parsed(out)) == []


def test_a_pipe_that_splunkd_has_closed_is_told() -> None:
    class Closed(Pipe):
        def flush(self) -> None:
            raise BrokenPipeError(32, "Broken pipe")

    stream = SplunkStream(Closed(), METADATA)
    with pytest.raises(TransientError) as caught:
        stream.deliver([Event(1.0, "a", "x")])
    assert "Broken pipe" in caught.value.error
    assert caught.value.remedy
