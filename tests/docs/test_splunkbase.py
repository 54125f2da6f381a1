"""The listing says what the package is, and pictures and icons have the sizes that it names."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path

import pytest

from tests.conftest import ROOT

FOLDER = ROOT / "docs" / "splunkbase"
LISTING = (FOLDER / "listing.md").read_text("utf-8")
MANIFEST = json.loads((ROOT / "app.manifest").read_text("utf-8"))
ICONS = {"": 36, "_2x": 72}


def size(png: Path) -> tuple[int, int]:
    """Width and height: the first chunk of a PNG (RFC 2083, section 4.1.1)."""
    head = png.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def field(name: str) -> str:
    found = re.search(rf"^\| {name} \| (.*) \|$", LISTING, re.MULTILINE)
    assert found, name
    return found[1]


def test_the_fields_are_the_manifests() -> None:
    info = MANIFEST["info"]
    assert field("Name") == info["title"]
    assert field("App ID") == f"`{info['id']['name']}`"
    assert field("Categories") == ", ".join(info["classification"]["categories"])
    assert field("Licence") == info["license"]["name"]
    assert MANIFEST["platformRequirements"]["splunk"]["Enterprise"] == ">=10.0"
    assert field("Compatible versions").startswith("10.0 and later")


def test_the_data_models_are_those_that_are_tagged() -> None:
    tags = (ROOT / "default" / "tags.conf").read_text("utf-8")
    models = {"authentication": "Authentication", "change": "Change"}
    assert field("CIM") == "data models " + " and ".join(models.values())
    known = {"authentication", "change", "account", "audit", "privileged"}
    assert set(re.findall(r"^(\w+) = enabled", tags, re.MULTILINE)) == known


def test_each_section_is_there() -> None:
    wanted = ["Short description", "Details", "Installation", "Troubleshooting", "Release notes"]
    assert re.findall(r"^## (.*)$", LISTING, re.MULTILINE) == [*wanted, "Pictures"]


def test_pictures_have_the_size_that_is_named() -> None:
    names = re.findall(r"^\| \[[\w.-]+\]\(([^)]+)\) \|", LISTING, re.MULTILINE)
    assert len(names) >= 3
    assert {size(FOLDER / name) for name in names} == {(1280, 800)}


@pytest.mark.parametrize("suffix", ICONS)
@pytest.mark.parametrize("name", ["appIcon", "appIconAlt"])
def test_icons_have_the_sizes_that_splunk_wants(name: str, suffix: str) -> None:
    assert size(ROOT / "static" / f"{name}{suffix}.png") == (ICONS[suffix], ICONS[suffix])
