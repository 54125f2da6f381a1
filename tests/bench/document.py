"""Writes what a benchmark printed into docs/performance.md, between the marks of its name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT = ROOT / "docs" / "performance.md"


def write(name: str, text: str, document: Path = DOCUMENT) -> None:
    """Replaces a block of the document; the rest stays.

    Arguments:
        name: Of the block.
        text: What was printed.
        document: The file.

    Raises:
        ValueError: when it has no such block.
    """
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    block = f"{begin}\n```\n{text}\n```\n{end}"
    before = document.read_text("utf-8")
    pattern = re.escape(begin) + ".*?" + re.escape(end)
    after, count = re.subn(pattern, lambda _: block, before, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"{document.name} has no block {name}")
    document.write_text(after, "utf-8")
