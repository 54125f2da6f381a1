"""What may be saved, before anything is tried."""

from __future__ import annotations

import json

import pytest

from invicti_collector import administration
from invicti_collector.errors import ConfigurationError
from tests.conftest import ROOT

STORED = {"base_url": "https://a.example", "user_id": "u", "api_token": "stored"}


def test_an_edit_brings_only_what_has_changed() -> None:
    values = administration.completed(STORED, {"user_id": "v"}, "api_token")
    assert values == {"base_url": "https://a.example", "user_id": "v", "api_token": "stored"}


@pytest.mark.parametrize("mask", ["******", "********", "*"])
def test_asterisks_stand_for_the_stored_secret(mask: str) -> None:
    values = administration.completed(STORED, {"api_token": mask}, "api_token")
    assert values["api_token"] == "stored"  # noqa: S105


def test_asterisks_are_no_secret_where_none_is_stored() -> None:
    lost = {**STORED, "api_token": "******"}
    assert administration.completed(lost, {}, "api_token")["api_token"] == ""
    assert not administration.completed(None, {"api_token": "******"}, "api_token").get("api_token")
    with pytest.raises(ConfigurationError, match="only asterisks"):
        administration.guard_secret(None, {"api_token": "******"}, "api_token", "base_url")


@pytest.mark.parametrize("token", [{}, {"api_token": "******"}, {"api_token": ""}])
@pytest.mark.parametrize(
    "url", ["https://b.example", "https://a.example:8443", "https://a.example.evil.example"]
)
def test_a_stored_secret_stays_with_its_address(url: str, token: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="not sent to another address") as raised:
        administration.guard_secret(STORED, {"base_url": url, **token}, "api_token", "base_url")
    assert "enter api_token again" in raised.value.remedy


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"user_id": "v"},
        {"base_url": "https://a.example"},
        {"base_url": "https://A.example/", "api_token": "******"},
        {"base_url": "https://b.example", "api_token": "new"},
    ],
)
def test_a_secret_may_stay_or_be_entered_anew(sent: dict[str, str]) -> None:
    administration.guard_secret(STORED, sent, "api_token", "base_url")


def test_https_to_http_is_another_address() -> None:
    stored = {**STORED, "base_url": "https://127.0.0.1:8443"}
    with pytest.raises(ConfigurationError):
        administration.guard_secret(
            stored, {"base_url": "http://127.0.0.1:8443"}, "api_token", "base_url"
        )


@pytest.mark.parametrize("name", ["a", "main", "Main_1", "a" * 100])
def test_names_that_can_be_used(name: str) -> None:
    administration.check_name(name)


@pytest.mark.parametrize(
    "name",
    ["", "1a", "_a", "a b", "a-b", "a\n", "ä", "a\0", "../a", "<script>", "a" * 101, "a]", "a/b"],
)
def test_names_that_cannot(name: str) -> None:
    with pytest.raises(ConfigurationError, match="name cannot be used"):
        administration.check_name(name)


@pytest.mark.parametrize(
    "value", ["a\nb", "a\rb", "\0", "\x1b[31m", "\x7f", "\x85", "\ud800", "x" * 10_001]
)
def test_values_that_no_conf_file_should_hold(value: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        administration.check_texts({"user_id": value})
    assert "user_id" in raised.value.error


@pytest.mark.parametrize("value", ["", "José", "<script>", "../../etc", "a" * 9999])
def test_values_that_do_no_harm(value: str) -> None:
    administration.check_texts({"user_id": value})


PROXY = {"proxy_enabled": "1", "proxy_type": "http", "proxy_url": "a.b.example", "proxy_port": "1"}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"proxy_url": "10.0.0.8"},
        {"proxy_url": "[2001:db8::8]"},
        {"proxy_type": "socks5", "proxy_rdns": "true"},
        {"proxy_username": "u", "proxy_password": "p"},
        {"proxy_enabled": "0"},
        {"proxy_enabled": "", "proxy_url": "", "proxy_port": ""},
    ],
)
def test_proxies_that_may_be_saved(change: dict[str, str]) -> None:
    administration.check_proxy({**PROXY, **change})


@pytest.mark.parametrize(
    "change",
    [
        {"proxy_username": "u"},
        {"proxy_password": "p"},
        {"proxy_type": "socks4"},
        {"proxy_type": "http://"},
        {"proxy_url": "http://a.example"},
        {"proxy_url": "user@a.example"},
        {"proxy_url": ""},
        {"proxy_port": ""},
        {"proxy_port": "65536"},
        {"proxy_port": "0"},
        {"proxy_port": "٣"},
        {"proxy_enabled": "perhaps"},
        {"proxy_rdns": "2"},
        # also while it is switched off: it will be switched on one day
        {"proxy_enabled": "0", "proxy_url": "a b"},
        {"proxy_enabled": "0", "proxy_username": "u"},
        # what the page could not show
        {"proxy_enabled": "0", "proxy_type": "H", "proxy_url": "", "proxy_port": ""},
        {"proxy_type": "HTTP"},
    ],
)
def test_proxies_that_may_not(change: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        administration.check_proxy({**PROXY, **change})


def test_log_levels() -> None:
    for level in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
        administration.check_logging({"loglevel": level})
    for level in ("", "INFOx", "info", "DEBUG\n", "NOTSET"):
        with pytest.raises(ConfigurationError):
            administration.check_logging({"loglevel": level})


def test_a_refusal_reads_as_two_sentences_with_the_fields_as_the_page_calls_them() -> None:
    fault = ConfigurationError("base_url  has\nchanged", "x", "enter api_token again")
    assert administration.told(fault) == (
        "Invicti URL (base_url) has changed. Enter API token (api_token) again."
    )


def test_the_labels_are_those_of_the_pages() -> None:
    pages = json.loads((ROOT / "globalConfig.json").read_text("utf-8"))["pages"]
    shown: dict[str, str] = {}
    for part in [*pages["configuration"]["tabs"], *pages["inputs"]["services"]]:
        predefined = [value for value in part.values() if isinstance(value, dict)]
        for item in [*part.get("entity", []), *predefined]:
            if "field" in item:
                shown[item["field"]] = item["label"]
    for field, label in administration.LABELS.items():
        assert shown[field] == label


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("String should be shorter than 3", "String should be shorter than 3."),
        (
            'All of the following errors need to be fixed: ["Not matching the pattern: ^a$", "b"]',
            "It does not have the right form. b.",
        ),
        ("Not matching the pattern: ^(?:a|b)$", "It does not have the right form."),
        ("name=nope", "There is nothing of the name nope here."),
    ],
)
def test_the_frameworks_complaints_in_words(message: str, words: str) -> None:
    assert administration.in_words(message) == words
