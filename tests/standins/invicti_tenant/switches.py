"""Every switch of the stand-in.

The command line and `POST /_standin/set` are made from the fields of `Switches`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from .faults import parse_faults
from .switches_export import ExportSwitches
from .switches_history import ChangeSwitches, HistorySwitches
from .switches_list import BAD_KINDS, ListSwitches, RecordSwitches
from .switches_service import AccessSwitches, TroubleSwitches


@dataclass(frozen=True)
class Switches(
    ExportSwitches,
    TroubleSwitches,
    AccessSwitches,
    ChangeSwitches,
    RecordSwitches,
    ListSwitches,
    HistorySwitches,
):
    """All switches; ValueError for a value that makes no sense."""

    def __post_init__(self) -> None:
        for item in fields(self):
            value, choices = getattr(self, item.name), item.metadata["choices"]
            if choices and value not in choices:
                raise ValueError(f"{item.name}={value!r}: one of {', '.join(choices)}")
            if isinstance(value, (int, float)) and value < 0 and item.name not in _SIGNED:
                raise ValueError(f"{item.name}={value!r}: not below 0")
        if self.late_share > 1 or self.unknown_types > 1:
            raise ValueError("late_share, unknown_types: shares from 0 to 1")
        if not -14 <= self.filter_zone <= 14:
            raise ValueError(f"filter_zone={self.filter_zone}: hours from -14 to 14")
        parse_faults(self.faults)
        parse_bad_records(self.bad_records)


_SIGNED = frozenset({"seed", "filter_zone", "created_at_zone", "user_zone"})


def parse_bad_records(text: str) -> dict[str, str]:
    """Place -> kind of `kind@place,...`."""
    places = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        kind, _, place = part.partition("@")
        if kind not in BAD_KINDS or not place.lstrip("+-").isdigit():
            raise ValueError(
                f"bad_records {part!r}: want kind@place, kinds: {', '.join(BAD_KINDS)}"
            )
        places[place] = kind
    return places


def parse_value(name: str, text: str) -> Any:
    """The value of a switch from text; ValueError names the switch."""
    known = {item.name: item.type for item in fields(Switches)}
    if name not in known:
        raise ValueError(f"no switch {name!r}; switches: {', '.join(known)}")
    kind = known[name]
    if kind == "bool":
        if text.lower() not in {"true", "false", "1", "0", "on", "off"}:
            raise ValueError(f"{name}={text!r}: true or false")
        return text.lower() in {"true", "1", "on"}
    try:
        return {"int": int, "float": float, "str": str}[str(kind)](text)
    except ValueError as error:
        raise ValueError(f"{name}={text!r}: want {kind}") from error
