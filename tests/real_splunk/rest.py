"""A Splunk by its REST interface, as far as the trial needs it.

Endpoints: Splunk's REST API Reference Manual ("auth/login", "apps/local", "data/indexes",
"server/control/restart", "receivers/simple", "search/v2/jobs/export"), and the add-on's own
(docs/headless-setup.md).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any, Callable
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter

APP = "TA-invicti-auditlogs"
SECONDS = 300


class RefusedError(Exception):
    """Splunk said no, and why."""


class _DefaultCertificate(HTTPAdapter):
    """Trusts the given authority, whatever name is in the certificate.

    The certificate that Splunk makes for itself names no host ("SplunkServerDefaultCert").
    """

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """See `HTTPAdapter`."""
        options["assert_hostname"] = False
        super().init_poolmanager(*arguments, **options)  # type: ignore[no-untyped-call]


class Rest:
    """One splunkd.

    Args:
        uri: Scheme, host and port of its management port.
        ca: File of the authority that signed its certificate.
    """

    def __init__(self, uri: str, ca: str) -> None:
        self.uri = uri
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = ca
        self._session.mount("https://", _DefaultCertificate())

    def use_session_key(self, key: str) -> None:
        """Goes by a session key from now on."""
        self._session.headers["Authorization"] = f"Splunk {key}"

    def login(self, user: str, password: str) -> None:
        """Gets a session key ("auth/login")."""
        self._session.headers.pop("Authorization", None)
        form = {"username": user, "password": password}
        self.use_session_key(str(self.call("POST", "/services/auth/login", form)["sessionKey"]))

    def call(
        self,
        method: str,
        path: str,
        form: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> dict[str, Any]:
        """Returns the JSON of an answer.

        Raises:
            RefusedError: when its status is no success.
        """
        answer = self._session.request(
            method,
            self.uri + path,
            params={"output_mode": "json", **(query or {})},
            data=body if body is not None else form,
            timeout=SECONDS,
        )
        if not answer.ok:
            raise RefusedError(f"{method} {path}: HTTP {answer.status_code} {_words(answer)}")
        told: dict[str, Any] = answer.json() if answer.content else {}
        return told

    def app_call(self, method: str, path: str, **form: str) -> dict[str, dict[str, Any]]:
        """A request to the add-on's own handlers; the objects of the answer by name."""
        told = self.call(method, f"/servicesNS/nobody/{APP}/{path}", form or None)
        return {entry["name"]: entry["content"] for entry in told.get("entry", [])}

    def install(self, path: str) -> str:
        """Installs a package that lies on Splunk's machine; returns the version it then has."""
        form = {"name": path, "filename": "true", "update": "true"}
        self.call("POST", "/services/apps/local", form)
        return self.app_version()

    def app_version(self) -> str:
        """The version of the installed add-on."""
        (entry,) = self.call("GET", f"/services/apps/local/{APP}")["entry"]
        return str(entry["content"]["version"])

    def server_version(self) -> str:
        """Splunk's own."""
        (entry,) = self.call("GET", "/services/server/info")["entry"]
        return str(entry["content"]["version"])

    def started(self) -> Any:
        """When Splunk was started."""
        (entry,) = self.call("GET", "/services/server/info")["entry"]
        return entry["content"].get("startup_time")

    def restart(self) -> None:
        """Restarts Splunk."""
        self.call("POST", "/services/server/control/restart")

    def receive(self, raw: str, **metadata: str) -> None:
        """Indexes one event ("receivers/simple")."""
        self.call("POST", "/services/receivers/simple", query=metadata, body=raw.encode())

    def search(self, spl: str, app: str = APP) -> list[dict[str, Any]]:
        """Runs a search over all time to its end; returns its rows.

        Raises:
            RefusedError: when Splunk does not take it, or finds an error in it.
        """
        text = spl.strip()
        form = {
            "search": text if text.startswith(("|", "search ")) else f"search {text}",
            "earliest_time": "0",
            "latest_time": "now",
            "output_mode": "json",
            "preview": "false",
        }
        path = f"/servicesNS/nobody/{quote(app)}/search/v2/jobs/export"
        answer = self._session.post(self.uri + path, data=form, timeout=SECONDS)
        if not answer.ok:
            raise RefusedError(f"{spl}: HTTP {answer.status_code} {_words(answer)}")
        return list(rows_of_export(answer.text, spl))


def rows_of_export(text: str, spl: str) -> Iterator[dict[str, Any]]:
    """The rows of an export: a JSON object a line, each with a row or with messages.

    Raises:
        RefusedError: when one of the messages is an error.
    """
    for line in text.splitlines():
        told = json.loads(line) if line.strip() else {}
        for message in told.get("messages") or []:
            if message.get("type") in ("ERROR", "FATAL"):
                raise RefusedError(f"{spl}: {message.get('text')}")
        if isinstance(told.get("result"), dict):
            yield told["result"]


def _words(answer: requests.Response) -> str:
    try:
        told = answer.json()
    except ValueError:
        return " ".join(answer.text.split())[:300]
    messages = told.get("messages") if isinstance(told, dict) else None
    return " ".join(str(message.get("text")) for message in messages or [])


def wait_for(
    what: str, condition: Callable[[], object], seconds: float, pause: float = 5.0
) -> None:
    """Waits until a condition is true.

    Raises:
        TimeoutError: when it is not in time; with the last fault, if there was one.
    """
    until = time.monotonic() + seconds
    fault: Exception | None = None
    while time.monotonic() < until:
        try:
            if condition():
                return
        except (RefusedError, requests.RequestException) as error:
            fault = error
        time.sleep(pause)
    raise TimeoutError(f"{what}: not within {seconds:.0f} s{f' ({fault})' if fault else ''}")
