"""``data/inputs/<scheme>``: inputs as splunkd itself keeps them.

REST API Reference Manual, "data/inputs/…", and "Set up external validation" of the modular input
manual: what is saved goes to inputs.conf, after the script was asked with ``--validate-arguments``.
``splunktaucclib``'s ``DataInputModel`` sends what the inputs page saves here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.standins.splunkd.atom import Entry, answer
from tests.standins.splunkd.rest import Request, Response, RestError, not_found, refused

if TYPE_CHECKING:
    from tests.standins.splunkd.splunkd import Splunkd

# inputs.conf.spec: settings that every input takes, beside those of its scheme.
_COMMON = frozenset(
    [
        "disabled",
        "host",
        "index",
        "interval",
        "source",
        "sourcetype",
        "persistentQueueSize",
        "queueSize",
        "_rcvbuf",
        "python.version",
        "python.required",
        "start_by_shell",
        "run_introspection",
    ]
)


class Inputs:
    """The inputs of the add-on's scheme."""

    def __init__(self, splunkd: Splunkd) -> None:
        self._splunkd = splunkd

    def endpoint(self, request: Request) -> Response:
        """List, read, create, change, enable, disable and delete inputs."""
        if len(request.path) < 3 or request.path[2] != self._splunkd.scheme_name:
            raise RestError(404, "Not Found")
        collection = f"data/inputs/{self._splunkd.scheme_name}"
        name = request.path[3] if len(request.path) > 3 else None
        if request.method != "GET" and not self._may("write", request):
            raise refused()
        if name is None and request.method == "POST":
            name = self._create(request)
            return answer(request, self._entries(name), collection=collection, status=201)
        if name is None:
            readable = self._entries() if self._may("read", request) else []
            return answer(request, readable, collection=collection)
        return self._object(request, name, collection)

    def _object(self, request: Request, name: str, collection: str) -> Response:
        if name == "_reload":
            return answer(request, [], collection=collection)
        if not self._entries(name) or not self._may("read", request):
            raise not_found(name)
        if request.method == "DELETE":
            self._delete(name)
            return answer(request, self._entries(), collection=collection)
        if request.method == "POST":
            self._change(request, name)
        return answer(request, self._entries(name), collection=collection)

    def _may(self, action: str, request: Request) -> bool:
        """Whether the caller's roles may, by the app's metadata of ``inputs``."""
        splunkd = self._splunkd
        return splunkd.configuration.may(action, request.roles, splunkd.app, "inputs", "")

    def _stanza(self, name: str) -> str:
        return f"{self._splunkd.scheme_name}://{name}"

    def _entries(self, only: str | None = None) -> list[Entry]:
        names = [only] if only is not None else self._splunkd.input_names(enabled=False)
        entries = []
        for name in names:
            settings = self._splunkd.input_settings(name)
            if settings is not None:
                content: dict[str, object] = {
                    **settings,
                    "disabled": settings.get("disabled", "0").lower() in {"1", "true"},
                    "eai:appName": self._splunkd.app,
                    "eai:userName": "nobody",
                }
                entries.append(Entry(name, content, self._splunkd.app))
        return entries

    def _create(self, request: Request) -> str:
        name = request.arguments.get("name", "")
        if not name:
            raise RestError(400, 'Cannot perform action "POST" without a target name to act on.')
        if self._entries(name):
            raise RestError(409, f"An object with name={name} already exists")
        settings = request.settings()
        scheme = self._splunkd.introspection()
        self._check_known(settings)
        missing = [
            key for key, needed in scheme.arguments.items() if needed and not settings.get(key)
        ]
        if missing:
            raise RestError(
                400, f"The following required arguments are missing: {', '.join(missing)}."
            )
        self._validate(name, settings)
        self._save(name, settings)
        return name

    def _change(self, request: Request, name: str) -> None:
        action = request.path[4] if len(request.path) > 4 else ""
        if action in {"enable", "disable"}:
            self._save(name, {"disabled": "0" if action == "enable" else "1"})
            return
        settings = request.settings()
        self._check_known(settings)
        current = self._splunkd.input_settings(name) or {}
        self._validate(name, {**current, **settings})
        self._save(name, settings)

    def _delete(self, name: str) -> None:
        configuration, app = self._splunkd.configuration, self._splunkd.app
        if not configuration.remove(app, "inputs", self._stanza(name)):
            stanza = self._stanza(name)
            raise RestError(400, f"Object id={stanza} cannot be deleted in config=inputs.")

    def _check_known(self, settings: dict[str, str]) -> None:
        known = _COMMON | set(self._splunkd.introspection().arguments)
        for key in settings:
            if key not in known:
                raise RestError(400, f'Argument "{key}" is not supported by this handler.')

    def _validate(self, name: str, settings: dict[str, str]) -> None:
        if not self._splunkd.introspection().use_external_validation:
            return
        outcome = self._splunkd.validate(name, **settings)
        if outcome.exit_code != 0:
            scheme = self._splunkd.scheme_name
            text = (
                outcome.message or f"script running failed (exited with code {outcome.exit_code})."
            )
            raise RestError(400, f"Argument validation for scheme={scheme}: {text}")

    def _save(self, name: str, settings: dict[str, str]) -> None:
        self._splunkd.configuration.update(
            self._splunkd.app, "inputs", self._stanza(name), settings
        )
