"""Who gets in, what is asked of it beside the list, and the stand-in used by hand."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import fields
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import requests
import trustme

from tests.standins.invicti_tenant import Switches, TenantServer
from tests.standins.invicti_tenant.__main__ import parser, switches_of
from tests.unit.standins.invicti_tenant_client import EXPORT, LIST, ME, Client, quiet

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("path", [LIST, EXPORT, ME])
def test_basic_authentication_is_checked(path: str) -> None:
    switches = quiet(user_id="0f" * 16, api_token="a+b/c==:d")  # noqa: S106
    with TenantServer(switches) as server:
        assert (server.user_id, server.api_token) == ("0f" * 16, "a+b/c==:d")
        url = server.base_url + path
        assert requests.get(url, auth=(server.user_id, server.api_token), timeout=5).ok
        for wrong in (None, (server.user_id, "wrong"), ("wrong", server.api_token)):
            answer = requests.get(url, auth=wrong, timeout=5)
            assert answer.status_code == 401
            assert answer.json()["Message"].startswith("Authorization has been denied")
            assert answer.headers["WWW-Authenticate"].startswith("Basic")
        malformed = requests.get(url, headers={"Authorization": "Basic @@@"}, timeout=5)
        assert malformed.status_code == 401


@pytest.mark.parametrize(
    ("access", "status", "me", "text"),
    [
        ("token_revoked", 401, 401, "denied"),
        ("api_disabled", 403, 403, "API access"),
        ("ip_restricted", 403, 403, "Your IP address is not allowed (Current IP Address:"),
        ("no_permission", 403, 200, "permission"),
    ],
)
def test_access(access: str, status: int, me: int, text: str) -> None:
    with TenantServer(quiet(access=access)) as server:
        client = Client(server)
        answer = client.get()
        assert (answer.status_code, client.get(ME).status_code) == (status, me)
        assert text in answer.json()["Message"]
        server.set(access="ok")
        assert client.get().status_code == 200


def test_an_old_build_has_no_list() -> None:
    with TenantServer(quiet(list_available=False)) as server:
        client = Client(server)
        assert client.get().status_code == 404
        assert client.get(EXPORT).status_code == 200
        assert client.get("/api/1.0/auditlogs").status_code == 404


def test_other_methods_are_refused() -> None:
    with TenantServer(quiet()) as server:
        client = Client(server)
        assert (
            client.session.post(server.base_url + LIST, data="x" * 99, timeout=5).status_code == 405
        )
        assert client.get().status_code == 200


def test_account_me() -> None:
    with TenantServer(quiet(user_date_format="MM/dd/yyyy", user_zone=9.0)) as server:
        answer = Client(server).get(ME).json()
        assert answer == {
            "DateFormat": "MM/dd/yyyy",
            "DisplayName": "Splunk Collector",
            "Email": "splunk.collector@example.com",
            "AlternateLoginEmail": "",
            "TimeZoneInfo": "Tokyo Standard Time",
        }
        server.set(own_records_only=True)
        assert {r["UserEmail"] for r in Client(server).records()} == {answer["Email"]}


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("application/json", "application/json"),
        ("text/json", "text/json"),
        ("application/scim+json", "application/scim+json"),
        ("application/xml", "application/xml"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/xml"),
        ("application/xml;q=0.5, application/json", "application/json"),
        ("application/json, application/xml;q=0.5", "application/json"),
        ("image/png", "application/json"),
    ],
)
def test_content_negotiation(accept: str, expected: str) -> None:
    with TenantServer(quiet()) as server:
        client = Client(server)
        client.session.headers["Accept"] = accept
        answer = client.get()
        assert answer.headers["Content-Type"] == f"{expected}; charset=utf-8"
        assert (answer.content[:1] == b"<") is ("xml" in expected)


def test_no_accept_answers() -> None:
    with TenantServer(quiet(no_accept_answers="xml", bad_records="illegal_xml@-1")) as server:
        client = Client(server)
        ids = [record["Id"] for record in client.page()["List"]]
        client.session.headers["Accept"] = "*/*"
        answer = client.get(pageSize=200)
        assert answer.headers["Content-Type"].startswith("application/xml")
        tree = ET.fromstring(answer.content)  # noqa: S314
        name = "{http://schemas.datacontract.org/2004/07/Netsparker.Cloud}"
        assert [e.text for e in tree.iter(f"{name}Id")] == ids
        assert tree.findtext(f"{name}TotalItemCount") == "500"
        server.set(no_accept_answers="scim")
        assert client.get().headers["Content-Type"].startswith("application/scim+json")
        assert client.get().json()["TotalItemCount"] == 500


def test_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    chain, key, root = tmp_path / "chain.pem", tmp_path / "key.pem", tmp_path / "ca.pem"
    certificate.cert_chain_pems[0].write_to_path(chain)
    certificate.private_key_pem.write_to_path(key)
    authority.cert_pem.write_to_path(root)
    with TenantServer(quiet(), tls_cert=chain, tls_key=key) as server:
        assert server.base_url.startswith("https://127.0.0.1:")
        client = Client(server)
        with pytest.raises(requests.exceptions.SSLError):
            client.get()
        client.session.verify = str(root)
        assert len(client.records()) == 500


def test_a_certificate_is_renewed_while_running(tmp_path: Path) -> None:
    old, new = trustme.CA(), trustme.CA()
    files: list[Path] = []
    for authority in (old, new):
        files.append(tmp_path / f"{len(files)}.pem")
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(files[-1])
    new.cert_pem.write_to_path(tmp_path / "ca.pem")
    with TenantServer(quiet(), tls_cert=files[0]) as server:
        client = Client(server)
        client.session.verify = str(tmp_path / "ca.pem")
        with pytest.raises(requests.exceptions.SSLError):
            client.get()
        server.renew_certificate(files[1])
        assert len(client.records()) == 500


def test_connections_are_kept_and_answers_are_not_delayed() -> None:
    with TenantServer(quiet()) as server:
        client = Client(server)
        client.get(pageSize=200)
        started = time.monotonic()
        for _ in range(20):
            client.get(pageSize=200)
        assert (time.monotonic() - started) / 20 < 0.03  # a delayed acknowledgement alone is 0.04
        pools = list(client.session.adapters["http://"].poolmanager.pools._container.values())  # type: ignore[attr-defined]
        assert [pool.num_connections for pool in pools] == [1]


def test_many_clients_at_once_get_the_same_answers() -> None:
    with TenantServer(quiet()) as server:
        expected, found = server.tenant.ids(), []
        threads = [
            threading.Thread(target=lambda: found.append(set(Client(server).ids())))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [expected] * 8
        assert len(server.requests) == 24
        server.clear_requests()
        assert server.requests == []


def test_by_hand() -> None:
    command = [sys.executable, "-m", "tests.standins.invicti_tenant", "--records", "120"]
    process = subprocess.Popen(
        [*command, "--now", "2024-06-12", "--growing"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        shown = dict(process.stdout.readline().strip().split(":", 1) for _ in range(4))
        url, user, token = (shown[n].strip() for n in ("base URL", "User ID", "API token"))
        page = requests.get(url + LIST, auth=(user, token), timeout=5).json()
        assert page["TotalItemCount"] == pytest.approx(120, abs=8)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


def test_the_command_line_refuses_what_makes_no_sense(capsys: pytest.CaptureFixture[str]) -> None:
    from tests.standins.invicti_tenant.__main__ import main  # noqa: PLC0415

    for words in (
        ["--order", "sideways"],
        ["--records", "many"],
        ["--faults", "500"],
        ["--latency-ms", "-1"],
    ):
        with pytest.raises(SystemExit) as ending:
            main(words)
        assert ending.value.code == 2
        assert words[0].strip("-").replace("-", "_").rstrip("s") in capsys.readouterr().err


def other_value(name: str, default: Any, choices: tuple[str, ...]) -> Any:
    """Some value that is not the default."""
    texts = {
        "faults": "503@1",
        "bad_records": "deep@3",
        "now": "2024-01-01",
        "upgraded_at": "2024-01-01",
        "user_id": "00" * 16,
        "api_token": "other",
        "null_fields": "Message",
    }
    if choices:
        return choices[-1]
    if isinstance(default, bool):
        return not default
    return texts[name] if isinstance(default, str) else type(default)(1 if default != 1 else 2)


@pytest.mark.parametrize("item", fields(Switches), ids=lambda item: item.name)
def test_every_switch_is_an_option_with_help_a_source_and_a_test(item: Any) -> None:
    value = other_value(item.name, item.default, item.metadata["choices"])
    option = "--" + item.name.replace("_", "-")
    words = [option, str(value)]
    if isinstance(value, bool):
        words = [option if value else "--no-" + option[2:]]
    assert switches_of(parser().parse_args(words)) == Switches(**{item.name: value})
    assert item.metadata["help"]
    assert re.search(r"api \d|design \d", item.metadata["source"])
    tests = "".join(p.read_text("utf-8") for p in Path(__file__).parent.glob("test_invicti*.py"))
    assert re.search(rf"\b{item.name}\b['\"]?[=,]", tests), "no test uses it"
