"""The browser: Debian's Chromium, driven by Playwright; `.ci/install-browser` installs it."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator

from playwright.sync_api import Browser, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No sandbox inside containers; nothing that calls home.
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def find_chromium() -> str | None:
    """The browser's path: what the environment variable CHROMIUM names, or one in PATH."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for path in map(shutil.which, _NAMES) if path), None)


@contextlib.contextmanager
def launched(path: str) -> Iterator[Browser]:
    """Runs the browser, headless, until the block ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()
