"""Content negotiation among the media types that the swagger lists (invicti-api.md 1.3 [V])."""

from __future__ import annotations

import json
import re
from xml.sax.saxutils import escape

JSON = "application/json; charset=utf-8"
_XML = "application/xml; charset=utf-8"
_SCIM = "application/scim+json; charset=utf-8"
_DEFAULTS = {"json": JSON, "xml": _XML, "scim": _SCIM}
_PRODUCED = {
    "application/json": JSON,
    "text/json": "text/json; charset=utf-8",
    "application/scim+json": _SCIM,
    "application/xml": _XML,
    "text/xml": "text/xml; charset=utf-8",
}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def choose(accept: str, default: str) -> str:
    """The media type for an Accept header; like Web API, the default when nothing fits."""
    best, quality = _DEFAULTS[default], 0.0
    for part in accept.split(","):
        name, _, parameters = part.strip().partition(";")
        weight = re.search(r"q=([0-9.]+)", parameters)
        wanted = float(weight[1]) if weight else 1.0
        media = _PRODUCED.get(name.strip().lower())
        if media and wanted > quality:
            best, quality = media, wanted
    return best


def render(body: bytes, media: str, root: str) -> bytes:
    """The JSON body as it is, or as XML in the manner of the .NET serializer."""
    if "xml" not in media:
        return body
    namespace = "http://schemas.datacontract.org/2004/07/Netsparker.Cloud"
    inner = _element(json.loads(body))
    head = f'<{root} xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns="{namespace}">'
    return f"{head}{inner}</{root}>".encode()


def _element(value: object) -> str:
    if isinstance(value, dict):
        return "".join(_named(str(name), item) for name, item in value.items())
    if isinstance(value, list):
        return "".join(_named("AuditLogDto", item) for item in value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return escape(_NOT_XML.sub("\ufffd", text))


def _named(name: str, value: object) -> str:
    return f'<{name} i:nil="true"/>' if value is None else f"<{name}>{_element(value)}</{name}>"
