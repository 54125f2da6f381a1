"""When the KV Store answers at all: its state, and the faults that a test asks for."""

from __future__ import annotations

import threading
import time

from tests.standins.splunkd.rest import RestError
from tests.standins.splunkd.switches import SplunkdSwitches

# Text as clients quote it ("KV Store is initializing" is looked for by many add-ons).
STARTING = "KV Store is initializing. Please try again later."
# Splunk says this of lookups; the wording of REST is not documented.
DISABLED = "KV Store is disabled. Please contact your system administrator."
FAILED = "KV Store initialization has failed. Please contact your system administrator."


class KVGate:
    """Applies the switches: which requests wait, fail, or are counted."""

    def __init__(self, switches: SplunkdSwitches) -> None:
        self._lock = threading.Lock()
        self.set(switches)

    def set(self, switches: SplunkdSwitches) -> None:
        """Take new switches; all their counts start anew."""
        with self._lock:
            self.switches = switches
            self._since = time.monotonic()
            self._refused = self._reads = self._writes = 0

    @property
    def state(self) -> str:
        """The state as it is now: a store that is starting becomes ready in time."""
        switches = self.switches
        if switches.kv_state != "starting":
            return switches.kv_state
        seconds, requests = switches.kv_ready_after_seconds, switches.kv_ready_after_requests
        late = seconds is not None and time.monotonic() - self._since >= seconds
        asked = requests is not None and self._refused >= requests
        return "ready" if late or asked else "starting"

    def check_state(self) -> None:
        """503 unless the store is ready."""
        with self._lock:
            state = self.state
            if state != "ready":
                self._refused += 1
        if state == "starting":
            raise RestError(503, STARTING)
        if state == "disabled":
            raise RestError(self.switches.kv_disabled_status, DISABLED)
        if state == "failed":
            raise RestError(503, FAILED)

    def fails(self, *, write: bool) -> bool:
        """Count a request and say whether it is one that is to fail."""
        switches = self.switches
        with self._lock:
            if write:
                self._writes += 1
                number, first = self._writes, switches.kv_fail_write
            else:
                self._reads += 1
                number, first = self._reads, switches.kv_fail_read
        if first is None or number < first:
            return False
        return switches.kv_fail_times is None or number < first + switches.kv_fail_times
