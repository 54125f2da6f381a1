"""bounded_http: a server that never comes to an end is left in time, and with what it says lost."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Callable

import pytest

from invicti_collector.configuration import Account, read_hec_target
from invicti_collector.destinations.hec_answers import UncertainError, read_answer
from invicti_collector.destinations.hec_client import EVENT_PATH, HecClient, Route
from invicti_collector.errors import CollectorError, TransientError, UnexpectedAnswerError
from invicti_collector.shutdown import Shutdown
from invicti_collector.tenant import invicti_api
from invicti_collector.tenant.invicti_api import InvictiApi, Network
from invicti_collector.timeline import EVERYTHING, DateFormat
from tests.hostile.server import (
    CHUNKED,
    ENDLESS,
    OK,
    HostileServer,
    Script,
    answer,
    endless_body,
    endless_redirect,
)
from tests.standins.hec.switches import TOKEN

SECONDS = 0.5
UNBOUNDED = 8.0
"""Seconds from which on an answer counts as never left."""


def api(url: str) -> InvictiApi:
    return InvictiApi(Account("acme", url, "user", "token"), Network("", 0, "unit/1"), Shutdown())


def ask_tenant(url: str) -> None:
    api(url).page(EVERYTHING, DateFormat.NONE, 1)


def ask_receiver(url: str) -> None:
    target = read_hec_target("there", {"urls": url, "token": TOKEN})
    client = HecClient(target, Route("", "unit/1", (5, SECONDS)), lambda _url, _fault: None)
    client.ask_any(EVENT_PATH, b"{}", {}, read_answer)


def fault_of(ask: Callable[[str], None], script: Script) -> CollectorError:
    """The error that asking ends with; fails when it does not end."""
    faults: list[BaseException] = []

    def run() -> None:
        try:
            ask(server.url)
        except BaseException as fault:  # noqa: BLE001 - judged below
            faults.append(fault)

    with HostileServer(script) as server:
        asking = threading.Thread(target=run, daemon=True)
        asking.start()
        asking.join(UNBOUNDED)
        assert not asking.is_alive(), "the server is never left"
    (fault,) = faults
    assert isinstance(fault, CollectorError), repr(fault)
    assert fault.remedy
    return fault


@pytest.mark.parametrize("script", ENDLESS)
@pytest.mark.parametrize("ask", [ask_tenant, ask_receiver])
def test_an_endless_answer_is_left(
    ask: Callable[[str], None], script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invicti_api, "ANSWER_SECONDS", SECONDS)
    fault = fault_of(ask, script)
    if script is endless_redirect:
        assert "redirects (HTTP 302)" in fault.error
    elif script is not endless_body:  # which is large before it is late
        assert isinstance(fault, TransientError)
        assert "no answer in time" in fault.error


def test_a_server_that_drips_headers_does_not_outlast_a_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The trial of an account has a limit for all its requests together.
    monkeypatch.setattr(invicti_api, "ANSWER_SECONDS", 300)
    account = Account("acme", "", "user", "token")

    def ask(url: str) -> None:
        network = Network("", 0, "unit/1", SECONDS)
        tried = InvictiApi(
            Account(account.name, url, account.user_id, account.api_token), network, Shutdown()
        )
        tried.page(EVERYTHING, DateFormat.NONE, 1)

    began = time.monotonic()
    (drips,) = [script for script in ENDLESS if script.__name__ == "dripped_headers"]
    assert "no answer in time" in fault_of(ask, drips).error
    assert time.monotonic() - began < 4


@pytest.mark.parametrize(
    "target",
    ["https://[::1", "https://idp.example/\xff\xfe", "//", "\xff", "http://a:99999/", "ht tp://x"],
)
@pytest.mark.parametrize("ask", [ask_tenant, ask_receiver])
def test_where_a_redirect_leads_does_not_matter(ask: Callable[[str], None], target: str) -> None:
    fault = fault_of(ask, lambda: [answer(b"", f"Location: {target}", status="302 Found")])
    assert type(fault) is UnexpectedAnswerError
    assert "redirects (HTTP 302)" in fault.error


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", "not HTTP (BadStatusLine)"),
        (OK + b"X-Long: " + b"x" * 70_000 + b"\r\n\r\n", "not HTTP (LineTooLong)"),
        (OK + b"X: y\r\n" * 101 + b"\r\n", "not HTTP (HTTPException)"),
        (b"", "no connection"),
        (OK, "cut short"),
        (CHUNKED + b"-5\r\n[]", "cut short"),
        (CHUNKED + b"zz\r\n[]", "cut short"),
        (CHUNKED + b"2\r\n[]", "cut short"),
        (answer(b"[]", "Content-Encoding: gzip"), "cut short"),
        (answer(b"[]", "Content-Encoding: deflate"), "cut short"),
        (answer(b"[]", "Content-Encoding: gzip, deflate"), "cut short"),
        (OK + b"Content-Length: 10\r\n\r\n[]", "cut short"),
    ],
)
def test_an_answer_that_is_none_is_told_as_such(head: bytes, words: str) -> None:
    fault = fault_of(ask_tenant, lambda: [head])
    assert isinstance(fault, TransientError)
    assert words in fault.error


def test_a_ca_bundle_that_is_being_replaced_may_come_back(tmp_path: Path) -> None:
    """It is looked for at each request, and was there when the run began."""
    url, gone = "https://127.0.0.1:9", str(tmp_path / "ca.pem")
    account = Account("acme", url, "user", "token", ca_bundle=gone)
    tenant = InvictiApi(account, Network("", 0, "unit/1"), Shutdown())
    target = read_hec_target("there", {"urls": url, "token": TOKEN, "ca_bundle": gone})
    receiver = HecClient(target, Route("", "unit/1"), lambda _url, _fault: None)
    for ask in (
        lambda: tenant.page(EVERYTHING, DateFormat.NONE, 1),
        lambda: receiver.ask_any(EVENT_PATH, b"{}", {}, read_answer),
    ):
        with pytest.raises(TransientError, match="trusted certificates is not there") as raised:
            ask()
        assert raised.value.error.startswith("TLS failed: ")
        assert "ca_bundle" in raised.value.remedy
        assert not isinstance(raised.value, UncertainError)


@pytest.mark.parametrize("each", [1, 99])
def test_cookies_are_few(each: int) -> None:
    made = [0]

    def with_cookies() -> list[bytes]:
        made[0] += 1
        cookies = [f"Set-Cookie: c{made[0]}x{n}={'x' * 60}" for n in range(each)]
        return [answer(b"[]", *cookies[:95])]

    with HostileServer(with_cookies) as server:
        tenant = api(server.url)
        for number in range(1, 61):
            tenant.page(EVERYTHING, DateFormat.NONE, number)
    sent = [head.count(b"c" + str(n).encode()) for n, head in enumerate(server.heads, 1)]
    assert len(sent) == 60
    assert max(head.count(b"=" + b"x" * 60) for head in server.heads) <= 50
    # A load balancer's cookie is what they are kept for.
    assert any(b"Cookie: c1x0=" in head for head in server.heads) == (each == 1)
