"""received: decodes what json.loads does; a record's text is what encoding it would give."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invicti_collector.errors import UnexpectedAnswerError
from invicti_collector.pages import read_page
from invicti_collector.received import Received, decode
from invicti_collector.records import Record, event_json, read_records
from tests.unit.test_records import JSON, TEXTS

SECRETS = st.sampled_from(
    [None, "", "a=1", "Password=x y&b=José", '{"Token": "\u2713", "B": [1, 2]}', {"Token": "x"}]
)
RECORDS = st.dictionaries(TEXTS | st.just("RequestData"), JSON, max_size=5).flatmap(
    lambda fields: SECRETS.map(lambda data: {**fields, "Id": "a b", "RequestData": data})
)
ITEMS = st.lists(RECORDS | JSON, max_size=4)
# Before, between and after the items: an envelope's other fields, known or not, in any place.
ENVELOPES = st.tuples(
    st.dictionaries(TEXTS, JSON, max_size=2), ITEMS, st.dictionaries(TEXTS, JSON, max_size=2)
).map(lambda parts: {**parts[0], "List": parts[1], **parts[2]})
SEPARATORS = st.sampled_from(
    [(",", ":"), (", ", ": "), (",", ": "), (" ,", " :"), (",\t", ":\r\n")]
)


def plain(decoded: Any) -> Any:
    """What was decoded, without the texts."""
    if isinstance(decoded, dict):
        return {name: plain(value) for name, value in decoded.items()}
    if isinstance(decoded, list):
        return [item.value if isinstance(item, Received) else item for item in decoded]
    return decoded


def outcome(decoder: Callable[[bytes], Any], body: bytes) -> Any:
    """What comes of a body: the value, or the error's words."""
    try:
        return plain(decoder(body))
    except ValueError as fault:
        return str(fault)


def encoded(value: Any, separators: tuple[str, str] = (",", ":"), **options: Any) -> bytes:
    text = json.dumps(value, separators=separators, **options)
    return text.encode("utf-8", "surrogatepass")


@given(ENVELOPES | ITEMS | JSON, SEPARATORS, st.booleans(), st.sampled_from([None, 1]))
def test_it_decodes_what_json_loads_does(
    value: Any, separators: tuple[str, str], readable: bool, indent: int | None
) -> None:
    body = encoded(value, separators, ensure_ascii=not readable, indent=indent)
    for text in (body, body + b"\r\n ", b" " + body):
        assert plain(decode(text)) == json.loads(text)


@given(ENVELOPES | ITEMS | JSON, st.data())
def test_what_json_loads_refuses_is_refused_in_its_words(value: Any, data: st.DataObject) -> None:
    body = encoded(value)
    at = data.draw(st.integers(0, len(body)))
    cut = body[:at] + data.draw(st.sampled_from([b"", b",", b"]", b'"', b"\xff"])) + body[at + 1 :]
    assert outcome(decode, cut) == outcome(json.loads, cut)


@pytest.mark.parametrize("depth", [3_000, 200_000])
def test_deep_nesting_is_refused_or_decoded_as_ever(depth: int) -> None:
    body = b'{"List":[' + b"[" * depth + b"]" * depth + b"]}"
    try:
        json.loads(body)
    except RecursionError:
        with pytest.raises(RecursionError):
            decode(body)
    else:
        assert len(decode(body)["List"]) == 1


@given(ITEMS, SEPARATORS, st.booleans(), st.sampled_from(["keep", "mask", "drop"]))
def test_an_event_is_the_same_with_and_without_the_text(
    items: list[Any], separators: tuple[str, str], readable: bool, request_data: str
) -> None:
    body = encoded(items, separators, ensure_ascii=not readable)
    for with_text, without in zip(read_records(decode(body)), read_records(json.loads(body))):
        assert with_text._replace(text=None) == without
        assert event_json(with_text, request_data) == event_json(without, request_data)


def of(text: str) -> Record:
    """The record whose JSON this is."""
    return read_records(decode(f"[{text}]".encode()))[0]


@pytest.mark.parametrize(
    "text",
    [
        '{"Id":"a","Number":1.50,"Big":1E5,"Message":"José, ✓ and more: so","L":[1,{"a":null}]}',
        '{"Id":"a","Type":"first","Type":"second"}',
    ],
)
def test_a_record_is_written_as_it_came(text: str) -> None:
    assert event_json(of(text), "mask") == text


@pytest.mark.parametrize(
    "items",
    [
        [r'{"a":"},{"}', r'{"b":1}'],
        [r'{"a":"},{"}', "{}", r'{"b":1}'],
        [r'{"a":[{"b":1},{"c":2}]}', r'{"d":"[{\"a\":1},{\"b\":2}]"}', r'{"e":1}'],
        [r'{"a":[{"b":1},{"c":2}]}', "1", r'{"e":1}'],
    ],
)
@pytest.mark.parametrize("between", [",", ", ", " , "])
def test_each_item_has_its_own_text(items: list[str], between: str) -> None:
    """Whatever looks like the end of one item and the begin of the next."""
    for received, item in zip(decode(f"[{between.join(items)}]".encode()), items):
        value, text = received if isinstance(received, Received) else (received, None)
        assert value == json.loads(item)
        assert text in (None, item)


def test_masking_leaves_the_rest_of_a_record_as_it_came() -> None:
    text = '{"Number":1.50,"RequestData":"Password=x&a=1","Message":"a, b"}'
    assert event_json(of(text), "mask") == text.replace("=x&", "=********&")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r'{"Id":"\u00e9"}', '{"Id":"é"}'),
        (r'{"Path":"\/a"}', '{"Path":"/a"}'),
        ('{"Id": "a b"}', '{"Id":"a b"}'),
        ('{"Id":"a",\t"B":1}', '{"Id":"a","B":1}'),
        ('{"Id":"a",\r"B":1}', '{"Id":"a","B":1}'),
        ('{"Id":"a",\n"B":1}', '{"Id":"a","B":1}'),
        ("[1, {}]", "[1,{}]"),
        ('{"Id":"a\uffff"}', r'{"Id":"a\uffff"}'),
        # Of two fields of that name, one belongs to another object.
        (
            '{"A":{"RequestData":"token=x"},"RequestData":"token=x"}',
            '{"A":{"RequestData":"token=x"},"RequestData":"token=********"}',
        ),
        (
            r'{"a\"RequestData":"token=x","RequestData":"token=y"}',
            r'{"a\"RequestData":"token=x","RequestData":"token=********"}',
        ),
    ],
)
def test_what_is_not_fit_to_be_an_event_is_encoded_anew(text: str, expected: str) -> None:
    assert event_json(of(text), "mask") == expected


def test_texts_do_not_change_what_a_page_is() -> None:
    body = b'{"Extra":[1,{"a":2}],"List":[{"Id":"a"}],"HasNextPage":[true],"TotalItemCount":1}'
    page = read_page(decode(body), 1)
    assert (page.total, len(page.records), page.records[0].text) == (1, 1, '{"Id":"a"}')
    with pytest.raises(UnexpectedAnswerError, match="an object with Extra"):
        read_page(decode(b'{"Extra":[1]}'), 1)
