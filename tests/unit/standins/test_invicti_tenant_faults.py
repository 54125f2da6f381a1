"""Everything that can go wrong on the way: each kind of fault, and on which requests it strikes."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pytest
import requests

from tests.standins.invicti_tenant import Switches, TenantServer
from tests.standins.invicti_tenant.faults import KINDS
from tests.unit.standins.invicti_tenant_client import ME, Client, quiet

STATUSES = [400, 401, 403, 404, 408, 429, 500, 502, 503, 504]


def outcome(client: Client) -> int | str:
    try:
        return client.get(pageSize=5).status_code
    except requests.ConnectionError:
        return "connection"
    except requests.exceptions.ChunkedEncodingError:
        return "chunked"


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("form", ["json", "string", "html", "empty"])
def test_statuses(status: int, form: str) -> None:
    with TenantServer(quiet(faults=f"{status}={form}@1")) as server:
        client = Client(server)
        answer = client.get()
        assert answer.status_code == status
        if form == "json":
            assert answer.json()["Message"]
        elif form == "string":
            assert isinstance(answer.json(), str)
        elif form == "html":
            assert answer.headers["Content-Type"].startswith("text/html")
            assert "<html>" in answer.text
        else:
            assert answer.content == b""
        assert client.get().status_code == 200
        assert [(r.status, r.fault) for r in server.requests] == [
            (status, str(status)),
            (200, None),
        ]


@pytest.mark.parametrize(
    ("when", "struck"),
    [
        ("3", {3}),
        ("2+5", {2, 5}),
        ("every:4", {4, 8, 12}),
        ("from:10", {10, 11, 12}),
        ("from:4-6", {4, 5, 6}),
    ],
)
def test_when(when: str, struck: set[int]) -> None:
    with TenantServer(quiet(faults=f"500@{when}")) as server:
        client = Client(server)
        assert {n for n in range(1, 13) if outcome(client) == 500} == struck


def test_when_with_a_probability_is_seeded() -> None:
    runs = []
    for seed in (1, 1, 2):
        with TenantServer(quiet(faults="500@p:0.3", seed=seed)) as server:
            client = Client(server)
            runs.append([outcome(client) for _ in range(100)])
    assert runs[0] == runs[1] != runs[2]
    assert 15 < runs[0].count(500) < 45


def test_several_faults_and_new_ones_while_running() -> None:
    with TenantServer(quiet(faults="500@1; 503=html@2")) as server:
        client = Client(server)
        assert [outcome(client) for _ in range(3)] == [500, 503, 200]
        server.set(faults="404@1")
        assert [outcome(client) for _ in range(2)] == [404, 200]
        server.set(faults="")
        assert outcome(client) == 200


def test_fault_scope() -> None:
    with TenantServer(quiet(faults="500@every:2", fault_scope="me")) as server:
        client = Client(server)
        assert [client.get(p).status_code for p in (ME, "/api/1.0/auditlogs/list", ME, ME)] == [
            200,
            200,
            500,
            200,
        ]


def test_redirect() -> None:
    with TenantServer(quiet(faults="redirect@1; redirect=https://elsewhere.example/@2")) as server:
        client = Client(server)
        first, second = client.get(), client.get()
        assert (first.status_code, second.status_code) == (302, 302)
        assert first.headers["Location"].startswith("/account/signin")
        assert second.headers["Location"] == "https://elsewhere.example/"


def test_html_with_200() -> None:
    with TenantServer(quiet(faults="html@1")) as server:
        answer = Client(server).get()
        assert (answer.status_code, "Sign In" in answer.text) == (200, True)
        assert answer.headers["Content-Type"].startswith("text/html")


def test_cut_announces_more_than_it_sends() -> None:
    with TenantServer(quiet(faults="cut=0.3@1")) as server:
        client = Client(server)
        with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
            client.get()
        assert client.get().status_code == 200


def test_truncated_is_complete_http_with_half_the_json() -> None:
    with TenantServer(quiet(faults="truncated@1")) as server:
        client = Client(server)
        half = client.get()
        assert half.status_code == 200
        with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
            half.json()
        assert len(client.get().content) // 2 == len(half.content)


@pytest.mark.parametrize("kind", ["invalid_json", "empty"])
def test_bodies_that_are_not_json(kind: str) -> None:
    with TenantServer(quiet(faults=f"{kind}@1")) as server:
        answer = Client(server).get()
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("application/json")
        with pytest.raises(requests.exceptions.JSONDecodeError):
            answer.json()


def test_json_without_a_list() -> None:
    with TenantServer(quiet(faults="no_list@1; json_string@2")) as server:
        client = Client(server)
        assert "List" not in client.get().json()
        assert isinstance(client.get().json(), str)


def test_xml_in_spite_of_accept() -> None:
    with TenantServer(quiet(faults="xml@1")) as server:
        answer = Client(server).get()
        assert answer.headers["Content-Type"].startswith("application/xml")
        assert answer.text.startswith("<AuditLogPagedResultDto")


def test_slow_bytes() -> None:
    with TenantServer(quiet(faults="slow=1000/0.02@1")) as server:
        client = Client(server)
        started = time.monotonic()
        answer = client.get(pageSize=50)
        spent = time.monotonic() - started
        assert len(answer.json()["List"]) == 50
        assert spent > len(answer.content) / 1000 * 0.02 * 0.9
        started = time.monotonic()
        client.get(pageSize=50)
        assert time.monotonic() - started < spent / 2


def test_stall() -> None:
    with TenantServer(quiet(faults="stall=0.3@1")) as server:
        started = time.monotonic()
        assert outcome(Client(server)) == 200
        assert time.monotonic() - started > 0.3


def test_a_stalled_answer_does_not_hold_up_the_end() -> None:
    server = TenantServer(quiet(faults="stall=60@1")).start()
    with pytest.raises(requests.ReadTimeout):
        requests.get(server.base_url + ME, timeout=0.2)
    started = time.monotonic()
    server.stop()
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("kind", ["drop", "reset"])
def test_dropped_connections(kind: str) -> None:
    with TenantServer(quiet(faults=f"{kind}@2")) as server:
        client = Client(server)
        assert outcome(client) == 200
        with pytest.raises(
            requests.ConnectionError, match="reset" if kind == "reset" else "closed"
        ):
            client.get()
        assert outcome(client) == 200
        assert [(r.status, r.fault) for r in server.requests] == [
            (200, None),
            (0, kind),
            (200, None),
        ]


def test_latency() -> None:
    with TenantServer(quiet(latency_ms=40.0)) as server:
        client = Client(server)
        client.get(pageSize=1)

        def spent() -> float:
            started = time.monotonic()
            client.get(pageSize=1)
            return time.monotonic() - started

        assert 0.04 <= min(spent() for _ in range(5)) < 0.08
        server.set(latency_jitter_ms=100.0)
        times = [spent() for _ in range(8)]
        assert max(times) - min(times) > 0.03
        server.set(latency_ms=0.0, latency_jitter_ms=0.0)
        assert min(spent() for _ in range(5)) < 0.04


def test_latency_grows_with_what_is_under_way() -> None:
    with TenantServer(quiet(latency_ms=100.0, latency_load_ms=200.0)) as server:

        def spent(_number: int) -> float:
            started = time.monotonic()
            Client(server).get(pageSize=1)
            return time.monotonic() - started

        assert spent(0) < 0.3
        with ThreadPoolExecutor(3) as pool:
            assert max(pool.map(spent, range(3))) >= 0.5
        assert sorted(request.under_way for request in server.requests) == [1, 1, 2, 3]
        assert spent(0) < 0.3


@pytest.mark.parametrize("form", ["seconds", "date", "none"])
def test_throttling(form: str) -> None:
    switches = quiet(throttle_every=2, throttle_for=2, retry_after=form, retry_after_seconds=7)
    with TenantServer(switches) as server:
        client = Client(server)
        answers = [client.get() for _ in range(7)]
        assert [a.status_code for a in answers] == [200, 200, 429, 429, 200, 200, 429]
        assert client.get(ME).status_code == 200
        value = answers[2].headers.get("Retry-After")
        if form == "date":
            expected = datetime(2024, 6, 12, 15, tzinfo=timezone.utc) + timedelta(seconds=7)
            assert parsedate_to_datetime(str(value)) == expected
        else:
            assert value == {"seconds": "7", "none": None}[form]
        assert server.requests[2].fault == "throttle"


def test_throttling_that_ends() -> None:
    with TenantServer(quiet(throttle_every=1, throttle_for=2, throttle_until=5)) as server:
        client = Client(server)
        answers = [client.get().status_code for _ in range(8)]
        assert answers == [200, 429, 429, 200, 429, 200, 200, 200]
        server.set(throttle_until=0)
        assert [client.get().status_code for _ in range(3)] == [200, 429, 429]


@pytest.mark.parametrize(
    "text",
    [
        "nonsense@1",
        "500",
        "500@x",
        "500@every:0",
        "500=xml@1",
        "cut=2@1",
        "slow=fast@1",
        "drop=1@1",
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="fault"):
        Switches(faults=text)


def test_every_kind_of_fault_is_tried_here() -> None:
    kinds = [k for k in KINDS if k not in {"slow", "stall"}]
    faults = ";".join(f"{kind}@{n}" for n, kind in enumerate(kinds, start=1))
    with TenantServer(quiet(faults=faults)) as server:
        client = Client(server)
        plain = 0
        for _ in kinds:
            plain += outcome(client) == 200
        assert [r.fault for r in server.requests] == kinds
        # html, truncated, invalid_json, no_list, json_string, empty, xml
        assert plain == 7
