"""A Splunk whose packaged REST handlers are called as the configuration pages call them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import requests

from tests.integration.conftest import PrivateCa
from tests.integration.support import splunk
from tests.standins.invicti_tenant import Switches, TenantServer
from tests.standins.splunkd import Splunkd, SplunkdSwitches

ACCOUNTS = "ta_invicti_auditlogs_account"
HEC_TARGETS = "ta_invicti_auditlogs_hec"
SETTINGS = "ta_invicti_auditlogs_settings"
INPUTS = "ta_invicti_auditlogs_invicti_auditlogs"
PROGRESS = "ta_invicti_auditlogs_progress"


class Answer(NamedTuple):
    """What a page gets.

    Attributes:
        status: Of HTTP.
        entries: Name and content of each object, without what Splunk adds.
        text: The message of a refusal.
        body: All of it.
    """

    status: int
    entries: dict[str, dict[str, Any]]
    text: str
    body: str

    @property
    def content(self) -> dict[str, Any]:
        """Of the only object."""
        (content,) = self.entries.values()
        return content


class Pages:
    """The configuration pages of one Splunk.

    Args:
        splunkd: With the package.
    """

    def __init__(self, splunkd: Splunkd) -> None:
        self.splunkd = splunkd

    def call(self, method: str, path: str, **form: str) -> Answer:
        """One request; whatever comes of it, it is no crash."""
        response = requests.request(
            method,
            f"{self.splunkd.management_uri}/servicesNS/nobody/{self.splunkd.app}/{path}",
            params={"output_mode": "json"},
            data=form or None,
            headers={"Authorization": f"Splunk {self.splunkd.session_key}"},
            verify=str(self.splunkd.home.path / "etc" / "auth" / "cacert.pem"),
            timeout=120,
        )
        told = response.json()
        text = " ".join(message["text"] for message in told.get("messages", []))
        assert response.status_code != 500, text
        assert "Traceback" not in response.text
        assert "File \\" not in response.text
        entries = {
            entry["name"]: {
                key: value for key, value in entry["content"].items() if not key.startswith("eai:")
            }
            for entry in told.get("entry", [])
        }
        return Answer(response.status_code, entries, text, response.text)

    def create(self, path: str, name: str, **form: str) -> Answer:
        """What the button Add sends."""
        return self.call("POST", path, name=name, **form)

    def edit(self, path: str, name: str, **form: str) -> Answer:
        """What the form of an object sends."""
        return self.call("POST", f"{path}/{name}", **form)

    def read(self, path: str, name: str = "") -> Answer:
        """What a table or a form shows."""
        return self.call("GET", f"{path}/{name}" if name else path)

    def delete(self, path: str, name: str) -> Answer:
        """What the action Delete sends."""
        return self.call("DELETE", f"{path}/{name}")

    def progress(self, name: str = "prod") -> dict[str, Any]:
        """Where an input stands."""
        answer = self.read(PROGRESS, name)
        assert answer.status == 200, answer.text
        return answer.content


def account_form(server: TenantServer, **changes: str) -> dict[str, str]:
    """The fields of an account that works, as the form sends them."""
    form = {"base_url": server.base_url, "user_id": server.user_id, "api_token": server.api_token}
    return {**form, "date_format": "auto", **changes}


def input_form(**changes: str) -> dict[str, str]:
    """The fields of an input as the form sends them."""
    form = {"account": "main", "index": "invicti", "interval": "300", "request_data": "mask"}
    return {**form, **changes}


@contextmanager
def pages(
    package: Path, python: Path, folder: Path, switches: SplunkdSwitches | None = None
) -> Iterator[Pages]:
    """A Splunk in an empty folder."""
    with splunk(package, python, folder, switches) as splunkd:
        yield Pages(splunkd)


@contextmanager
def tenant(ca: PrivateCa | None = None, **switches: Any) -> Iterator[TenantServer]:
    """A small tenant, by https where an authority is given."""
    wanted = Switches(**{"records": 300, "span_days": 20.0, **switches})
    certificate, key = (ca.certificate, ca.key) if ca else (None, None)
    with TenantServer(wanted, tls_cert=certificate, tls_key=key) as server:
        yield server


def seconds(text: str) -> float:
    """The moment of an answer's text."""
    return time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
