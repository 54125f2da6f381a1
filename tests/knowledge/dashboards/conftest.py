"""What the dashboards are drawn with and from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.knowledge.dashboards.computing import computing
from tests.knowledge.dashboards.drawing import Canvas, canvas
from tests.knowledge.dashboards.installing import renderer
from tests.knowledge.dashboards.week import week
from tests.knowledge.spl import Event
from tests.receivers.installing import or_skip


@pytest.fixture(scope="session")
def events(package: Path) -> list[Event]:
    """A week of two inputs."""
    return week(package)


@pytest.fixture(scope="session")
def sheet(browser: Browser, app_folder: Path, events: list[Event]) -> Iterator[Canvas]:
    """Where the dashboards are drawn from that week."""
    with canvas(browser, or_skip(renderer), computing(app_folder, events)) as found:
        yield found
