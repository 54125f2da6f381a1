"""Writes docs/data-dictionary.md from its head, the lookup and the list of fields.

python .ci/data_dictionary.py writes the page; with --check it only tells whether it is up to date.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "data-dictionary.md"
HEAD = ROOT / ".ci" / "data-dictionary-head.md"


def page() -> str:
    """Return the whole page."""
    fields = _table(
        ("Field", "From", "Meaning"), _rows(ROOT / ".ci" / "fields.csv"), code=("Field",)
    )
    columns = ("Type", "event_group", "action", "object_category", "change_type", "status")
    types = _table(
        (*columns, "description"),
        _rows(ROOT / "lookups" / "invicti_audit_types.csv"),
        code=columns,
    )
    words = "`*` stands for every type that is not listed."
    return f"{HEAD.read_text(encoding='utf-8')}{fields}\n## Types\n\n{words}\n\n{types}"


def _rows(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


def _table(columns: tuple[str, ...], rows: list[dict[str, str]], *, code: tuple[str, ...]) -> str:
    lines = [columns, tuple("---" for _ in columns)]
    lines += [tuple(f"`{row[c]}`" if c in code else row[c] for c in columns) for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    """Write or check the page."""
    if sys.argv[1:] != ["--check"]:
        PAGE.write_text(page(), encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page():
        sys.exit("docs/data-dictionary.md is out of date: make docs")


if __name__ == "__main__":
    main()
