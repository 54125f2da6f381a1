"""REST handlers of the package, and data/inputs with the script's own validation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from splunklib import binding

from tests.standins.splunkd import Splunkd
from tests.unit.standins.splunkd_sample import (
    APP,
    FILES,
    authority,
    make_package,
    open_splunkd,
    service,
)

HANDLER = """
import json, os
from splunk import RESTException, admin

class Handler(admin.MConfigHandler):
    def setup(self):
        if self.requestedAction == admin.ACTION_CREATE:
            self.supportedArgs.addReqArg("needed")
        if self.requestedAction in (admin.ACTION_CREATE, admin.ACTION_EDIT):
            self.supportedArgs.addOptArg("free")
            self.supportedArgs.addOptArg("disabled")

    def handleList(self, confInfo):
        print("this must not mix with the answer")
        for name in [self.callerArgs.id] if self.callerArgs.id else ["a", "b"]:
            confInfo[name]["key"] = "value of %s" % name
            confInfo[name].setMetadata("eai:acl", {"app": self.appName, "owner": "nobody"})

    def handleCreate(self, confInfo):
        known = {"conflict": admin.AlreadyExistsException, "bad": admin.ArgValidationException,
                 "gone": admin.NotFoundException, "later": admin.ServiceUnavailableException}
        if self.callerArgs.id in known:
            raise known[self.callerArgs.id]("because of <%s>" % self.callerArgs.id)
        if self.callerArgs.id == "odd":
            raise ZeroDivisionError("odd")
        self.handleEdit(confInfo)

    def handleEdit(self, confInfo):
        confInfo[self.callerArgs.id]["said"] = json.dumps(self.callerArgs.data, sort_keys=True)
        confInfo[self.callerArgs.id]["key_ok"] = str(len(self.getSessionKey()) > 20)
        confInfo[self.callerArgs.id]["environment"] = ",".join(sorted(os.environ))

    def handleRemove(self, confInfo):
        pass

admin.init(Handler, ctxInfo=admin.CONTEXT_APP_ONLY)
"""

RESTMAP = """[admin:ta_invicti_auditlogs]
match = /
members = sample_thing, sample_read

[admin_external:sample_thing]
handlertype = python
handlerfile = sample_rh.py
handleractions = edit, list, remove, create
handlerpersistentmode = true

[admin_external:sample_read]
handlertype = python
handlerfile = sample_rh.py
handleractions = list
"""


@pytest.fixture(name="splunkd", scope="module")
def _splunkd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Splunkd]:
    folder = tmp_path_factory.mktemp("handlers")
    files = {**FILES, "bin/sample_rh.py": HANDLER, "default/restmap.conf": RESTMAP}
    with Splunkd(make_package(folder / "sample.tar.gz", files), folder / "home") as splunkd:
        yield splunkd


def call(
    splunkd: Splunkd, method: str, path: str, app: str = APP, **form: str
) -> requests.Response:
    return requests.request(
        method,
        f"{splunkd.management_uri}/servicesNS/nobody/{app}/{path}",
        params={"output_mode": "json"},
        data=form or None,
        headers={"Authorization": f"Splunk {splunkd.session_key}"},
        verify=authority(splunkd),
        timeout=60,
    )


def text(response: requests.Response) -> str:
    return str(response.json()["messages"][0]["text"])


def test_list_and_read(splunkd: Splunkd) -> None:
    entries = call(splunkd, "GET", "sample_thing").json()["entry"]
    assert {entry["name"]: entry["content"]["key"] for entry in entries} == {
        "a": "value of a",
        "b": "value of b",
    }
    assert entries[0]["acl"]["app"] == APP
    only = call(splunkd, "GET", "sample_thing/x%20y").json()["entry"]
    assert [entry["name"] for entry in only] == ["x y"]


def test_the_sdk_reads_it_as_xml(splunkd: Splunkd) -> None:
    answer = service(splunkd).get("sample_thing/a")
    assert b"value of a" in answer.body.read()


def test_create_edit_and_remove(splunkd: Splunkd) -> None:
    created = call(splunkd, "POST", "sample_thing", name="n", needed="1", free="")
    assert created.status_code == 201
    content = created.json()["entry"][0]["content"]
    assert json.loads(content["said"]) == {"needed": ["1"], "free": [None]}
    assert content["key_ok"] == "True"
    assert "PYTHONPATH" not in content["environment"]
    edited = call(splunkd, "POST", "sample_thing/n", free="2")
    assert json.loads(edited.json()["entry"][0]["content"]["said"]) == {"free": ["2"]}
    disabled = call(splunkd, "POST", "sample_thing/n/disable")
    assert json.loads(disabled.json()["entry"][0]["content"]["said"]) == {"disabled": ["1"]}
    assert call(splunkd, "DELETE", "sample_thing/n").json()["entry"] == []


def test_arguments_that_are_missing_or_unknown(splunkd: Splunkd) -> None:
    missing = call(splunkd, "POST", "sample_thing", name="n")
    assert missing.status_code == 400
    assert "'needed'" in text(missing)
    unknown = call(splunkd, "POST", "sample_thing", name="n", needed="1", what="2")
    assert unknown.status_code == 400
    assert text(unknown) == 'Argument "what" is not supported by this handler.'
    assert call(splunkd, "POST", "sample_thing", needed="1").status_code == 400


@pytest.mark.parametrize(
    ("name", "status"), [("conflict", 409), ("bad", 400), ("gone", 404), ("later", 503)]
)
def test_errors_that_splunkd_knows(splunkd: Splunkd, name: str, status: int) -> None:
    answer = call(splunkd, "POST", "sample_thing", name=name, needed="1")
    assert (answer.status_code, text(answer)) == (status, f"because of <{name}>")


def test_any_other_error_is_500_with_its_class(splunkd: Splunkd) -> None:
    answer = call(splunkd, "POST", "sample_thing", name="odd", needed="1")
    assert answer.status_code == 500
    assert text(answer) == (
        'Unexpected error "<class \'ZeroDivisionError\'>" from python handler: "odd". '
        "See splunkd.log/python.log for more details."
    )
    assert "ZeroDivisionError: odd" in (splunkd.log_dir / "splunkd.log").read_text()


def test_actions_that_restmap_does_not_name(splunkd: Splunkd) -> None:
    assert call(splunkd, "GET", "sample_read").status_code == 200
    assert call(splunkd, "POST", "sample_read/a", free="1").status_code == 405


def test_handlers_answer_in_their_own_app_and_the_wildcard(splunkd: Splunkd) -> None:
    assert call(splunkd, "GET", "sample_read", app="-").status_code == 200
    assert call(splunkd, "GET", "sample_read", app="search").status_code == 404
    assert call(splunkd, "GET", "no_such_handler").status_code == 404


INPUTS = "data/inputs/invicti_auditlogs"


@pytest.fixture(name="inputs")
def _inputs(tmp_path: Path) -> Iterator[Splunkd]:
    with open_splunkd(tmp_path) as splunkd:
        yield splunkd


def refused(status: int, action: Any, *arguments: Any, **settings: str) -> str:
    with pytest.raises(binding.HTTPError) as raised:
        action(*arguments, **settings)
    assert raised.value.status == status
    return str(raised.value)


def test_an_input_is_saved_changed_and_deleted(inputs: Splunkd) -> None:
    sdk = service(inputs)
    sdk.post(INPUTS, name="prod", account="main", index="invicti", interval="60")
    assert inputs.input_names() == ["prod"]
    assert (inputs.input_settings("prod") or {})["interval"] == "60"
    assert [item.name for item in sdk.inputs.list("invicti_auditlogs")] == ["prod"]
    sdk.post(f"{INPUTS}/prod", count="7")
    sdk.post(f"{INPUTS}/prod/disable")
    assert inputs.input_names() == []
    sdk.post(f"{INPUTS}/prod/enable")
    assert (inputs.input_settings("prod") or {})["count"] == "7"
    refused(409, sdk.post, INPUTS, name="prod", account="main")
    sdk.delete(f"{INPUTS}/prod")
    refused(404, sdk.get, f"{INPUTS}/prod")


def test_an_input_is_saved_only_if_the_script_agrees(inputs: Splunkd) -> None:
    sdk = service(inputs)
    assert "unknown account <x>" in refused(400, sdk.post, INPUTS, name="prod", account="x")
    assert inputs.input_names() == []
    sdk.post(INPUTS, name="prod", account="main")
    refused(400, sdk.post, f"{INPUTS}/prod", account="x")
    assert (inputs.input_settings("prod") or {})["account"] == "main"


def test_an_input_takes_the_arguments_of_its_scheme_only(inputs: Splunkd) -> None:
    sdk = service(inputs)
    assert "account" in refused(400, sdk.post, INPUTS, name="prod", count="1")
    assert '"odd"' in refused(400, sdk.post, INPUTS, name="prod", account="main", odd="1")
    refused(404, sdk.get, "data/inputs/other")


def test_an_input_that_is_shipped_cannot_be_deleted(inputs: Splunkd) -> None:
    (inputs.app_dir / "default" / "inputs.conf").write_text("[invicti_auditlogs://shipped]\n")
    found = refused(400, service(inputs).delete, f"{INPUTS}/shipped")
    assert "cannot be deleted in config=inputs" in found


def test_the_pages_of_the_real_package(package: Path, tmp_path: Path) -> None:
    with Splunkd(package, tmp_path / "home") as splunkd:
        account = {"base_url": "https://a.example", "user_id": "u", "api_token": "t0ken"}
        path = "ta_invicti_auditlogs_account"
        splunkd.set_account("main", **account, date_format="auto")
        entry = call(splunkd, "GET", f"{path}/main").json()["entry"][0]
        assert entry["content"]["api_token"] == "******"  # noqa: S105
        clear = call(splunkd, "GET", f"{path}/main?--cred--=1").json()["entry"][0]
        assert clear["content"]["api_token"] == "t0ken"  # noqa: S105
        assert "main" in text(
            call(splunkd, "POST", path, name="main", **account, date_format="auto")
        )
        call(splunkd, "POST", "ta_invicti_auditlogs_settings/logging", loglevel="DEBUG")
        settings = splunkd.configuration.stanza(APP, "ta_invicti_auditlogs_settings", "logging")
        assert settings["loglevel"] == "DEBUG"
        assert call(splunkd, "DELETE", f"{path}/main").status_code == 200
        assert splunkd.configuration.layer(APP, "passwords") == {}
