"""Runs inside mitmdump: spoils requests to a HEC receiver as the file of faults says.

The file holds a JSON list of objects, each `{"kind": ..., "at": [numbers], ...}`. Numbers count the
requests with events from 1. Kinds:

cut_request: the connection ends in the middle of the request's body.
status: an answer of the proxy's own, with `status` and perhaps `retry_after`; nothing is forwarded.
lose_answer: the receiver takes the request, the client gets no answer.
acknowledge: with `after`: from so many questions on, an acknowledgement that was asked for is true.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

from mitmproxy import http

FAULTS = Path(os.environ.get("SPOIL_FAULTS", "faults.json"))
SEEN = Path(os.environ.get("SPOIL_SEEN", "seen.ndjson"))


class Spoiling:
    """A mitmproxy addon."""

    def __init__(self) -> None:
        self.events = 0
        self.asked: Counter[str] = Counter()

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Counts the requests with events, and cuts the one whose turn it is."""
        if not flow.request.path.startswith("/services/collector/event"):
            return
        self.events += 1
        flow.metadata["number"] = self.events
        if self._fault(flow, "cut_request"):
            # Nothing but a part of the body gets through, then the connection is gone.
            flow.request.stream = lambda data: self._cut(flow, data)

    def _cut(self, flow: http.HTTPFlow, data: bytes) -> bytes:
        if flow.killable:
            flow.kill()
        return data[: len(data) // 2]

    def request(self, flow: http.HTTPFlow) -> None:
        """Answers instead of the receiver."""
        fault = self._fault(flow, "status")
        self._note(flow, fault)
        if fault:
            headers = {"Content-Type": "application/json"}
            if "retry_after" in fault:
                headers["Retry-After"] = fault["retry_after"]
            body = b'{"text":"Server is busy","code":9}'
            flow.response = http.Response.make(fault["status"], body, headers)

    def response(self, flow: http.HTTPFlow) -> None:
        """Loses or changes the receiver's answer."""
        if self._fault(flow, "lose_answer"):
            flow.kill()
        elif flow.request.path.startswith("/services/collector/ack"):
            self._acknowledge(flow)

    def _acknowledge(self, flow: http.HTTPFlow) -> None:
        faults = [fault for fault in self._faults() if fault["kind"] == "acknowledge"]
        if not faults or flow.response is None or flow.response.status_code != 200:
            return
        acks = json.loads(flow.response.get_content() or b"{}")["acks"]
        self.asked.update(acks.keys())
        told = {name: self.asked[name] >= faults[0]["after"] for name in acks}
        flow.response.content = json.dumps({"acks": told}).encode()

    def _fault(self, flow: http.HTTPFlow, kind: str) -> dict[str, Any] | None:
        number = flow.metadata.get("number")
        found = (each for each in self._faults() if each["kind"] == kind and number in each["at"])
        return next(found, None)

    def _faults(self) -> list[dict[str, Any]]:
        faults: list[dict[str, Any]] = json.loads(FAULTS.read_text(encoding="utf-8"))
        return faults

    def _note(self, flow: http.HTTPFlow, fault: dict[str, Any] | None) -> None:
        seen = {
            "path": flow.request.path,
            "encoding": flow.request.headers.get("Content-Encoding", ""),
            "channel": flow.request.headers.get("X-Splunk-Request-Channel", ""),
            "fault": (fault or {}).get("kind", ""),
        }
        with SEEN.open("a", encoding="utf-8") as file:
            file.write(json.dumps(seen) + "\n")


addons = [Spoiling()]
