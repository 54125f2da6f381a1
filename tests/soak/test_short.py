"""Ten days with every hazard at least once; `make soak` lives through ninety."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from tests.soak.life import Life, plan_of
from tests.soak.report import check, table
from tests.soak.world import World

DAYS = 10


@pytest.mark.parametrize("interpreter", ["3.9"], indirect=True)
def test_ten_days(interpreter: Path, package: Path, tmp_path: Path) -> None:
    """Of a new seed each time, printed; SOAK_SEED=<seed> repeats one."""
    seed = int(os.environ.get("SOAK_SEED") or random.randrange(1 << 16))
    print(f"SOAK_SEED={seed}, {DAYS} days")
    began = time.monotonic()
    with World(package, interpreter, tmp_path, seed) as world:
        life = Life(world, plan_of(DAYS, seed))
        assert list(life.live()) == list(range(DAYS))
        print(table(life, time.monotonic() - began))
        check(life)
