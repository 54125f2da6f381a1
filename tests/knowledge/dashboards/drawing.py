"""A dashboard in Chromium, drawn by Splunk's own renderer; its searches are computed here."""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Callable, NamedTuple

from playwright.sync_api import Browser, Page

from tests.knowledge.dashboards.definitions import Dashboard

WIDTH = 1440
"""Pixels of the window: a common laptop's."""

_PAGE = """<!doctype html><html><head><meta charset="utf-8"><style>
body { margin: 0 } #dashboard { min-height: 100vh }
</style></head><body><div id="dashboard"></div><script src="page.js"></script></body></html>"""
_TALL = 2_400
"""Pixels: no dashboard is taller, so that none has a scroll bar."""

_LABELS = "div:has(> [data-test=input-title]), [data-test=input-title] { overflow: visible }"
"""The box of a label has the height of Splunk's own font; the feet of another one are longer."""

_ENOUGH = 120_000
# What the renderer says about itself whatever it draws.
_ITS_OWN = ("has no config.layoutApi property", "strict mode: missing type")


_CORNER = """() => {
    const boxes = [...document.querySelectorAll('[data-test=grid-item]')]
        .map(each => each.getBoundingClientRect());
    const farthest = side => Math.ceil(Math.max(...boxes.map(box => box[side]))) + 4;
    return {x: 0, y: 0, width: farthest('right'), height: farthest('bottom')};
}"""


class Table(NamedTuple):
    """The results of a search, as Splunk's renderer takes them."""

    fields: list[str]
    columns: list[list[Any]]


class Search(NamedTuple):
    """A search that a panel asks for, with all tokens replaced.

    Attributes:
        queries: The base search, and what is chained to it.
        earliest: From when on.
        latest: Until when.
    """

    queries: tuple[str, ...]
    earliest: str
    latest: str


class Canvas:
    """A page on which dashboards are drawn.

    Args:
        page: Of the browser.
        address: Of the renderer.
        compute: Gives the results of a search.
    """

    def __init__(self, page: Page, address: str, compute: Callable[[Search], Table]) -> None:
        self.page = page
        self._address = address
        self.faults: list[str] = []
        self._compute = compute
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.expose_function("search", self._search)

    def _note(self, message: Any) -> None:
        its_own = any(words in message.text for words in _ITS_OWN)
        if message.type in {"error", "warning"} and not its_own:
            self.faults.append(f"{message.type}: {message.text}")

    def _search(self, asked: dict[str, Any]) -> dict[str, Any]:
        times = asked.get("earliest", "0"), asked.get("latest", "now")
        search = Search(tuple(asked["queries"]), *times)
        try:
            return self._compute(search)._asdict()
        except Exception as fault:
            self.faults.append(f"{search.queries[-1]}: {fault!r}")
            raise

    def draw(self, dashboard: Dashboard, theme: str) -> None:
        """Draw a dashboard and wait until all its panels are there.

        Args:
            dashboard: Which.
            theme: `light` or `dark`.
        """
        # Anew, since the tokens of the dashboard before would stay.
        self.page.goto(self._address)
        self.page.wait_for_function("() => window.draw")
        self.faults.clear()
        self.page.evaluate(
            "([definition, theme]) => draw(definition, theme)", [dashboard.definition, theme]
        )
        self.settle()

    def picture(self, file: Path) -> None:
        """Take a picture of the whole dashboard."""
        self.page.mouse.move(0, 0)
        clip = self.page.evaluate(_CORNER)
        self.page.screenshot(
            path=file, clip=clip, animations="disabled", caret="hide", style=_LABELS
        )

    def after(self, act: Callable[[], None]) -> None:
        """Do what a person does, and wait until what it changes is drawn."""
        before = self.page.evaluate("() => window.asked")
        act()
        self.page.wait_for_function("before => window.asked > before", arg=before)
        self.settle()

    def settle(self) -> None:
        """Wait until every search is answered and drawn."""
        quiet = "() => window.asked > 0 && window.asked === window.answered"
        for _ in range(4):  # an answer may lead to the next question
            self.page.wait_for_function(quiet)
            self.page.wait_for_timeout(400)


@contextlib.contextmanager
def canvas(
    browser: Browser, renderer: Path, compute: Callable[[Search], Table], zone: str = "UTC"
) -> Iterator[Canvas]:
    """Open the renderer's page on a loopback address.

    Args:
        browser: Chromium.
        renderer: The folder with the bundled renderer.
        compute: Gives the results of a search.
        zone: The time zone of the person who looks.
    """
    with _served(renderer) as address:
        context = browser.new_context(
            viewport={"width": WIDTH, "height": _TALL}, timezone_id=zone, reduced_motion="reduce"
        )
        page = context.new_page()
        page.set_default_timeout(_ENOUGH)
        yield Canvas(page, address, compute)
        context.close()


class _Files(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        """The page itself, or a file beside the bundle."""
        if self.path == "/favicon.ico":
            self.send_error(204)
            return
        if self.path != "/":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(_PAGE.encode())

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextlib.contextmanager
def _served(folder: Path) -> Iterator[str]:
    handler = partial(_Files, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()
