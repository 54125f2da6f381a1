"""From a request to an answer: access, routing, content negotiation. No sockets here."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Callable

from .export import export
from .negotiation import JSON, choose, render
from .profile import account_me
from .refusal import RefusedError
from .shape import encode
from .switches import Switches
from .tenant import Tenant

LIST, EXPORT, ME = "/api/1.0/auditlogs/list", "/api/1.0/auditlogs/export", "/api/1.0/account/me"
SCOPES = {LIST: "list", EXPORT: "export", ME: "me"}


@dataclass(frozen=True)
class Answer:
    """What goes over the wire, but for the Date and Content-Length headers."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """A request to the API. Path and parameter names are case-insensitive in ASP.NET [I]."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


def message(status: int, text: str, **headers: str) -> Answer:
    """An error in the form of ASP.NET Web API: `{"Message": ...}` (invicti-api.md 4)."""
    return Answer(
        status,
        encode({"Message": text}),
        headers={k.replace("_", "-"): v for k, v in headers.items()},
    )


def answer(tenant: Tenant, question: Question) -> Answer:
    """The answer of the API when nothing is in its way."""
    path = question.path.lower().rstrip("/")
    handler = _HANDLERS.get(path)
    if handler is None or not _is_there(tenant.switches, path):
        return message(
            404, f"No HTTP resource was found that matches the request URI '{question.path}'."
        )
    refused = _denied(tenant.switches, question, path)
    if refused:
        return refused
    if question.method != "GET":
        return message(
            405,
            f"The requested resource does not support http method '{question.method}'.",
            Allow="GET",
        )
    query = {name.lower(): value for name, value in question.query.items()}
    try:
        return handler(tenant, query, question.headers.get("Accept", ""))
    except RefusedError as refusal:
        return Answer(refusal.status, encode(refusal.body))


def _is_there(switches: Switches, path: str) -> bool:
    there = {
        LIST: switches.list_available,
        EXPORT: switches.export_available,
        ME: switches.me_available,
    }
    return there[path]


def _denied(switches: Switches, question: Question, path: str) -> Answer | None:
    """Basic authentication and what can stand in its way (api 3 [V]; statuses [I])."""
    if switches.access == "ip_restricted":
        return message(403, "Your IP address is not allowed (Current IP Address: 203.0.113.7)")
    known = _credentials(question.headers.get("Authorization", "")) == (
        switches.user_id,
        switches.api_token,
    )
    if not known or switches.access == "token_revoked":
        text = "Authorization has been denied for this request."
        return message(401, text, WWW_Authenticate='Basic realm="Invicti"')
    if switches.access == "api_disabled":
        return message(403, "API access is disabled for this user.")
    if switches.access == "no_permission" and path != ME:
        return message(403, "You do not have permission to view activity logs.")
    return None


def _credentials(header: str) -> tuple[str, str] | None:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, token = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user, token


def _list(tenant: Tenant, query: dict[str, str], accept: str) -> Answer:
    page = tenant.page(query)
    media = choose(accept, tenant.switches.no_accept_answers)
    return Answer(200, render(page.json(), media, "AuditLogPagedResultDto"), media)


def _me(tenant: Tenant, query: dict[str, str], accept: str) -> Answer:  # noqa: ARG001
    media = choose(accept, tenant.switches.no_accept_answers)
    return Answer(
        200, render(encode(account_me(tenant.switches)), media, "UserHealthCheckApiModel"), media
    )


def _export(tenant: Tenant, query: dict[str, str], accept: str) -> Answer:  # noqa: ARG001
    csv = export(tenant, query)
    switches = tenant.switches
    name = 'attachment; filename="activity-logs.csv"'
    charset = f"; charset={switches.csv_encoding}" if switches.csv_charset else ""
    content_type = switches.csv_content_type + charset
    return Answer(200, csv, content_type, {"Content-Disposition": name})


_HANDLERS: dict[str, Callable[[Tenant, dict[str, str], str], Answer]] = {
    LIST: _list,
    ME: _me,
    EXPORT: _export,
}
