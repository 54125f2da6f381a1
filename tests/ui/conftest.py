"""The site and the person of each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.ui.person import WAIT_MILLISECONDS, Person
from tests.ui.site import Site, running

expect.set_options(timeout=WAIT_MILLISECONDS)


@pytest.fixture
def site(package: Path) -> Iterator[Site]:
    """A Splunk with the add-on just installed, and a tenant."""
    with running(package) as stand_ins:
        yield stand_ins


@pytest.fixture
def person(browser: Browser, site: Site) -> Iterator[Person]:
    """Someone who opens the pages; nothing of what they do may fail behind the scenes."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    someone = Person(context.new_page(), site.web)
    yield someone
    context.close()
    assert someone.faults == []
