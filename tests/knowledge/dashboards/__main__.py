"""Pictures of the dashboards in both themes: ``python -m tests.knowledge.dashboards``."""

from __future__ import annotations

import argparse
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.demo.package import ROOT, build_package
from tests.knowledge.dashboards.computing import computing
from tests.knowledge.dashboards.definitions import dashboards
from tests.knowledge.dashboards.drawing import Canvas, canvas
from tests.knowledge.dashboards.installing import renderer
from tests.knowledge.dashboards.week import week
from tests.receivers.installing import MissingError
from tests.ui.chromium import find_chromium, launched

FOLDER = ROOT / ".build" / "screenshots"
DETAILS = "invicti_activity_logs"
RECORD = "Login Attempt Failed"
"""Of the first of these the details are shown: they have an address and a masked password, and
the panel ends with a whole line."""


def _draw(sheet: Canvas, app_folder: Path, folder: Path) -> None:
    for dashboard in dashboards(app_folder):
        for theme in ("light", "dark"):
            sheet.draw(dashboard, theme)
            _take(sheet, folder / f"{dashboard.name}-{theme}.png")
            if dashboard.name == DETAILS:
                row = sheet.page.locator("[data-test=body] [data-test=row]", has_text=RECORD).first
                row.locator("[data-test=cell]").nth(1).click()
                sheet.settle()
                _take(sheet, folder / f"{dashboard.name}-details-{theme}.png")


def _take(sheet: Canvas, file: Path) -> None:
    sheet.picture(file)
    print(file)
    for fault in sheet.faults:
        print(fault, file=sys.stderr)


def main(words: list[str] | None = None) -> int:
    """Returns 0 when all pictures were taken."""
    parser = argparse.ArgumentParser(prog="python -m tests.knowledge.dashboards")
    parser.add_argument("--output", type=Path, default=FOLDER, help="default: .build/screenshots")
    arguments = parser.parse_args(words)
    chromium = find_chromium()
    if chromium is None:
        print("Chromium is missing: `.ci/install-browser` installs it", file=sys.stderr)
        return 1
    try:
        folder = renderer()
    except MissingError as reason:
        print(reason, file=sys.stderr)
        return 1
    package = build_package()
    arguments.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as apps, tarfile.open(package) as archive:
        archive.extractall(apps)  # noqa: S202 - our own archive
        app_folder = next(Path(apps).iterdir())
        compute = computing(app_folder, week(package))
        with launched(chromium) as browser, canvas(browser, folder, compute) as sheet:
            _draw(sheet, app_folder, arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
