"""Every field has its label, a help line, and shows whether it is needed; in both themes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.conftest import ROOT
from tests.ui.person import Person
from tests.ui.site import Site, running

CONFIG = json.loads((ROOT / "globalConfig.json").read_text("utf-8"))
TABS = {tab["name"]: tab for tab in CONFIG["pages"]["configuration"]["tabs"]}
INPUT = CONFIG["pages"]["inputs"]["services"][0]
ROLES = {
    "text": "textbox",
    "interval": "textbox",
    "checkbox": "checkbox",
    "singleSelect": "combobox",
    "multipleSelect": "combobox",
}


@pytest.fixture(scope="module")
def site(package: Path) -> Iterator[Site]:
    """One for all tests: nothing is saved here."""
    with running(package) as stand_ins:
        yield stand_ins


def _fields(entities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in entities if each.get("options", {}).get("display") is not False]


def _check(form: Locator, fields: list[dict[str, Any]]) -> None:
    assert fields
    for entity in fields:
        role: Any = ROLES[entity["type"]]
        control = form.get_by_role(role, name=entity["label"], exact=True)
        expect(control).to_have_count(1)
        group = form.locator(f'[data-name="{entity["field"]}"]')
        needed = str(bool(entity.get("required"))).lower()
        expect(group).to_have_attribute("data-test-required", needed)
        help_text = entity.get("help", "").split("\n")[0]
        expect(group).to_contain_text(help_text or "no help line")


@pytest.mark.parametrize("name", ["account", "hec"])
def test_fields_of_the_configuration_are_labelled(person: Person, name: str) -> None:
    person.open_tab(TABS[name]["title"])
    person.begin("Add")
    person.begin_group("Advanced")
    _check(person.form, _fields(TABS[name]["entity"]))


def test_fields_of_the_proxy_are_labelled(person: Person) -> None:
    person.open_tab("Proxy")
    person.await_choices()
    fields = [value for value in TABS["proxy"].values() if isinstance(value, dict)]
    _check(person.form, fields)


def test_fields_of_an_input_are_labelled_and_the_index_is_not_guessed(person: Person) -> None:
    person.open_inputs()
    person.begin("Create New Input")
    person.begin_group("Advanced")
    _check(person.form, _fields(INPUT["entity"]))
    expect(person.form.get_by_role("combobox", name="Index")).to_have_value("")
    person.fill({"Name": "prod"})
    assert "Account is required" in person.is_told()


@pytest.mark.parametrize(("theme", "is_dark"), [("light", False), ("dark", True)])
def test_the_theme_of_the_user_is_used(
    person: Person, site: Site, theme: str, is_dark: bool
) -> None:
    site.web.theme = theme
    person.open_inputs()
    expect(person.page.get_by_role("columnheader", name="Account")).to_be_visible()
    colours = person.page.evaluate(
        "() => [document.body, document.querySelector('th')].map((element) =>"
        " getComputedStyle(element)).flatMap((style) => [style.backgroundColor, style.color])"
    )
    page, _, _, text = (_brightness(colour) for colour in colours)
    assert (page < text) == is_dark


def _brightness(colour: str) -> int:
    return sum(int(part) for part in colour.strip("rgba()").split(",")[:3])
