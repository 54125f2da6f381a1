"""The benchmark of sending: what it prints, and that it does not count what did not arrive."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.hec import CONTESTANTS, BenchError, Contestant, measure, table
from tests.receivers.installing import or_skip, tenzir_engine, tools


def test_ratios_are_taken_within_a_round() -> None:
    rates = {each.key: [10.0, 20.0, 40.0] for each in CONTESTANTS}
    rates["ours"] = [100.0, 400.0, 200.0]
    text = table(rates, 1_000)
    assert text.count("10.00 x (5.00-20.00)") == len(CONTESTANTS) - 1
    assert "200 events/s" in text
    assert "20 events/s" in text


@pytest.mark.parametrize("contestant", CONTESTANTS, ids=lambda each: each.key)
def test_every_contestant_delivers(contestant: Contestant, tmp_path: Path) -> None:
    engine, python = or_skip(tenzir_engine), or_skip(tools) / "python"
    assert measure(python, engine, contestant, 300, tmp_path) > 0


def test_a_contestant_that_fails_is_told(tmp_path: Path) -> None:
    engine, python = or_skip(tenzir_engine), or_skip(tools) / "python"
    with pytest.raises(BenchError, match="nobody"):
        measure(python, engine, Contestant("nobody", "nobody", 1.0), 300, tmp_path)
