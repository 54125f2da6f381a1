"""Control over HTTP, for the demo: everything under `/_standin/` answers JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from .answers import Answer
from .shape import encode
from .switches import parse_value

if TYPE_CHECKING:
    from .server import TenantServer

PREFIX = "/_standin/"


def control(server: TenantServer, method: str, path: str, query: Mapping[str, str]) -> Answer:
    """Carry out one control request."""
    name = path[len(PREFIX) :].strip("/")
    try:
        if method == "POST" and name in _CHANGES:
            return Answer(200, encode(_CHANGES[name](server, query)))
        if method == "GET" and name in _READS:
            return Answer(200, encode(_READS[name](server, query)))
    except (ValueError, KeyError) as error:
        return Answer(400, encode({"error": str(error)}))
    known = [f"POST {PREFIX}{n}" for n in _CHANGES] + [f"GET {PREFIX}{n}" for n in _READS]
    return Answer(404, encode({"error": "unknown", "known": known}))


def _grow(server: TenantServer, query: Mapping[str, str]) -> object:
    ids = server.tenant.grow(int(query["records"]), late_hours=float(query.get("late_hours", 0)))
    return {"ids": ids, "count": len(ids)}


def _delete(server: TenantServer, query: Mapping[str, str]) -> object:
    ids = server.tenant.delete(int(query["records"]), query.get("where", "newest"))
    return {"ids": ids, "count": len(ids)}


def _advance(server: TenantServer, query: Mapping[str, str]) -> object:
    server.tenant.advance(float(query["seconds"]))
    return {"now": server.tenant.now.isoformat()}


def _set(server: TenantServer, query: Mapping[str, str]) -> object:
    changes = {name: parse_value(name, text) for name, text in query.items()}
    server.set(**changes)
    return asdict(server.tenant.switches)


def _ids(server: TenantServer, query: Mapping[str, str]) -> object:
    since = query.get("since", "").replace("Z", "+00:00").replace(" ", "+")
    ids = server.tenant.ids(datetime.fromisoformat(since) if since else None)
    return {"ids": sorted(ids), "count": len(ids)}


def _requests(server: TenantServer, query: Mapping[str, str]) -> object:  # noqa: ARG001
    requests = [asdict(request) for request in server.requests]
    return {"requests": requests, "count": len(requests)}


_CHANGES = {"grow": _grow, "delete": _delete, "advance": _advance, "set": _set}
_READS = {"ids": _ids, "requests": _requests}
CONTROLS = (
    "POST grow?records=37[&late_hours=40]",
    "POST delete?records=3[&where=newest|oldest|random]",
    "POST advance?seconds=60",
    "POST set?switch=value",
    "GET ids[?since=ISO]",
    "GET requests",
)
