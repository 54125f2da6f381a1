"""How events become requests."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invicti_collector.destinations.hec_batches import MOST_EVENTS, Batch, Envelope, Part, batches
from invicti_collector.destinations.splunk_stream import Metadata
from invicti_collector.ports import Event
from invicti_collector.records import event_json, read_records

METADATA = Metadata('invicti_auditlogs://prod "1"', "tenant.example.com", "audit")


def parts(*sizes: int) -> list[Part]:
    return [Part(Event(0.0, "", str(n)), b"x" * size) for n, size in enumerate(sizes)]


def sizes(found: list[Batch]) -> list[list[int]]:
    return [[len(part.body) for part in batch.parts] for batch in found]


def test_an_event_says_when_and_where_from() -> None:
    event = Event(1715171524.0625, '{"Id":"José \\ud83d"}', "José")
    told = json.loads(Envelope(METADATA).wrap(event).body)
    assert told == {
        "host": "tenant.example.com",
        "source": 'invicti_auditlogs://prod "1"',
        "sourcetype": "invicti:enterprise:audit",
        "index": "audit",
        "time": 1715171524.062,
        "event": '{"Id":"José \\ud83d"}',
    }


def test_time_is_in_milliseconds() -> None:
    bodies = [Envelope(METADATA).wrap(Event(time, "{}", "")).body for time in (1e9, 1.5, 0.0004)]
    assert [body.partition(b'"time":')[2].partition(b",")[0] for body in bodies] == [
        b"1000000000.000",
        b"1.500",
        b"0.000",
    ]


@given(st.text(st.characters(blacklist_categories=["Cs"])))
def test_any_record_arrives_as_it_is(text: str) -> None:
    data = event_json(read_records([{"Message": text}])[0], "keep")
    assert json.loads(Envelope(METADATA).wrap(Event(0.0, data, "")).body)["event"] == data


def test_a_batch_is_the_events_one_after_the_other() -> None:
    events = [Envelope(METADATA).wrap(Event(0.0, f'{{"Id":{n}}}', "")) for n in range(3)]
    lines = next(batches(events, 10_000)).body.splitlines()
    assert [json.loads(json.loads(line)["event"])["Id"] for line in lines] == [0, 1, 2]


@pytest.mark.parametrize(
    ("given_sizes", "expected"),
    [
        ([], []),
        ([100], [[100]]),
        ([101], [[101]]),
        ([50, 50], [[50, 50]]),
        ([50, 51], [[50], [51]]),
        ([10, 500, 10], [[10], [500], [10]]),
    ],
)
def test_batches_are_limited_by_bytes(given_sizes: list[int], expected: list[list[int]]) -> None:
    assert sizes(list(batches(parts(*given_sizes), 100))) == expected


def test_batches_are_limited_by_number() -> None:
    assert MOST_EVENTS == 1_000
    found = list(batches(parts(*[1] * 2_001), 1_000_000))
    assert [len(batch.parts) for batch in found] == [1_000, 1_000, 1]


@given(st.lists(st.integers(1, 300), max_size=60), st.integers(1, 400))
def test_batches_have_every_event_once_and_in_order(given_sizes: list[int], limit: int) -> None:
    made = parts(*given_sizes)
    found = list(batches(made, limit))
    assert [part for batch in found for part in batch.parts] == made
    assert all(batch.size <= limit or len(batch.parts) == 1 for batch in found)


@given(st.integers(2, 50), st.data())
def test_pieces_of_a_batch_are_the_batch(count: int, data: st.DataObject) -> None:
    batch = Batch(tuple(parts(*[1] * count)))
    number = data.draw(st.integers(0, count - 1))
    alone, *others = batch.around(number)
    assert alone.parts == batch.parts[number : number + 1]
    for pieces in ([alone, *others], batch.halves()):
        assert all(piece.parts for piece in pieces)
        assert sorted(part.event.name for piece in pieces for part in piece.parts) == sorted(
            part.event.name for part in batch.parts
        )
