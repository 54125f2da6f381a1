"""Licences of what is packaged: allowed ones only, and the list in dist/ is true."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.package.test_contents import pins

# Apache-2.0 may be shipped with each of them; none asks for the source of what it is shipped with.
ALLOWED = {"Apache-2.0", "BSD-3-Clause", "MIT", "MPL-2.0", "PSF-2.0"}
FRONT_END = "splunk-add-on-ucc-framework"
# What a library's own metadata calls a licence, in its field or its classifier.
NAMES = {
    "Apache-2.0": r"apache",
    "BSD-3-Clause": r"\bbsd",
    "MIT": r"\bmit\b",
    "MPL-2.0": r"mpl-2\.0|mozilla public license 2\.0",
    "PSF-2.0": r"python software foundation|\bpsfl?\b",
}


@pytest.fixture(scope="module")
def listed(package: Path) -> dict[str, Any]:
    """The list beside the package."""
    file = package.with_name(package.name.replace(".tar.gz", ".cdx.json"))
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def licences(listed: dict[str, Any]) -> dict[str, str]:
    """Name and licence of each component."""
    found = {}
    for component in listed["components"]:
        (licence,) = component["licenses"]
        found[component["name"]] = licence.get("expression") or licence["license"]["id"]
    return found


def notice() -> dict[str, str]:
    """Name and licence as NOTICE has them."""
    text = (ROOT / "NOTICE").read_text(encoding="utf-8")
    return dict(re.findall(r"(?m)^(\S+) +\d\S+ +(\S+) .* \S*LICENSE\S*$", text))


def test_only_allowed_licences_are_packaged(listed: dict[str, Any]) -> None:
    assert {name: kind for name, kind in licences(listed).items() if kind not in ALLOWED} == {}


def test_the_list_says_of_each_licence_what_the_notice_says(listed: dict[str, Any]) -> None:
    found = licences(listed)
    assert found.pop(FRONT_END) == "Apache-2.0"
    assert found == notice()


@pytest.mark.parametrize("library", sorted(pins()))
def test_each_library_says_itself_what_the_notice_says(app_folder: Path, library: str) -> None:
    (found,) = importlib.metadata.distributions(name=library, path=[str(app_folder / "lib")])
    told = " ".join(
        value
        for key, value in found.metadata.items()
        if key in ("License", "License-Expression")
        or (key == "Classifier" and value.startswith("License"))
    )
    named = {kind for kind, words in NAMES.items() if re.search(words, told, re.IGNORECASE)}
    assert named == {notice()[library]}, told


def test_the_list_has_each_library_with_its_version_and_hash(listed: dict[str, Any]) -> None:
    text = (ROOT / "lib" / "requirements.txt").read_text(encoding="utf-8")
    wanted = {
        name: (version, digest)
        for name, version, digest in re.findall(r"(?m)^(\S+)==(\S+) \\\n.*sha256:(\w+)$", text)
    }
    assert wanted.keys() == pins().keys()
    components = {each["name"]: each for each in listed["components"]}
    front_end = components.pop(FRONT_END)
    found = {
        name: (each["version"], each["hashes"][0]["content"]) for name, each in components.items()
    }
    assert found == wanted
    pinned = (ROOT / ".ci" / "requirements" / "package.in").read_text(encoding="utf-8")
    assert f"{FRONT_END}=={front_end['version']}\n" in pinned


def test_the_list_is_valid_and_says_nothing_of_when_it_was_made(package: Path) -> None:
    file = package.with_name(package.name.replace(".tar.gz", ".cdx.json"))
    code = (
        "import sys; from cyclonedx.schema import SchemaVersion\n"
        "from cyclonedx.validation.json import JsonStrictValidator\n"
        "fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())\n"
        "sys.exit(str(fault) if fault else 0)"
    )
    python = ROOT / ".build" / "venv-package" / "bin" / "python"
    text = file.read_text(encoding="utf-8")
    for given, code_wanted in ((text, 0), (text.replace('"library"', '"book"', 1), 1)):
        done = subprocess.run(
            [python, "-c", code], input=given, capture_output=True, text=True, check=False
        )
        assert done.returncode == code_wanted, done.stderr
    assert "serialNumber" not in text
    assert "timestamp" not in text


def test_dist_holds_the_package_and_its_list_only(package: Path) -> None:
    names = sorted(path.name for path in package.parent.iterdir())
    assert names == [package.name.replace(".tar.gz", ".cdx.json"), package.name]
