"""The definitions of the packaged dashboards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

VIEWS = Path("default", "data", "ui", "views")


class Dashboard(NamedTuple):
    """A dashboard.

    Attributes:
        name: Of the view.
        label: In the navigation.
        theme: As which it is shown unless the person chose another.
        definition: What Dashboard Studio reads.
    """

    name: str
    label: str
    theme: str
    definition: dict[str, Any]


def dashboards(app_folder: Path) -> list[Dashboard]:
    """Return the dashboards of a package, or of the working tree."""
    files = sorted((app_folder / VIEWS).glob("invicti_*.xml"))
    return [_read(file) for file in files]


def _read(file: Path) -> Dashboard:
    root = ET.parse(file).getroot()  # noqa: S314 - our own
    definition = json.loads(root.findtext("definition") or "")
    return Dashboard(file.stem, root.findtext("label") or "", root.attrib["theme"], definition)
