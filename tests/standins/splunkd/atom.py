"""Lists of objects as splunkd answers them: an Atom feed, or the same as JSON.

Shape: "Using the REST API reference" of the Splunk REST API Reference Manual (Atom feed response:
``feed``/``entry``/``content`` with ``s:dict``), and what ``splunklib.client`` reads of it:
``_load_atom_entries`` (``totalResults``, ``entry``), ``_parse_atom_entry`` (``title``, ``link``,
``content``), ``Entity._proper_namespace`` (``eai:acl`` with owner, app, sharing).
"""

from __future__ import annotations

import fnmatch
import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from tests.standins.splunkd.rest import JSON, XML, Request, Response, object_id

_NAMESPACES = (
    'xmlns="http://www.w3.org/2005/Atom" xmlns:s="http://dev.splunk.com/ns/rest" '
    'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"'
)
DEFAULT_COUNT = 30


@dataclass(frozen=True)
class Entry:
    """One object of a list: its name, its settings, and who owns it."""

    name: str
    content: dict[str, Any] = field(default_factory=dict)
    app: str = "system"
    owner: str = "nobody"
    sharing: str = "app"
    extra_links: tuple[str, ...] = ()
    removable: bool = True
    can_write: bool = True

    def acl(self) -> dict[str, Any]:
        """Access control that every object has (REST API User Manual, "Access Control List")."""
        return {
            "app": self.app,
            "can_change_perms": True,
            "can_list": True,
            "can_share_app": True,
            "can_share_global": True,
            "can_share_user": False,
            "can_write": self.can_write,
            "modifiable": True,
            "owner": self.owner,
            "perms": {"read": ["*"], "write": ["admin"]},
            "removable": self.removable,
            "sharing": self.sharing,
        }

    def matches(self, search: str) -> bool:
        """Whether all terms of a list's ``search`` match ("Pagination and filtering parameters").

        ``key=value`` compares a field (``solnlib`` asks for ``realm=…`` and ``eai:acl.app=…
        name=…``, an equals sign in the value being escaped); a bare word is looked for in name and
        values.
        """
        return all(self._matches_term(term) for term in search.split())

    def _matches_term(self, term: str) -> bool:
        key, equals, value = term.replace("\\=", "\0").partition("=")
        key, value = key.replace("\0", "="), value.replace("\0", "=")
        if not equals:
            texts = [self.name, *(str(item) for item in self.content.values())]
            return any(key.casefold() in text.casefold() for text in texts)
        if key in {"name", "title"}:
            found = self.name
        elif key.startswith("eai:acl."):
            found = str(self.acl().get(key[len("eai:acl.") :], ""))
        else:
            found = str(self.content.get(key, ""))
        return fnmatch.fnmatchcase(found, value.replace("[", "[[]"))


def answer(
    request: Request, entries: list[Entry], *, collection: str, status: int = 200
) -> Response:
    """A list of objects, filtered and cut as the request asks.

    ``count`` defaults to 30, 0 and -1 mean all (``splunklib`` sends -1), ``offset`` skips
    ("Pagination and filtering parameters" of the REST API Reference Manual).
    """
    search = request.arguments.get("search", "")
    if search:
        entries = [entry for entry in entries if entry.matches(search)]
    total = len(entries)
    offset = _number(request.arguments.get("offset"), 0)
    count = _number(request.arguments.get("count"), DEFAULT_COUNT)
    page = entries[offset:] if count <= 0 else entries[offset : offset + count]
    paging = {"total": total, "perPage": count if count > 0 else total, "offset": offset}
    if request.wants_json:
        return Response(status, _json_feed(page, collection, paging), JSON)
    return Response(status, _atom_feed(page, collection, paging), XML)


def _number(text: str | None, default: int) -> int:
    try:
        return int(text) if text else default
    except ValueError:
        return default


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _links(entry: Entry, collection: str) -> dict[str, str]:
    """Where the object is: under its own namespace, whichever the request used."""
    place = f"/servicesNS/{entry.owner}/{entry.app}/{collection}/{object_id(entry.name)}"
    links = dict.fromkeys(("alternate", "list", "edit"), place)
    if entry.removable:
        links["remove"] = place
    links.update({relation: f"{place}/{relation}" for relation in entry.extra_links})
    return links


def _json_feed(entries: list[Entry], collection: str, paging: dict[str, int]) -> bytes:
    feed = {
        "links": {
            "create": f"/services/{collection}/_new",
            "_reload": f"/services/{collection}/_reload",
        },
        "origin": f"https://127.0.0.1:8089/services/{collection}",
        "updated": _now(),
        "generator": {"build": "000000000000", "version": "10.0.0"},
        "entry": [
            {
                "name": entry.name,
                "id": "https://127.0.0.1:8089" + _links(entry, collection)["alternate"],
                "updated": _now(),
                "links": _links(entry, collection),
                "author": entry.owner,
                "acl": entry.acl(),
                "content": {**entry.content, "eai:acl": None},
            }
            for entry in entries
        ],
        "paging": paging,
        "messages": [],
    }
    return json.dumps(feed, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _atom_feed(entries: list[Entry], collection: str, paging: dict[str, int]) -> bytes:
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n',
        f"<feed {_NAMESPACES}>\n  <title>{escape(collection)}</title>\n",
        f"  <id>https://127.0.0.1:8089/services/{escape(collection)}</id>\n",
        f"  <updated>{_now()}</updated>\n",
        '  <generator build="000000000000" version="10.0.0"/>\n',
        "  <author><name>Splunk</name></author>\n",
        f"  <opensearch:totalResults>{paging['total']}</opensearch:totalResults>\n",
        f"  <opensearch:itemsPerPage>{paging['perPage']}</opensearch:itemsPerPage>\n",
        f"  <opensearch:startIndex>{paging['offset']}</opensearch:startIndex>\n",
        "  <s:messages/>\n",
    ]
    parts += [_atom_entry(entry, collection) for entry in entries]
    parts.append("</feed>\n")
    return "".join(parts).encode("utf-8")


def _atom_entry(entry: Entry, collection: str) -> str:
    links = _links(entry, collection)
    rendered = "".join(
        f"    <link href={quoteattr(href)} rel={quoteattr(relation)}/>\n"
        for relation, href in links.items()
    )
    content = {**entry.content, "eai:acl": entry.acl()}
    return (
        f"  <entry>\n    <title>{escape(entry.name)}</title>\n"
        f"    <id>https://127.0.0.1:8089{escape(links['alternate'])}</id>\n"
        f"    <updated>{_now()}</updated>\n{rendered}"
        f"    <author><name>{escape(entry.owner)}</name></author>\n"
        f'    <content type="text/xml">{_value(content)}</content>\n  </entry>\n'
    )


def _value(value: object) -> str:
    if isinstance(value, dict):
        keys = "".join(
            f"<s:key name={quoteattr(str(key))}>{_value(item)}</s:key>"
            for key, item in value.items()
        )
        return f"<s:dict>{keys}</s:dict>"
    if isinstance(value, (list, tuple)):
        return "<s:list>" + "".join(f"<s:item>{_value(v)}</s:item>" for v in value) + "</s:list>"
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return escape(str(value))
