"""KV Store and settings: an answer that is none of splunkd's is never taken for "nothing there"."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from solnlib.splunk_rest_client import SplunkRestClient

from invicti_collector.errors import (
    ConfigurationError,
    ProgressUnreachableError,
    TransientError,
)
from invicti_collector.ports import Lease, SeenIds
from invicti_collector.settings import (
    ACCOUNT_CONF,
    APP,
    Settings,
    Splunkd,
    forget_environments_proxies,
)
from invicti_collector.splunkd_client import splunkd_client
from invicti_collector.stores.kvstore import KvStore, kvstore_status
from tests.fuzz import splunkd_answers

URI = "https://127.0.0.1:8089"
GOOD = splunkd_answers.Splunkd()


def client(part: str, status: int, body: bytes) -> SplunkRestClient:
    """A client whose splunkd gives this answer to requests for `part`, good ones to all others."""

    def handle(url: str, message: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        if part not in url:
            return GOOD.handle(url, message)
        return {"status": status, "reason": "OK", "headers": {}, "body": BytesIO(body)}

    made = splunkd_client(URI, "key", APP)
    made.http.handler = handle
    return made


def settings(part: str, status: int, body: bytes) -> Settings:
    made = Settings(Splunkd("splunk", URI, "key", Path("/nonexistent")))
    made.service = client(part, status, body)
    return made


def test_forgetting_begins_with_the_state() -> None:
    """When it fails after that, the next run starts anew; without its ids it would double all."""
    made = splunkd_client(URI, "key", APP)
    asked: list[str] = []

    def handle(url: str, _: Mapping[str, Any], **__: Any) -> dict[str, Any]:
        asked.extend(parse_qs(urlsplit(url).query)["query"])
        return {"status": 503, "reason": "", "headers": {}, "body": BytesIO(b"")}

    made.http.handler = handle
    with pytest.raises(ProgressUnreachableError):
        KvStore(made, "prod").forget()
    (query,) = asked
    assert json.loads(query)["_key"].startswith("state-")


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"x"', b"{}", b"[" * 5_000, b"<html>"])
def test_only_404_means_no_progress(body: bytes) -> None:
    store = KvStore(client("storage/collections", 200, body), "prod")
    for read in (store.load_state, store.read_lease, lambda: store.load_report("success")):
        with pytest.raises(ProgressUnreachableError, match="does not answer as it should"):
            read()
    gone = KvStore(client("storage/collections", 404, b"<response/>"), "prod")
    assert (gone.load_state(), gone.read_lease(), gone.load_report("success")) == (None,) * 3


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"null",
        b"[null]",
        b'[{"ids":"AAAA","since":1,"until":2}]',
        b'[{"ids":"A","since":1,"until":2}]',
        b'[{"ids":5,"since":1,"until":2}]',
        b'[{"ids":"","since":1}]',
        b'[{"ids":"","since":1,"until":1e999}]',
        b'[{"ids":"","since":"x","until":1}]',
    ],
)
def test_ids_that_cannot_be_read_are_not_taken_for_none(body: bytes) -> None:
    store = KvStore(client("storage/collections", 200, body), "prod")
    with pytest.raises(ProgressUnreachableError, match="does not answer as it should"):
        list(store.ids_between(0, 10))


def test_ids_are_read_batch_by_batch() -> None:
    """1,000 documents an answer are the most, so that many mean that there may be more."""
    document = {"ids": "AAAAAAAAAAE=", "since": 1, "until": 2}
    batches = {"0": [document] * 1_000, "1000": [document] * 1_000, "2000": [document]}

    def handle(url: str, _message: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        body = json.dumps(batches.pop(parse_qs(urlsplit(url).query)["skip"][0])).encode()
        return {"status": 200, "reason": "OK", "headers": {}, "body": BytesIO(body)}

    made = splunkd_client(URI, "key", APP)
    made.http.handler = handle
    assert len(list(KvStore(made, "prod").ids_between(0, 10))) == 2_001
    assert batches == {}


@pytest.mark.parametrize("status", [200, 302])
@pytest.mark.parametrize(
    "body", [b"", b"null", b"{}", b"[]", b'"5"', b'["a","b"]', b'{"key":"5"}', b"<html>"]
)
def test_what_does_not_say_that_it_is_saved_is_not(status: int, body: bytes) -> None:
    store = KvStore(client("storage/collections", status, body), "prod")
    for save in (
        lambda: store.save_state("{}"),
        lambda: store.add_ids(SeenIds(1, 2, [3])),
        lambda: store.save_report("success", "{}"),
        lambda: store.take_lease(Lease("splunk/1/aa", 5)),
    ):
        with pytest.raises(ProgressUnreachableError, match="does not answer as it should"):
            save()


@pytest.mark.parametrize("body", [b"[]", b'{"entry":{}}', b'{"entry":["x"]}', b"[" * 5_000, b""])
def test_a_state_of_the_kv_store_that_is_none(body: bytes) -> None:
    with pytest.raises(ProgressUnreachableError, match="does not tell the state"):
        kvstore_status(client("kvstore/status", 200, body))


NOT_ATOM = [b"", b"<a>", b"<html/>", b"<feed><entry/></feed>", b"{}", b"\xff"]


@pytest.mark.parametrize("body", NOT_ATOM)
def test_a_conf_that_cannot_be_read(body: bytes) -> None:
    with pytest.raises(TransientError, match=r"does not give the settings: an answer that cannot"):
        settings("configs/conf-", 200, body).account("main")


@pytest.mark.parametrize("body", [b"<a>", b"{}", b"\xff"])
def test_passwords_that_cannot_be_read(body: bytes) -> None:
    with pytest.raises(TransientError, match=r"does not give the settings: an answer that cannot"):
        settings("storage/passwords", 200, body).account("main")


@pytest.mark.parametrize("kept", ["x", "[]", "{}", '{"api_token":5}', "[" * 5_000])
def test_a_secret_that_is_not_kept_as_the_framework_does(kept: str) -> None:
    realm = f"__REST_CREDENTIAL__#{APP}#configs/conf-{ACCOUNT_CONF}"
    body = splunkd_answers.passwords(realm, {"main": kept})
    with pytest.raises(ConfigurationError, match="the secret of main is not in"):
        settings("storage/passwords", 200, body).account("main")


def test_a_value_that_is_no_text_is_none_of_a_conf() -> None:
    status, body = splunkd_answers.stanza(ACCOUNT_CONF, "main")
    odd = body.replace(b">user<", b"><s:dict><s:key name='a'>b</s:key></s:dict><")
    assert odd != body
    with pytest.raises(ConfigurationError, match="user_id"):
        settings("configs/conf-", status, odd).account("main")


def test_a_role_without_the_right_is_told_as_such() -> None:
    refused = settings("/s", 403, b"<response/>")
    for ask in (refused.inputs, refused.server_name):
        with pytest.raises(ConfigurationError, match="your role in Splunk may not do this"):
            ask()


LOGGING = "configs/conf-ta_invicti_auditlogs_settings/logging"


def _logging(acl: str) -> bytes:
    return b'{"entry": [{"name": "logging", "content": {}, "acl": %s}]}' % acl.encode()


def test_who_may_change_the_settings_passes() -> None:
    settings(LOGGING, 200, _logging('{"can_write": true}')).check_rights()


@pytest.mark.parametrize(
    ("status", "body"),
    [(403, b""), (404, b""), (200, _logging('{"can_write": false}'))],
)
def test_who_may_not_change_the_settings_is_told(status: int, body: bytes) -> None:
    with pytest.raises(ConfigurationError, match="your role in Splunk may not do this"):
        settings(LOGGING, status, body).check_rights()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b""),
        (503, b""),
        (200, b""),
        (200, b"{}"),
        (200, b'{"entry": []}'),
        (200, _logging("{}")),
    ],
)
def test_rights_that_splunkd_does_not_tell_are_none(status: int, body: bytes) -> None:
    with pytest.raises(TransientError, match="splunkd does not answer"):
        settings(LOGGING, status, body).check_rights()


def test_no_connection_to_splunkd_is_told_as_such() -> None:
    made = settings("/s", 200, b"")

    def handle(*_: Any, **_more: Any) -> dict[str, Any]:
        raise ConnectionRefusedError

    made.service.http.handler = handle
    for ask in (made.inputs, lambda: made.account("main")):
        with pytest.raises(TransientError, match="no connection"):
            ask()


def test_no_target_is_this_splunk_and_one_that_is_not_there_is_an_error() -> None:
    made = settings("configs/conf-", 404, b"<response/>")
    assert made.hec_target("") is None
    with pytest.raises(ConfigurationError, match="the HEC target there does not exist"):
        made.hec_target("there")


def test_a_server_without_a_name() -> None:
    entries = [{"name": "server-info", "content": {"serverName": ""}}]
    asked = settings("/s", 200, json.dumps({"entry": entries}).encode())
    with pytest.raises(TransientError, match="splunkd does not answer: no name"):
        asked.server_name()


def test_only_the_environments_proxies_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "https_proxy", "All_Proxy", "NO_PROXY_AT_ALL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    forget_environments_proxies()
    left = {name.lower() for name in os.environ if "proxy" in name.lower()}
    assert left & {"http_proxy", "https_proxy", "all_proxy", "no_proxy_at_all"} == {
        "no_proxy_at_all"
    }


@pytest.mark.parametrize(
    "entry", [[], ["x"], [{"name": "a"}], {"name": 1}, [{"name": "a", "content": 5}]]
)
def test_a_list_of_splunkd_that_is_none(entry: Any) -> None:
    asked = settings("/s", 200, json.dumps({"entry": entry}).encode())
    with pytest.raises(TransientError, match="splunkd does not answer"):
        asked.server_name()
