"""The package's own REST handlers, run as splunkd runs them when a configuration page calls.

restmap.conf.spec: ``[admin:<name>]`` with ``match`` and ``members`` publishes endpoints,
``[admin_external:<member>]`` names the script (``handlerfile`` in the app's bin/) and the actions
it takes. splunkd starts the script with its Python and the argument ``persistent``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.standins.splunkd import input_run
from tests.standins.splunkd.atom import Entry, answer
from tests.standins.splunkd.process import InputProcess
from tests.standins.splunkd.rest import Request, Response, RestError

if TYPE_CHECKING:
    from tests.standins.splunkd.splunkd import Splunkd

_ACTIONS = {"create": 1, "list": 2, "edit": 4, "remove": 8, "_reload": 32}
_TIMEOUT = 60.0


@dataclass(frozen=True)
class Handler:
    """One endpoint of restmap.conf."""

    path: tuple[str, ...]
    script: str
    actions: frozenset[str]


class Handlers:
    """Endpoints that the package brings."""

    def __init__(self, splunkd: Splunkd) -> None:
        self._splunkd = splunkd

    def find(self, request: Request) -> Handler | None:
        """The handler of a path, in the app's own namespace or the wildcard's."""
        if request.app not in {self._splunkd.app, "-"}:
            return None
        for handler in self.all():
            if request.path[: len(handler.path)] == handler.path:
                return handler
        return None

    def all(self) -> list[Handler]:
        """What the package's restmap.conf publishes."""
        stanzas = self._splunkd.configuration.layer(self._splunkd.app, "restmap")
        handlers = []
        for name, settings in stanzas.items():
            if not name.startswith("admin:"):
                continue
            prefix = tuple(part for part in settings.get("match", "/").split("/") if part)
            for member in settings.get("members", "").replace(",", " ").split():
                external = stanzas.get(f"admin_external:{member}")
                if external is not None:
                    actions = external.get("handleractions", "").replace(",", " ").split()
                    script = external.get("handlerfile", "")
                    handlers.append(Handler((*prefix, member), script, frozenset(actions)))
        return handlers

    def serve(self, request: Request, handler: Handler) -> Response:
        """Run the handler for a request and answer what it says."""
        rest = request.path[len(handler.path) :]
        action, name, custom = _action(request, rest)
        if action not in handler.actions and action != "_reload":
            raise RestError(405, f'Action "{action}" is not supported by this handler')
        arguments = {
            key: [value or None]
            for key, value in request.settings().items()
            if not key.startswith("eai:")
        }
        if custom:
            arguments["disabled"] = ["1" if custom == "disable" else "0"]
        if action == "_reload":
            return answer(request, [], collection="/".join(handler.path))
        result = self._run(handler, request, action, name, arguments)
        if "error" in result:
            raise self._error(result)
        entries = [self._entry(item) for item in result["items"]]
        status = 201 if action == "create" else 200
        return answer(request, entries, collection="/".join(handler.path), status=status)

    def _run(
        self,
        handler: Handler,
        request: Request,
        action: str,
        name: str | None,
        arguments: dict[str, list[str | None]],
    ) -> dict[str, Any]:
        splunkd = self._splunkd
        document = {
            "action": _ACTIONS[action],
            "id": name,
            "args": arguments,
            "session_key": splunkd.session_key,
            "owner": request.owner or "nobody",
            "app": splunkd.app,
        }
        script = splunkd.app_dir / "bin" / handler.script
        process = InputProcess(
            [str(splunkd.home.python), str(script), "persistent"],
            input_run.environment(splunkd.home, splunkd.switches),
            splunkd.switches.working_directory,
            json.dumps(document),
        )
        run = process.wait(_TIMEOUT)
        splunkd.log_stderr(run, f"{script} persistent")
        if run.exit_code != 0 or not run.stdout:
            raise RestError(
                500, f"External handler failed with code '{run.exit_code}'. {run.stderr}"
            )
        result: dict[str, Any] = json.loads(run.stdout)
        return result

    def _error(self, result: dict[str, Any]) -> RestError:
        """Errors of splunkd's own kinds have their status; any other is 500 with this text.

        The text and its status are those that the UCC project records of a real Splunk, in its
        tests of the pages and in its modular input test tool's documentation.
        """
        if result["status"] is not None:
            return RestError(result["status"], result["error"])
        return RestError(
            500,
            f'Unexpected error "{result["type"]}" from python handler: "{result["error"]}". '
            "See splunkd.log/python.log for more details.",
        )

    def _entry(self, item: dict[str, Any]) -> Entry:
        metadata = item["metadata"]
        acl = metadata.get("eai:acl") or {}
        content = {
            **{key: value for key, value in item["content"].items() if key != "eai:acl"},
            "eai:appName": metadata.get("eai:appName", self._splunkd.app),
            "eai:userName": metadata.get("eai:userName", "nobody"),
            "eai:attributes": metadata.get("eai:attributes", {}),
        }
        app = str(acl.get("app") or self._splunkd.app)
        return Entry(item["name"], content, app, str(acl.get("owner") or "nobody"), "global")


def _action(request: Request, rest: tuple[str, ...]) -> tuple[str, str | None, str]:
    """Which action a method and path mean ("Using the REST API reference"), on which object."""
    if rest[:1] == ("_reload",):
        return "_reload", None, ""
    if request.method == "GET":
        return "list", rest[0] if rest else None, ""
    if request.method == "DELETE":
        if not rest:
            raise RestError(400, 'Cannot perform action "DELETE" without a target name to act on.')
        return "remove", rest[0], ""
    if rest:
        return "edit", rest[0], rest[1] if len(rest) > 1 else ""
    name = request.arguments.get("name", "")
    if not name:
        raise RestError(400, 'Cannot perform action "POST" without a target name to act on.')
    return "create", name, ""
