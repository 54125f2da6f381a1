"""The scripts of Splunk Web's own that the add-on's pages load before they begin."""

from __future__ import annotations

import json
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from tests.standins.splunkd.conf import Configuration
from tests.standins.splunkd.home import Home

BUILD = "153605527"


@dataclass(frozen=True)
class NavItem:
    """An entry of the app's navigation."""

    view: str
    label: str


def config(port: int, locale: str, user: str) -> str:
    """``/config?autoload=1`` sets ``$C``.

    ``@splunk/splunk-utils/config`` reads these keys; ``splunkdPath`` is where its ``createRESTURL``
    sends REST calls, the port is part of the cookies' names.
    """
    values = {
        "BUILD_NUMBER": BUILD,
        "BUILD_PUSH_NUMBER": 0,
        "LOCALE": locale,
        "MRSPARKLE_PORT_NUMBER": port,
        "MRSPARKLE_ROOT_PATH": "",
        "SERVER_ZONEINFO": "### SERIALIZED TIMEZONE FORMAT 1.0;Y0 Y GMT;@-1",
        "SPLUNKD_PATH": f"/{locale}/splunkd/__raw",
        "USERNAME": user,
        "VERSION_LABEL": "10.0.0",
    }
    return f"window.$C = {json.dumps(values)};\n"


def i18n() -> str:
    """``static/js/i18n.js`` and ``i18ncatalog``: what ``@splunk/ui-utils/i18n`` looks for.

    Without a translation a text is its own ("Translate Splunk": en_US has none).
    """
    return (
        "window.i18n_register = window.i18n_register || function () {};\n"
        "window.gettext = window.gettext || function (text) { return text; };\n"
        "window.ngettext = window.ngettext ||\n"
        "    function (one, many, count) { return count === 1 ? one : many; };\n"
    )


def theme(name: str) -> str:
    """``build/api/get_theme.js``: ``@splunk/splunk-utils/themes`` calls ``getTheme`` of it."""
    return (
        "window.__get_theme__ = "
        f"{{ getTheme: function () {{ return Promise.resolve({json.dumps(name)}); }} }};\n"
    )


def layout(app_label: str, app: str, locale: str, items: list[NavItem]) -> str:
    """``build/api/layout.js`` and ``layout-dark.js``: Splunk's bars above the page.

    ``@splunk/react-page`` calls ``__splunk_layout__.create(options).getContainerElement()`` and
    puts the page into that element. The bars are only drawn: a row for Splunk's own, one for the
    app's navigation as its ``nav/default.xml`` has it.
    """
    links = [{"label": item.label, "href": f"/{locale}/app/{app}/{item.view}"} for item in items]
    values = json.dumps({"app": app_label, "links": links}).replace("</", "<\\/")
    return _LAYOUT.replace("VALUES", values)


_LAYOUT = """\
window.__splunk_layout__ = {
    create: function (options) {
        var values = VALUES;
        var dark = options.theme === 'dark';
        function row(parent, background, colour) {
            var element = document.createElement('div');
            element.style.cssText = 'display:flex;align-items:center;gap:24px;padding:0 20px;' +
                'height:40px;font:14px "Splunk Platform Sans",Roboto,Arial,sans-serif;background:' +
                background + ';color:' + colour;
            parent.appendChild(element);
            return element;
        }
        function text(parent, name, content, style) {
            var element = document.createElement(name);
            element.textContent = content;
            element.style.cssText = style || 'color:inherit;text-decoration:none';
            parent.appendChild(element);
            return element;
        }
        document.body.style.margin = '0';
        var header = document.createElement('header');
        header.setAttribute('data-view', 'splunkjs/mvc/headerview');
        var bar = row(header, '#000', '#fff');
        text(bar, 'span', 'splunk>', 'font-weight:bold');
        text(bar, 'span', 'Apps');
        var navigation = row(header, dark ? '#31373e' : '#3c444d', '#fff');
        values.links.forEach(function (link) {
            text(navigation, 'a', link.label).href = link.href;
        });
        text(navigation, 'span', values.app, 'margin-left:auto;font-weight:bold');
        var container = document.createElement('div');
        container.style.cssText = 'min-height:calc(100vh - 80px)';
        document.body.appendChild(header);
        document.body.appendChild(container);
        return { getContainerElement: function () { return container; } };
    }
};
"""


def navigation(home: Home, app: str) -> list[NavItem]:
    """The app's ``nav/default.xml`` ("Build navigation for your app", developer guide).

    Collections are flattened; a view of another app has its name for a label.
    """
    root = ET.parse(  # noqa: S314 - our own package
        home.apps / app / "default" / "data" / "ui" / "nav" / "default.xml"
    ).getroot()
    names = [str(view.get("name")) for view in root.iter("view") if view.get("name")]
    return [NavItem(name, _label(home, app, name)) for name in names]


def _label(home: Home, app: str, view: str) -> str:
    file = home.apps / app / "default" / "data" / "ui" / "views" / f"{view}.xml"
    if not file.is_file():
        return view.capitalize()
    label = ET.parse(file).getroot().findtext("label")  # noqa: S314 - our own package
    return label or view


def app_label(configuration: Configuration, app: str) -> str:
    """``[ui] label`` of app.conf."""
    return configuration.layer(app, "app").get("ui", {}).get("label", app)
