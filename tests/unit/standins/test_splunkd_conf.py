"""configs/conf-*, properties and storage/passwords, asked by splunk-sdk and solnlib."""

# ruff: noqa: S105, S106 - secrets that guard nothing

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from solnlib import conf_manager, credentials
from splunklib import binding, client

from tests.standins.splunkd import Splunkd
from tests.standins.splunkd.conf_file import parse, render
from tests.unit.standins.splunkd_sample import APP, authority, context, open_splunkd, service

ACCOUNT = "ta_invicti_auditlogs_account"
SETTINGS = "ta_invicti_auditlogs_settings"
REALM = f"__REST_CREDENTIAL__#{APP}#configs/conf-{ACCOUNT}"


@pytest.fixture(name="splunkd")
def _splunkd(tmp_path: Path) -> Iterator[Splunkd]:
    with open_splunkd(tmp_path) as splunkd:
        yield splunkd


def manager(splunkd: Splunkd, conf: str = ACCOUNT) -> Any:
    realm = f"__REST_CREDENTIAL__#{APP}#configs/conf-{conf}"
    found = conf_manager.ConfManager(splunkd.session_key, APP, realm=realm, **context(splunkd))
    return found.get_conf(conf)


def get(splunkd: Splunkd, path: str, **arguments: str) -> requests.Response:
    return requests.get(
        splunkd.management_uri + path,
        params={"output_mode": "json", **arguments},
        headers={"Authorization": f"Splunk {splunkd.session_key}"},
        verify=authority(splunkd),
        timeout=10,
    )


def test_conf_manager_reads_an_account_and_its_secret(splunkd: Splunkd) -> None:
    splunkd.set_account("main", base_url="https://a.example", user_id="u", api_token="s3cret")
    stanza = manager(splunkd).get("main")
    assert stanza["base_url"] == "https://a.example"
    assert stanza["api_token"] == "s3cret"
    assert stanza["eai:appName"] == APP
    assert stanza["disabled"] == "0"


def test_a_long_secret_is_split_and_put_together(splunkd: Splunkd) -> None:
    secret = "x\u00e9/:" * 300
    splunkd.set_account("main", base_url="https://a.example", user_id="u", api_token=secret)
    assert manager(splunkd).get("main")["api_token"] == secret


def test_what_conf_manager_writes_is_what_the_account_api_writes(splunkd: Splunkd) -> None:
    splunkd.set_account("ours", base_url="https://a.example", user_id="u", api_token="t" * 300)
    manager(splunkd).update(
        "theirs",
        {"base_url": "https://a.example", "user_id": "u", "api_token": "t" * 300},
        ["api_token"],
    )
    conf = splunkd.configuration.layer(APP, ACCOUNT)
    assert conf["theirs"] == conf["ours"]
    box = splunkd.passwords
    names = splunkd.configuration.layer(APP, "passwords")
    ours = {name.replace("ours", "X"): box.clear(APP, name) for name in names if "ours" in name}
    theirs = {n.replace("theirs", "X"): box.clear(APP, n) for n in names if "theirs" in n}
    assert theirs == ours
    assert len(ours) == 3


def test_a_secret_is_in_no_file_in_clear(splunkd: Splunkd) -> None:
    splunkd.set_account("main", base_url="https://a.example", user_id="u", api_token="s3cretive")
    for path in splunkd.home.path.rglob("*"):
        if path.is_file() and not path.is_symlink():
            assert b"s3cretive" not in path.read_bytes(), path


def test_settings_of_default_and_local_are_merged(splunkd: Splunkd) -> None:
    assert manager(splunkd, SETTINGS).get("logging")["loglevel"] == "INFO"
    splunkd.set_setting("logging", loglevel="DEBUG")
    assert manager(splunkd, SETTINGS).get("logging")["loglevel"] == "DEBUG"
    assert parse((splunkd.app_dir / "local" / f"{SETTINGS}.conf").read_text()) == {
        "logging": {"loglevel": "DEBUG"}
    }


def test_a_proxy_password_is_a_secret(splunkd: Splunkd) -> None:
    splunkd.set_setting("proxy", proxy_enabled="1", proxy_url="p", proxy_password="pw")
    assert splunkd.configuration.stanza(APP, SETTINGS, "proxy")["proxy_password"] == "******"
    assert manager(splunkd, SETTINGS).get("proxy")["proxy_password"] == "pw"


def test_conf_manager_lists_updates_and_deletes(splunkd: Splunkd) -> None:
    conf = manager(splunkd)
    conf.update("one", {"a": "1", "token": "t"}, ["token"])
    conf.update("one", {"b": "2"})
    assert conf.stanza_exist("one")
    assert {key: conf.get_all()["one"][key] for key in ("a", "b", "token")} == {
        "a": "1",
        "b": "2",
        "token": "t",
    }
    assert list(conf.get_all(only_current_app=True)) == ["one"]
    assert conf.get("one", only_current_app=True)["a"] == "1"
    conf.reload()
    conf.delete("one")
    assert not conf.stanza_exist("one")
    assert splunkd.configuration.layer(APP, "passwords") == {}
    with pytest.raises(conf_manager.ConfStanzaNotExistException):
        conf.get("one")


def test_a_conf_that_is_not_there(splunkd: Splunkd) -> None:
    with pytest.raises(conf_manager.ConfManagerException):
        manager(splunkd, "no_such_file")
    listing = get(splunkd, f"/servicesNS/nobody/{APP}/configs/conf-no_such_file")
    assert listing.status_code == 200
    assert listing.json()["entry"] == []


def test_a_conf_is_seen_from_other_apps_only_if_exported(splunkd: Splunkd) -> None:
    url = f"/servicesNS/nobody/dummy/properties/{SETTINGS}"
    assert get(splunkd, url).status_code == 200
    meta = splunkd.app_dir / "metadata" / "default.meta"
    meta.write_text("[]\nexport = none\n")
    assert get(splunkd, url).status_code == 404
    meta.write_text(f"[]\nexport = system\n[{SETTINGS}/logging]\nexport = none\n")
    names = get(splunkd, f"/servicesNS/nobody/dummy/configs/conf-{SETTINGS}").json()["entry"]
    assert [entry["name"] for entry in names] == ["proxy"]


def test_sdk_creates_reads_and_deletes_stanzas_with_odd_names(splunkd: Splunkd) -> None:
    conf = service(splunkd).confs[ACCOUNT]
    for name in ("a b", "invicti_auditlogs://x/y", "50%+1", "caf\u00e9"):
        conf.create(name, key="<&>")
        assert conf[name].content["key"] == "<&>"
        with pytest.raises(binding.HTTPError) as raised:
            conf.create(name)
        assert raised.value.status == 409
        conf.delete(name)
        assert name not in conf


def test_a_stanza_of_default_cannot_be_deleted(splunkd: Splunkd) -> None:
    with pytest.raises(binding.HTTPError) as raised:
        service(splunkd).confs[SETTINGS]["logging"].delete()
    assert raised.value.status == 400


def test_a_list_has_thirty_entries_unless_asked_otherwise(splunkd: Splunkd) -> None:
    for number in range(35):
        splunkd.configuration.update(APP, ACCOUNT, f"n{number:02}", {"k": "v"})
    url = f"/servicesNS/nobody/{APP}/configs/conf-{ACCOUNT}"
    assert len(get(splunkd, url).json()["entry"]) == 30
    assert len(get(splunkd, url, count="0").json()["entry"]) == 35
    page = get(splunkd, url, count="10", offset="30").json()
    assert [entry["name"] for entry in page["entry"]] == ["n30", "n31", "n32", "n33", "n34"]
    assert page["paging"] == {"total": 35, "perPage": 10, "offset": 30}


def test_properties_give_single_values(splunkd: Splunkd) -> None:
    base = f"/servicesNS/nobody/{APP}/properties/{SETTINGS}"
    assert get(splunkd, f"{base}/logging/loglevel").text == "INFO"
    assert get(splunkd, f"{base}/logging/nothing").status_code == 404
    assert get(splunkd, f"{base}/nothing").status_code == 404


def test_sdk_makes_a_conf_file(splunkd: Splunkd) -> None:
    confs = service(splunkd).confs
    with pytest.raises(KeyError):
        confs["brand_new"]
    confs.create("brand_new").create("stanza", key="value")
    assert confs["brand_new"]["stanza"].content["key"] == "value"


def test_the_syntax_of_conf_files() -> None:
    text = "# note\nbefore = x\n[a b]\nk = v = w\nlong = one\\\ntwo\n  # no\n[empty]\n"
    stanzas = parse(text)
    assert stanzas == {
        "default": {"before": "x"},
        "a b": {"k": "v = w", "long": "one\ntwo"},
        "empty": {},
    }
    assert parse(render(stanzas)) == stanzas


def credential_manager(splunkd: Splunkd, realm: str = REALM) -> Any:
    return credentials.CredentialManager(splunkd.session_key, APP, realm=realm, **context(splunkd))


def test_credential_manager_sets_gets_replaces_and_deletes(splunkd: Splunkd) -> None:
    store = credential_manager(splunkd)
    store.set_password("a:b/c", "one")
    store.set_password("a:b/c", "two")
    assert store.get_password("a:b/c") == "two"
    store.delete_password("a:b/c")
    with pytest.raises(credentials.CredentialNotExistException):
        store.get_password("a:b/c")


def test_realms_are_kept_apart(splunkd: Splunkd) -> None:
    credential_manager(splunkd, "one").set_password("user", "1")
    credential_manager(splunkd, "two").set_password("user", "2")
    assert credential_manager(splunkd, "one").get_password("user") == "1"
    assert len(credential_manager(splunkd, "two").get_clear_passwords_in_realm()) == 1


def test_sdk_storage_passwords(splunkd: Splunkd) -> None:
    passwords = service(splunkd).storage_passwords
    created = passwords.create("clear", "user", "realm/with:colon")
    assert created.name == "realm/with\\:colon:user:"
    assert (created.clear_password, created.realm) == ("clear", "realm/with:colon")
    assert created.encrypted_password.startswith("$7$")
    with pytest.raises(binding.HTTPError) as raised:
        passwords.create("clear", "user", "realm/with:colon")
    assert raised.value.status == 409
    created.update(password="other")
    assert passwords.list()[0].clear_password == "other"
    created.delete()
    assert passwords.list() == []
    passwords.create("clear", "user", "realm")
    passwords.delete("user", "realm")
    assert passwords.list() == []


def test_a_secret_of_another_app_is_not_listed(splunkd: Splunkd) -> None:
    splunkd.passwords.set(APP, "realm", "user", "clear")
    (splunkd.home.apps / "other").mkdir()
    other = client.Service(
        token=splunkd.session_key, owner="nobody", app="other", **context(splunkd)
    )
    assert other.storage_passwords.list() == []


def test_a_home_keeps_its_settings_and_secrets(tmp_path: Path) -> None:
    with open_splunkd(tmp_path) as first:
        first.set_account("main", base_url="https://a", user_id="u", api_token="t")
    with open_splunkd(tmp_path) as second:
        assert manager(second).get("main")["api_token"] == "t"
