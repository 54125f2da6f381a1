"""The HEC stand-in answers as Splunk's documentation and real receivers do."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conftest import ROOT
from tests.receivers.installing import or_skip, tenzir_engine, tools
from tests.receivers.tenzir import TOKEN, Tenzir
from tests.standins.hec import HecServer, HecSwitches

CHANNEL = "FE0ECFAD-13D5-401B-847D-77833BD77131"
GOOD = b'{"event":"one","index":"main"}'
EVENT = "/services/collector/event"


def post(url: str, body: bytes = GOOD, token: str = TOKEN, **headers: str) -> tuple[int, Any]:
    given = {"Authorization": f"Splunk {token}"} if token else {}
    given.update({name.replace("_", "-"): value for name, value in headers.items()})
    answer = requests.post(url, body, headers=given, timeout=30)
    content = answer.headers["Content-Type"]
    return answer.status_code, answer.json() if "json" in content else None


# Requests that Tenzir 6.20.0 (test-servers.md 1a) and Splunk's documentation agree about.
BOTH: list[tuple[dict[str, Any], int, int]] = [
    ({}, 200, 0),
    ({"body": b'{"event":"a"}{"event":"b"}'}, 200, 0),
    ({"body": b'{"event":"a"}\n{"event":{"b":1}}\n'}, 200, 0),
    ({"body": gzip.compress(GOOD, mtime=0), "Content_Encoding": "gzip"}, 200, 0),
    ({"token": ""}, 401, 2),
    ({"token": "", "Authorization": f"Bearer {TOKEN}"}, 401, 3),
    ({"token": TOKEN.replace("1", "9")}, 403, 4),
    ({"body": b""}, 400, 5),
    ({"body": b'{"event":'}, 400, 6),
    ({"body": b'{"index":"main"}'}, 400, 12),
    ({"body": b'{"event":""}'}, 400, 13),
    ({"body": b'{"event":"a","fields":{"a":{"b":1}}}'}, 400, 15),
]


@pytest.mark.parametrize(("request_", "status", "code"), BOTH, ids=str)
def test_answers_of_the_stand_in(request_: dict[str, Any], status: int, code: int) -> None:
    with HecServer(HecSwitches(token=TOKEN)) as server:
        found, told = post(server.url + EVENT, **request_)
        assert (found, told["code"]) == (status, code)
        assert bool(server.collector.taken) is (status == 200)


def test_the_real_receiver_answers_the_same(tmp_path: Path) -> None:
    engine = or_skip(tenzir_engine)
    with Tenzir(engine, tmp_path) as receiver:
        for request_, status, code in BOTH:
            found, told = post(receiver.url + EVENT, **request_)
            assert (found, told["code"]) == (status, code), request_


@pytest.mark.parametrize(("number", "expected"), [("zero", 2), ("one", 3), ("none", None)])
def test_a_bad_event_refuses_the_batch(number: str, expected: int | None) -> None:
    with HecServer(HecSwitches(token=TOKEN, number=number)) as server:
        status, told = post(server.url + EVENT, GOOD * 2 + b'{"index":"main"}' + GOOD)
        assert (status, told["code"], told.get("invalid-event-number")) == (400, 12, expected)
        assert server.collector.taken == []
        server.collector.set(partial="before")
        post(server.url + EVENT, GOOD * 2 + b'{"index":"main"}' + GOOD)
        assert len(server.collector.taken) == 2


def test_indexes_of_the_token() -> None:
    with HecServer(HecSwitches(token=TOKEN, indexes="audit")) as server:
        assert post(server.url + EVENT)[1]["code"] == 7
        assert post(server.url + EVENT, b'{"event":"a","index":"audit"}')[0] == 200


def test_size_and_encoding() -> None:
    with HecServer(HecSwitches(token=TOKEN, max_content_length=100)) as server:
        large = json.dumps({"event": "x" * 200}).encode()
        assert post(server.url + EVENT, large)[0] == 413
        packed = gzip.compress(large)
        assert post(server.url + EVENT, packed, Content_Encoding="gzip")[0] == 200
        server.collector.set(limit_of="plain")
        assert post(server.url + EVENT, packed, Content_Encoding="gzip")[0] == 413
        assert post(server.url + EVENT, GOOD, Content_Encoding="br")[0] == 415


def test_acknowledgement() -> None:
    with HecServer(HecSwitches(token=TOKEN, use_ack=True, ack_after_polls=2)) as server:
        assert post(server.url + EVENT)[1]["code"] == 10
        assert post(server.url + EVENT, X_Splunk_Request_Channel="x")[1]["code"] == 11
        ids = [
            post(server.url + EVENT, X_Splunk_Request_Channel=CHANNEL)[1]["ackId"] for _ in range(2)
        ]
        assert ids == [0, 1]
        url = f"{server.url}/services/collector/ack?channel={CHANNEL}"
        answers = [post(url, b'{"acks":[0,1,7]}')[1]["acks"] for _ in range(3)]
        assert answers[0] == {"0": False, "1": False, "7": False}
        assert answers[1] == {"0": True, "1": True, "7": False}
        # "the status is removed once it was told"
        assert answers[2] == {"0": False, "1": False, "7": False}
        other = url.replace(CHANNEL, CHANNEL.replace("7", "8"))
        assert post(other, b'{"acks":[0]}')[1]["acks"] == {"0": False}


def test_acknowledgement_is_off() -> None:
    with HecServer(HecSwitches(token=TOKEN)) as server:
        url = f"{server.url}/services/collector/ack?channel={CHANNEL}"
        assert post(url, b'{"acks":[0]}')[1]["code"] == 14
        assert "ackId" not in post(server.url + EVENT, X_Splunk_Request_Channel=CHANNEL)[1]


def test_answers_to_order() -> None:
    with HecServer(
        HecSwitches(token=TOKEN, answers="2:503/9,3-4:429/26", retry_after="5")
    ) as server:
        found = [post(server.url + EVENT)[0] for _ in range(5)]
        assert found == [200, 503, 429, 429, 200]
        assert len(server.collector.taken) == 2


def test_health_and_wrong_paths() -> None:
    with HecServer() as server:
        health = requests.get(server.url + "/services/collector/health", timeout=30)
        assert (health.status_code, health.json()["code"]) == (200, 17)
        assert requests.get(server.url + "/services/other", timeout=30).status_code == 404


@pytest.mark.parametrize("changes", [{"number": "two"}, {"answers": "503"}, {"crowded": "x"}])
def test_switches_that_make_no_sense(changes: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        HecSwitches(**changes)  # type: ignore[arg-type]


def test_every_switch_is_an_option() -> None:
    command = [sys.executable, "-m", "tests.standins.hec", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in HecSwitches.__dataclass_fields__:
        assert f"--{name.replace('_', '-')}" in done.stdout


# --- real clients of other makers -----------------------------------------------------------------

HANDLER = """
import logging, sys
from splunk_hec_handler import SplunkHecHandler
log = logging.Logger("check")
port, token = int(sys.argv[1]), sys.argv[2]
log.addHandler(SplunkHecHandler("127.0.0.1", token, port=port, proto="http", source="here"))
try:
    for number in range(5):
        log.warning({"number": number})
except Exception as fault:
    print(type(fault).__name__, fault.response.status_code)
else:
    print("sent")
"""

FORWARDER = """
import sys
from splunk_logging.forwarders import HecForwarder
port, token, timeout = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
forwarder = HecForwarder("127.0.0.1", port, token, use_ssl=False, indexer_ack=True,
                         ack_poll_interval=0.05, ack_timeout=timeout)
try:
    for number in range(3):
        forwarder.forward_event({"number": number})
except Exception as fault:
    print(type(fault).__name__)
else:
    print("acknowledged")
"""

BATCH = """
import sys
from splunk_logging.forwarders import HecForwarder
from splunk_logging.exceptions import HecBatchError
forwarder = HecForwarder("127.0.0.1", int(sys.argv[1]), sys.argv[2], use_ssl=False)
try:
    forwarder.forward_events([{"number": 0}, {"number": 1}, {"bad": 2}, {"number": 3}])
except HecBatchError as fault:
    print(fault.invalid_event_number)
else:
    print("sent")
"""


def client(code: str, server: HecServer, *arguments: str) -> str:
    """What a third-party client prints."""
    python = or_skip(tools) / "python"
    port = server.url.rpartition(":")[2]
    command = [str(python), "-c", code, port, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_splunk_hec_handler_is_content() -> None:
    with HecServer() as server:
        assert client(HANDLER, server, server.switches.token) == "sent"
        taken = [each.event for each in server.collector.taken]
        assert [event["event"]["number"] for event in taken] == [0, 1, 2, 3, 4]
        assert {event["source"] for event in taken} == {"here"}
        assert client(HANDLER, server, TOKEN) == "HTTPError 403"


def test_python_splunk_logging_gets_its_acknowledgements() -> None:
    with HecServer(HecSwitches(use_ack=True, ack_after_polls=3)) as server:
        assert client(FORWARDER, server, server.switches.token, "30") == "acknowledged"
        polls = [path for path, _, _ in server.collector.calls if path.endswith("/ack")]
        assert len(polls) == 3 * 3
        server.collector.set(ack_after_polls=0)
        told = client(FORWARDER, server, server.switches.token, "0.5")
        assert told == "HecAckTimeoutError"


def test_python_splunk_logging_reads_the_number_of_the_bad_event() -> None:
    with HecServer(HecSwitches(refuse_containing="bad")) as server:
        assert client(BATCH, server, server.switches.token) == "2"
        assert server.collector.taken == []
