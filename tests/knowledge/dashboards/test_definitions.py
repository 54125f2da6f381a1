"""What a dashboard's definition must hold, before it is drawn."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.conftest import ROOT
from tests.knowledge.dashboards.definitions import Dashboard, dashboards

DASHBOARDS = dashboards(ROOT)
WIDTH = 1200
_TOKEN = re.compile(r"\$(?!row\.)([A-Za-z_]+)(?:\.(?:earliest|latest))?(?:\|\w)?\$")

each_dashboard = pytest.mark.parametrize(
    "dashboard", DASHBOARDS, ids=[each.name for each in DASHBOARDS]
)


def _rectangles(dashboard: Dashboard) -> dict[str, tuple[int, int, int, int]]:
    structure = dashboard.definition["layout"]["structure"]
    sides = ("x", "y", "w", "h")
    return {each["item"]: tuple(each["position"][side] for side in sides) for each in structure}


def _sources_used(dashboard: Dashboard) -> set[str]:
    definition = dashboard.definition
    shown = [*definition["visualizations"].values(), *definition["inputs"].values()]
    used = {source for each in shown for source in each.get("dataSources", {}).values()}
    return used | {
        each["options"]["extend"]
        for each in definition["dataSources"].values()
        if each["type"] == "ds.chain"
    }


def _options(value: Any, name: str) -> list[Any]:
    if isinstance(value, dict):
        found = [value[name]] if name in value else []
        return found + [item for each in value.values() for item in _options(each, name)]
    if isinstance(value, list):
        return [item for each in value for item in _options(each, name)]
    return []


def test_there_are_three_and_activity_logs_is_the_first_page(app_folder: Path) -> None:
    """The package's navigation is ours, with the framework's own pages in it."""
    nav = ET.parse(app_folder / "default/data/ui/nav/default.xml").getroot()  # noqa: S314
    views = [each.attrib["name"] for each in nav.iter("view")]
    assert views[:3] == [
        "invicti_activity_logs",
        "invicti_security_overview",
        "invicti_collection_health",
    ]
    assert views[3:] == ["inputs", "configuration", "search"]
    first = [each.attrib["name"] for each in nav.iter("view") if each.get("default") == "true"]
    assert first == views[:1]
    assert sorted(each.name for each in dashboards(app_folder)) == sorted(views[:3])
    assert {each.name for each in DASHBOARDS} == set(views[:3])


@each_dashboard
def test_it_is_dashboard_studio(dashboard: Dashboard) -> None:
    root = ET.parse(ROOT / f"default/data/ui/views/{dashboard.name}.xml").getroot()  # noqa: S314
    assert (root.tag, root.attrib) == ("dashboard", {"version": "2", "theme": "light"})
    assert [each.tag for each in root] == ["label", "description", "definition", "meta"]
    assert root.findtext("description")


@each_dashboard
def test_every_panel_and_input_has_its_place(dashboard: Dashboard) -> None:
    definition = dashboard.definition
    items = Counter(each["item"] for each in definition["layout"]["structure"])
    assert set(items.values()) == {1}
    assert items.keys() == definition["visualizations"].keys()
    assert definition["layout"]["globalInputs"] == list(definition["inputs"])


@each_dashboard
def test_panels_neither_overlap_nor_leave_holes(dashboard: Dashboard) -> None:
    places = _rectangles(dashboard)
    for (one, (x, y, w, h)), (other, (left, top, width, height)) in combinations(places.items(), 2):
        apart = x + w <= left or left + width <= x or y + h <= top or top + height <= y
        assert apart, f"{one} overlaps {other}"
    area = sum(w * h for _, _, w, h in places.values())
    assert area == WIDTH * max(y + h for _, y, _, h in places.values())
    assert all(x >= 0 and x + w <= WIDTH for x, _, w, _ in places.values())


@each_dashboard
def test_every_search_is_used_and_every_search_used_is_there(dashboard: Dashboard) -> None:
    assert _sources_used(dashboard) == dashboard.definition["dataSources"].keys()


@each_dashboard
def test_every_token_has_a_value_from_the_start(dashboard: Dashboard) -> None:
    """A panel whose search waits for a token would stay empty without a word."""
    definition = dashboard.definition
    given = {each["options"]["token"] for each in definition["inputs"].values()}
    assert all("defaultValue" in each["options"] for each in definition["inputs"].values())
    given |= definition["defaults"].get("tokens", {"default": {}})["default"].keys()
    used = set(_TOKEN.findall(json.dumps(definition)))
    assert used <= given, used - given
    assert given <= used, given - used
    set_by_clicks = {
        each["token"]
        for found in _options(definition, "tokens")
        for each in found
        if isinstance(found, list)
    }
    assert set_by_clicks <= given


@each_dashboard
def test_searches_look_where_the_macro_says(dashboard: Dashboard) -> None:
    """Never into all indexes, and the add-on's own log is where Splunk keeps such logs."""
    for name, source in dashboard.definition["dataSources"].items():
        query = source["options"]["query"]
        if source["type"] == "ds.search":
            looked = re.findall(r"index\s*=\s*(\S+)", query.partition("|")[0])
            assert set(looked) <= {"_internal"}, name
            assert looked or "`invicti_auditlogs_index`" in query, name
        assert not re.search(r"\bjoin\b|\btransaction\b|\bmap\b", query), name


@each_dashboard
def test_what_a_person_types_cannot_break_out_of_a_search(dashboard: Dashboard) -> None:
    """Values of inputs and clicks go into searches quoted, by Splunk's filter |s."""
    for name, source in dashboard.definition["dataSources"].items():
        for token in re.findall(r"\$[^$]+\$", source["options"]["query"]):
            assert token.endswith("|s$"), f"{name}: {token}"


@each_dashboard
def test_panels_can_be_exported_and_opened_in_search(dashboard: Dashboard) -> None:
    """Nothing switches off what the menu of a panel offers."""
    root = ET.parse(ROOT / f"default/data/ui/views/{dashboard.name}.xml").getroot()  # noqa: S314
    hidden = json.loads(root.findtext("meta") or "")
    assert set(hidden.values()) == {False}
    assert "applicationProperties" not in dashboard.definition


@each_dashboard
def test_links_lead_to_inputs_that_are_there(dashboard: Dashboard) -> None:
    names = {each.name: each for each in DASHBOARDS}
    for url in _options(dashboard.definition, "url"):
        match = re.match(r"/app/TA-invicti-auditlogs/(\w+)\?", url)
        assert match
        tokens = {
            each["options"]["token"] for each in names[match.group(1)].definition["inputs"].values()
        }
        assert set(re.findall(r"form\.(\w+)", url)) <= tokens
