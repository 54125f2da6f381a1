"""The table of answers, code by code ("Possible error codes" of Splunk's documentation)."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from invicti_collector.destinations.hec_answers import (
    Asked,
    RefusedError,
    TooLargeError,
    UncertainError,
    read_acks,
    read_answer,
)
from invicti_collector.errors import (
    AuthenticationError,
    CollectorError,
    ConfigurationError,
    PermanentError,
    ServerError,
    TransientError,
    UnexpectedAnswerError,
)

TOKEN = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"  # noqa: S105 - opens nothing
ASKED = Asked("POST https://splunk.example.com:8088/x", TOKEN, 1_715_171_524.0)


def answer(status: int, **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return made


def fault(status: int, body: Any, **headers: str) -> CollectorError:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(CollectorError) as raised:
        read_answer(answer(status, **headers), content, ASKED)
    assert raised.value.where == ASKED.where
    assert raised.value.remedy
    return raised.value


# Code, the status that the documentation gives with it, and what it is to the add-on.
TABLE = [
    (1, 403, AuthenticationError),
    (2, 401, AuthenticationError),
    (3, 401, AuthenticationError),
    (4, 403, AuthenticationError),
    (5, 400, RefusedError),
    (6, 400, RefusedError),
    (7, 400, ConfigurationError),
    (8, 500, UncertainError),
    (9, 503, ServerError),
    (10, 400, ConfigurationError),
    (11, 400, ConfigurationError),
    (12, 400, RefusedError),
    (13, 400, RefusedError),
    (14, 400, ConfigurationError),
    (15, 400, RefusedError),
    (16, 400, UnexpectedAnswerError),
    (18, 503, ServerError),
    (19, 503, ServerError),
    (20, 503, ServerError),
    (21, 400, AuthenticationError),
    (22, 400, AuthenticationError),
    (23, 503, ServerError),
    (26, 429, ServerError),
    (27, 429, ServerError),
]


@pytest.mark.parametrize(("code", "status", "kind"), TABLE)
def test_each_code_is_told_apart(code: int, status: int, kind: type[CollectorError]) -> None:
    found = fault(status, {"text": "Words", "code": code})
    assert type(found) is kind
    assert f"HTTP {status} code {code} Words" in found.error


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (7, "index"),
        (10, "switch on use_ack"),
        (11, "switch on use_ack"),
        (14, "switch off use_ack"),
    ],
)
def test_remedies_name_the_setting(code: int, words: str) -> None:
    assert words in fault(400, {"text": "", "code": code}).remedy


@pytest.mark.parametrize("code", [0, 24, 25])
def test_what_is_taken(code: int) -> None:
    receipt = read_answer(answer(200), json.dumps({"code": code, "ackId": 7}).encode(), ASKED)
    assert receipt == (7, code != 0)
    receipt = read_answer(answer(200), json.dumps({"code": code}).encode(), ASKED)
    assert receipt.ack_id is None


@pytest.mark.parametrize(
    "body", [b"", b"<html>Sign in</html>", b"[]", b"{}", b'{"code":"0"}', b'{"code":true}', b"OK"]
)
def test_only_an_event_collectors_own_words_are_a_receipt(body: bytes) -> None:
    assert type(fault(200, body, Content_Type="text/html")) is UnexpectedAnswerError


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, UnexpectedAnswerError),
        (400, RefusedError),
        (401, AuthenticationError),
        (403, AuthenticationError),
        (404, UnexpectedAnswerError),
        (405, UnexpectedAnswerError),
        (407, UnexpectedAnswerError),
        (408, ServerError),
        (413, TooLargeError),
        (415, UnexpectedAnswerError),
        (425, ServerError),
        (429, ServerError),
        (500, UncertainError),
        (502, UncertainError),
        (503, ServerError),
        (504, UncertainError),
        (520, UncertainError),
    ],
)
def test_a_load_balancers_page_goes_by_its_status(status: int, kind: type[CollectorError]) -> None:
    found = fault(status, b"<html><title>Oops</title></html>")
    assert type(found) is kind
    assert "Oops" not in str(found)


def test_too_large_goes_by_the_status_whatever_the_code() -> None:
    # As Tenzir 6.20.0 answers.
    assert type(fault(413, {"text": "Data payload too large", "code": 6})) is TooLargeError
    # As Tenzir answers to an encoding it does not know: not the events' fault.
    assert type(fault(415, {"text": "Invalid data format", "code": 6})) is UnexpectedAnswerError


def test_the_events_place_is_kept() -> None:
    found = fault(400, {"text": "", "code": 12, "invalid-event-number": 3})
    assert isinstance(found, RefusedError)
    assert found.number == 3
    untold = fault(400, {"text": "", "code": 12})
    assert isinstance(untold, RefusedError)
    assert untold.number is None


def test_a_busy_receiver_that_tells_how_far_it_got_may_have_taken_some() -> None:
    told = {"text": "Server is busy", "code": 9}
    assert type(fault(503, {**told, "invalid-event-number": 10})) is UncertainError
    assert type(fault(503, {**told, "invalid-event-number": 0})) is ServerError


def test_retry_after_is_read() -> None:
    busy = {"text": "Server is busy", "code": 9}
    cases = {"17": 17.0, "Wed, 08 May 2024 12:32:14 GMT": 10.0, "soon": None}
    for text, seconds in cases.items():
        found = fault(503, busy, Retry_After=text)
        assert isinstance(found, TransientError)
        assert found.retry_after == seconds
    untold = fault(503, busy)
    assert isinstance(untold, TransientError)
    assert untold.retry_after is None


def test_the_token_is_not_repeated() -> None:
    for token in (TOKEN, TOKEN.upper()):
        said = str(fault(403, {"text": f"Splunk {token}: invalid", "code": 4}))
        assert token not in said
        assert "********" in said


@pytest.mark.parametrize("form", ["a+b/c%41", "a%2Bb%2Fc%2541", "a%2bb%2fc%2541"])
def test_a_token_that_is_no_guid_is_not_repeated_either(form: str) -> None:
    body = json.dumps({"text": f"no such token: {form}", "code": 4}).encode()
    with pytest.raises(AuthenticationError) as raised:
        read_answer(answer(403), body, ASKED._replace(token="a+b/c%41"))  # noqa: S106
    assert raised.value.error.endswith("no such token: ********")


@pytest.mark.parametrize("status", [400, 401, 413, 429, 500])
def test_a_code_of_thousands_of_digits_is_not_repeated(status: int) -> None:
    told = fault(status, b'{"code":' + b"9" * 4_000 + b"}")
    assert len(str(told)) < 500
    assert "code 5" in str(fault(status, {"code": 5}))


def test_acknowledgements() -> None:
    body = json.dumps(
        {"acks": {"0": True, "1": False, "2": "no", "7602707180936557": True}}
    ).encode()
    assert read_acks(answer(200), body, ASKED) == {0, 7602707180936557}
    assert read_acks(answer(200), b'{"acks":{}}', ASKED) == set()


@pytest.mark.parametrize("body", [b"", b"{}", b'{"acks":[1]}', b'{"text":"Success","code":0}'])
def test_what_is_no_answer_to_a_question_for_acknowledgements(body: bytes) -> None:
    with pytest.raises(UnexpectedAnswerError):
        read_acks(answer(200), body, ASKED)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, 14, ConfigurationError),
        (400, 6, PermanentError),
        (403, 4, AuthenticationError),
        (503, 19, ServerError),
    ],
)
def test_refused_questions_for_acknowledgements(
    status: int, code: int, kind: type[CollectorError]
) -> None:
    body = json.dumps({"text": "", "code": code}).encode()
    with pytest.raises(kind) as raised:
        read_acks(answer(status), body, ASKED)
    assert not isinstance(raised.value, RefusedError)
