"""Whatever stands in a conf: an object that works, or a ConfigurationError without a secret."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any, Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from invicti_collector.administration import (
    check_logging,
    check_name,
    check_proxy,
    check_texts,
    completed,
    guard_secret,
    in_words,
    told,
)
from invicti_collector.configuration import (
    Account,
    HecTarget,
    read_account,
    read_hec_target,
    read_input,
    read_proxy,
)
from invicti_collector.destinations.hec_answers import read_answer
from invicti_collector.destinations.hec_client import EVENT_PATH, HecClient, Route
from invicti_collector.errors import CollectorError, ConfigurationError
from invicti_collector.settings import check_ca_bundle
from invicti_collector.shutdown import Shutdown
from invicti_collector.tenant.invicti_api import InvictiApi, Network
from invicti_collector.timeline import EVERYTHING, DateFormat
from tests.fuzz import FUZZ

GUID = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"
NOW = 1_715_171_524.0
SECRET = "Zq9-s3cr3t-Zq9"  # noqa: S105 - opens nothing

words = st.text(st.characters(codec=None), max_size=30)
odd_texts = st.sampled_from(
    ["", " ", "\x00", "\ud800", "\n[x]\ny = z", "x" * 20_000, "%", "%zz", "${x}",
    "$decideOnStartup",
     "../../etc/passwd", "\u202e", "0", "-1", "9" * 5_000, "\u0661\u0662", "1e5", "nan", "true",
     "Yes"]
)  # fmt: skip
secrets = st.sampled_from(
    [
        SECRET,
        SECRET + "\ud800",
        SECRET + "\n",
        "\x00" + SECRET,
        SECRET + "é",
        SECRET * 1_000,
        "******",
    ]
)
urls = st.sampled_from(
    ["https://www.netsparkercloud.com", "https://a:8443/", "http://127.0.0.1:1", "http://[::1]:1",
     "https://[::1", "https://]",
     "https://a:99999", "https://a:-1", "https://a:0", "https://.a", "https://a..b",
     "https://" + "a" * 300,
     "https://\u2100.example", "https://\uff0e", "https://xn--a", "https://a%2fb", "https:a",
     "//a", "HTTPS://A",
     "https://a\tb", "https://a\\b", "https://*", "https://[fe80::1%25eth0]", "http://0x7f.1",
     "https://1"]
)  # fmt: skip
secret_urls = st.sampled_from([f"https://user:{SECRET}@a", f"https://a/{SECRET}"])
anything = words | odd_texts | urls | st.none()


def stanza(
    good: dict[str, str], **odd: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, str | None]]:
    """A stanza that works, with up to three fields changed; only `odd` ones may hold a secret."""
    changes = [
        st.tuples(st.just(name), odd.get(name, anything) | words | odd_texts) for name in good
    ]
    changed = st.lists(st.one_of(changes), max_size=3)
    return changed.map(lambda found: {**good, **dict(found)})


accounts = stanza(
    {
        "base_url": "https://www.netsparkercloud.com",
        "user_id": "user",
        "api_token": SECRET,
        "ca_bundle": "",
        "date_format": "auto",
    },
    base_url=urls | secret_urls,
    api_token=secrets,
    ca_bundle=st.sampled_from(["/nonexistent", "/", "/dev/null"]),
)
targets = stanza(
    {"urls": "https://splunk.example.com:8088", "token": GUID, "ca_bundle": "", "use_ack": "1"},
    urls=st.lists(urls | secret_urls, max_size=3).map(",".join),
    token=secrets,
)
proxies = stanza(
    {
        "proxy_enabled": "1",
        "proxy_type": "http",
        "proxy_url": "127.0.0.1",
        "proxy_port": "1",
        "proxy_username": "user",
        "proxy_password": SECRET,
        "proxy_rdns": "0",
    },
    proxy_type=st.just("socks5"),
    proxy_url=st.sampled_from(["[::1]", "[", "]", "[[::1]]", "::", "a:b", ".", "a" * 300, "-"]),
    proxy_password=secrets,
)
inputs = stanza(
    {
        "account": "main",
        "index": "main",
        "interval": "300",
        "start_date": "all",
        "endpoint_types": "Web",
        "exclude_types": "",
        "request_data": "mask",
        "hec_target": "",
    },
    interval=st.sampled_from(["60", "300.0", "300.", "1e3"]),
    start_date=st.sampled_from(["2024-01-01", "0001-01-01", "9999-12-31T23:59:59Z"]),
    endpoint_types=st.sampled_from(["Web|Api", "~", ",,"]),
    exclude_types=st.just("Signin, \u0130"),
)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is resolved or connected, but a host name is encoded as it would be."""

    def resolve(host: Any, *_: Any, **__: Any) -> Any:
        if isinstance(host, str):
            host.encode("idna")
        raise socket.gaierror("no network here")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def judge(fault: CollectorError) -> None:
    """An error is one line that can be written, and has no secret in it."""
    assert SECRET not in str(fault) + told(fault)
    assert len(str(fault).splitlines()) == 1
    str(fault).encode("utf-8")
    assert fault.remedy


def judged(read: Callable[[], Any], kind: type[CollectorError] = ConfigurationError) -> Any:
    """What was read; None for an error, which is one line without the secret."""
    try:
        return read()
    except kind as fault:
        judge(fault)
        return None


@FUZZ
@given(values=accounts, name=words)
def test_any_account(values: Mapping[str, str | None], name: str) -> None:
    account: Account | None = judged(lambda: read_account(name, values))
    if account is None:
        return
    assert account.connection
    assert account.host
    assert SECRET not in repr(account)
    judged(lambda: check_ca_bundle(account.ca_bundle, f"account {name}"))
    assume(not account.ca_bundle)
    api = InvictiApi(account, Network("", 0, "fuzz/1"), Shutdown())
    judged(lambda: api.page(EVERYTHING, DateFormat.NONE, 1), CollectorError)


@FUZZ
@given(values=targets, name=words)
def test_any_hec_target(values: Mapping[str, str | None], name: str) -> None:
    target: HecTarget | None = judged(lambda: read_hec_target(name, values))
    if target is None:
        return
    assert "0b1c2d3e" not in repr(target)
    assume(not target.ca_bundle)
    client = HecClient(target, Route("", "fuzz/1"), lambda _url, _fault: None)
    judged(lambda: client.ask_any(EVENT_PATH, b"{}", {}, read_answer), CollectorError)


@FUZZ
@given(values=proxies)
def test_any_proxy(values: Mapping[str, str | None]) -> None:
    judged(lambda: check_proxy(values))
    proxy = judged(lambda: read_proxy(values))
    if not proxy:
        return
    account = Account("acme", "https://www.netsparkercloud.com", "user", "token")
    api = InvictiApi(account, Network(proxy, 0, "fuzz/1"), Shutdown())
    judged(lambda: api.page(EVERYTHING, DateFormat.NONE, 1), CollectorError)


@FUZZ
@given(values=inputs, name=words)
def test_any_input(values: Mapping[str, str | None], name: str) -> None:
    wanted = judged(lambda: read_input(name, values, NOW))
    if wanted is not None:
        assert wanted.interval >= 60
        assert wanted.start in ("all", "day_before") or 0 <= wanted.start <= NOW


@FUZZ
@given(
    stored=st.none() | accounts,
    sent=st.dictionaries(st.sampled_from(["base_url", "user_id", "x"]), words | urls),
    secret=st.none() | secrets,
)
def test_any_edit(
    stored: Mapping[str, str | None] | None, sent: dict[str, str], secret: str | None
) -> None:
    sent = sent if secret is None else {**sent, "api_token": secret}
    judged(lambda: guard_secret(stored, sent, "api_token", "base_url"))
    judged(lambda: check_texts(sent))
    judged(lambda: check_logging({"loglevel": sent.get("x")}))
    judged(lambda: check_name(sent.get("x", "")))
    whole = completed(stored, sent, "api_token")
    # What stands for a secret, asterisks alone, is never taken for one.
    typed = [text for text in (secret, (stored or {}).get("api_token")) if text and text.strip("*")]
    assert whole.get("api_token", "") in ("", *typed)
    if secret and secret.strip("*"):
        assert whole["api_token"] == secret
    assert in_words(sent.get("x", ""))
