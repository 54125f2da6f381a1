"""The browser, the site and the person of each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.ui.chromium import find_chromium, launched
from tests.ui.person import WAIT_MILLISECONDS, Person
from tests.ui.site import Site, running

expect.set_options(timeout=WAIT_MILLISECONDS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; CI has it, other machines may not."""
    path = find_chromium()
    missing = "Chromium is missing: `.ci/install-browser` installs it"
    if path is None and os.environ.get("CI") == "true":
        pytest.fail(missing)
    if path is None:
        pytest.skip(missing)
    with launched(path) as chromium:
        yield chromium


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
