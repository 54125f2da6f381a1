"""configuration: each refusal says what was wrong, where and what to do (design, section 11)."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.utils import get_auth_from_url

from invicti_collector.configuration import (
    START_ALL,
    START_DAY_BEFORE,
    Account,
    InputSettings,
    check_base_url,
    read_account,
    read_input,
    read_proxy,
    read_start,
)
from invicti_collector.errors import ConfigurationError

NOW = datetime(2024, 5, 20, 12, tzinfo=timezone.utc).timestamp()
TOKEN = "ZmFrZS10b2tlbg+/=="  # noqa: S105 - a fake
ACCOUNT = {"base_url": "https://www.netsparkercloud.com", "user_id": "5f2b", "api_token": TOKEN}
INPUT = {"account": "acme", "index": "audit", "interval": "300"}


def account(**changes: str | None) -> Account:
    return read_account("acme", {**ACCOUNT, **changes})


def settings(**changes: str | None) -> InputSettings:
    return read_input("main", {**INPUT, **changes}, NOW)


def refused(call: Any, **changes: str | None) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        call(**changes)
    fault = caught.value
    assert fault.error
    assert fault.remedy
    assert fault.where in {"account acme", "input main", "proxy settings"}
    assert len(str(fault).splitlines()) == 1
    assert TOKEN not in str(fault)
    return fault


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.netsparkercloud.com", "https://www.netsparkercloud.com"),
        ("https://eu.netsparker.cloud/", "https://eu.netsparker.cloud"),
        (" https://eu.netsparker.cloud ", "https://eu.netsparker.cloud"),
        ("HTTPS://onprem.example:8443", "https://onprem.example:8443"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://127.9.9.9:1", "http://127.9.9.9:1"),
        ("http://[::1]:1", "http://[::1]:1"),
    ],
)
def test_a_base_url_is_reduced_to_its_origin(url: str, expected: str) -> None:
    assert account(base_url=url).base_url == expected


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("", "missing"),
        (None, "missing"),
        ("netsparkercloud.com", "missing or malformed"),
        ("https://", "missing or malformed"),
        ("https:///path", "missing or malformed"),
        ("https://a b.example", "malformed"),
        ("https://exämple.de", "malformed"),
        ("https://a.example:port", "malformed"),
        ("https://a.example:99999", "malformed"),
        ("https://[::1", "malformed"),
        ("https://onprem..example", "malformed"),
        ("http://www.netsparkercloud.com", "not https"),
        ("http://localhost.evil.example", "not https"),
        ("http://127.0.0.1.evil.example", "not https"),
        ("http://10.0.0.1", "not https"),
        ("ftp://a.example", "not https"),
        ("file:///etc/passwd", "malformed"),
        ("https://a.example/api/1.0", "more in it"),
        ("https://a.example//", "more in it"),
        ("https://a.example/?x=1", "more in it"),
        ("https://a.example?x=1", "more in it"),
        ("https://a.example/#top", "more in it"),
        ("https://joe:pa55@a.example", "more in it"),
        ("https://joe@a.example", "more in it"),
        ("https://a.example\\@evil.example", "more in it"),
    ],
)
def test_a_base_url_with_more_or_less_than_an_origin_is_refused(url: str | None, word: str) -> None:
    fault = refused(account, base_url=url)
    assert word in fault.error
    assert "https" in fault.remedy
    assert "pa55" not in str(fault)


@pytest.mark.parametrize("name", ["user_id", "api_token"])
@pytest.mark.parametrize("value", ["", "  ", None])
def test_a_missing_credential_is_refused(name: str, value: str | None) -> None:
    fault = refused(account, **{name: value})
    assert fault.error == f"{name} is missing"
    assert "API Settings" in fault.remedy


def test_requests_at_once_are_one_to_four() -> None:
    for choice in ("1", "2", "3", "4", " 4 "):
        assert account(requests_at_once=choice).requests_at_once == int(choice)
    for unset in (None, ""):
        assert account(requests_at_once=unset).requests_at_once == 4
    for wrong in ("0", "5", "-1", "1.5", "four", "40"):
        fault = refused(account, requests_at_once=wrong)
        assert f"requests_at_once {wrong} is not known" in fault.error
        assert "1, 2, 3, 4" in fault.remedy


def test_a_date_format_is_one_of_three() -> None:
    for choice in ("auto", "MM/dd/yyyy HH:mm:ss", "ISO 8601"):
        assert account(date_format=choice).date_format == choice
    assert account(date_format=None).date_format == "auto"
    fault = refused(account, date_format="dd/MM/yyyy")
    assert "date_format dd/MM/yyyy" in fault.error
    assert "ISO 8601" in fault.remedy


def test_no_secret_shows() -> None:
    assert TOKEN not in repr(account())
    assert TOKEN not in str(account())


def test_an_account_tells_its_host_and_its_connection() -> None:
    assert account(base_url="https://Onprem.Example:8443").host == "onprem.example"
    same = account(base_url="HTTPS://WWW.netsparkercloud.com/", api_token="other")  # noqa: S106
    assert same.connection == account().connection
    assert account(user_id="other").connection != account().connection
    assert account(base_url="https://eu.netsparker.cloud").connection != account().connection
    assert "5f2b" not in account().connection


def test_an_input_has_defaults() -> None:
    assert settings(interval=None) == InputSettings(
        "main", "acme", "audit", 300, START_DAY_BEFORE, frozenset(), frozenset(), "mask", ""
    )


@pytest.mark.parametrize("value", ["", None, "default", "a b", "a/b", "*", "ä", "-x", "x" * 256])
def test_an_index_must_be_named(value: str | None) -> None:
    fault = refused(settings, index=value)
    assert "index" in fault.error
    assert "existing index" in fault.remedy


def test_an_account_must_be_named() -> None:
    assert "account is missing" in refused(settings, account="").error


@pytest.mark.parametrize("value", ["60", "300", "86400", "300.0", " 300 "])
def test_an_interval_is_a_number_of_seconds(value: str) -> None:
    assert settings(interval=value).interval == int(float(value))


@pytest.mark.parametrize(
    "value", ["59", "0", "-300", "300.5", "5m", "*/5 * * * *", "1e3", "٣٠٠", "nan", "9" * 10]
)
def test_an_interval_that_is_too_short_or_no_number_is_refused(value: str) -> None:
    fault = refused(settings, interval=value)
    assert f"interval {value}" in fault.error
    assert "60" in fault.remedy


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", START_DAY_BEFORE),
        ("all", START_ALL),
        ("ALL", START_ALL),
        ("2024-05-08", datetime(2024, 5, 8, tzinfo=timezone.utc).timestamp()),
        ("2024-05-08T01:02:03Z", datetime(2024, 5, 8, 1, 2, 3, tzinfo=timezone.utc).timestamp()),
        ("2024-05-20T12:00:00Z", NOW),
        ("1960-01-01", 0),
    ],
)
def test_a_start_is_a_day_or_a_moment_in_utc(text: str, expected: float | str) -> None:
    assert settings(start_date=text).start == expected
    assert read_start(text, NOW, "input main") == expected


@pytest.mark.parametrize("text", ["2024-05-21", "2024-05-20T12:00:01Z", "9999-12-31"])
def test_a_start_in_the_future_is_refused(text: str) -> None:
    fault = refused(settings, start_date=text)
    assert f"start_date {text} is in the future" in fault.error


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "05/08/2024",
        "2024-02-30",
        "2024-05-08 01:02:03",
        "2024-05-08T01:02:03",
        "2024-05-08T01:02:03+02:00",
        "1715171524",
        "2024-05-08T25:00:00Z",
    ],
)
def test_a_start_that_cannot_be_read_is_refused(text: str) -> None:
    fault = refused(settings, start_date=text)
    assert f"start_date {text} cannot be read" in fault.error
    assert "YYYY-MM-DD" in fault.remedy


def test_types_are_lists() -> None:
    chosen = settings(endpoint_types="Web, Api", exclude_types=" ScanStarted,,checkedUpdates ,")
    assert chosen.endpoint_types == {"Web", "Api"}
    assert chosen.exclude_types == {"scanstarted", "checkedupdates"}
    for separator in ("|", "~", ","):  # what multiselects of Splunk's pages put between
        several = settings(endpoint_types=separator.join(["Web", "BackgroundTask"]))
        assert several.endpoint_types == {"Web", "BackgroundTask"}
    assert "endpoint_types Cli" in refused(settings, endpoint_types="Web,Cli").error
    assert "request_data hide" in refused(settings, request_data="hide").error


def test_no_proxy_is_used_unless_enabled() -> None:
    for values in ({}, {"proxy_enabled": "0", "proxy_url": "p"}, {"proxy_enabled": None}):
        assert read_proxy(values) == ""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "http://proxy.example:3128"),
        ({"proxy_type": "http"}, "http://proxy.example:3128"),
        ({"proxy_type": "socks5"}, "socks5://proxy.example:3128"),
        ({"proxy_type": "socks5", "proxy_rdns": "1"}, "socks5h://proxy.example:3128"),
        ({"proxy_username": "joe"}, "http://joe:@proxy.example:3128"),
        ({"proxy_url": "10.0.0.1"}, "http://10.0.0.1:3128"),
        ({"proxy_password": "unused without a user"}, "http://proxy.example:3128"),
    ],
)
def test_a_proxy_is_a_url(changes: dict[str, str], expected: str) -> None:
    values = {"proxy_enabled": "1", "proxy_url": "proxy.example", "proxy_port": "3128"}
    assert read_proxy({**values, **changes}) == expected


_IN_A_HEADER = st.characters(max_codepoint=255)


@pytest.mark.parametrize("kind", ["http", "socks5"])
@given(user=st.text(_IN_A_HEADER).map(str.strip).filter(bool), password=st.text(_IN_A_HEADER))
def test_any_credentials_of_a_proxy_reach_it(kind: str, user: str, password: str) -> None:
    values = {
        "proxy_enabled": "1",
        "proxy_type": kind,
        "proxy_url": "p",
        "proxy_port": "1",
        "proxy_username": user,
        "proxy_password": password,
    }
    assert get_auth_from_url(read_proxy(values)) == (user, password)


@pytest.mark.parametrize(
    "changes",
    [
        {"proxy_url": ""},
        {"proxy_url": "http://proxy.example"},
        {"proxy_url": "joe:pa55@proxy.example"},
        {"proxy_port": ""},
        {"proxy_port": "http"},
        {"proxy_port": "123456"},
        {"proxy_type": "socks4"},
        {"proxy_url": "[[::1]"},
        {"proxy_url": "proxy.example:8080"},
        {"proxy_url": "."},
        {"proxy_url": "proxy..example"},
        {"proxy_url": f"{'x' * 64}.example"},
        {"proxy_username": "joe", "proxy_password": "\u0142\u00f3d\u017a"},
        {"proxy_username": "joe", "proxy_password": "\ud800", "proxy_type": "socks5"},
    ],
)
def test_a_malformed_proxy_is_refused(changes: dict[str, str]) -> None:
    def call(**values: str | None) -> str:
        return read_proxy(values)

    values = {"proxy_enabled": "1", "proxy_url": "p", "proxy_port": "1", "proxy_password": "pa55"}
    assert "pa55" not in str(refused(call, **{**values, **changes}))


@given(st.text(), st.sampled_from(["base_url", "start_date", "interval", "index"]))
def test_any_text_is_taken_or_refused(text: str, name: str) -> None:
    told = ""
    try:
        account(base_url=text) if name == "base_url" else settings(**{name: text})
    except ConfigurationError as fault:
        told = str(fault)
    assert len(told.splitlines()) <= 1


@pytest.mark.parametrize("name", ["interval", "start_date", "endpoint_types", "request_data"])
def test_an_error_shows_only_the_beginning_of_a_long_value(name: str) -> None:
    fault = refused(settings, **{name: "x" * 5_000})
    assert "x" * 100 + "..." in fault.error
    assert len(str(fault)) < 500
    brief = refused(settings, **{name: "x" * 100})
    assert "x" * 100 + " " in brief.error


def test_the_place_is_named() -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_base_url("", "account of mine")
    assert caught.value.where == "account of mine"
