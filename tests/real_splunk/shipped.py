"""The searches that ship: of every dashboard and of every alert and report."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.standins.splunkd import conf_file

TOKEN = re.compile(r"\$([\w.:-]+)(\|[a-z])?\$")


class Shipped(NamedTuple):
    """A search, and where it stands."""

    where: str
    spl: str


def shipped_searches(app_folder: Path) -> list[Shipped]:
    """Returns the searches of a package's folder."""
    views = sorted((app_folder / "default" / "data" / "ui" / "views").glob("*.xml"))
    found = [search for view in views for search in _of_view(view)]
    saved = app_folder / "default" / "savedsearches.conf"
    stanzas = conf_file.read(saved) if saved.exists() else {}
    found += [
        Shipped(f"savedsearches.conf [{name}]", settings["search"])
        for name, settings in stanzas.items()
        if "search" in settings
    ]
    return found


def _of_view(view: Path) -> Iterator[Shipped]:
    root = ET.fromstring(view.read_text("utf-8"))  # noqa: S314 - our own file
    definition = root.findtext("definition")
    if definition is None:
        yield from _of_simple_xml(view.name, root)
    else:
        yield from _of_studio(view.name, json.loads(definition))


def _of_simple_xml(name: str, root: ET.Element) -> Iterator[Shipped]:
    texts = {node.get("id", ""): node.findtext("query") or "" for node in root.iter("search")}
    for number, node in enumerate(root.iter("search"), 1):
        base, query = texts.get(node.get("base", "-"), ""), node.findtext("query") or ""
        if query.strip():
            yield Shipped(f"{name} search {number}", _filled(_joined(base, query), {}))


def _of_studio(name: str, definition: dict[str, Any]) -> Iterator[Shipped]:
    sources = definition.get("dataSources", {})
    inputs = [part.get("options", {}) for part in definition.get("inputs", {}).values()]
    chosen = [options for options in inputs if "token" in options]
    tokens = {options["token"]: str(options.get("defaultValue", "*")) for options in chosen}
    for key, source in sources.items():
        if "query" in source.get("options", {}):
            yield Shipped(f"{name} {key}", _filled(_chain(sources, key), tokens))


def _chain(sources: dict[str, Any], key: str) -> str:
    """A data source's query, after that of the one which it extends."""
    options = sources[key]["options"]
    base = options.get("extend")
    return _joined(_chain(sources, base) if base else "", options["query"])


def _joined(base: str, query: str) -> str:
    if not base:
        return query
    query = query.strip()
    return f"{base}\n{query}" if query.startswith("|") else f"{base}\n| {query}"


def _filled(query: str, tokens: dict[str, str]) -> str:
    """A query as the dashboard runs it before anybody has chosen anything."""

    def value(match: re.Match[str]) -> str:
        text = tokens.get(match[1], "*")
        return json.dumps(text) if match[2] == "|s" else text

    return TOKEN.sub(value, query)
