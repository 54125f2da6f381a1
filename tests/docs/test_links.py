"""Every link and picture of every page leads somewhere, and every page can be reached."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    """The Markdown files of the project, also those that git does not know yet."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = [ROOT / name for name in done.stdout.split()]
    return sorted(page for page in found if page.exists()) or [*ROOT.glob("*.md")]


def links(page: Path) -> list[str]:
    return LINK.findall(CODE.sub("", page.read_text("utf-8")))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    bare = [re.sub(r"[^\w\- ]", "", LINK.sub("", heading).lower()) for heading in headings]
    return {heading.strip().replace(" ", "-") for heading in bare}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        if re.match(r"(https?|mailto):", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        inside = target == ROOT or ROOT in target.parents
        found = inside and target.exists()
        if not found or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_a_missing_anchor_would_be_found() -> None:
    assert "what-goes-where" in anchors(ROOT / "docs" / "install.md")
    assert "what-goes-nowhere" not in anchors(ROOT / "docs" / "install.md")


def test_the_index_has_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    listed = {(index.parent / link.partition("#")[0]).resolve() for link in links(index)}
    assert set((ROOT / "docs").glob("*.md")) - {index} <= listed


def test_no_picture_lies_about_unused() -> None:
    shown = {
        (page.parent / link.partition("#")[0]).resolve() for page in pages() for link in links(page)
    }
    assert set((ROOT / "docs" / "images").iterdir()) <= shown
