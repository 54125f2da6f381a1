"""What unit tests of several modules share."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from unittest.mock import patch

import pytest

from invicti_collector.tenant import csv_export
from tests.fakes.export import SIZE


@pytest.fixture(scope="module")
def far_from_utc() -> Iterator[None]:
    """This machine's own zone, which no time that is collected may depend on."""
    with patch.dict(os.environ, TZ="Pacific/Chatham"):
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(scope="module")
def small_pages() -> Iterator[None]:
    """Pages of an export with few rows, so that a few rows are many pages."""
    with patch.object(csv_export, "PAGE_SIZE", SIZE):
        yield
