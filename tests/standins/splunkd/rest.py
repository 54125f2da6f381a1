"""Requests and answers of splunkd's management port, and how it names an object in a path."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote_plus
from xml.sax.saxutils import escape, quoteattr

XML = "text/xml; charset=UTF-8"
JSON = "application/json; charset=UTF-8"
TEXT = "text/plain; charset=UTF-8"


@dataclass(frozen=True)
class Request:
    """One request; ``owner`` and ``app`` are its namespace, ``path`` what follows that."""

    method: str
    owner: str | None
    app: str | None
    path: tuple[str, ...]
    arguments: dict[str, str]
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    raw_path: str = ""
    roles: tuple[str, ...] = ("admin",)

    @property
    def wants_json(self) -> bool:
        """``output_mode=json``; Atom otherwise ("Using the REST API": the default is XML)."""
        return self.arguments.get("output_mode") == "json"

    def settings(self) -> dict[str, str]:
        """The arguments that are settings of an object, not of the request.

        What pages and filters a list is a setting like any other when an object is saved.
        """
        own = {"output_mode", "name"}
        if self.method == "GET":
            own |= {"count", "offset", "search", "sort_key", "sort_dir", "sort_mode"}
        return {key: value for key, value in self.arguments.items() if key not in own}


@dataclass(frozen=True)
class Response:
    """One answer."""

    status: int
    body: bytes = b""
    content_type: str = XML
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_json(cls, value: object, status: int = 200) -> Response:
        """An answer of the KV Store's data endpoints, which speak JSON only."""
        body = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return cls(status, body, JSON)


class RestError(Exception):
    """An answer with an error status and splunkd's ``messages``."""

    def __init__(
        self,
        status: int,
        text: str,
        kind: str = "ERROR",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.kind = kind
        self.headers = headers or {}

    def response(self, *, as_json: bool) -> Response:
        """The messages document, ``<response><messages><msg type="ERROR">`` or its JSON form.

        Shapes: "Using the REST API reference" (Messages), and ``splunklib.binding.HTTPError``,
        which reads ``./messages/msg`` of the XML. Errors of the KV Store are XML as well unless
        JSON is asked for (measured on Splunk 10.4.2 by the mockdr project, its change log 2.0.5).
        """
        if as_json:
            value = {"messages": [{"type": self.kind, "text": self.text}]}
            answer = Response.of_json(value, self.status)
            return Response(answer.status, answer.body, JSON, self.headers)
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<response>\n  <messages>\n'
            f"    <msg type={quoteattr(self.kind)}>{escape(self.text)}</msg>\n"
            "  </messages>\n</response>\n"
        )
        return Response(self.status, body.encode(), XML, self.headers)


def not_found(name: str) -> RestError:
    """404 for an object that is not there (wording measured on 10.4.2 by mockdr)."""
    return RestError(404, f"Could not find object id={name}")


def refused() -> RestError:
    """403 for what a role may not do ("HTTP status codes" of the REST API Reference Manual)."""
    return RestError(403, "You do not have permission to perform this operation")


def object_id(name: str) -> str:
    """How splunkd writes an object's name in a link: slashes are escaped twice.

    REST API Reference, data/inputs/monitor: ``…/data/inputs/monitor/%252Fvar%252Flog``.
    """
    return quote(name.replace("/", "%2F"), safe="")


def parse_target(target: str) -> tuple[str | None, str | None, tuple[str, ...], str]:
    """Namespace, path and query string of a request target.

    ``/services/…`` has no namespace, ``/servicesNS/<owner>/<app>/…`` has one ("Namespace", REST API
    User Manual). A name's slash arrives as ``%2F`` (splunklib's ``UrlEncoded(encode_slash=True)``)
    or ``%252F`` (splunkd's own links sent back); a space as ``+`` (the same ``quote_plus``).
    """
    raw, _, query = target.partition("?")
    segments = [
        unquote_plus(segment).replace("%2F", "/").replace("%2f", "/")
        for segment in raw.split("/")
        if segment
    ]
    if segments[:1] == ["servicesNS"] and len(segments) >= 3:
        return segments[1], segments[2], tuple(segments[3:]), query
    if segments[:1] == ["services"]:
        return None, None, tuple(segments[1:]), query
    raise RestError(404, "Not Found")


def arguments_of(query: str, body: bytes, content_type: str) -> dict[str, str]:
    """Arguments of the query string and, unless it is JSON, of the body.

    ``solnlib``'s request handler sends a form body without a content type, so everything that is
    not declared to be JSON is read as a form. Of several values of a name the last one counts.
    """
    pairs = parse_qsl(query, keep_blank_values=True)
    if body and not content_type.startswith("application/json"):
        pairs += parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return dict(pairs)


def json_body(request: Request) -> Any:
    """The JSON a client sent; 400 if it is not."""
    try:
        return json.loads(request.body.decode("utf-8"))
    except ValueError as error:
        raise RestError(400, f"JSON in the request is invalid. ( {error} )") from error


def target_app(request: Request) -> str:
    """Where a write goes; without a namespace to the user's default app."""
    if request.app == "-":
        raise RestError(400, "Cannot write to the wildcard app context '-'")
    return request.app or "search"
