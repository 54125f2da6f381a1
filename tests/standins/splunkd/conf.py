"""Which settings count: the .conf files of all apps, one laid over the other.

"Configuration file precedence" of the Splunk Admin Manual, and default.meta.conf.spec: only what an
app's ``metadata/*.meta`` exports to the system counts in other apps. ``solnlib.conf_manager``
depends on it: it asks for its file from a namespace ``dummy``.
"""

from __future__ import annotations

import re
import threading
from pathlib import Path
from urllib.parse import quote

from tests.standins.splunkd import conf_file
from tests.standins.splunkd.conf_file import DEFAULT, Stanzas
from tests.standins.splunkd.home import Home


class Configuration:
    """All .conf files of a SPLUNK_HOME, read from disk at every use."""

    def __init__(self, home: Home) -> None:
        self._etc = home.path / "etc"
        self._lock = threading.RLock()

    def _folder(self, app: str) -> Path:
        return self._etc / "system" if app == "system" else self._etc / "apps" / app

    def apps(self) -> list[str]:
        """The installed apps, in the order of precedence that splunkd gives them (ASCII)."""
        return sorted(path.name for path in (self._etc / "apps").iterdir() if path.is_dir())

    def files(self, app: str) -> set[str]:
        """Names of the .conf files that an app has."""
        folder = self._folder(app)
        return {
            path.stem for layer in ("default", "local") for path in folder.glob(f"{layer}/*.conf")
        }

    def exports(self, app: str, name: str, stanza: str = "") -> bool:
        """Whether an app shares a stanza with all apps: ``export = system``.

        default.meta.conf.spec: the most specific of ``[<file>/<stanza>]``, ``[<file>]`` and ``[]``
        counts.
        """
        if app == "system":
            return True
        return (self._metadata(app, name, stanza, "export") or "none") == "system"

    def may(self, action: str, roles: tuple[str, ...], app: str, name: str, stanza: str) -> bool:
        """Whether one of the roles may ``read`` or ``write`` a stanza of an app.

        default.meta.conf.spec: ``access = read : [ <role>, … ], write : [ <role>, … ]``, ``*`` is
        every role; the most specific place counts.
        """
        access = self._metadata(app, name, stanza, "access")
        listed = re.search(rf"{action}\s*:\s*\[([^\]]*)\]", access)
        if listed is None:
            return action == "read" or "admin" in roles
        return bool({role.strip() for role in listed[1].split(",")} & {"*", *roles})

    def _metadata(self, app: str, name: str, stanza: str, key: str) -> str:
        folder = self._folder(app) / "metadata"
        meta = conf_file.overlay(
            conf_file.read(folder / "default.meta"), conf_file.read(folder / "local.meta")
        )
        places = (f"{name}/{quote(stanza, safe='')}", name, "")
        found = (meta.get(place, {}).get(key) for place in places)
        return next((value for value in found if value), "")

    def visible_apps(self, app: str | None, name: str) -> list[str]:
        """Apps whose file counts in a namespace, in rising precedence: system, others, the app."""
        everywhere = app in {None, "-"}
        others = [
            other
            for other in self.apps()
            if other != app
            and name in self.files(other)
            and (everywhere or self.exports(other, name))
        ]
        own = [app] if app in self.apps() and name in self.files(str(app)) else []
        system = ["system"] if name in self.files("system") else []
        return [*system, *reversed(others), *(str(item) for item in own)]

    def layer(self, app: str, name: str) -> Stanzas:
        """One app's file: local/ over default/."""
        folder = self._folder(app)
        return conf_file.overlay(
            conf_file.read(folder / "default" / f"{name}.conf"),
            conf_file.read(folder / "local" / f"{name}.conf"),
        )

    def resolve(self, app: str | None, name: str) -> dict[str, tuple[str, dict[str, str]]]:
        """Every stanza as it counts in a namespace: name → (app it belongs to, settings).

        ``[default]`` lends its settings to every other stanza ("Configuration file structure").
        """
        with self._lock:
            layers = [
                (other, self._shared(app, other, name)) for other in self.visible_apps(app, name)
            ]
        owners: dict[str, str] = {}
        for other, stanzas in layers:
            owners.update(dict.fromkeys(stanzas, other))
        merged = conf_file.overlay(*(stanzas for _, stanzas in layers))
        shared = merged.get(DEFAULT, {})
        return {
            stanza: (owners[stanza], {**shared, **settings})
            for stanza, settings in merged.items()
            if stanza != DEFAULT
        }

    def _shared(self, app: str | None, other: str, name: str) -> Stanzas:
        """One app's file as another app sees it: without the stanzas it keeps to itself."""
        stanzas = self.layer(other, name)
        if app in {None, "-", other}:
            return stanzas
        return {key: value for key, value in stanzas.items() if self.exports(other, name, key)}

    def stanza(self, app: str | None, name: str, stanza: str) -> dict[str, str]:
        """The settings of one stanza, {} if there is none."""
        found = self.resolve(app, name).get(stanza)
        return dict(found[1]) if found else {}

    def update(self, app: str, name: str, stanza: str, settings: dict[str, str]) -> None:
        """Set keys of a stanza in the app's local/, as every write through splunkd does."""
        path = self._folder(app) / "local" / f"{name}.conf"
        with self._lock:
            stanzas = conf_file.read(path)
            stanzas.setdefault(stanza, {}).update(settings)
            conf_file.write(path, stanzas)

    def replace(self, app: str, name: str, stanza: str, settings: dict[str, str]) -> None:
        """Make a local stanza exactly this."""
        self.remove(app, name, stanza)
        self.update(app, name, stanza, settings)

    def remove(self, app: str, name: str, stanza: str) -> bool:
        """Drop a stanza from local/; one that is shipped in default/ stays."""
        path = self._folder(app) / "local" / f"{name}.conf"
        with self._lock:
            stanzas = conf_file.read(path)
            existed = stanzas.pop(stanza, None) is not None
            if existed:
                conf_file.write(path, stanzas)
        return existed

    def create_file(self, app: str, name: str) -> None:
        """An empty local file."""
        conf_file.write(self._folder(app) / "local" / f"{name}.conf", {})
