"""Which part of the stand-in answers which path, and who may ask."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Callable

from tests.standins.splunkd.conf_endpoints import ConfEndpoints
from tests.standins.splunkd.handlers import Handlers
from tests.standins.splunkd.inputs import Inputs
from tests.standins.splunkd.instance import Instance
from tests.standins.splunkd.kv_endpoints import KVEndpoints
from tests.standins.splunkd.kv_gate import KVGate
from tests.standins.splunkd.rest import (
    Request,
    Response,
    RestError,
    arguments_of,
    parse_target,
)

if TYPE_CHECKING:
    from tests.standins.splunkd.splunkd import Splunkd

_KEPT_REQUESTS = 10_000


class Router:
    """Takes a request off the wire and finds its endpoint."""

    def __init__(self, splunkd: Splunkd, gate: KVGate) -> None:
        self._splunkd = splunkd
        self._lock = threading.Lock()
        self._count = 0
        self._authenticated = 0
        self._requests: list[str] = []
        kv = KVEndpoints(splunkd.kvstore, splunkd.configuration, gate)
        conf = ConfEndpoints(splunkd.configuration, lambda: splunkd.switches.unreadable_status)
        instance = Instance(splunkd)
        self._handlers = Handlers(splunkd)
        self._endpoints: list[tuple[tuple[str, ...], Callable[[Request], Response]]] = [
            (("storage", "passwords"), splunkd.passwords.endpoint),
            (("storage", "collections", "config"), kv.config),
            (("storage", "collections", "data"), kv.data),
            (("kvstore", "status"), kv.status),
            (("properties",), conf.properties),
            (("configs",), conf.configs),
            (("server", "info"), instance.server_info),
            (("authentication", "current-context"), instance.current_context),
            (("apps", "local"), instance.apps),
            (("data", "indexes"), instance.indexes),
            (("data", "inputs"), Inputs(splunkd).endpoint),
        ]

    def reset(self) -> None:
        """Count requests from here."""
        with self._lock:
            self._count = self._authenticated = 0
            self._requests = []

    def requests(self) -> list[str]:
        """What was asked since the last reset."""
        with self._lock:
            return list(self._requests)

    def serve(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> Response | None:
        """Answer a request, or None to hang up without an answer."""
        switches = self._splunkd.switches
        with self._lock:
            self._count += 1
            number = self._count
        if switches.delay_seconds:
            time.sleep(switches.delay_seconds)
        if number == switches.drop_connection_on_request:
            return None
        as_json = "output_mode=json" in target
        try:
            response = self._answer(method, target, headers, body)
        except RestError as error:
            response = error.response(as_json=as_json)
        with self._lock:
            if len(self._requests) < _KEPT_REQUESTS:
                self._requests.append(f"{method} {target} {response.status}")
        return response

    def _answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Response:
        owner, app, path, query = parse_target(target)
        # GET server/info needs no login ("server/info" of the REST API Reference Manual).
        if path != ("server", "info"):
            self._authenticate(headers.get("authorization", ""))
        arguments = arguments_of(query, body, headers.get("content-type", ""))
        roles = self._splunkd.switches.roles
        request = Request(method, owner, app, path, arguments, body, headers, target, roles)
        handler = self._handlers.find(request)
        if handler is not None:
            return self._handlers.serve(request, handler)
        for prefix, endpoint in self._endpoints:
            if path[: len(prefix)] == prefix:
                return endpoint(request)
        raise RestError(404, "Not Found")

    def _authenticate(self, authorization: str) -> None:
        """401 unless the session key is the one handed to the input.

        Two refusals, measured on Splunk 10.4.2 by the mockdr project: a wrong key is a WARN "call
        not properly authenticated", none at all or a password is an ERROR with a Basic challenge.
        """
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() not in {"splunk", "bearer"}:
            raise RestError(
                401, "Unauthorized", headers={"WWW-Authenticate": 'Basic realm="/splunk"'}
            )
        expires = self._splunkd.switches.session_expires_after_requests
        with self._lock:
            self._authenticated += 1
            expired = expires is not None and self._authenticated > expires
        if expired or key != self._splunkd.session_key:
            raise RestError(401, "call not properly authenticated", "WARN")
