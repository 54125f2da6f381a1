"""How a record looks in an answer."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any
from uuid import UUID

from .clock import parse_moment, to_ticks
from .content import describe
from .dates import write_created_at
from .dice import Dice
from .flow import GROWN
from .store import Store
from .switches import Switches, parse_bad_records

FIELDS = (
    "AccountId",
    "CreatedAt",
    "EndpointType",
    "Id",
    "Type",
    "UserEmail",
    "UserId",
    "UserName",
    "Message",
    "RequestData",
)


@lru_cache(maxsize=1024)
def write_guid(guid: UUID, form: str) -> str:
    """A GUID in one of the forms that the API has (invicti-api.md 2.1 [V])."""
    if form == "compact":
        return guid.hex
    return str(guid).upper() if form == "upper" else str(guid)


def normal(identity: str) -> str:
    """An Id as it is compared: lower case, without hyphens."""
    return identity.lower().replace("-", "")


class Shaper:
    """Turns keys into records, for one set of switches."""

    def __init__(self, store: Store, switches: Switches) -> None:
        self._store, self._switches = store, switches
        self._user = UUID(switches.user_id)
        self._account = UUID(int=Dice(switches.seed, "account").below(1 << 128), version=4)
        self._bad = parse_bad_records(switches.bad_records)
        self._blank = tuple(filter(None, (f.strip() for f in switches.null_fields.split(","))))
        self._upgraded = to_ticks(parse_moment(switches.upgraded_at)) if switches.upgraded_at else 0
        self._varied = bool(
            self._blank
            or switches.unknown_types
            or switches.extra_fields
            or switches.nulls != "null"
        )

    def identity(self, key: int) -> str:
        """The Id as shown."""
        return write_guid(self._store.flow.identity(key), self._switches.guid_form)

    def bad_kind(self, key: int) -> str:
        """What is wrong with a record, empty for nothing."""
        if not self._bad:
            return ""
        if key >= GROWN:
            return self._bad.get(f"+{key - GROWN}", "")
        return self._bad.get(str(key)) or self._bad.get(str(key - self._store.flow.count), "")

    def record(self, key: int) -> dict[str, Any]:
        """The record as the API shows it, before it is spoiled by bad_records."""
        switches, store = self._switches, self._store
        created = store.created(key)
        form = switches.guid_form
        facts = describe(store.flow, key, created, own=store.is_own(key), user=self._user)
        record: dict[str, Any] = {
            "AccountId": write_guid(self._account, form),
            "CreatedAt": write_created_at(created, switches),
            "Id": self.identity(key),
            **facts,
        }
        if record["UserId"] is not None:
            record["UserId"] = write_guid(record["UserId"], form)
        record = {name: record[name] for name in FIELDS}
        if self._varied and created >= self._upgraded:
            self._vary(record, key)
        return record

    def _vary(self, record: dict[str, Any], key: int) -> None:
        switches = self._switches
        dice = Dice(switches.seed, "variant", key)
        if switches.unknown_types and dice.chance(switches.unknown_types):
            record["Type"] = (
                200 + dice.below(9)
                if switches.unknown_type_form == "number"
                else dice.pick(_NEW_TYPES)
            )
        if switches.extra_fields:
            record["IpAddress"] = f"203.0.113.{dice.below(254) + 1}"
            record["Severity"] = dice.below(5)
            record["Context"] = {"Browser": "Firefox", "Tags": ["çok", None, 1.5, True]}
        for name in self._blank:
            if name in record:
                record[name] = None
        if switches.nulls != "null":
            for name in [n for n, value in record.items() if value is None]:
                if switches.nulls == "missing":
                    del record[name]
                else:
                    record[name] = ""

    def encoded(self, key: int) -> bytes:
        """The record as JSON bytes."""
        kind = self.bad_kind(key)
        record = self.record(key)
        return _SPOILERS[kind](record) if kind else encode(record)

    def encoded_page(self, keys: tuple[int, ...]) -> bytes:
        """Records joined by commas; encoded in one go where none is spoiled, which is faster."""
        if self._bad:
            return b",".join(map(self.encoded, keys))
        return encode([self.record(key) for key in keys])[1:-1]


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def encode(value: object) -> bytes:
    """Compact JSON in UTF-8, as Json.NET writes it."""
    return _ENCODER.encode(value).encode()


_NEW_TYPES = ("ApiSecurityScanStarted", "AiAssistantEnabled", "ScopePolicyChanged")


def _without_id(record: dict[str, Any]) -> bytes:
    record.pop("Id", None)
    return encode(record)


def _bad_date(record: dict[str, Any]) -> bytes:
    return encode({**record, "CreatedAt": "yesterday, around noon"})


def _huge(record: dict[str, Any]) -> bytes:
    return encode({**record, "RequestData": "Büyük veri 0123456789 " * (5 * 1024 * 1024 // 24)})


def _not_object(record: dict[str, Any]) -> bytes:
    return encode(f"record {record.get('Id')}")


def _illegal_xml(record: dict[str, Any]) -> bytes:
    """Code points that XML forbids; the lone surrogate as an escape, for it has no UTF-8."""
    message = f"{record.get('Message') or ''} \x01 \x0b \uffff \ud800 ]]> </event> José"
    plain = encode({**record, "Message": "@@"})
    return plain.replace(b'"@@"', json.dumps(message).replace("\\uffff", "\uffff").encode())


def _deep(record: dict[str, Any]) -> bytes:
    plain = encode({**record, "Context": "@@"})
    return plain.replace(b'"@@"', b'{"a":[' * 250 + b"1" + b"]}" * 250)


_SPOILERS = {
    "no_id": _without_id,
    "bad_date": _bad_date,
    "huge": _huge,
    "not_object": _not_object,
    "illegal_xml": _illegal_xml,
    "deep": _deep,
}
