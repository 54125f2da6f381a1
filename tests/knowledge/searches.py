"""The packaged searches: of savedsearches.conf and of the dashboards."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any, NamedTuple

from tests.package.test_confs import read_conf

# What a dashboard puts in for a token that no input of it has a default for.
ANYTHING = "*"


class PackagedSearch(NamedTuple):
    """A search.

    Attributes:
        name: Its stanza, or its dashboard and data source.
        spl: With that of the data source that it extends before it.
        settings: The stanza; empty for a dashboard.
        tokens: The values of a dashboard's tokens when it opens; None for a saved search.
        earliest: From when on.
        latest: Until when.
        base: The search that it extends; empty where it stands alone.
    """

    name: str
    spl: str
    settings: dict[str, str]
    tokens: dict[str, str] | None
    earliest: str
    latest: str
    base: str = ""


def saved_searches(app_folder: Path) -> list[PackagedSearch]:
    """Return the alerts and reports; a backslash at the end of a line goes on with the next."""
    conf = read_conf(app_folder / "default" / "savedsearches.conf")
    found = []
    for name in conf.sections():
        settings = dict(conf[name])
        spl = settings["search"].replace("\\\n", "\n")
        earliest = settings["dispatch.earliest_time"]
        latest = settings["dispatch.latest_time"]
        found.append(PackagedSearch(name, spl, settings, None, earliest, latest))
    return found


def dashboard_searches(app_folder: Path) -> list[PackagedSearch]:
    """Return the searches of the dashboards, each chain with what it extends.

    Form: https://docs.splunk.com/Documentation/Splunk/latest/DashStudio/dsDef
    """
    views = sorted((app_folder / "default" / "data" / "ui" / "views").glob("*.xml"))
    return [search for view in views for search in _searches_of(view)]


def _searches_of(view: Path) -> list[PackagedSearch]:
    definition = ET.fromstring(view.read_text(encoding="utf-8")).find("definition")  # noqa: S314
    if definition is None:
        return []
    studio = json.loads(definition.text or "")
    sources: dict[str, Any] = studio.get("dataSources", {})
    tokens = _tokens(studio)
    found = []
    for key, source in sources.items():
        base = _base(sources, source)
        options = {**_defaults(studio), **base["options"]}
        span = options.get("queryParameters", {})
        found.append(
            PackagedSearch(
                f"{view.stem}: {source.get('name', key)}",
                _spl(sources, source),
                {},
                tokens,
                _filled(span.get("earliest", "0"), tokens),
                _filled(span.get("latest", "now"), tokens),
                _spl(sources, base) if base is not source else "",
            )
        )
    return found


def _base(sources: dict[str, Any], source: dict[str, Any]) -> dict[str, Any]:
    while source["type"] == "ds.chain":
        source = sources[source["options"]["extend"]]
    if source["type"] != "ds.search":
        raise ValueError(f"a data source of the type {source['type']}")
    return source


def _spl(sources: dict[str, Any], source: dict[str, Any]) -> str:
    query = str(source["options"]["query"])
    if source["type"] != "ds.chain":
        return query
    before = _spl(sources, sources[source["options"]["extend"]])
    return f"{before}\n| {query.strip().lstrip('|')}"


def _defaults(studio: dict[str, Any]) -> dict[str, Any]:
    defaults: dict[str, Any] = studio.get("defaults", {}).get("dataSources", {})
    found: dict[str, Any] = defaults.get("ds.search", {}).get("options", {})
    return found


def _tokens(studio: dict[str, Any]) -> dict[str, str]:
    """The values with which a dashboard opens."""
    found = dict.fromkeys(re.findall(r"\$([A-Za-z][\w.:-]*)", json.dumps(studio)), ANYTHING)
    for values in studio.get("defaults", {}).get("tokens", {}).get("default", {}).items():
        found[values[0]] = str(values[1]["value"])
    for each in studio.get("inputs", {}).values():
        options = each.get("options", {})
        name, default = options.get("token"), options.get("defaultValue")
        if each["type"] == "input.timerange":
            earliest, _, latest = str(default or "-24h@h,now").partition(",")
            found.update({f"{name}.earliest": earliest, f"{name}.latest": latest})
        elif name and default is not None:
            found[name] = default if isinstance(default, str) else ",".join(default)
    return found


def _filled(text: str, tokens: dict[str, str]) -> str:
    return re.sub(r"\$([\w.]+)\$", lambda match: tokens[match[1]], text)
