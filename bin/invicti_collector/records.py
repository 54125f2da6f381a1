# SPDX-License-Identifier: Apache-2.0
"""One audit record: its identity, its time, and the event made of it.

Fields and their forms: invicti-api.md 2.1.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from datetime import datetime, timezone
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from invicti_collector.masking import mask_request_data
from invicti_collector.received import Received

REQUEST_DATA_CHOICES = ("mask", "keep", "drop")

_LAST_YEAR = datetime(9999, 1, 1, tzinfo=timezone.utc).timestamp()
_CREATED_AT = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:[0-5]\d):([0-5]\d(?:\.\d{1,9})?)\s*([Zz]|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_UTC = frozenset({None, "Z", "z", "+00:00"})


class Record(NamedTuple):
    """One item of the tenant's list.

    Attributes:
        digest: Identity, 64 bits: of the normalised `Id`, or of the content where there is none.
        created: `CreatedAt` in seconds since the epoch; None where it cannot be read.
        item: The item as received: an object with the fields of `AuditLogDto`, or anything else.
        name: The `Id` as received, for the log; empty where there is none.
        text: The item's JSON as received, where that is fit to be an event; see `Received`.
        row: Digest of what its row in a CSV export said, where it may have been collected as one
            before its tenant had the list; else None.
    """

    digest: int
    created: float | None
    item: Any
    name: str
    text: str | None = None
    row: int | None = None

    def field(self, name: str) -> Any:
        """Returns a field of the record, None where it is absent or the item is no object."""
        return self.item.get(name) if isinstance(self.item, dict) else None

    @property
    def flaws(self) -> tuple[str, ...]:
        """What the log says of a record that is written although it is not as it should be."""
        if self.name and self.created is not None:
            return ()
        if not isinstance(self.item, dict):
            return ("not_an_object",)
        found = []
        if not self.name:
            found.append("no_id")
        if self.created is None:
            found.append("unreadable_created_at")
        return tuple(found)


def read_records(items: Iterable[Any]) -> list[Record]:
    """Returns the records of one page, in its order.

    Arguments:
        items: The page's list as decoded from JSON, each item with its text where it was kept.
    """
    twins: dict[int, int] = {}
    return [
        _read_record(item.value, item.text, twins)
        if isinstance(item, Received)
        else _read_record(item, None, twins)
        for item in items
    ]


def _read_record(item: Any, text: str | None, twins: dict[int, int]) -> Record:
    if not isinstance(item, dict):
        return Record(_content_digest(item, twins), None, item, "", text)
    name = item.get("Id")
    created = parse_created_at(item.get("CreatedAt"))
    if isinstance(name, str) and name.strip():
        digest = id_digest(name)
        if digest != EMPTY_GUID:
            return Record(digest, created, item, name, text)
    return Record(_content_digest(item, twins), created, item, "", text)


def id_digest(name: str) -> int:
    """Returns the 64-bit digest of an `Id`, whichever of the API's two GUID forms it has.

    Arguments:
        name: A GUID with or without hyphens, in either case (invicti-api.md 2.1).
    """
    return _digest(normal_guid(name).encode("utf-8", "surrogatepass"))


def normal_guid(text: str) -> str:
    """Returns a GUID in one form, whichever of the API's two it has (invicti-api.md 2.1)."""
    return text.strip().lower().replace("-", "")


def row_digest(content: int, place: int) -> int:
    """Returns the identity of a row of a CSV export, which has no `Id`.

    Arguments:
        content: Digest of what it says.
        place: How many rows that say the same came before it.
    """
    return _digest(b"%d/%d" % (content, place))


def _content_digest(item: Any, twins: dict[int, int]) -> int:
    """Tells apart equal items of one page, so that neither of two is taken for the other."""
    try:
        text = json.dumps(item, sort_keys=True)
    except RecursionError:
        text = json.dumps(_as_json_can(item))
    content = _digest(text.encode())
    twin = twins.get(content, 0)
    twins[content] = twin + 1
    return content if twin == 0 else row_digest(content, twin)


def _digest(data: bytes) -> int:
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big")


# What .NET writes of a Guid that was never set, so that it names no record.
EMPTY_GUID = id_digest("0" * 32)


def parse_created_at(value: Any) -> float | None:
    """Returns `CreatedAt` in seconds since the epoch, None where it cannot be read.

    ISO 8601 with `Z`, any offset or none (taken as UTC), and 0 to 9 fractional digits. A year
    before 1970 is .NET's empty date, the year 9999 its last one: neither is a time, and both count
    as unreadable.

    Arguments:
        value: The field as received.
    """
    match = _CREATED_AT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    day, minute, second, zone = match.groups()
    midnight, since_midnight = _midnight(day), _since_midnight(minute)
    if midnight is None or since_midnight is None:
        return None
    seconds = midnight + since_midnight + float(second)
    if zone not in _UTC:
        offset = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
        seconds += -offset if zone[0] == "+" else offset
    return seconds if 0 <= seconds < _LAST_YEAR else None


@lru_cache(maxsize=64)
def _midnight(day: str) -> int | None:
    """Returns when a day began, in seconds since the epoch; None where there is no such day."""
    try:
        return int(datetime.fromisoformat(day + "T00:00:00+00:00").timestamp())
    except ValueError:
        return None


@lru_cache(maxsize=24 * 60)
def _since_midnight(minute: str) -> int | None:
    """Returns how many seconds into the day a time is; None where there is no such hour."""
    seconds = int(minute[:2]) * 3600 + int(minute[3:]) * 60
    return seconds if seconds < 24 * 3600 else None


# Written as JSON escapes since XML 1.0 (section 2.2) has no way to hold them; json.dumps has
# escaped the control characters already.
_NOT_IN_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")


def _json_escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode

_DEEPEST = 100
_TOO_DEEP = "(nested too deeply)"


def _as_json_can(value: Any, depth: int = 0) -> Any:
    """Returns a value as it can be written: Python reads `NaN`, 1e999, and a little deeper."""
    if depth > _DEEPEST:
        return _TOO_DEEP
    if isinstance(value, dict):
        return {name: _as_json_can(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list):
        return [_as_json_can(inner, depth + 1) for inner in value]
    return value if not isinstance(value, float) or math.isfinite(value) else str(value)


_REQUEST_DATA = '"RequestData":'


def event_json(record: Record, request_data: str) -> str:
    """Returns the event's text: the record as received, as compact JSON, in one line.

    All text stays readable, save code points that XML cannot hold, which become JSON escapes.

    Arguments:
        record: The record.
        request_data: What becomes of the field `RequestData`: `mask`, `keep` or `drop`.
    """
    item = record.item
    data = item.get("RequestData") if isinstance(item, dict) else None
    if request_data == "keep":
        return record.text or _encoded(item)
    # Of a field that is there twice, the text holds both values, the item the last one.
    text = record.text if record.text and record.text.count(_REQUEST_DATA) < 2 else None
    if data is None:
        return text or _encoded(item)
    if request_data == "drop":
        return _encoded({name: value for name, value in item.items() if name != "RequestData"})
    masked = mask_request_data(data)
    if isinstance(data, str) and masked == data:
        return text or _encoded(item)
    changed = _with_request_data(text, data, masked) if text and isinstance(data, str) else None
    return changed or _encoded({**item, "RequestData": masked})


def _encoded(value: Any) -> str:
    try:
        text = _encode(value)
    except (RecursionError, ValueError):
        text = _encode(_as_json_can(value))
    return text if text.isascii() else _NOT_IN_XML.sub(_json_escape, text)


def _with_request_data(text: str, before: str, after: str) -> str | None:
    """Returns a record's text with another `RequestData`, None where it is not plain to see.

    Arguments:
        text: Of the record, with the field's name in it but once; see `Received`.
        before: The field's value.
        after: What is to stand there; holds nothing that XML cannot hold either.
    """
    begin, _, rest = text.partition(_REQUEST_DATA)
    old = _encode(before)
    if not rest.startswith(old):
        return None
    return f"{begin}{_REQUEST_DATA}{_encode(after)}{rest[len(old) :]}"
