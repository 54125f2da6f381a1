"""What the tests of the searches share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import find_interpreter
from tests.knowledge.log_lines import Lines, write_lines


@pytest.fixture(scope="session")
def lines(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Lines:
    """See `Lines`."""
    python = find_interpreter("3.13") or find_interpreter("3.9")
    if python is None:
        pytest.skip("CPython 3.9 and 3.13 are missing")
    return write_lines(package, python, tmp_path_factory.mktemp("lines"))
