"""Whatever the tenant answers: a page whose events are JSON, or an error that helps."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any, Callable
from urllib.parse import quote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from invicti_collector.configuration import Account
from invicti_collector.destinations.hec_answers import Asked, read_acks, read_answer
from invicti_collector.errors import CollectorError
from invicti_collector.pages import Page
from invicti_collector.records import REQUEST_DATA_CHOICES, event_json
from invicti_collector.shutdown import Shutdown
from invicti_collector.tenant.answers import retry_after
from invicti_collector.tenant.invicti_api import InvictiApi, Network
from invicti_collector.timeline import EVERYTHING, DateFormat, live_window
from tests.fuzz import FUZZ
from tests.fuzz.judging import judge_line
from tests.fuzz.mutations import DATES, TOKEN, USER, answers, bodies, odd, written
from tests.hostile.server import HostileServer, answer

HEC_TOKEN = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"  # noqa: S105 - opens nothing
SECRETS = (
    TOKEN,
    quote(TOKEN, safe=""),
    base64.b64encode(f"{USER}:{TOKEN}".encode()).decode(),
)


@pytest.fixture(scope="module")
def server() -> Iterator[HostileServer]:
    with HostileServer(list) as running:
        yield running


def outcome(server: HostileServer, sent: bytes) -> tuple[InvictiApi, Page | None]:
    """What comes of an answer; an error is judged here."""
    server.script = lambda: [sent]
    account = Account("acme", server.url, USER, TOKEN)
    # None is waited for: the server closes the connection behind its answer.
    api = InvictiApi(account, Network("", 0, "fuzz/1", 5.0), Shutdown())
    began = time.monotonic()
    try:
        return api, api.page(EVERYTHING, DateFormat.NONE, 1)
    except CollectorError as fault:
        judge(fault)
        return api, None
    finally:
        assert time.monotonic() - began < 7


def judge(fault: CollectorError) -> None:
    """See `judge_line`; of a tenant, which is never told an event collector's secret."""
    judge_line(fault, *SECRETS)


def judge_of_hec(fault: CollectorError) -> None:
    """The same of an event collector, which is never told a tenant's."""
    judge_line(fault)
    assert HEC_TOKEN not in str(fault).lower()


def no_constant(name: str) -> Any:
    raise AssertionError(f"{name} is not JSON")


def judge_page(page: Page) -> None:
    """All that the collector and the destinations ask of a page can be had of it."""
    assert page.announced >= 0
    assert len(page.fingerprint) == 16
    assert page.order
    for record in page.records:
        assert 0 <= record.digest < 2**64
        assert record.created is None or 0 <= record.created < 253_370_764_800
        assert isinstance(record.flaws, tuple)
        for choice in REQUEST_DATA_CHOICES:
            text = event_json(record, choice)
            assert "\n" not in text
            json.loads(text, parse_constant=no_constant)
            element = ET.fromstring(f"<data>{escape(text)}</data>".encode())  # noqa: S314 - our own
            assert element.text == text


@FUZZ
@given(sent=answers())
def test_any_answer_of_the_tenant(server: HostileServer, sent: bytes) -> None:
    api, page = outcome(server, sent)
    now = api.now()
    if now is not None:
        window = live_window(now)  # the clock is good for the windows that are asked for
        DateFormat.US.text(window.start or 0)
        DateFormat.ISO.text(window.end or 0)
    if page is not None:
        judge_page(page)


@FUZZ
@given(body=bodies())
def test_any_body(server: HostileServer, body: bytes) -> None:
    _, page = outcome(server, answer(body))
    if page is not None:
        judge_page(page)


_HEC_WORDS = st.sampled_from([HEC_TOKEN, HEC_TOKEN.upper(), "Success", "x" * 10_000, "\n\r"])
_HEC_FIELDS = st.dictionaries(
    st.sampled_from(["code", "text", "ackId", "acks", "invalid-event-number", "Code", ""]),
    odd
    | _HEC_WORDS
    | st.integers(-1, 30)
    | st.dictionaries(st.sampled_from(["0", "-1", "\u0661", "9" * 5_000, "x"]), st.booleans()),
).map(written)


@FUZZ
@given(
    status=st.sampled_from([200, 201, 204, 301, 400, 401, 403, 404, 413, 415, 429, 500, 503, 999]),
    body=_HEC_FIELDS.map(lambda text: text.encode("utf-8", "surrogatepass")) | bodies(),
    retry=st.sampled_from(DATES),
    kind=st.sampled_from(["application/json", "text/html", HEC_TOKEN, "x" * 60_000, ""]),
    read=st.sampled_from([read_answer, read_acks]),
)
def test_any_answer_of_an_event_collector(
    status: int, body: bytes, retry: str, kind: str, read: Callable[..., Any]
) -> None:
    answer = requests.Response()
    answer.status_code = status
    answer.headers.update({"Retry-After": retry, "Content-Type": kind})
    try:
        read(answer, body, Asked("POST https://splunk.example.com:8088", HEC_TOKEN, 1.7e9))
    except CollectorError as fault:
        judge_of_hec(fault)


@FUZZ
@given(text=st.sampled_from(DATES) | st.text(), now=st.none() | st.floats(0, 4e9))
def test_any_retry_after(text: str, now: float | None) -> None:
    answer = requests.Response()
    answer.headers["Retry-After"] = text
    asked = retry_after(answer, now)
    assert asked is None or 0 <= asked < 1e12
