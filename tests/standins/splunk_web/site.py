"""What Splunk Web answers to a request of the browser."""

from __future__ import annotations

import json
import mimetypes
import secrets
from dataclasses import dataclass, field
from html import escape
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Callable
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

from tests.standins.splunk_web import scripts
from tests.standins.splunk_web.exposure import exposures
from tests.standins.splunk_web.upstream import ask
from tests.standins.splunkd import Splunkd
from tests.standins.splunkd.rest import RestError, parse_target

LOCALE = "en-US"
USER = "admin"
THEMES = ("light", "dark")
HTML = "text/html; charset=UTF-8"
SCRIPT = "application/javascript; charset=UTF-8"
JSON = "application/json; charset=UTF-8"


@dataclass(frozen=True)
class Asked:
    """A request of the browser; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """Without the query."""
        return urlsplit(self.target).path


@dataclass(frozen=True)
class Answered:
    """The answer to it."""

    status: int
    body: bytes = b""
    content_type: str = HTML
    headers: tuple[tuple[str, str], ...] = field(default=())


@dataclass(frozen=True)
class Exchange:
    """What went between browser and Splunk Web, for a test to read."""

    method: str
    target: str
    sent: bytes
    status: int
    received: bytes


def _not_found() -> Answered:
    return Answered(404, b"<!doctype html><title>404 Not Found</title><h1>404 Not Found</h1>")


def _messages(status: int, text: str) -> Answered:
    value = {"messages": [{"type": "ERROR", "text": text}]}
    return Answered(status, json.dumps(value).encode(), JSON)


class Site:
    """The pages of one app, its static files, and the way to splunkd.

    Args:
        splunkd: Has the app installed; its REST handlers answer the pages.
        theme: The user's, ``light`` or ``dark``; may be changed while running.
    """

    def __init__(self, splunkd: Splunkd, theme: str) -> None:
        self.splunkd = splunkd
        self.theme = theme
        self.port = 0
        self._session = secrets.token_urlsafe(48)
        self._form_key = str(secrets.randbelow(10**19))
        self._routes: tuple[tuple[str, Callable[[Asked, tuple[str, ...]], Answered]], ...] = (
            ("splunkd/__raw", self._raw),
            ("config", self._config),
            ("i18ncatalog", self._i18n),
            ("static", self._static),
            ("app", self._app),
        )

    def answer(self, asked: Asked) -> Answered:
        """The answer to a request. Paths begin with the locale; the root leads to the app."""
        parts = tuple(unquote(part) for part in asked.path.split("/") if part)
        if not parts or parts == (LOCALE,):
            return self._redirect(f"/{LOCALE}/app/{self.splunkd.app}/")
        if parts[0] != LOCALE:
            return self._redirect(f"/{LOCALE}{asked.target}")
        for prefix, serve in self._routes:
            names = tuple(prefix.split("/"))
            if parts[1 : len(names) + 1] == names:
                return serve(asked, parts[len(names) + 1 :])
        return _not_found()

    @staticmethod
    def _redirect(place: str) -> Answered:
        return Answered(303, headers=(("Location", place),))

    # -- pages -----------------------------------------------------------------------------------

    def _app(self, _asked: Asked, parts: tuple[str, ...]) -> Answered:
        """A view of the app: views/<name>.xml with ``type="html"`` names a template.

        A dashboard is drawn by Splunk Web itself; here it is only there. Others are
        UCC's generated views; ``<app>:/templates/base.html`` lies under the app's appserver/.
        Whoever asks is logged in: the cookies are those that ``@splunk/splunk-utils`` and Splunk
        Web's cross-site request forgery check want.
        """
        if not parts or parts[0] != self.splunkd.app:
            return _not_found()
        if len(parts) == 1:
            return self._redirect(f"/{LOCALE}/app/{parts[0]}/{self._default_view()}")
        view = self.splunkd.app_dir / "default" / "data" / "ui" / "views" / f"{parts[1]}.xml"
        if len(parts) != 2 or not view.is_file():
            return _not_found()
        root = ET.parse(view).getroot()  # noqa: S314 - our own package
        if root.tag == "dashboard":
            title = escape(root.findtext("label") or parts[1])
            return self._page(f"<!doctype html><title>{title}</title><h1>{title}</h1>".encode())
        app, _, template = str(root.get("template", "")).partition(":/")
        file = self.splunkd.home.apps / app / "appserver" / template
        if not template or not file.is_file():
            return _not_found()
        return self._page(file.read_bytes())

    def _page(self, content: bytes) -> Answered:
        cookies = (
            ("Set-Cookie", f"splunkd_{self.port}={self._session}; Path=/; HttpOnly"),
            ("Set-Cookie", f"splunkweb_csrf_token_{self.port}={self._form_key}; Path=/"),
        )
        return Answered(200, content, HTML, cookies)

    def _default_view(self) -> str:
        """``default="true"`` in nav/default.xml."""
        nav = self.splunkd.app_dir / "default" / "data" / "ui" / "nav" / "default.xml"
        views = list(ET.parse(nav).getroot().iter("view"))  # noqa: S314 - our own package
        chosen = [view for view in views if view.get("default") == "true"]
        return str((chosen or views)[0].get("name"))

    # -- scripts and files -----------------------------------------------------------------------

    def _config(self, _asked: Asked, _parts: tuple[str, ...]) -> Answered:
        return _script(scripts.config(self.port, LOCALE, USER))

    def _i18n(self, _asked: Asked, _parts: tuple[str, ...]) -> Answered:
        return _script(scripts.i18n())

    def _static(self, asked: Asked, parts: tuple[str, ...]) -> Answered:
        """``static[/@<build>]/app/<app>/…`` is the app's appserver/static, the rest Splunk's own.

        "Customize Splunk Enterprise dashboards: static assets" of the developer guide; the build
        in the path is there for the browser's cache (``insertCacheBuster`` of splunk-utils).
        """
        if parts and parts[0].startswith("@"):
            parts = parts[1:]
        if parts[:2] == ("app", self.splunkd.app):
            return self._asset(parts[2:])
        name = "/".join(parts)
        if name == "js/i18n.js":
            return self._i18n(asked, ())
        if name == "build/api/get_theme.js":
            return _script(scripts.theme(self.theme))
        if name in {"build/api/layout.js", "build/api/layout-dark.js"}:
            return _script(self._layout())
        return _not_found()

    def _layout(self) -> str:
        splunkd = self.splunkd
        label = scripts.app_label(splunkd.configuration, splunkd.app)
        items = scripts.navigation(splunkd.home, splunkd.app)
        return scripts.layout(label, splunkd.app, LOCALE, items)

    def _asset(self, parts: tuple[str, ...]) -> Answered:
        folder = (self.splunkd.app_dir / "appserver" / "static").resolve()
        file = Path(folder, *parts).resolve()
        if folder not in file.parents or not file.is_file():
            return _not_found()
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        if file.suffix == ".js":
            kind = SCRIPT
        return Answered(200, file.read_bytes(), kind, (("Cache-Control", "max-age=3600"),))

    # -- the way to splunkd ----------------------------------------------------------------------

    def _raw(self, asked: Asked, _parts: tuple[str, ...]) -> Answered:
        """``/<locale>/splunkd/__raw/…``: splunkd's REST API for who is logged in.

        ``createRESTURL`` of splunk-utils makes these URLs. Whoever changes something must send the
        form key, ``X-Splunk-Form-Key``, which only a page of this site can read from its cookie.
        """
        cookies = SimpleCookie(asked.headers.get("cookie", ""))
        session = cookies.get(f"splunkd_{self.port}")
        if session is None or session.value != self._session:
            return _messages(401, "Unauthorized")
        if asked.method != "GET" and asked.headers.get("x-splunk-form-key") != self._form_key:
            return _messages(401, "CSRF validation failed")
        target = asked.target[len(f"/{LOCALE}/splunkd/__raw") :]
        try:
            path = parse_target(target)[2]
        except RestError:
            return _not_found()
        known = exposures(self.splunkd.configuration, self.splunkd.app)
        if not any(exposure.allows(asked.method, path) for exposure in known):
            return _not_found()
        content_type = asked.headers.get("content-type", "")
        status, kind, body = ask(self.splunkd, asked.method, target, asked.body, content_type)
        return Answered(status, body, kind)


def _script(text: str) -> Answered:
    return Answered(200, text.encode(), SCRIPT)
