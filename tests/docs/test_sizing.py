"""The figures of docs/sizing.md are what is measured, and what follows from them."""

from __future__ import annotations

import re

import pytest

from tests.bench.sizing import sizes
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "sizing.md").read_text("utf-8")


def test_bytes_an_event() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE)
    told = {choice: (int(mean), int(most)) for choice, mean, most in rows}
    measured = sizes(4_000)
    assert told.keys() == measured.keys()
    for choice, size in measured.items():
        assert told[choice] == pytest.approx(size, rel=0.1), choice


def test_what_follows() -> None:
    bytes_an_event = int(re.findall(r"^\| `mask` \| (\d+)", PAGE, re.MULTILINE)[0])
    for records, megabytes in re.findall(r"^\| ([\d,]+) \| ([\d.]+) MB \|$", PAGE, re.MULTILINE):
        volume = int(records.replace(",", "")) * bytes_an_event / 1e6
        assert float(megabytes) == pytest.approx(volume, rel=0.06)
    year = re.search(r"a year of 10,000 records a day is ([\d.]+) GB", PAGE)
    assert year
    assert float(year[1]) == pytest.approx(365 * 10_000 * bytes_an_event / 1e9, rel=0.03)
