"""What the trial of an account finds, for every way in which it can fail."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
import requests
import trustme

from invicti_collector import verification
from invicti_collector.configuration import Account, HecTarget, read_hec_target
from invicti_collector.errors import (
    AuthenticationError,
    CollectorError,
    ConfigurationError,
    NotThereError,
    TransientError,
    UnexpectedAnswerError,
)
from invicti_collector.tenant.answers import describe_failure
from invicti_collector.verification import (
    OWN_RECORDS_ONLY,
    WORKS,
    trial,
    verify_account,
    verify_hec_target,
)
from tests.fakes.event_collector import TOKEN as HEC_TOKEN
from tests.fakes.event_collector import EventCollector, event_collector
from tests.standins.invicti_tenant import Switches, TenantServer
from tests.standins.invicti_tenant.profile import API_USER_EMAIL
from tests.standins.proxies import PASSWORD, USER, Proxy, proxy


def account_of(server: TenantServer, **changes: Any) -> Account:
    account = Account("main", server.base_url, server.user_id, server.api_token)
    return account._replace(**changes)


def refusal(account: Account, proxy_url: str = "") -> CollectorError:
    with pytest.raises(CollectorError) as raised:
        verify_account(account, trial(proxy_url, "test"))
    assert account.api_token not in str(raised.value)
    assert PASSWORD not in str(raised.value)
    return raised.value


@contextmanager
def tenant(**switches: object) -> Iterator[TenantServer]:
    with TenantServer(Switches(**{"records": 600, "span_days": 20.0, **switches})) as server:  # type: ignore[arg-type]
        yield server


def test_an_account_that_works_takes_two_requests() -> None:
    with tenant() as server:
        assert verify_account(account_of(server), trial("", "test")) == "works"
        asked = [(request.path, request.query.get("pageSize")) for request in server.requests]
    assert asked == [("/api/1.0/account/me", None), ("/api/1.0/auditlogs/list", "1")]


def test_a_tenant_without_records_works() -> None:
    with tenant(records=0) as server:
        found = verify_account(account_of(server), trial("", "test"))
    assert found == "works; the activity log is empty"


def test_a_user_that_sees_only_its_own_records_is_warned_of() -> None:
    with tenant(records=3000, own_records_only=True) as server:
        assert server.tenant.count() > 1
        found = verify_account(account_of(server), trial("", "test"))
        assert len(server.requests) <= 4
    assert "every record seen is the API user's own" in found
    assert "permission" in found


def test_own_records_at_the_top_of_the_list_are_no_reason_for_a_warning() -> None:
    """The newest records of a quiet tenant may all be the collector's own sign-ins."""
    own: str | None = API_USER_EMAIL.upper()
    other: str | None = "alice.example@acme.example"
    cases = [
        ([own] * 450, OWN_RECORDS_ONLY),
        ([own] * 449 + [other], WORKS),
        ([own] * 199 + [other] + [own] * 250, WORKS),
        ([own] * 449 + [None], WORKS),
    ]
    for emails, found in cases:
        with mocked_list(emails) as account:
            assert verify_account(account, trial("", "test")) == found


@pytest.mark.parametrize("headers", ["ui", "more", "json", "lower"])
def test_a_build_that_only_exports_csv_works(headers: str) -> None:
    with tenant(list_available=False, csv_headers=headers) as server:
        found = verify_account(account_of(server), trial("", "test"))
        assert len(server.requests) <= 5
    assert found.startswith("works; this build only exports CSV")


@pytest.mark.parametrize("headers", ["ui", "more"])
def test_own_records_only_are_warned_of_in_an_export_too(headers: str) -> None:
    switches = {"list_available": False, "csv_headers": headers, "own_records_only": True}
    with tenant(records=3000, **switches) as server:
        found = verify_account(account_of(server), trial("", "test"))
    assert "every record seen is the API user's own" in found


def test_an_empty_export_works() -> None:
    with tenant(list_available=False, records=0) as server:
        found = verify_account(account_of(server), trial("", "test"))
    assert found == "works; the activity log is empty"


@pytest.mark.parametrize("switches", [{"csv_pages": False}, {"csv_empty": "header"}])
def test_an_export_whose_last_line_has_no_end_works(switches: dict[str, Any]) -> None:
    """Collecting asks for such a page once more, for which a trial has no time."""
    with tenant(list_available=False, records=50, csv_last_break=False, **switches) as server:
        found = verify_account(account_of(server), trial("", "test"))
        pages = [one.query["page"] for one in server.requests if one.path.endswith("/export")]
    # The second although the first seems to have all: its server may just give shorter ones.
    assert pages == ["1", "10"]
    assert found.startswith("works; this build only exports CSV")


def test_neither_list_nor_export_is_a_wrong_url() -> None:
    gone = {"list_available": False, "export_available": False, "me_available": False}
    with tenant(**gone) as server:
        fault = refusal(account_of(server))
    assert isinstance(fault, NotThereError)
    assert "base URL" in fault.remedy


@contextmanager
def mocked_list(emails: list[str | None]) -> Iterator[Account]:
    """A server that has nothing but a list of records by these users, newest first."""
    records = [{"Id": f"{number:032x}", "UserEmail": email} for number, email in enumerate(emails)]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            asked = dict(parse_qsl(query))
            told: dict[str, object] = {"Email": API_USER_EMAIL, "AlternateLoginEmail": ""}
            if path.endswith("/list"):
                page, size = int(asked["page"]), int(asked["pageSize"])
                shown = records[(page - 1) * size : page * size]
                told = {"List": shown, "TotalItemCount": len(records), "PageSize": size}
            body = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Account("main", f"http://127.0.0.1:{server.server_port}", "user", "token")
        server.shutdown()


@pytest.mark.parametrize(
    ("access", "status", "remedy"),
    [
        ("token_revoked", "HTTP 401", "check user ID and API token"),
        ("api_disabled", "HTTP 403", "switch API access on"),
        ("ip_restricted", "HTTP 403", "under IP restrictions: allow the address"),
        ("no_permission", "HTTP 403", "the user ID and the token are right; in Invicti, give"),
    ],
)
def test_each_refusal_has_its_own_remedy(access: str, status: str, remedy: str) -> None:
    with tenant(access=access) as server:
        fault = refusal(account_of(server))
    assert isinstance(fault, AuthenticationError)
    assert status in fault.error
    assert remedy in fault.remedy
    others = {"check user ID", "switch API access on", "under IP restrictions", "are right"}
    assert sum(other in fault.remedy for other in others) == 1


def test_a_wrong_token_is_told_from_a_wrong_address() -> None:
    with tenant() as server:
        fault = refusal(account_of(server, api_token="not the token"))  # noqa: S106
    assert "HTTP 401" in fault.error
    assert "check user ID and API token" in fault.remedy


@pytest.mark.parametrize(
    ("faults", "kind", "error", "remedy"),
    [
        ("redirect@from:1", UnexpectedAnswerError, "a wrong URL, or single sign-on", "base URL"),
        ("html@from:1", UnexpectedAnswerError, "not JSON: probably a sign-in page", "base URL"),
        ("404@from:1", UnexpectedAnswerError, "HTTP 404", "base URL"),
        ("no_list@from:1", UnexpectedAnswerError, "without a list of audit logs", "base URL"),
        ("403=string@from:1", AuthenticationError, "HTTP 403", "IP restrictions"),
        ("403=empty@from:1", AuthenticationError, "HTTP 403", "IP restrictions"),
        ("503@from:1", TransientError, "HTTP 503", "passes"),
        ("429@from:1", TransientError, "HTTP 429", "passes"),
        ("drop@from:1", TransientError, "no connection", "firewall"),
        ("cut@from:1", TransientError, "cut short", "passes"),
        ("invalid_json@from:1", TransientError, "not valid JSON", "passes"),
    ],
)
def test_answers_that_no_tenant_gives(
    faults: str, kind: type[CollectorError], error: str, remedy: str
) -> None:
    with tenant(faults=faults) as server:
        fault = refusal(account_of(server))
    assert isinstance(fault, kind)
    assert error in fault.error
    assert remedy in fault.remedy


def test_a_build_that_does_not_tell_who_calls_is_judged_by_its_list() -> None:
    with tenant(faults="404@from:1", fault_scope="me") as server:
        assert verify_account(account_of(server), trial("", "test")) == "works"


@pytest.mark.parametrize("faults", ["stall=60@from:1", "slow=1/0.2@from:1"])
def test_a_person_waits_no_longer_than_the_limit(
    faults: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "TRIAL_SECONDS", 2.0)
    with tenant(faults=faults) as server:
        began = time.monotonic()
        fault = refusal(account_of(server))
        assert time.monotonic() - began < 4.0
    assert "in time" in fault.error or "took more than" in fault.error


def test_the_limit_is_for_all_requests_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "TRIAL_SECONDS", 2.0)
    with tenant(faults="stall=1.5@from:1") as server:
        began = time.monotonic()
        assert "no answer in time" in refusal(account_of(server)).error
        assert time.monotonic() - began < 3.0


@contextmanager
def dropping() -> Iterator[int]:
    """A port whose connections are never made: its queue has no room."""
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(deaf.getsockname())
        yield deaf.getsockname()[1]


def test_a_name_with_several_addresses_has_no_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "TRIAL_SECONDS", 1.0)
    with dropping() as port:
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: found * 4)
        began = time.monotonic()
        fault = refusal(Account("main", f"https://tenant.example:{port}", "user", "token"))
        assert time.monotonic() - began < 2.0
    assert "no answer in time" in fault.error
    assert f"https://tenant.example:{port}" in fault.where


def test_a_name_that_nobody_looks_up_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "TRIAL_SECONDS", 0.5)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: time.sleep(5.0))
    began = time.monotonic()
    fault = refusal(Account("main", "https://tenant.example", "user", "token"))
    assert time.monotonic() - began < 3.0
    assert "no answer in time" in fault.error


def test_nothing_listens() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    fault = refusal(Account("main", url, "user", "token"))
    assert "no connection" in fault.error
    assert "host name" in fault.remedy


# --- TLS -----------------------------------------------------------------------------------------


class Secured:
    """A tenant behind TLS with a private certificate authority."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.ca_bundle = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca_bundle))
        issued = authority.issue_cert("127.0.0.1")
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        issued.private_key_pem.write_to_path(str(key))
        for blob in issued.cert_chain_pems:
            blob.write_to_path(str(certificate), append=True)
        self.server = TenantServer(Switches(records=50), tls_cert=certificate, tls_key=key)


@pytest.fixture(name="secured")
def _secured(tmp_path: Path) -> Iterator[Secured]:
    made = Secured(tmp_path)
    with made.server:
        yield made


def test_a_private_authority_is_trusted_once_it_is_named(secured: Secured) -> None:
    account = account_of(secured.server, ca_bundle=str(secured.ca_bundle))
    assert verify_account(account, trial("", "test")) == "works"


def test_a_private_authority_that_is_not_named_is_told(secured: Secured) -> None:
    fault = refusal(account_of(secured.server))
    assert "TLS failed: certificate verify failed" in fault.error
    assert "ca_bundle" in fault.remedy


def test_plain_http_spoken_to_a_tls_port_is_told() -> None:
    with tenant() as server:
        fault = refusal(account_of(server, base_url=server.base_url.replace("http:", "https:")))
    assert "TLS failed" in fault.error


# --- HEC targets ---------------------------------------------------------------------------------


def hec_target(*collectors: EventCollector, **settings: str) -> HecTarget:
    urls = ",".join(collector.url for collector in collectors)
    return read_hec_target("there", {"urls": urls, "token": HEC_TOKEN, **settings})


def test_a_token_with_acknowledgement_needs_it_switched_on() -> None:
    with event_collector() as collector:
        collector.acknowledges = True
        with pytest.raises(ConfigurationError, match="code 10 Data channel is missing") as raised:
            verify_hec_target(hec_target(collector), trial("", "test"))
        assert "switch on use_ack in the HEC target, or name a token without" in raised.value.remedy
        verify_hec_target(hec_target(collector, use_ack="1"), trial("", "test"))


def test_a_receiver_that_looks_at_the_data_first_does_not_tell() -> None:
    with event_collector() as collector:
        collector.acknowledges, collector.looks_first = True, "data"
        verify_hec_target(hec_target(collector), trial("", "test"))


def test_event_collectors_have_one_limit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "TRIAL_SECONDS", 1.5)
    with event_collector() as one, event_collector() as two, event_collector() as three:
        for each in (one, two, three):
            each.seconds = 0.8
        began = time.monotonic()
        with pytest.raises(TransientError, match="no answer in time") as raised:
            verify_hec_target(hec_target(one, two, three), trial("", "test"))
        assert time.monotonic() - began < 3.0
    assert raised.value.where in (one.url, two.url)
    assert "check host name" in raised.value.remedy


def test_a_trial_ends_before_splunk_web_gives_up() -> None:
    """After 30 seconds, of which the handler needs some (`splunkdConnectionTimeout`)."""
    assert trial("", "test").seconds == verification.TRIAL_SECONDS == 20.0


# --- proxies -------------------------------------------------------------------------------------


@pytest.fixture(name="real_proxy", params=["http", "socks5"])
def _real_proxy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Proxy]:
    with proxy(request.param, tmp_path / "proxy") as made:
        yield made


def url_of(made: Proxy, password: str = PASSWORD) -> str:
    credentials = f"{quote(USER, safe='')}:{quote(password, safe='')}"
    return f"{made.kind}://{credentials}@127.0.0.1:{made.port}"


def test_the_trial_goes_through_the_proxy(real_proxy: Proxy, secured: Secured) -> None:
    account = account_of(secured.server, ca_bundle=str(secured.ca_bundle))
    assert verify_account(account, trial(url_of(real_proxy), "test")) == "works"
    assert real_proxy.connections


def test_a_wrong_proxy_password_is_told(real_proxy: Proxy, secured: Secured) -> None:
    account = account_of(secured.server, ca_bundle=str(secured.ca_bundle))
    fault = refusal(account, url_of(real_proxy, "wrong"))
    assert "the proxy 127.0.0.1" in fault.error
    assert "check user name" in fault.remedy
    assert "password" in fault.remedy
    assert "proxy settings" in fault.remedy


def test_a_proxy_that_is_not_there_is_told(secured: Secured, real_proxy: Proxy) -> None:
    closed = Proxy(real_proxy.kind, 9, real_proxy.output)
    fault = refusal(account_of(secured.server), url_of(closed))
    assert "the proxy 127.0.0.1 cannot be used" in fault.error
    assert "host, port and type in the proxy settings" in fault.remedy


def test_tls_trouble_behind_a_proxy_is_not_blamed_on_the_proxy(
    real_proxy: Proxy, secured: Secured
) -> None:
    fault = refusal(account_of(secured.server), url_of(real_proxy))
    assert "TLS failed: certificate verify failed" in fault.error


def test_a_port_with_407_in_it_is_no_refusal() -> None:
    text = "HTTPSConnectionPool(port=40712): Max retries exceeded (Connection refused)"
    told = describe_failure(requests.exceptions.ProxyError(text), "GET list", "127.0.0.1")
    assert told.error == "the proxy 127.0.0.1 cannot be used"
