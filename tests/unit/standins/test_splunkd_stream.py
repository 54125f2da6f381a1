"""The reader of the event stream: what it takes, and everything that it must refuse."""

from __future__ import annotations

import pytest

from tests.standins.splunkd.stream import Event, StreamReader
from tests.standins.splunkd.switches import EVENT_FIELDS

HEAD = '<event stanza="s" unbroken="1"><time>1.5</time><source>so</source>'
TAIL = "<sourcetype>st</sourcetype><index>i</index><host>h</host>"
EVENT = HEAD + TAIL + "<data>d</data><done/></event>"


def read(text: str, *, cut: bool = False, size: int = 7) -> tuple[list[Event], str | None]:
    events: list[Event] = []
    reader = StreamReader(events.append, EVENT_FIELDS)
    data = text.encode("utf-8", "surrogateescape")
    for start in range(0, len(data), size):
        reader.feed(data[start : start + size])
    reader.close(cut=cut)
    return events, reader.error


def test_an_event_is_read_whole() -> None:
    events, error = read(f"<stream>{EVENT}</stream>\n")
    assert error is None
    assert events == [Event("s", 1.5, "h", "so", "st", "i", "d")]


def test_text_comes_out_as_it_is_meant() -> None:
    data = "&lt;&amp;&gt; Jos\u00e9 \U0001f600\n &#233; <![CDATA[<x>]]>"
    events, error = read(altered("d</data>", data + "</data>"), size=1)
    assert error is None
    assert events[0].data == "<&> Jos\u00e9 \U0001f600\n \u00e9 <x>"


def test_nothing_at_all_is_fine() -> None:
    assert read("") == ([], None)
    assert read("<stream></stream>") == ([], None)


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_a_cut_stream_keeps_its_complete_events(kept: int) -> None:
    text = "<stream>" + EVENT * kept + EVENT[:-3]
    events, error = read(text, cut=True)
    assert (len(events), error) == (kept, None)
    events, error = read(text)
    assert len(events) == kept
    assert error is not None


def altered(old: str, new: str) -> str:
    """A stream of one event in which something is replaced."""
    assert old in EVENT
    return "<stream>" + EVENT.replace(old, new) + "</stream>"


BAD = {
    "no end": "<stream>" + EVENT,
    "two streams": f"<stream>{EVENT}</stream><stream>{EVENT}</stream>",
    "another root": f"<events>{EVENT}</events>",
    "no root": EVENT,
    "text before": f"hello <stream>{EVENT}</stream>",
    "text between events": f"<stream>{EVENT}oops{EVENT}</stream>",
    "text in an event": altered("<time>", "oops<time>"),
    "text after": f"<stream>{EVENT}</stream>oops",
    "unknown element": altered("<done/>", "<fields/><done/>"),
    "element in data": altered("d</data>", "<b>d</b></data>"),
    "unknown attribute": altered("stanza=", "x="),
    "attribute of a field": altered("<data>", '<data x="1">'),
    "a field twice": altered("<data>", "<host>x</host><data>"),
    "a field after done": altered("<data>d</data><done/>", "<done/><data>d</data>"),
    "done with text": altered("<done/>", "<done>1</done>"),
    "no done": altered("<done/>", ""),
    "no data": altered("<data>d</data>", ""),
    "no time": altered("<time>1.5</time>", ""),
    "no index": altered("<index>i</index>", ""),
    "empty index": altered("<index>i</index>", "<index/>"),
    "no host": altered("<host>h</host>", ""),
    "no stanza": altered('stanza="s" ', ""),
    "time is no number": altered("1.5", "now"),
    "time is not finite": altered("1.5", "nan"),
    "ampersand": altered("d</data>", "a & b</data>"),
    "control character": altered("d</data>", "a\x0b</data>"),
    "control reference": altered("d</data>", "&#11;</data>"),
    "lone surrogate": altered("d</data>", "&#xd800;</data>"),
    "not UTF-8": altered("d</data>", chr(0xDCFF) + "</data>"),
    "doctype": f"<!DOCTYPE stream><stream>{EVENT}</stream>",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_a_bad_stream_is_an_error(text: str) -> None:
    assert read(text)[1] is not None


def test_what_came_before_the_error_counts() -> None:
    events, error = read(f"<stream>{EVENT}{EVENT}<bad/></stream>")
    assert len(events) == 2
    assert error is not None
    assert "after 2 events" in error


def test_fields_that_are_not_required_may_be_missing() -> None:
    events: list[Event] = []
    reader = StreamReader(events.append, ())
    reader.feed(b"<stream><event><data>d</data></event></stream>")
    reader.close(cut=False)
    assert reader.error is None
    assert events == [Event(None, None, None, None, None, None, "d")]
