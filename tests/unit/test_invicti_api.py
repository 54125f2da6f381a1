"""invicti_api and answers: each bad answer is told from the others, and no secret is told."""

from __future__ import annotations

import base64
import json
import os
import signal
import threading
import time
import tracemalloc
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invicti_collector.configuration import Account
from invicti_collector.errors import (
    AuthenticationError,
    CollectorError,
    DatesRefusedError,
    NotThereError,
    ServerError,
    TransientError,
    UnexpectedAnswerError,
)
from invicti_collector.pages import Page
from invicti_collector.ports import LargePageError
from invicti_collector.shutdown import Shutdown, StoppedError
from invicti_collector.tenant import invicti_api
from invicti_collector.tenant.answers import check_answer
from invicti_collector.tenant.invicti_api import InvictiApi, Network
from invicti_collector.timeline import EVERYTHING, DateFormat, Window
from tests.standins.invicti_tenant import Switches, TenantServer

US, NONE = DateFormat.US, DateFormat.NONE
NOW = "2024-05-20T12:00:00Z"
NOON = 1716206400
NOON_OF_HTTP = "Mon, 20 May 2024 12:00:00 GMT"
DATED = Window(NOON - 86_400, NOON)


@pytest.fixture(scope="module")
def server() -> Iterator[TenantServer]:
    switches = Switches(records=450, span_days=2, now=NOW, clock_speed=0)
    with TenantServer(switches) as running:
        yield running


class Client:
    """A client whose pauses are noted, not waited for."""

    def __init__(self, base_url: str, user: str, token: str, patience: float = 60.0) -> None:
        self.pauses: list[float] = []
        account = Account("acme", base_url, user, token)
        network = Network("", patience, "unit/1")
        self.api = InvictiApi(account, network, Shutdown(), self.pauses.append)

    def page(self, number: int = 1, *, dated: bool = False) -> Page:
        """Asks for a page."""
        return self.api.page(DATED if dated else EVERYTHING, US if dated else NONE, number)


@pytest.fixture
def client(server: TenantServer) -> Client:
    server.set(faults="", access="ok", throttle_every=0, retry_after="seconds")
    server.clear_requests()
    return Client(server.base_url, server.user_id, server.api_token)


def fail_with(server: TenantServer, client: Client, faults: str) -> CollectorError:
    """The error when every request fails so; the pauses until then are in the client."""
    server.set(faults=faults)
    with pytest.raises(CollectorError) as caught:
        client.page(dated=True)
    fault = caught.value
    assert fault.remedy
    assert "auditlogs/list" in fault.where
    assert server.api_token not in str(fault)
    return fault


def test_a_page_is_asked_for_as_the_api_documents_it(server: TenantServer, client: Client) -> None:
    page = client.page(2, dated=True)
    (request,) = server.requests
    assert request.path == "/api/1.0/auditlogs/list"
    assert {name.lower(): value for name, value in request.query.items()} == {
        "page": "2",
        "pagesize": "200",
        "startdate": "05/19/2024 12:00:00",
        "enddate": "05/20/2024 12:00:00",
    }
    assert page.number == 2
    assert page.total == len(server.tenant.ids()) - (450 - (page.total or 0))


def test_without_a_window_no_dates_are_sent(server: TenantServer, client: Client) -> None:
    page = client.page()
    (request,) = server.requests
    assert set(map(str.lower, request.query)) == {"page", "pagesize"}
    assert (len(page.records), page.total, page.has_next) == (200, 450, True)


def test_the_tenant_s_time_is_that_of_its_answers(client: Client) -> None:
    assert client.api.now() is None
    client.page()
    assert client.api.now() == pytest.approx(NOON, abs=5)


@pytest.mark.parametrize("form", ["json", "string", "html", "empty"])
@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (400, DatesRefusedError, "date_format"),
        (401, AuthenticationError, "API token"),
        (403, AuthenticationError, "permission"),
        (404, NotThereError, "base URL"),
    ],
)
def test_a_refusal_is_told_at_once(
    server: TenantServer,
    client: Client,
    status: int,
    form: str,
    kind: type[CollectorError],
    words: str,
) -> None:
    fault = fail_with(server, client, f"{status}={form}@from:1")
    assert type(fault) is kind
    assert f"HTTP {status}" in fault.error
    assert words in fault.remedy
    assert client.pauses == []


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ("Your IP address is not allowed (Current IP Address: 192.0.2.1)", "IP restrictions"),
        ("API access is disabled for this user.", "switch API access on"),
    ],
)
def test_the_server_s_own_words_tell_the_remedy(status: int, message: str, remedy: str) -> None:
    answer = requests.Response()
    answer.status_code = status
    body = json.dumps({"Message": message}).encode()
    with pytest.raises(AuthenticationError) as caught:
        check_answer(answer, body, "here", (), dated=True, now=None)
    assert remedy in caught.value.remedy
    assert "token" not in caught.value.remedy


def test_a_refusal_without_dates_is_not_about_dates(server: TenantServer, client: Client) -> None:
    server.set(faults="400@from:1")
    with pytest.raises(UnexpectedAnswerError) as caught:
        client.page()
    assert not isinstance(caught.value, DatesRefusedError)


@pytest.mark.parametrize("form", ["json", "string", "html", "empty"])
@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_failure_of_the_server_is_waited_out(
    server: TenantServer, client: Client, status: int, form: str
) -> None:
    server.set(faults=f"{status}={form}@1+2+3")
    assert client.page().total == 450
    assert len(client.pauses) == client.api.retries == 3
    for number, pause in enumerate(client.pauses):
        assert 2**number / 2 <= pause <= 2**number


@pytest.mark.parametrize(
    "kind",
    ["drop", "reset", "cut", "truncated", "invalid_json", "empty", "cut=0.01", "truncated=0.99"],
)
def test_a_broken_answer_is_asked_for_again(
    server: TenantServer, client: Client, kind: str
) -> None:
    server.set(faults=f"{kind}@1+2")
    assert client.page().total == 450
    assert client.api.retries == 2


@pytest.mark.parametrize("kind", ["503", "429", "drop", "truncated"])
def test_a_server_that_stays_broken_ends_the_run_s_patience(
    server: TenantServer, client: Client, kind: str
) -> None:
    fault = fail_with(server, client, f"{kind}@from:1")
    assert isinstance(fault, TransientError)
    assert 30 - 1 <= sum(client.pauses) <= 60


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("redirect", "redirects (HTTP 302)"),
        ("html", "text/html, not JSON"),
        ("xml", "application/xml, not JSON"),
        ("no_list", "JSON without a list"),
        ("json_string", "JSON without a list"),
    ],
)
def test_another_page_than_the_api_s_is_told_with_its_cause(
    server: TenantServer, client: Client, kind: str, words: str
) -> None:
    fault = fail_with(server, client, f"{kind}@from:1")
    assert type(fault) is UnexpectedAnswerError
    assert words in fault.error
    assert "base URL" in fault.remedy
    assert client.pauses == []
    assert len(server.requests) == 1  # a redirect is not followed


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_what_the_tenant_asks_to_wait_is_waited(
    server: TenantServer, client: Client, form: str
) -> None:
    # The date is in 2024: only by the tenant's own clock does it lie ahead.
    server.set(throttle_every=1, retry_after=form, retry_after_seconds=37)
    client.page()
    client.page()
    (pause,) = client.pauses
    assert 37 - 1 <= pause <= 37 + 2


def test_a_longer_wait_than_the_patience_is_left_to_the_next_run(
    server: TenantServer, client: Client
) -> None:
    server.set(throttle_every=1, retry_after="seconds", retry_after_seconds=3600)
    client.page()
    with pytest.raises(ServerError) as caught:
        client.page()
    assert caught.value.retry_after == 3600
    assert client.pauses == []


def test_nobody_listens() -> None:
    fault: CollectorError
    with pytest.raises(TransientError) as caught:
        Client("http://127.0.0.1:9", "u", "t", patience=0).page()
    fault = caught.value
    assert "no connection" in fault.error
    assert fault.remedy


def test_a_server_that_drips_is_left(
    server: TenantServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invicti_api, "ANSWER_SECONDS", 0.3)
    server.set(faults="slow=500/0.05@1")
    assert client.page().total == 450
    assert client.api.retries == 1


def test_an_answer_that_is_too_large_is_left(
    server: TenantServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invicti_api, "LARGEST_ANSWER", 10_000)
    assert "larger than" in fail_with(server, client, "").error


def test_a_page_that_takes_much_memory_is_to_be_asked_for_alone(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invicti_api, "_ANY_PAGE", 10_000)
    with pytest.raises(LargePageError):
        client.api.ask(EVERYTHING, DateFormat.NONE, 1, alone=False)
    assert client.api.ask(EVERYTHING, DateFormat.NONE, 1, alone=True).total == 450


def test_the_environment_s_proxies_and_netrc_are_not_used(
    client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    netrc = os.path.join(tmp_path, "netrc")  # noqa: PTH118 - any kind of path
    with open(netrc, "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write("machine 127.0.0.1 login wrong password wrong\n")
    monkeypatch.setenv("NETRC", netrc)
    assert client.page().total == 450


@pytest.mark.parametrize("kind", ["http", "socks5"])
@pytest.mark.usefixtures("client")
def test_the_token_reaches_no_proxy_in_clear(server: TenantServer, kind: str) -> None:
    account = Account("acme", server.base_url, server.user_id, server.api_token)
    network = Network(f"{kind}://127.0.0.1:9", 0, "unit/1")  # where nothing listens
    assert InvictiApi(account, network, Shutdown()).page(EVERYTHING, NONE, 1).total == 450
    secure = account._replace(base_url=server.base_url.replace("http:", "https:"))
    with pytest.raises(TransientError, match=r"the proxy .* cannot be used"):
        InvictiApi(secure, network, Shutdown()).page(EVERYTHING, NONE, 1)


@pytest.mark.usefixtures("client")
def test_sigterm_ends_the_waiting_for_an_answer(server: TenantServer) -> None:
    shutdown = Shutdown()
    account = Account("acme", server.base_url, server.user_id, server.api_token)
    api = InvictiApi(account, Network("", 60, "unit/1"), shutdown)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    server.set(faults="stall=20@1")
    shutdown.listen()
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    began = time.monotonic()
    try:
        with pytest.raises(StoppedError):
            api.page(EVERYTHING, NONE, 1)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert time.monotonic() - began < 10


# --- a server of our own, for answers that the stand-in does not give -------------------------

TOKEN = "ab+cd/efGH=="  # noqa: S105 - a fake
USER = "5f2b8c1e9a7d"


class Answering(ThreadingHTTPServer):
    """Gives one answer to every request."""

    status = 200
    body = b""
    headers: tuple[tuple[str, str], ...] = ()

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """Gives its server's answer."""

    server: Answering

    def do_GET(self) -> None:
        """Answers."""
        self.server.seen.append(dict(self.headers.items()))
        self.send_response_only(self.server.status)
        for name, value in self.server.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def answering() -> Iterator[Answering]:
    with Answering() as running:
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield running
        running.shutdown()


def answer(
    answering: Answering, status: int, body: str, *headers: tuple[str, str]
) -> tuple[Client, CollectorError]:
    answering.status, answering.body, answering.headers = status, body.encode(), headers
    client = Client(answering.url, USER, TOKEN, patience=0)
    with pytest.raises(CollectorError) as caught:
        client.page()
    return client, caught.value


ECHOES = (
    TOKEN,
    quote(TOKEN, safe=""),
    quote(TOKEN, safe="").lower().replace("gh", "GH"),  # as .NET quotes
    base64.b64encode(f"{USER}:{TOKEN}".encode()).decode(),
    USER,
)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500, 503])
@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize(
    "form",
    ["no {}, sorry", '"no {}"', '{{"Message":"no {}"}}', "<html><title>no {}</title></html>"],
)
def test_a_secret_that_the_server_echoes_is_not_told(
    answering: Answering, status: int, echo: str, form: str
) -> None:
    body = form.format(echo)
    _, fault = answer(answering, status, body, ("Content-Type", "text/plain"))
    assert "no ********" in fault.error
    for secret in ECHOES:
        assert secret not in str(fault)


def test_a_secret_in_the_title_of_a_page_is_not_told(answering: Answering) -> None:
    body = f"<title>no {TOKEN.replace('+', '&#43;').replace('=', '&#61;')}</title>"
    _, fault = answer(answering, 500, body)
    assert "no ********" in fault.error


def test_a_secret_at_the_end_of_a_long_message_is_not_told_in_part(answering: Answering) -> None:
    for length in range(150, 205):
        _, fault = answer(answering, 500, "x" * length + TOKEN)
        assert TOKEN[:4] not in str(fault)


@pytest.mark.parametrize("status", [200, 401, 500])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    body=st.text()
    | st.recursive(
        st.none() | st.text(), lambda i: st.lists(i) | st.dictionaries(st.text(), i)
    ).map(json.dumps)
)
def test_whatever_the_body_the_error_is_one_line_with_a_remedy(
    answering: Answering, status: int, body: str
) -> None:
    if status == 200 and body.startswith("["):
        return  # a bare array is a page
    if status == 200 and '"List"' in body:
        return
    _, fault = answer(answering, status, body)
    assert len(str(fault).splitlines()) == 1
    assert fault.remedy
    assert len(fault.error) < 400


def test_credentials_go_into_the_header_only(answering: Answering) -> None:
    answer(answering, 500, "")
    sent = answering.seen[-1]
    pair = base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()
    assert sent["Authorization"] == f"Basic {pair}"
    assert sent["Accept"] == "application/json"
    assert sent["User-Agent"] == "unit/1"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    text=st.text(st.characters(min_codepoint=32, max_codepoint=126))
    | st.sampled_from(
        [
            "Wed, 21 Oct 2015 07:28:00 GMT",
            "Wed, 21 Oct 99999 07:28:00 GMT",
            "Wed, 21 Oct 2015 07:28:00 +99999999999",
            "Wed, 21 Oct 2015 07:28:00 -0000",
            "Mon, 01 Jan 0001 00:00:00 GMT",
            "-5",
            "1.5",
            "1e9",
            "9999999999",
            "soon",
        ]
    )
)
def test_no_date_of_a_server_breaks_anything(answering: Answering, text: str) -> None:
    client, fault = answer(answering, 503, "", ("Retry-After", text), ("Date", text))
    assert isinstance(fault, ServerError)
    assert fault.retry_after is None or fault.retry_after >= 0
    now = client.api.now()
    assert now is None or isinstance(now, float)


@pytest.mark.usefixtures("far_from_utc")
@pytest.mark.parametrize(
    "text", ["Mon May 20 12:00:00 2024", "Mon, 20 May 2024 12:00:00 -0000", NOON_OF_HTTP]
)
def test_a_date_without_a_zone_is_in_utc(answering: Answering, text: str) -> None:
    """Not in that of this machine."""
    later = text.replace("12:00", "12:10")
    client, fault = answer(answering, 503, "", ("Date", text), ("Retry-After", later))
    assert client.api.now() == pytest.approx(NOON, abs=5)
    assert isinstance(fault, ServerError)
    assert fault.retry_after == pytest.approx(600, abs=5)


def test_a_server_without_a_date_leaves_the_time_unknown(answering: Answering) -> None:
    client, fault = answer(answering, 429, "", ("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"))
    assert client.api.now() is None
    assert isinstance(fault, ServerError)
    assert fault.retry_after is None


def test_a_page_beyond_the_end_may_be_not_found(answering: Answering) -> None:
    answering.status, answering.body, answering.headers = 404, b'{"Message":"none"}', ()
    client = Client(answering.url, USER, TOKEN)
    assert client.page(2) == Page(2, [], None, has_next=False, last_number=None)


RECORD = '{{"CreatedAt":"2024-05-20T11:00:00Z","Extra":{extra},"Message":{message},"Id":"{id}"}}'


@pytest.fixture
def few_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invicti_api, "_ANY_PAGE", 4_000)
    monkeypatch.setattr(invicti_api, "_CHUNK", 1_000)
    monkeypatch.setattr(invicti_api, "MOST_VALUES", 1_000)


def page_of(extra: str, message: str) -> str:
    told = json.dumps(message, ensure_ascii=False)
    texts = (RECORD.format(extra=extra, message=told, id=number) for number in range(4))
    return f'{{"TotalItemCount":4,"List":[{",".join(texts)}]}}'


@pytest.mark.usefixtures("few_values")
@pytest.mark.parametrize("message", [",", "[", '{"', '",\\', "\\,", '\\",', '\\\\"\n,\u2200'])
def test_what_stands_in_a_text_is_no_value(answering: Answering, message: str) -> None:
    """Whoever can write into the log would stop the input for good."""
    answering.body = page_of("0", message * 1_001).encode()
    answering.status, answering.headers = 200, ()
    page = Client(answering.url, USER, TOKEN).page()
    assert [record.item["Message"] for record in page.records] == [message * 1_001] * 4


@pytest.mark.usefixtures("few_values")
@pytest.mark.parametrize("value", ["0,", "{},", '"x",', '"",', '"\\\\",', '"\\\\\\"",'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_answer_that_holds_too_many_values_is_left(
    answering: Answering, value: str, encoding: str
) -> None:
    """Also where a text before them has the byte of a quote within another character."""
    answering.body = page_of("[" + value * 700 + "0]", "\u2200").encode(encoding)
    answering.status, answering.headers = 200, ()
    with pytest.raises(ServerError, match="more than 1000 values"):
        Client(answering.url, USER, TOKEN, patience=0).page()


def test_values_are_counted_in_little_memory() -> None:
    """Cut at each of its quotes, an answer would take fifty times what it takes as bytes."""
    body = b'["",' * 1_050_000
    tracemalloc.start()
    with pytest.raises(ServerError, match="values"):
        invicti_api._decoded(body, "here")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * len(body)
