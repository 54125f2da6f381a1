# SPDX-License-Identifier: Apache-2.0
"""One audit record: its identity, its time, and the event made of it.

Fields and their forms: invicti-api.md 2.1.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from hashlib import blake2b
from typing import Any, NamedTuple

from invicti_collector.masking import mask_request_data

REQUEST_DATA_CHOICES = ("mask", "keep", "drop")

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_SECOND = timedelta(seconds=1)
_LAST_YEAR = (datetime(9999, 1, 1, tzinfo=timezone.utc) - _EPOCH) / _SECOND
_CREATED_AT = re.compile(
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?\s*(Z|[+-]\d\d:?\d\d)?",
    re.ASCII | re.IGNORECASE,
)
_UTC = frozenset({None, "Z", "z", "+00:00"})


class Record(NamedTuple):
    """One item of the tenant's list.

    Attributes:
        digest: Identity, 64 bits: of the normalised `Id`, or of the content where there is none.
        created: `CreatedAt` in seconds since the epoch; None where it cannot be read.
        item: The item as received: an object with the fields of `AuditLogDto`, or anything else.
        name: The `Id` as received, for the log; empty where there is none.
    """

    digest: int
    created: float | None
    item: Any
    name: str

    def field(self, name: str) -> Any:
        """Returns a field of the record, None where it is absent or the item is no object."""
        return self.item.get(name) if isinstance(self.item, dict) else None

    @property
    def flaws(self) -> tuple[str, ...]:
        """What the log says of a record that is written although it is not as it should be."""
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
        items: The page's list as decoded from JSON.
    """
    twins: dict[int, int] = {}
    return [_read_record(item, twins) for item in items]


def _read_record(item: Any, twins: dict[int, int]) -> Record:
    if not isinstance(item, dict):
        return Record(_content_digest(item, twins), None, item, "")
    name = item.get("Id")
    created = parse_created_at(item.get("CreatedAt"))
    if isinstance(name, str) and name.strip():
        return Record(id_digest(name), created, item, name)
    return Record(_content_digest(item, twins), created, item, "")


def id_digest(name: str) -> int:
    """Returns the 64-bit digest of an `Id`, whichever of the API's two GUID forms it has.

    Arguments:
        name: A GUID with or without hyphens, in either case (invicti-api.md 2.1).
    """
    normal = name.strip().lower().replace("-", "")
    return _digest(normal.encode("utf-8", "surrogatepass"))


def _content_digest(item: Any, twins: dict[int, int]) -> int:
    """Tells apart equal items of one page, so that neither of two is taken for the other."""
    try:
        text = json.dumps(item, sort_keys=True)
    except RecursionError:
        text = json.dumps(_as_json_can(item))
    content = _digest(text.encode())
    twin = twins.get(content, 0)
    twins[content] = twin + 1
    return content if twin == 0 else _digest(b"%d/%d" % (content, twin))


def _digest(data: bytes) -> int:
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big")


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
    moment, fraction, zone = match.groups()
    try:
        seconds = (datetime.fromisoformat(moment.upper() + "+00:00") - _EPOCH) / _SECOND
    except ValueError:
        return None
    if fraction:
        seconds += int(fraction) / 10 ** len(fraction)
    if zone not in _UTC:
        offset = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
        seconds += -offset if zone[0] == "+" else offset
    return seconds if 0 <= seconds < _LAST_YEAR else None


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


def event_json(record: Record, request_data: str) -> str:
    """Returns the event's text: the record as received, as compact JSON, in one line.

    All text stays readable, save code points that XML cannot hold, which become JSON escapes.

    Arguments:
        record: The record.
        request_data: What becomes of the field `RequestData`: `mask`, `keep` or `drop`.
    """
    item = record.item
    if request_data != "keep" and isinstance(item, dict) and item.get("RequestData") is not None:
        item = dict(item)
        if request_data == "drop":
            del item["RequestData"]
        else:
            item["RequestData"] = mask_request_data(item["RequestData"])
    try:
        text = _encode(item)
    except (RecursionError, ValueError):
        text = _encode(_as_json_can(item))
    return text if text.isascii() else _NOT_IN_XML.sub(_json_escape, text)
