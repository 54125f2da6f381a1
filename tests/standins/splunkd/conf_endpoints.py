"""Configuration files behind REST: ``configs/conf-<name>`` and ``properties``.

REST API Reference Manual, "Configuration endpoint descriptions". What the clients rely on:
``splunklib.client.Configurations`` ("configs/conf-{name} never returns a 404";
``properties/{name}`` does), ``Stanza.submit`` (a POST of a form), ``ConfFile`` of ``solnlib``.
"""

from __future__ import annotations

from typing import Callable

from tests.standins.splunkd.atom import Entry, answer
from tests.standins.splunkd.conf import Configuration
from tests.standins.splunkd.rest import (
    TEXT,
    Request,
    Response,
    RestError,
    not_found,
    refused,
    target_app,
)


class ConfEndpoints:
    """``configs/conf-<name>[/<stanza>]`` and ``properties[/<name>[/<stanza>[/<key>]]]``."""

    def __init__(self, configuration: Configuration, unreadable_status: Callable[[], int]) -> None:
        self._configuration = configuration
        self._unreadable_status = unreadable_status

    def configs(self, request: Request) -> Response:
        """List, read, create, change and delete stanzas of one file."""
        name = request.path[1][len("conf-") :]
        if len(request.path) == 2 or request.path[2] == "_reload":
            return self._file(request, name)
        return self._stanza(request, name, request.path[2])

    def _file(self, request: Request, name: str) -> Response:
        collection = f"configs/conf-{name}"
        if request.method == "POST" and len(request.path) == 2:
            stanza = request.arguments.get("name", "")
            if not stanza:
                raise RestError(
                    400, 'Cannot perform action "POST" without a target name to act on.'
                )
            if stanza in self._configuration.resolve(request.app, name):
                raise RestError(409, f"An object with name={stanza} already exists")
            self._check_writable(request, target_app(request), name, stanza)
            self._configuration.update(target_app(request), name, stanza, request.settings())
            return answer(
                request, self._entries(request, name, stanza), collection=collection, status=201
            )
        if len(request.path) == 3:
            return answer(request, [], collection=collection)
        return answer(request, self._entries(request, name), collection=collection)

    def _stanza(self, request: Request, name: str, stanza: str) -> Response:
        collection = f"configs/conf-{name}"
        found = self._configuration.resolve(request.app, name).get(stanza)
        if found is None:
            raise not_found(stanza)
        if not self._configuration.may("read", request.roles, found[0], name, stanza):
            raise not_found(stanza) if self._unreadable_status() == 404 else refused()
        action = request.path[3] if len(request.path) > 3 else ""
        if request.method != "GET":
            self._check_writable(request, found[0], name, stanza)
        if request.method == "DELETE":
            if not self._configuration.remove(found[0], name, stanza):
                text = f"Object id={stanza} cannot be deleted in config={name}."
                raise RestError(400, text)
            return answer(request, self._entries(request, name), collection=collection)
        if request.method == "POST":
            changes = request.settings()
            if action in {"enable", "disable"}:
                changes = {"disabled": "0" if action == "enable" else "1"}
            self._configuration.update(target_app(request), name, stanza, changes)
        return answer(request, self._entries(request, name, stanza), collection=collection)

    def _check_writable(self, request: Request, app: str, name: str, stanza: str) -> None:
        if not self._configuration.may("write", request.roles, app, name, stanza):
            raise refused()

    def _entries(self, request: Request, name: str, only: str | None = None) -> list[Entry]:
        entries = []
        for stanza, (app, settings) in self._configuration.resolve(request.app, name).items():
            if only is not None and stanza != only:
                continue
            if not self._configuration.may("read", request.roles, app, name, stanza):
                continue
            content: dict[str, object] = {
                **settings,
                "disabled": settings.get("disabled", "0").lower() in {"1", "true"},
                "eai:appName": app,
                "eai:userName": "nobody",
            }
            sharing = "global" if self._configuration.exports(app, name) else "app"
            entries.append(
                Entry(
                    stanza,
                    content,
                    app,
                    sharing=sharing,
                    extra_links=("_reload", "disable"),
                    can_write=self._configuration.may("write", request.roles, app, name, stanza),
                )
            )
        return entries

    def properties(self, request: Request) -> Response:
        """The older view of the same files; it answers 404 for a file that is not there."""
        path = request.path[1:]
        if request.method == "POST":
            return self._write_property(request, path)
        if not path:
            names = {
                n
                for a in [*self._configuration.apps(), "system"]
                for n in self._configuration.files(a)
            }
            return answer(request, [Entry(n) for n in sorted(names)], collection="properties")
        stanzas = self._configuration.resolve(request.app, path[0])
        if not self._configuration.visible_apps(request.app, path[0]):
            raise RestError(404, f"{path[0]} does not exist")
        if len(path) == 1:
            return answer(request, [Entry(n) for n in stanzas], collection=f"properties/{path[0]}")
        if path[1] not in stanzas:
            raise RestError(404, f"{path[1]} does not exist")
        settings = stanzas[path[1]][1]
        if len(path) == 2:
            entries = [Entry(key, {"$text": value}) for key, value in settings.items()]
            return answer(request, entries, collection="properties/" + "/".join(path))
        if path[2] not in settings:
            raise RestError(404, f"{path[2]} does not exist")
        return Response(200, settings[path[2]].encode(), TEXT)

    def _write_property(self, request: Request, path: tuple[str, ...]) -> Response:
        """``__conf`` makes a file (303 if there is one), ``__stanza`` a stanza."""
        settings = request.settings()
        name = settings.pop("__conf", None)
        if name is not None:
            existed = bool(self._configuration.visible_apps(request.app, name))
            if not existed:
                self._configuration.create_file(target_app(request), name)
            return RestError(303 if existed else 201, f"{name}", "INFO").response(
                as_json=request.wants_json
            )
        stanza = settings.pop("__stanza", path[1] if len(path) > 1 else "")
        self._configuration.update(target_app(request), path[0], stanza, settings)
        return RestError(200 if len(path) > 1 else 201, "Successfully modified", "INFO").response(
            as_json=request.wants_json
        )
