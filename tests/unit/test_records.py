"""records: identity, time and text of one audit record."""

from __future__ import annotations

import io
import json
from datetime import datetime, timezone
from typing import Any
from xml.parsers import expat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invicti_collector.destinations.splunk_stream import Metadata, SplunkStream
from invicti_collector.masking import MASK
from invicti_collector.ports import Event
from invicti_collector.received import decode
from invicti_collector.records import event_json, id_digest, parse_created_at, read_records

SECOND = datetime(2024, 5, 8, 12, 32, 4, tzinfo=timezone.utc).timestamp()
pytestmark = pytest.mark.usefixtures("far_from_utc")

# What json.loads can make: lone surrogates, U+FFFE, control characters and big integers included.
# Python's own pairs of surrogates cannot come out of JSON, so texts go once through it.
TEXTS = st.text(st.characters(codec=None), max_size=30).map(
    lambda text: json.loads(json.dumps(text))
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-05-08T12:32:04Z", SECOND),
        ("2024-05-08t12:32:04z", SECOND),
        ("2024-05-08 12:32:04", SECOND),
        ("2024-05-08T12:32:04", SECOND),
        (" 2024-05-08T12:32:04Z ", SECOND),
        ("2024-05-08T12:32:04+00:00", SECOND),
        ("2024-05-08T15:32:04+03:00", SECOND),
        ("2024-05-08T15:32:04+0300", SECOND),
        ("2024-05-08T07:02:04-05:30", SECOND),
        ("2024-05-09T02:32:04+14:00", SECOND),
        ("2024-05-08T00:32:04-12:00", SECOND),
        ("2024-05-08T12:32:04.1Z", SECOND + 0.1),
        ("2024-05-08T12:32:04.1234567+00:00", SECOND + 0.1234567),
        ("2024-05-08T12:32:04.123456789", SECOND + 0.123456789),
        ("2024-05-08T12:32:04.9999999Z", SECOND + 0.9999999),
        ("1970-01-01T00:00:00Z", 0.0),
    ],
)
def test_created_at_is_read_in_every_form_of_iso_8601(text: str, expected: float) -> None:
    found = parse_created_at(text)
    assert found is not None
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    "value",
    [
        "0001-01-01T00:00:00+00:00",  # .NET's empty date
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59.9999999Z",  # .NET's last date
        "2024-02-30T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-05-08T24:00:00Z",
        "2024-05-08",
        "2024-05-08T12:32:04.Z",
        "2024-05-08T12:32:04.1234567890Z",
        "2024-05-08T12:32:04Z tail",
        "21/07/2014 03:30 PM",
        "٢٠٢٤-05-08T12:32:04Z",
        "",
        "yesterday",
        None,
        1715171524,
        True,
        ["2024-05-08T12:32:04Z"],
        {"Date": "2024-05-08T12:32:04Z"},
    ],
)
def test_created_at_that_is_no_date_is_none(value: Any) -> None:
    assert parse_created_at(value) is None


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(9998, 12, 30)),
    st.integers(-14 * 60, 14 * 60),
    st.integers(0, 7),
)
def test_created_at_agrees_with_datetime(moment: datetime, minutes: int, digits: int) -> None:
    sign, ahead = "-" if minutes < 0 else "+", abs(minutes)
    fraction = f".{moment.microsecond:06d}0"[: digits + 1] if digits else ""
    whole = moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    kept = float("0" + fraction) if digits else 0.0
    utc = moment.replace(microsecond=0, tzinfo=timezone.utc).timestamp()
    found = parse_created_at(f"{whole}{fraction}{sign}{ahead // 60:02d}:{ahead % 60:02d}")
    assert found == pytest.approx(utc + kept - minutes * 60, abs=1e-4)


@given(st.uuids())
def test_an_id_has_one_digest_in_all_its_forms(name: Any) -> None:
    forms = {str(name), name.hex, str(name).upper(), name.hex.upper(), f" {name} "}
    assert len({id_digest(form) for form in forms}) == 1
    assert 0 <= id_digest(str(name)) < 2**64


def test_identities_stay_those_that_progress_has_saved() -> None:
    """Of another digest, all records would come in again after an update of the add-on.

    By coreutils: printf 7d6b0c1e6b0a4a379d0eb10b3e6f2a11 | b2sum -l 64, and for records without an
    `Id` of {"A": 1, "B": 2}, whose number before /1 goes through the same for the second of two.
    """
    assert id_digest("7D6B0C1E-6B0A-4A37-9D0E-B10B3E6F2A11") == 0x26244289D85D17FF
    found = [record.digest for record in read_records([{"B": 2, "A": 1}] * 2)]
    assert found == [0xFD1596187ECD5298, 0x9A42C6E77E26AFC8]


def test_an_id_may_be_any_text_of_json() -> None:
    first, second = read_records([{"Id": "\ud800"}, {"Id": "\ud801"}])
    assert first.digest != second.digest


def strict(text: str) -> Any:
    """What a reader makes of it that knows no more than JSON has."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("name", [{"Id": "x"}, {}])
def test_what_python_reads_and_json_has_not_becomes_text(name: dict[str, str]) -> None:
    (record,) = read_records([{**name, "A": [1e999, -1e999, 1.5], "B": {"C": float("nan")}}])
    shown = strict(event_json(record, "keep"))
    assert shown == {**name, "A": ["inf", "-inf", 1.5], "B": {"C": "nan"}}


@pytest.mark.parametrize("kind", ["list", "object"])
def test_what_is_nested_too_deeply_is_cut_where_it_is_too_deep(kind: str) -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep] if kind == "list" else {"a": deep}
    (record,) = read_records([{"A": 1, "Deep": deep}])
    shown = strict(event_json(record, "keep"))
    assert shown["A"] == 1
    depth, inner = 0, shown["Deep"]
    while not isinstance(inner, str):
        (inner,) = inner if kind == "list" else inner.values()
        depth += 1
    assert inner == "(nested too deeply)"
    assert depth == 100


def test_digests_of_different_ids_differ() -> None:
    assert len({id_digest(f"{number:032x}") for number in range(10_000)}) == 10_000


def test_equal_records_without_id_on_one_page_are_told_apart() -> None:
    item = {"CreatedAt": "2024-05-08T12:32:04Z", "Type": "Signin"}
    digests = [record.digest for record in read_records([item, dict(item), "text", "text", None])]
    assert len(set(digests)) == 5
    # The next request shows the same page: nothing may look new.
    again = read_records([item, item, "text", "text", None])
    assert [record.digest for record in again] == digests


@pytest.mark.parametrize(
    "name",
    ["00000000-0000-0000-0000-000000000000", "0" * 32, " 00000000-0000-0000-0000-000000000000 "],
)
def test_records_of_the_empty_guid_are_told_apart_as_those_without_id(name: str) -> None:
    items = [{"Id": name, "Type": kind} for kind in ("Signin", "DeleteUser", "DeleteUser")]
    records = read_records(items)
    assert len({record.digest for record in records}) == 3
    assert {record.name for record in records} == {""}
    assert [record.digest for record in read_records(items)] == [
        record.digest for record in records
    ]


def test_different_records_without_id_are_told_apart_on_any_page() -> None:
    deep: Any = 1
    for _ in range(5_000):
        deep = [deep]
    items = ["text", "other", ["text"], {"A": deep}, {"A": deep, "B": 1}, deep, 5]
    assert len({read_records([item])[0].digest for item in items}) == len(items)


def test_the_order_of_fields_does_not_change_the_identity_without_id() -> None:
    first, second = read_records([{"A": 1, "B": 2}])[0], read_records([{"B": 2, "A": 1}])[0]
    assert first.digest == second.digest


@pytest.mark.parametrize(
    ("item", "flaws"),
    [
        ({"Id": "7d6b0c1e", "CreatedAt": "2024-05-08T12:32:04Z"}, ()),
        ({"CreatedAt": "2024-05-08T12:32:04Z"}, ("no_id",)),
        ({"Id": "", "CreatedAt": "2024-05-08T12:32:04Z"}, ("no_id",)),
        ({"Id": 5, "CreatedAt": "2024-05-08T12:32:04Z"}, ("no_id",)),
        (
            {
                "Id": "00000000-0000-0000-0000-000000000000",
                "CreatedAt": "2024-05-08T12:32:04Z",
            },
            ("no_id",),
        ),
        ({"Id": "0", "CreatedAt": "2024-05-08T12:32:04Z"}, ()),
        ({"Id": "7d6b0c1e"}, ("unreadable_created_at",)),
        ({}, ("no_id", "unreadable_created_at")),
        ("text", ("not_an_object",)),
        (None, ("not_an_object",)),
        ([], ("not_an_object",)),
        (5, ("not_an_object",)),
    ],
)
def test_flawed_records_are_read_and_their_flaws_named(item: Any, flaws: tuple[str, ...]) -> None:
    (record,) = read_records([item])
    assert record.flaws == flaws
    assert record.item == item


def streamed(text: str) -> str:
    """What a strict XML parser finds in <data> of the stream."""
    out = io.BytesIO()
    stream = SplunkStream(out, Metadata("invicti_auditlogs://main", "host", "audit"))
    stream.deliver([Event(0.0, text, "")])
    stream.close()
    path: list[str] = []
    found: list[str] = []
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = lambda name, _: path.append(name)
    parser.EndElementHandler = lambda _: path.pop()
    parser.CharacterDataHandler = lambda data: found.append(data) if path[-1] == "data" else None
    parser.Parse(out.getvalue(), True)
    return "".join(found)


@given(JSON)
def test_any_item_survives_the_stream_unchanged(item: Any) -> None:
    text = event_json(read_records([item])[0], "keep")
    assert "\n" not in text
    assert "\r" not in text
    data = streamed(text)
    assert data == text
    assert json.loads(data) == item


def test_every_code_point_survives_the_stream() -> None:
    points = [chr(point) for point in range(0x110000)]
    # One record a plane; the texts are split so that two surrogates never meet.
    for start in range(0, 0x110000, 0x10000):
        item = {"Id": "x", "Texts": points[start : start + 0x10000]}
        assert json.loads(streamed(event_json(read_records([item])[0], "keep"))) == item


def test_text_stays_readable_and_fields_keep_their_order() -> None:
    item = {"UserName": "José Ünlü 李 😀", "Id": "x", "B": 1, "A": [{"Z": None, "Y": True}]}
    text = event_json(read_records([item])[0], "keep")
    assert text == '{"UserName":"José Ünlü 李 😀","Id":"x","B":1,"A":[{"Z":null,"Y":true}]}'


def test_what_xml_cannot_hold_becomes_a_json_escape() -> None:
    item = {"Id": "x", "A": "\ud800\x00\x1b\ufffe\uffff\x7f"}
    assert event_json(read_records([item])[0], "keep") == (
        r'{"Id":"x","A":"\ud800\u0000\u001b\ufffe\uffff' + '\x7f"}'
    )


def test_request_data_is_masked_kept_or_dropped() -> None:
    item = {"Id": "x", "RequestData": "UserName=joe&Password=fake", "Type": "Signin"}
    (record,) = read_records([item])
    assert json.loads(event_json(record, "keep")) == item
    assert json.loads(event_json(record, "drop")) == {"Id": "x", "Type": "Signin"}
    masked = json.loads(event_json(record, "mask"))
    assert masked == {**item, "RequestData": f"UserName=joe&Password={MASK}"}
    assert list(masked) == list(item)
    assert record.item == item  # not changed in place


@pytest.mark.parametrize("choice", ["mask", "keep"])
def test_request_data_without_a_secret_stays(choice: str) -> None:
    item = {"Id": "x", "RequestData": "UserName=joe", "Type": "Signin"}
    (record,) = read_records([item])
    assert record.text is None
    assert event_json(record, choice) == '{"Id":"x","RequestData":"UserName=joe","Type":"Signin"}'


@pytest.mark.parametrize("choice", ["mask", "drop"])
def test_an_absent_request_data_stays_as_it_is(choice: str) -> None:
    for item in ({"Id": "x"}, {"Id": "x", "RequestData": None}, ["RequestData"], "RequestData"):
        assert json.loads(event_json(read_records([item])[0], choice)) == item


@pytest.mark.parametrize("choice", ["mask", "drop"])
@pytest.mark.parametrize("last", ['"a=b"', "null", '"token=S3CRET"', '{"token":"S3CRET"}'])
def test_a_request_data_that_is_there_twice_brings_no_secret_in(last: str, choice: str) -> None:
    text = f'{{"Id":"x","RequestData":"password=S3CRET","RequestData":{last},"B":1}}'
    (record,) = read_records(decode(f"[{text}]".encode()))
    assert record.text == text
    written = event_json(record, choice)
    assert "S3CRET" not in written
    assert json.loads(written)["B"] == 1
    assert event_json(record, "keep") == text


def test_only_request_data_is_masked() -> None:
    item = {"Id": "x", "Message": "Password=seen", "Token": "seen"}
    assert json.loads(event_json(read_records([item])[0], "mask")) == item


def test_what_json_cannot_hold_is_written_as_text() -> None:
    """Python reads 1e999 as infinity, and nests deeper when reading than when writing."""
    deep: Any = []
    for _ in range(2_000):
        deep = [deep]
    odd = {"Id": "a", "X": [float("inf"), {"Y": float("-inf")}], "Z": 1.5, "Deep": deep}
    written = event_json(read_records([odd])[0], "keep")
    told = json.loads(written)
    assert (told["X"], told["Z"]) == (["inf", {"Y": "-inf"}], 1.5)
    assert "nested too deeply" in written
