"""A HEC target as an administrator sets it."""

from __future__ import annotations

import pytest

from invicti_collector.configuration import read_hec_target
from invicti_collector.errors import ConfigurationError

TOKEN = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"  # noqa: S105 - opens nothing
GOOD = {"urls": "https://splunk.example.com:8088", "token": TOKEN}


def test_a_target() -> None:
    target = read_hec_target("there", GOOD)
    assert target.name == "there"
    assert target.urls == ("https://splunk.example.com:8088",)
    assert target.token == TOKEN
    assert (target.ca_bundle, target.use_ack) == ("", False)
    assert TOKEN not in repr(target)


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("https://a:8088,https://b:8088", ("https://a:8088", "https://b:8088")),
        (" https://a:8088 , https://b:8088/ ,", ("https://a:8088", "https://b:8088")),
        ("https://a:8088,https://a:8088/", ("https://a:8088",)),
        ("https://a:8088/services/collector", ("https://a:8088",)),
        ("https://a:8088/services/collector/event", ("https://a:8088",)),
        ("https://[2001:db8::1]:8088", ("https://[2001:db8::1]:8088",)),
        ("http://127.0.0.1:8088", ("http://127.0.0.1:8088",)),
        ("http://localhost:8088", ("http://localhost:8088",)),
    ],
)
def test_urls(text: str, urls: tuple[str, ...]) -> None:
    assert read_hec_target("there", {**GOOD, "urls": text}).urls == urls


@pytest.mark.parametrize(
    "token", ["abcd1234", "x", TOKEN.replace("-", ""), f"{TOKEN.upper()}a", "!~+/=%22'$", "a" * 200]
)
def test_a_token_need_not_be_a_guid(token: str) -> None:
    assert read_hec_target("there", {**GOOD, "token": token}).token == token


@pytest.mark.parametrize(
    ("text", "wanted"), [("1", True), ("true", True), ("0", False), ("", False)]
)
def test_use_ack(text: str, wanted: bool) -> None:
    assert read_hec_target("there", {**GOOD, "use_ack": text}).use_ack is wanted


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"urls": ""}, "urls is missing"),
        ({"urls": " , "}, "urls is missing"),
        ({"urls": None}, "urls is missing"),
        ({"urls": "splunk.example.com:8088"}, "malformed"),
        ({"urls": "https://"}, "malformed"),
        ({"urls": "https://a:port"}, "malformed"),
        ({"urls": "http://splunk.example.com:8088"}, "not https"),
        ({"urls": "https://a:8088,http://b:8088"}, "URL 2 of urls is not https"),
        ({"urls": "https://a:8088/services/collector/raw"}, "more in it"),
        ({"urls": "https://a:8088/en-US/app"}, "more in it"),
        ({"urls": "https://user:pw@a:8088"}, "more in it"),
        ({"urls": f"https://a:8088?token={TOKEN}"}, "more in it"),
        ({"token": ""}, "token is missing"),
        ({"token": "sec ret"}, "1 to 200 ASCII"),
        ({"token": f"Splunk {TOKEN}"}, "1 to 200 ASCII"),
        ({"token": f"{TOKEN}\nX-Other: 1"}, "1 to 200 ASCII"),
        ({"token": f"{TOKEN}\x7f"}, "1 to 200 ASCII"),
        ({"token": f"{TOKEN}é"}, "1 to 200 ASCII"),
        ({"token": TOKEN + "a" * 165}, "1 to 200 ASCII"),
    ],
)
def test_bad_targets_are_refused(changes: dict[str, str | None], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as raised:
        read_hec_target("there", {**GOOD, **changes})
    assert raised.value.where == "HEC target there"
    assert raised.value.remedy
    for secret in (TOKEN, "user:pw", "sec ret"):
        assert secret not in str(raised.value)
