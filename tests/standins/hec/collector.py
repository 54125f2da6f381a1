"""The event collector: what is taken, refused and acknowledged. No HTTP here."""

from __future__ import annotations

import gzip
import json
import re
import threading
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Callable, NamedTuple

from .switches import HecSwitches, forced, numbers

# Code: status and text ("Possible error codes"; 24 to 27 since Splunk 9.3).
CODES: dict[int, tuple[int, str]] = {
    0: (200, "Success"),
    1: (403, "Token disabled"),
    2: (401, "Token is required"),
    3: (401, "Invalid authorization"),
    4: (403, "Invalid token"),
    5: (400, "No data"),
    6: (400, "Invalid data format"),
    7: (400, "Incorrect index"),
    8: (500, "Internal server error"),
    9: (503, "Server is busy"),
    10: (400, "Data channel is missing"),
    11: (400, "Invalid data channel"),
    12: (400, "Event field is required"),
    13: (400, "Event field cannot be blank"),
    14: (400, "ACK is disabled"),
    15: (400, "Error in handling indexed fields"),
    16: (400, "Query string authorization is not enabled"),
    17: (200, "HEC is healthy"),
    18: (503, "HEC is unhealthy, queues are full"),
    19: (503, "HEC is unhealthy, ack service unavailable"),
    20: (503, "HEC is unhealthy, queues are full, ack service unavailable"),
    21: (400, "Invalid token"),
    22: (400, "Token disabled"),
    23: (503, "Server is shutting down"),
    24: (200, "HEC queue approaching capacity"),
    25: (200, "HEC ACK channel approaching capacity"),
    26: (429, "HEC queue at capacity"),
    27: (429, "HEC ACK channel at capacity"),
}
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_EVENT_PATHS = {f"/services/collector{tail}" for tail in ("", "/event", "/event/1.0")}
_ACK_PATHS = {f"/services/collector/ack{tail}" for tail in ("", "/1.0")}
_HEALTH_PATHS = {f"/services/collector/health{tail}" for tail in ("", "/1.0")}


class Call(NamedTuple):
    """A request; header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class Reply(NamedTuple):
    """An answer; `lost` ones are not sent, the connection just ends."""

    status: int
    body: dict[str, Any]
    retry_after: str = ""
    lost: bool = False


class Taken(NamedTuple):
    """An event that was taken, and the number of the request it came with."""

    event: dict[str, Any]
    request: int


class _RefusedError(Exception):
    def __init__(self, code: int, number: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.number = number


@dataclass
class _Channel:
    """One client's acknowledgements: ids count from 0 ("About ... Indexer Acknowledgment")."""

    next_id: int = 0


class Collector:
    """One token's event collector; every method may be called from any thread."""

    def __init__(self, switches: HecSwitches) -> None:
        self._lock = threading.RLock()
        self._switches = switches
        self._channels: dict[str, _Channel] = {}
        self._lost: set[tuple[str, int]] = set()
        self._known: set[tuple[str, int]] = set()
        self._queued: dict[tuple[str, int], int] = {}
        self._polls: Counter[tuple[str, int]] = Counter()
        self.taken: list[Taken] = []
        self.calls: list[tuple[str, int, int]] = []
        """Path, status and bytes of each request's body."""
        self.requests = 0
        self.on_taken: Callable[[int], None] = lambda _number: None
        """Is told the number of each request whose events were taken, before it is answered."""

    def set(self, **changes: Any) -> None:
        """Replaces switches; requests are counted from 1 again."""
        with self._lock:
            self._switches = replace(self._switches, **changes)
            self.requests = 0

    def serve(self, call: Call) -> Reply:
        """What the event collector does with a request."""
        with self._lock:
            try:
                reply = self._serve(call)
            except _RefusedError as refusal:
                reply = self._refusal(refusal, call)
            self.calls.append((call.path, reply.status, len(call.body)))
            return reply

    def _serve(self, call: Call) -> Reply:
        if call.path in _HEALTH_PATHS:
            return _reply(17)
        if call.path not in _EVENT_PATHS | _ACK_PATHS:
            # seen, of Splunk itself, for any path that is not an event collector's.
            return Reply(
                404, {"text": "The requested URL was not found on this server.", "code": 404}
            )
        if call.method != "POST":
            return Reply(405, {"text": "Method Not Allowed", "code": 405})
        self._check_token(call)
        if call.path in _ACK_PATHS:
            return self._tell_acks(call)
        self.requests += 1
        return self._take(call, self.requests)

    def _check_token(self, call: Call) -> None:
        """seen, by public measurement of Splunk 10.4: the token is looked at before the channel."""
        text = call.headers.get("authorization", "")
        if not text:
            raise _RefusedError(2)
        scheme, _, token = text.partition(" ")
        if scheme.lower() != "splunk":
            raise _RefusedError(3)
        if token.lower() != self._switches.token.lower():
            raise _RefusedError(4)
        if not self._switches.token_enabled:
            raise _RefusedError(1)

    def _channel(self, call: Call) -> str:
        name = call.headers.get("x-splunk-request-channel") or call.query.get("channel", "")
        if not name:
            raise _RefusedError(10)
        if not _GUID.fullmatch(name):
            raise _RefusedError(11)
        return name.lower()

    def _take(self, call: Call, number: int) -> Reply:
        switches = self._switches
        if number in numbers(switches.restarts_before):
            self._restart()
        if number in forced(switches.answers):
            status, code = forced(switches.answers)[number]
            body = {} if code is None else {"text": CODES[code][1], "code": code}
            return Reply(status, body, switches.retry_after)
        channel = self._channel(call) if switches.use_ack else ""
        events = self._parsed(self._plain(call))
        self.taken += [Taken(event, number) for event in events]
        self.on_taken(number)
        reply = _reply(24 if number in numbers(switches.crowded) else 0)
        if channel:
            reply.body["ackId"] = self._new_ack(channel, number)
        return reply._replace(lost=number in numbers(switches.cut_answers))

    def _plain(self, call: Call) -> bytes:
        """The body, decompressed ("services/collector": `Content-Encoding: gzip`)."""
        encoding = call.headers.get("content-encoding", "")
        body = call.body
        if encoding not in ("", "identity", "gzip"):
            raise _RefusedError(415)
        if self._switches.limit_of == "sent" and len(body) > self._switches.max_content_length:
            raise _RefusedError(413)
        if encoding == "gzip":
            try:
                body = gzip.decompress(body)
            except (OSError, EOFError, zlib.error):
                raise _RefusedError(6, 0) from None
        if self._switches.limit_of == "plain" and len(body) > self._switches.max_content_length:
            raise _RefusedError(413)
        return body

    def _parsed(self, body: bytes) -> list[dict[str, Any]]:
        """The events of a body, objects one after the other; the first bad one refuses all."""
        events: list[dict[str, Any]] = []
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            raise _RefusedError(6, 0) from None
        if not text.strip():
            raise _RefusedError(5)
        place, decoder = 0, json.JSONDecoder()
        while place < len(text):
            try:
                event, place = decoder.raw_decode(text, place)
                self._check(event, len(events))
            except ValueError:
                self._refuse(6, events)
            except _RefusedError as refusal:
                self._refuse(refusal.code, events)
            events.append(event)
            place = len(text) - len(text[place:].lstrip())
        return events

    def _refuse(self, code: int, before: list[dict[str, Any]]) -> None:
        if self._switches.partial == "before":
            self.taken += [Taken(event, self.requests) for event in before]
        raise _RefusedError(code, len(before))

    def _check(self, event: Any, number: int) -> None:
        switches = self._switches
        if not isinstance(event, dict):
            raise _RefusedError(6, number)
        if event.get("event") is None:
            raise _RefusedError(12, number)
        if event["event"] == "":
            raise _RefusedError(13, number)
        fields = event.get("fields", {})
        if not isinstance(fields, dict) or any(isinstance(one, dict) for one in fields.values()):
            raise _RefusedError(15, number)
        allowed = [name for name in switches.indexes.split(",") if name]
        if allowed and event.get("index", allowed[0]) not in allowed:
            raise _RefusedError(7, number)
        if switches.refuse_containing and switches.refuse_containing in json.dumps(event["event"]):
            raise _RefusedError(switches.refuse_code, number)

    def _refusal(self, refusal: _RefusedError, call: Call) -> Reply:
        if refusal.code in (413, 415):
            # seen: Splunk answers these two with an HTML page.
            return Reply(refusal.code, {})
        reply = _reply(refusal.code)
        if self._switches.echo_token:
            reply.body["text"] += f" (Authorization: {call.headers.get('authorization')})"
        if refusal.number is not None and self._switches.number != "none":
            offset = 1 if self._switches.number == "one" else 0
            reply.body["invalid-event-number"] = refusal.number + offset
        return reply

    # -- acknowledgement -----------------------------------------------------------------------

    def _restart(self) -> None:
        lost = set(self._queued.values())
        self.taken = [each for each in self.taken if each.request not in lost]
        for each in (self._channels, self._queued, self._known, self._lost, self._polls):
            each.clear()

    def _new_ack(self, name: str, number: int) -> int:
        channel = self._channels.setdefault(name, _Channel())
        ack_id = channel.next_id
        channel.next_id += 1
        self._known.add((name, ack_id))
        self._queued[name, ack_id] = number
        if number in numbers(self._switches.ack_lost):
            self._lost.add((name, ack_id))
        return ack_id

    def _tell_acks(self, call: Call) -> Reply:
        if not self._switches.use_ack:
            raise _RefusedError(14)
        name = self._channel(call)
        try:
            ids = [int(one) for one in json.loads(call.body)["acks"]]
        except (ValueError, KeyError, TypeError):
            raise _RefusedError(6) from None
        return Reply(200, {"acks": {str(one): self._is_acknowledged(name, one) for one in ids}})

    def _is_acknowledged(self, name: str, ack_id: int) -> bool:
        after = self._switches.ack_after_polls
        key = (name, ack_id)
        if key not in self._known or key in self._lost or not after:
            return False
        self._polls[key] += 1
        done = self._polls[key] >= after
        if done:
            self._queued.pop(key, None)
        if done and self._switches.ack_told_once:
            self._known.discard(key)
        return done


def _reply(code: int) -> Reply:
    status, text = CODES[code]
    return Reply(status, {"text": text, "code": code})
