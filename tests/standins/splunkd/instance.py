"""What an add-on may ask about the Splunk it runs in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.standins.splunkd.atom import Entry, answer
from tests.standins.splunkd.rest import Request, Response, not_found

if TYPE_CHECKING:
    from tests.standins.splunkd.splunkd import Splunkd

_INDEXES = ("_audit", "_internal", "_introspection", "history", "invicti", "main", "summary")


class Instance:
    """``server/info``, ``authentication/current-context``, ``apps/local``, ``data/indexes``."""

    def __init__(self, splunkd: Splunkd) -> None:
        self._splunkd = splunkd

    def server_info(self, request: Request) -> Response:
        """REST API Reference Manual, "server/info"; ``solnlib.server_info.ServerInfo`` reads it."""
        switches = self._splunkd.switches
        content = {
            "build": "000000000000",
            "cpu_arch": "x86_64",
            "guid": "5D1B6F0A-2C3E-4B7A-9E55-0A1B2C3D4E5F",
            "host": switches.server_host,
            "isFree": False,
            "isTrial": False,
            "kvStoreStatus": switches.kv_state,
            "os_name": "Linux",
            "product_type": "enterprise",
            "serverName": switches.server_host,
            "server_roles": ["heavyweight_forwarder", "kv_store"],
            "version": switches.version,
        }
        return answer(
            request, [Entry("server-info", content, removable=False)], collection="server/info"
        )

    def current_context(self, request: Request) -> Response:
        """Who the session key belongs to: splunkd's own user, as for every modular input."""
        content = {"username": "splunk-system-user", "roles": ["admin", "splunk-system-role"]}
        return answer(
            request, [Entry("context", content)], collection="authentication/current-context"
        )

    def apps(self, request: Request) -> Response:
        """The installed apps and their app.conf."""
        entries = []
        for app in self._splunkd.configuration.apps():
            layer = self._splunkd.configuration.layer(app, "app")
            content = {
                "configured": layer.get("install", {}).get("is_configured", "0"),
                "disabled": False,
                "label": layer.get("ui", {}).get("label", app),
                "version": layer.get("launcher", {}).get("version", ""),
                "visible": layer.get("ui", {}).get("is_visible", "0"),
            }
            entries.append(Entry(app, content, app))
        return self._some(request, entries, "apps/local")

    def indexes(self, request: Request) -> Response:
        """The indexes that the inputs page offers."""
        entries = [
            Entry(
                name,
                {"disabled": "0", "datatype": "event", "isInternal": str(int(name[0] == "_"))},
            )
            for name in _INDEXES
        ]
        return self._some(request, entries, "data/indexes")

    def _some(self, request: Request, entries: list[Entry], collection: str) -> Response:
        if len(request.path) > 2:
            entries = [entry for entry in entries if entry.name == request.path[2]]
            if not entries:
                raise not_found(request.path[2])
        return answer(request, entries, collection=collection)
