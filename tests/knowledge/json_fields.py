"""The fields that KV_MODE = json makes of an event.

Nested names are joined by a dot, items of a list get `{}`, as the spath command does it:
https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Spath
"""

from __future__ import annotations

import json
from typing import Any

_DECODER = json.JSONDecoder(strict=False)


def json_fields(raw: str, null: str | None, cutoff: int) -> dict[str, str]:
    """Return the fields, the first value of each; none where the event is no object.

    Args:
        raw: The event.
        null: The text that a null becomes; None where it gives no field.
        cutoff: Bytes of the event that are looked at. A value that ends behind them is no field.
    """
    try:
        record = _DECODER.decode(raw)
    except ValueError:
        return {}
    if not isinstance(record, dict):
        return {}
    found: dict[str, str] = {}
    for name, value, end in _members(raw):
        if len(raw[:end].encode("utf-8", "surrogatepass")) > cutoff:
            break
        _flatten(name, value, null, found)
    return found


def _members(raw: str) -> list[tuple[str, Any, int]]:
    """The members of an object, with the place where each ends."""
    members, place = [], raw.index("{") + 1
    while raw[place:].strip() != "}":
        place = raw.index('"', place)
        name, place = _DECODER.raw_decode(raw, place)
        place = raw.index(":", place) + 1
        place += len(raw[place:]) - len(raw[place:].lstrip())
        value, place = _DECODER.raw_decode(raw, place)
        members.append((name, value, place))
    return members


def _flatten(name: str, value: Any, null: str | None, found: dict[str, str]) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            _flatten(f"{name}.{key}", item, null, found)
    elif isinstance(value, list):
        for item in value:
            _flatten(f"{name}{{}}", item, null, found)
    elif value is not None:
        found.setdefault(name, value if isinstance(value, str) else json.dumps(value))
    elif null is not None:
        found.setdefault(name, null)
