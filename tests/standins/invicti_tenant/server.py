"""The tenant over HTTP/1.1, with faults on demand."""

from __future__ import annotations

import ssl
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from .answers import LIST, SCOPES, Answer, Question, answer
from .delivery import Delivery, error_answer, instead, replaces, spoil
from .dice import Dice
from .faults import Fault, parse_faults
from .listener import TenantListener, http_date
from .switches import Switches
from .tenant import Tenant


@dataclass(frozen=True)
class Request:
    """A request that the API got, and what became of it; status 0 when no answer was sent.

    `under_way` is how many requests waited for an answer when it came, itself included.
    """

    path: str
    query: dict[str, str]
    status: int
    fault: str | None
    under_way: int = 1


class TenantServer:
    """A tenant behind a port. As a context manager it runs in a thread of its own."""

    def __init__(
        self,
        switches: Switches | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls_cert: str | Path | None = None,
        tls_key: str | Path | None = None,
    ) -> None:
        self.tenant = Tenant(switches or Switches())
        self._lock = threading.Lock()
        self._requests: list[Request] = []
        self._struck = 0
        self._lists = 0
        self._under_way = 0
        self._faults = parse_faults(self.tenant.switches.faults)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if tls_cert else None
        if tls_cert:
            self.renew_certificate(tls_cert, tls_key)
        self._listener = TenantListener((host, port), self, self._context)
        scheme = "https" if tls_cert else "http"
        self.base_url = f"{scheme}://{host}:{self._listener.port}"

    def renew_certificate(self, chain: str | Path, key: str | Path | None = None) -> None:
        """Show another certificate from the next connection on."""
        assert self._context is not None, "serves http"
        self._context.load_cert_chain(chain, key)

    def start(self) -> TenantServer:
        """Serve in the background."""
        self._listener.start()
        return self

    def stop(self) -> None:
        """Stop serving and close every connection."""
        self._listener.stop()

    def __enter__(self) -> TenantServer:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def user_id(self) -> str:
        """The API user's User ID."""
        return self.tenant.switches.user_id

    @property
    def api_token(self) -> str:
        """The API user's token."""
        return self.tenant.switches.api_token

    @property
    def requests(self) -> list[Request]:
        """The API requests so far (a copy)."""
        with self._lock:
            return list(self._requests)

    def clear_requests(self) -> None:
        """Forget the requests so far."""
        with self._lock:
            self._requests.clear()

    def set(self, **changes: Any) -> None:
        """Replace switches while running; new faults or throttling count requests from 1 again."""
        self.tenant.change(**changes)
        with self._lock:
            if changes.keys() & {"faults", "fault_scope"}:
                self._struck, self._faults = 0, parse_faults(self.tenant.switches.faults)
            if changes.keys() & {"throttle_every", "throttle_for", "throttle_until"}:
                self._lists = 0

    def deliver(self, question: Question) -> Delivery:
        """What the API does with a request; `answered` is to be called before its answer leaves."""
        with self._lock:
            self._under_way += 1
            under_way = self._under_way
        path = question.path.lower().rstrip("/")
        throttled, fault, number = self._judge(path)
        if throttled:
            delivery = Delivery(self._throttled())
        elif fault and replaces(fault):
            delivery = instead(fault)
        else:
            real = answer(self.tenant, question)
            delivery = spoil(fault, real) if fault else Delivery(real)
        name = "throttle" if throttled else fault.kind if fault else None
        with self._lock:
            self._requests.append(
                Request(
                    question.path, dict(question.query), delivery.answer.status, name, under_way
                )
            )
        return self._delayed(delivery, number, under_way - 1)

    def answered(self) -> None:
        """A request is no longer under way: a client may send the next once it has the answer."""
        with self._lock:
            self._under_way -= 1

    def _judge(self, path: str) -> tuple[bool, Fault | None, int]:
        """Whether this request is throttled, or which fault strikes it."""
        switches = self.tenant.switches
        with self._lock:
            if path == LIST and switches.throttle_every:
                self._lists += 1
                cycle = switches.throttle_every + switches.throttle_for
                over = 0 < switches.throttle_until < self._lists
                if not over and (self._lists - 1) % cycle >= switches.throttle_every:
                    return True, None, self._lists
            if switches.fault_scope not in {"all", SCOPES.get(path)}:
                return False, None, 0
            self._struck += 1
            number = self._struck
        return (
            False,
            next((f for f in self._faults if f.strikes(number, switches.seed)), None),
            number,
        )

    def _throttled(self) -> Answer:
        """429 with Retry-After as seconds, as an HTTP date, or without (invicti-api.md 4 [U])."""
        switches = self.tenant.switches
        seconds = switches.retry_after_seconds
        value = {"seconds": str(seconds), "date": http_date(self.tenant.now, seconds), "none": ""}[
            switches.retry_after
        ]
        refusal = error_answer(429)
        return Answer(
            429, refusal.body, refusal.content_type, {"Retry-After": value} if value else {}
        )

    def _delayed(self, delivery: Delivery, number: int, others: int) -> Delivery:
        switches = self.tenant.switches
        wait = (
            switches.latency_ms
            + switches.latency_load_ms * others
            + switches.latency_jitter_ms * Dice(switches.seed, "latency", number).fraction()
        )
        if not wait:
            return delivery
        return replace(delivery, wait=delivery.wait + wait / 1000)
