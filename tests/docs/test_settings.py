"""docs/settings.md, the conf specs and the configuration pages tell of the same settings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.conftest import ROOT
from tests.standins.splunkd import conf_file

PAGE = (ROOT / "docs" / "settings.md").read_text("utf-8")
SECTIONS = {
    "Accounts": ("ta_invicti_auditlogs_account.conf", "[<name>]"),
    "HEC targets": ("ta_invicti_auditlogs_hec.conf", "[<name>]"),
    "Inputs": ("inputs.conf", "[invicti_auditlogs://<name>]"),
    "Proxy": ("ta_invicti_auditlogs_settings.conf", "[proxy]"),
    "Logging": ("ta_invicti_auditlogs_settings.conf", "[logging]"),
}
KEPT_BY_THE_PACKAGE = {"python.version", "python.required", "start_by_shell", "sourcetype"}


class Setting(NamedTuple):
    """A setting as one of the three tells of it."""

    section: str
    name: str


class Told(NamedTuple):
    """What the page says of a setting."""

    label: str
    form: str
    default: str
    meaning: str


def on_the_page() -> dict[Setting, Told]:
    found = {}
    for section in SECTIONS:
        text = re.split(rf"^## {section}$", PAGE, flags=re.MULTILINE)[1].split("\n## ")[0]
        for row in re.findall(r"^\| `(.*) \|$", text, re.MULTILINE):
            first, form, default, meaning = f"`{row}".split(" | ")
            name, label = re.fullmatch(r"`([\w.]+)`(?: \((.*)\))?", first).groups("")  # type: ignore[union-attr]
            found[Setting(section, name)] = Told(label, form, default.strip("`"), meaning)
    return found


def in_the_specs() -> dict[Setting, str]:
    """The defaults, empty where there is none."""
    found = {}
    for section, (conf, stanza) in SECTIONS.items():
        text = (ROOT / "README" / f"{conf}.spec").read_text("utf-8")
        body = text.split(stanza)[1].split("\n[")[0]
        for name, lines in re.findall(r"^([\w.]+) = .*\n((?:\*.*\n?)*)", body, re.MULTILINE):
            told = re.search(r"^\* Default: (.*)$", lines, re.MULTILINE)
            found[Setting(section, name)] = told[1] if told else ""
    return found


def on_the_forms() -> dict[Setting, dict[str, Any]]:
    pages = json.loads((ROOT / "globalConfig.json").read_text("utf-8"))["pages"]
    return {
        Setting(section, entity["field"]): entity
        for section, entity in _entities(pages)
        if entity["field"] != "name"
    }


def _entities(pages: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for tab in pages["configuration"]["tabs"]:
        parts = tab.get("entity") or [part for part in tab.values() if isinstance(part, dict)]
        for entity in parts:
            if "field" in entity:
                yield tab["title"], entity
    for entity in pages["inputs"]["services"][0]["entity"]:
        yield "Inputs", entity


def test_the_same_settings_everywhere() -> None:
    page, specs, forms = set(on_the_page()), set(in_the_specs()), set(on_the_forms())
    assert page == specs
    # The framework's own tab has no field in the file; what the package keeps has none anywhere.
    hidden = {Setting("Inputs", name) for name in KEPT_BY_THE_PACKAGE}
    assert page - forms == hidden | {Setting("Logging", "loglevel")}
    assert forms <= page


def test_the_page_names_each_file_and_stanza() -> None:
    for section, (conf, stanza) in SECTIONS.items():
        text = PAGE.split(f"## {section}\n")[1].split("\n## ")[0]
        assert f"`{conf}`" in text
        assert f"`{stanza}`" in text


@pytest.mark.parametrize("setting", sorted(on_the_page()), ids=":".join)
def test_default_and_label(setting: Setting) -> None:
    told = on_the_page()[setting]
    assert told.form
    shipped = conf_file.read(ROOT / "default" / "inputs.conf")["invicti_auditlogs"]
    if setting.section == "Inputs" and setting.name in shipped:
        assert told.default == shipped[setting.name]
    form = on_the_forms().get(setting)
    if form is None:
        return
    assert told.label == form["label"]
    default = form.get("defaultValue", "")
    default = str(int(default)) if isinstance(default, bool) else str(default)
    if form["type"] == "checkbox":
        default = default or "0"
    wanted = default or ("required" if _is_needed(setting, form) else "empty")
    assert told.default == wanted


def _is_needed(setting: Setting, form: dict[str, Any]) -> bool:
    # A proxy's host and port are needed only once it is used.
    return bool(form.get("required")) and setting.section != "Proxy"


@pytest.mark.parametrize("setting", sorted(in_the_specs()), ids=":".join)
def test_the_specs_default_is_the_pages(setting: Setting) -> None:
    default = in_the_specs()[setting]
    assert not default or on_the_page()[setting].default == default


def test_the_longest_names_are_told() -> None:
    pages = json.loads((ROOT / "globalConfig.json").read_text("utf-8"))["pages"]
    longest = {
        section: validator["maxLength"]
        for section, entity in _entities(pages)
        if entity["field"] == "name"
        for validator in entity["validators"]
        if "maxLength" in validator
    }
    told = re.search(r"at the most\s(\d+) of them on the pages, (\d+) in an\sinput's", PAGE)
    assert told
    others = int(told[1])
    assert longest == {"Accounts": others, "HEC targets": others, "Inputs": int(told[2])}


def test_choices_are_all_named() -> None:
    for setting, form in on_the_forms().items():
        choices = (form.get("options") or {}).get("autoCompleteFields") or []
        for choice in choices:
            assert f"`{choice['value']}`" in on_the_page()[setting].form, setting
