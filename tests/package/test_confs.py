"""The conf files, the pages and the manifest fit together."""

from __future__ import annotations

import json
import re
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import APP, ROOT

CONFS = {
    "ta_invicti_auditlogs_account",
    "ta_invicti_auditlogs_hec",
    "ta_invicti_auditlogs_settings",
}


def read_conf(file: Path) -> RawConfigParser:
    """Read a conf file as strictly as it gets: a doubled stanza or key is an error."""
    conf = RawConfigParser(strict=True, delimiters=("=",), comment_prefixes=("#",))
    conf.SECTCRE = re.compile(r"\[(?P<header>[^\n]*)\]$")  # a meta file's [] is the whole app
    conf.optionxform = str  # type: ignore[assignment,method-assign]
    conf.read_string(file.read_text(encoding="utf-8"), str(file))
    return conf


def read_json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pages(app_folder: Path) -> dict[str, Any]:
    built: dict[str, Any] = read_json(app_folder / "appserver/static/js/build/globalConfig.json")
    return built


def entity(pages: dict[str, Any], field: str) -> dict[str, Any]:
    tabs = [*pages["pages"]["configuration"]["tabs"], *pages["pages"]["inputs"]["services"]]
    fields = [item for tab in tabs for item in tab["entity"] if item["field"] == field]
    found: dict[str, Any] = fields[0]
    return found


def test_every_conf_file_parses(app_folder: Path) -> None:
    files = [*(app_folder / "default").glob("*.conf"), app_folder / "metadata" / "default.meta"]
    assert len(files) > 9
    for file in files:
        read_conf(file)


def test_versions_agree(app_folder: Path, package: Path, pages: dict[str, Any]) -> None:
    manifest = read_json(ROOT / "app.manifest")
    version = manifest["info"]["id"]["version"]
    app_conf = read_conf(app_folder / "default" / "app.conf")
    packaged = read_json(app_folder / "app.manifest")
    assert re.fullmatch(r"\d+\.\d+\.\d+(-[\w.]+)?", version)
    assert package.name == f"{APP}-{version}.tar.gz"
    assert packaged["info"]["id"]["version"] == version
    assert pages["meta"]["version"] == version
    assert app_conf["launcher"]["version"] == app_conf["id"]["version"] == version


def test_the_version_stands_in_one_place(app_folder: Path) -> None:
    assert read_json(ROOT / "globalConfig.json")["meta"]["version"] == "0.0.0"
    version = (app_folder / "VERSION").read_text(encoding="utf-8").split()[0]
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_names_are_those_of_the_design(app_folder: Path, pages: dict[str, Any]) -> None:
    app_conf = read_conf(app_folder / "default" / "app.conf")
    assert app_conf["package"]["id"] == app_conf["id"]["name"] == pages["meta"]["name"] == APP
    assert app_conf["ui"]["label"] == "Invicti Audit Logs Add-on for Splunk"
    assert pages["meta"]["restRoot"] == "ta_invicti_auditlogs"
    assert {f"reload.{conf}" for conf in CONFS} <= set(app_conf["triggers"])
    assert read_conf(app_folder / "default" / "collections.conf").has_section(
        "invicti_auditlogs_progress"
    )
    assert read_conf(app_folder / "default" / "macros.conf").has_section("invicti_auditlogs_index")


def test_both_pythons_are_declared_for_every_script(app_folder: Path) -> None:
    inputs = read_conf(app_folder / "default" / "inputs.conf")
    restmap = read_conf(app_folder / "default" / "restmap.conf")
    handlers = [restmap[name] for name in restmap.sections() if name.startswith("admin_external:")]
    assert len(handlers) == len(CONFS) + 2  # and the inputs, and their progress
    for stanza in [inputs["invicti_auditlogs"], *handlers]:
        assert stanza["python.version"] == "python3"
        assert stanza["python.required"].replace(" ", "") == "3.9,3.13"
    for stanza in handlers:
        assert (app_folder / "bin" / stanza["handlerfile"]).is_file()


def test_search_heads_share_the_settings_but_never_the_inputs(app_folder: Path) -> None:
    server = read_conf(app_folder / "default" / "server.conf")
    assert set(server["shclustering"]) == {f"conf_replication_include.{conf}" for conf in CONFS}


def test_only_administrators_may_read_what_is_configured(app_folder: Path) -> None:
    meta = read_conf(app_folder / "metadata" / "default.meta")
    for name in (*CONFS, "inputs", "passwords", "collections/invicti_auditlogs_progress"):
        rights = meta[name]["access"].replace(" ", "")
        assert rights == "read:[admin,sc_admin],write:[admin,sc_admin]", name
    # Field mappings are for every search, changes to the app for administrators.
    everything = dict(meta.items(""))
    assert everything["access"].replace(" ", "") == "read:[*],write:[admin,sc_admin]"
    for name in ("passwords", "ta_invicti_auditlogs_account"):
        assert meta[name]["export"] == "none"


def test_the_pages_may_reach_every_handler(app_folder: Path) -> None:
    web, restmap = (
        read_conf(app_folder / "default" / f"{name}.conf") for name in ("web", "restmap")
    )
    prefix = "admin_external:"
    handlers = [name[len(prefix) :] for name in restmap.sections() if name.startswith(prefix)]
    patterns = {web[name]["pattern"] for name in web.sections() if name.startswith("expose:")}
    assert {path for name in handlers for path in (name, f"{name}/*")} <= patterns
    members = [
        member.strip()
        for name in restmap.sections()
        if name.startswith("admin:")
        for member in restmap[name]["members"].split(",")
    ]
    assert sorted(members) == sorted(handlers)


def test_no_index_is_guessed(app_folder: Path, pages: dict[str, Any]) -> None:
    assert "index" not in read_conf(app_folder / "default" / "inputs.conf")["invicti_auditlogs"]
    assert entity(pages, "index")["required"] is True
    assert "defaultValue" not in entity(pages, "index")


def test_secrets_are_stored_encrypted(pages: dict[str, Any]) -> None:
    assert entity(pages, "api_token")["encrypted"] is True
    assert entity(pages, "token")["encrypted"] is True
    assert entity(pages, "proxy_password")["encrypted"] is True


@pytest.mark.parametrize("spec", ["inputs", *sorted(CONFS)])
def test_the_spec_explains_every_field(app_folder: Path, pages: dict[str, Any], spec: str) -> None:
    tabs = {tab["name"]: tab["entity"] for tab in pages["pages"]["configuration"]["tabs"]}
    shown = {
        "inputs": pages["pages"]["inputs"]["services"][0]["entity"],
        "ta_invicti_auditlogs_account": tabs["account"],
        "ta_invicti_auditlogs_hec": tabs["hec"],
        "ta_invicti_auditlogs_settings": [*tabs["proxy"], *tabs["logging"]],
    }[spec]
    text = (app_folder / "README" / f"{spec}.conf.spec").read_text(encoding="utf-8")
    explained = set(re.findall(r"(?m)^(\w[\w.]*) = ", text))
    assert {item["field"] for item in shown} - {"name"} <= explained


def accepts(pages: dict[str, Any], field: str, value: str) -> bool:
    validators = [item for item in entity(pages, field)["validators"] if item["type"] == "regex"]
    assert validators, f"{field} has no pattern"
    return all(re.match(item["pattern"], value) for item in validators)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("base_url", "https://www.netsparkercloud.com"),
        ("base_url", "https://www.netsparkercloud.com/"),
        ("base_url", "https://invicti.example.com:8443"),
        ("base_url", "https://10.1.2.3"),
        ("base_url", "https://[2001:db8::1]:8443"),
        ("base_url", "http://localhost:8080"),
        ("base_url", "http://127.0.0.1:8080"),
        ("base_url", "http://[::1]:8080"),
        ("urls", "https://splunk.example.com:8088"),
        ("urls", "https://a.example.com:8088, https://b.example.com:8088/services/collector"),
        ("urls", "http://127.0.0.1:8088/services/collector/event"),
        ("token", "0b1c2d3e-4F50-6172-8394-a5b6c7d8e9f0"),
        ("token", "abcd1234"),
        ("token", "!" + "~" * 199),
        ("proxy_url", "proxy"),
        ("proxy_url", "proxy-1.example.com"),
        ("proxy_url", "10.0.0.8"),
        ("proxy_url", "[2001:db8::8]"),
        ("start_date", ""),
        ("start_date", "all"),
        ("start_date", "2024-01-31"),
        ("start_date", "2024-01-31T08:00:00Z"),
        ("name", "main_tenant"),
    ],
)
def test_pages_accept(pages: dict[str, Any], field: str, value: str) -> None:
    assert accepts(pages, field, value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("base_url", "www.netsparkercloud.com"),
        ("base_url", "http://www.netsparkercloud.com"),
        ("base_url", "http://localhost.example.com"),
        ("base_url", "http://127.0.0.1.example.com"),
        ("base_url", "https://www.netsparkercloud.com/api/1.0"),
        ("base_url", "https://user:secret@www.netsparkercloud.com"),
        ("base_url", "https://www.netsparkercloud.com?a=b"),
        ("base_url", "https://www.netsparkercloud.com#a"),
        ("base_url", "https://"),
        ("base_url", "ftp://www.netsparkercloud.com"),
        ("urls", "splunk.example.com:8088"),
        ("urls", "http://splunk.example.com:8088"),
        ("urls", "https://a.example.com:8088,"),
        ("urls", "https://a.example.com:8088/services/collector/raw"),
        ("urls", "https://a.example.com:8088, http://b.example.com:8088"),
        ("token", "~" * 201),
        ("token", "abcd 1234"),
        ("token", "abcd1234\u00e9"),
        ("token", "Splunk 0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"),
        ("proxy_url", "http://proxy.example.com"),
        ("proxy_url", "proxy.example.com:8080"),
        ("proxy_url", "user@proxy"),
        ("proxy_url", "proxy/"),
        ("start_date", "31.01.2024"),
        ("start_date", "2024-13-01"),
        ("start_date", "2024-01-31T08:00:00"),
        ("start_date", "everything"),
        ("name", "1tenant"),
    ],
)
def test_pages_refuse(pages: dict[str, Any], field: str, value: str) -> None:
    assert not accepts(pages, field, value)
