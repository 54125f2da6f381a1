"""What a test may change about the splunkd stand-in: every unknown, every fault."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

KV_STATES = ("ready", "starting", "disabled", "failed")

# Every event of this add-on says all of these (design, sections 2 and 8).
EVENT_FIELDS = ("stanza", "time", "host", "source", "sourcetype", "index")


@dataclass(frozen=True)
class SplunkdSwitches:
    """The state and the faults of the stand-in; counts start anew when a switch is set.

    Attributes:
        kv_state: ``ready``; ``starting`` (503 until ready, as after every restart of Splunk);
            ``disabled`` (``[kvstore] disabled = true`` in server.conf); ``failed`` (its database
            process is gone while splunkd itself answers).
        kv_ready_after_seconds: A KV Store that is ``starting`` is ready after this time.
        kv_ready_after_requests: The same, after this many refused requests.
        kv_disabled_status: The status for data while disabled. Not documented, hence a switch.
        kv_delay_seconds: Every KV Store data request takes this long.
        kv_fail_write: The n-th write from now fails (1 is the next).
        kv_fail_read: The n-th read from now fails.
        kv_fail_status: The status of those failures: 500 or 503.
        kv_fail_times: How many in succession fail; None: all from then on.
        kv_fail_applied: The failing write is carried out, only its answer is lost.
        kv_max_rows_per_query: limits.conf ``[kvstore] max_rows_per_query``.
        kv_max_documents_per_batch_save: limits.conf ``max_documents_per_batch_save``.
        kv_max_batch_save_bytes: limits.conf ``max_size_per_batch_save_mb``, in bytes.
        kv_max_result_bytes: limits.conf ``max_size_per_result_mb``, in bytes.
        session_expires_after_requests: The session key is refused after n more requests.
        refuse_connections: The management port is closed (splunkd is restarting or gone).
        drop_connection_on_request: The n-th request from now gets no answer at all.
        delay_seconds: Every request takes this long.
        lang: ``LANG`` of the input's process, None: not set (a service under systemd has none).
        working_directory: Where splunkd starts the process. Not documented for modular inputs.
        pipe_bytes: Size of the standard output pipe; small ones make a kill hit precisely.
        reads_nothing: splunkd reads nothing of what an input writes, as while its queues are full
            (outputs.conf.spec, dropEventsOnQueueFull: a full queue blocks what comes before it).
        required_event_fields: What every event must say for the stream to be accepted.
        roles: Of the session that asks, whoever's it is. What they may read and write is in
            metadata/*.meta of the app (default.meta.conf.spec).
        unreadable_status: The status for an object that they may not read: 404, or 403. Not
            documented, hence a switch.
        server_host: ``server_host`` of the input definition, and ``host`` of inputs.conf.
        version: The Splunk version that ``server/info`` reports.
    """

    kv_state: str = "ready"
    kv_ready_after_seconds: float | None = None
    kv_ready_after_requests: int | None = None
    kv_disabled_status: int = 503
    kv_delay_seconds: float = 0.0
    kv_fail_write: int | None = None
    kv_fail_read: int | None = None
    kv_fail_status: int = 503
    kv_fail_times: int | None = 1
    kv_fail_applied: bool = False
    kv_max_rows_per_query: int = 50_000
    kv_max_documents_per_batch_save: int = 1_000
    kv_max_batch_save_bytes: int = 50 * 1024 * 1024
    kv_max_result_bytes: int = 50 * 1024 * 1024
    session_expires_after_requests: int | None = None
    refuse_connections: bool = False
    drop_connection_on_request: int | None = None
    delay_seconds: float = 0.0
    lang: str | None = "C.UTF-8"
    working_directory: str = "/"
    pipe_bytes: int | None = None
    reads_nothing: bool = False
    required_event_fields: tuple[str, ...] = EVENT_FIELDS
    roles: tuple[str, ...] = ("admin",)
    unreadable_status: int = 404
    server_host: str = "splunk-forwarder"
    version: str = "10.0.0"

    def __post_init__(self) -> None:
        if self.kv_state not in KV_STATES:
            raise ValueError(f"kv_state is {self.kv_state!r}, not one of {', '.join(KV_STATES)}")

    def changed(self, **changes: Any) -> SplunkdSwitches:
        """A copy with these switches set; an unknown name is refused."""
        unknown = set(changes) - {field.name for field in fields(self)}
        if unknown:
            raise ValueError(f"no such switch: {', '.join(sorted(unknown))}")
        return replace(self, **changes)
