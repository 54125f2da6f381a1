"""errors: one line each, whatever is in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invicti_collector.errors import (
    AuthenticationError,
    CollectorError,
    ConfigurationError,
    DatesRefusedError,
    LeaseLostError,
    PermanentError,
    ProgressUnreachableError,
    ServerError,
    TransientError,
    UnexpectedAnswerError,
    quoted,
)


@given(st.text(st.characters(codec=None)))
def test_quoted_is_one_line_between_two_quotes(text: str) -> None:
    found = quoted(text)
    assert len(found.splitlines()) == 1
    assert found[0] == found[-1] == '"'
    assert '"' not in found[1:-1]
    assert found.isprintable()
    found.encode("utf-8")


def test_quoted_keeps_the_words() -> None:
    assert quoted('a "b"\r\n\tc\x00d é 李') == "\"a 'b' c d é 李\""
    assert quoted(5) == '"5"'
    assert quoted("") == '""'


def test_an_error_names_what_where_and_remedy_in_one_line() -> None:
    fault = CollectorError("it\nbroke", 'at "home"', "mend\tit")
    assert str(fault) == 'error="it broke" where="at \'home\'" remedy="mend it"'


@pytest.mark.parametrize(
    ("kind", "label", "passes"),
    [
        (ConfigurationError, "Configuration Error", False),
        (AuthenticationError, "Authentication Error", False),
        (UnexpectedAnswerError, "Server Error", False),
        (DatesRefusedError, "Server Error", False),
        (TransientError, "Connection Error", True),
        (ServerError, "Server Error", True),
        (ProgressUnreachableError, "Connection Error", True),
    ],
)
def test_each_kind_knows_whether_it_passes(
    kind: type[CollectorError], label: str, *, passes: bool
) -> None:
    assert kind.label == label
    assert issubclass(kind, TransientError) is passes
    assert issubclass(kind, PermanentError) is not passes


def test_a_lost_lease_is_not_tried_for_again() -> None:
    """It may pass, so it is not permanent either: the next run may have it."""
    assert LeaseLostError.label == "Connection Error"
    assert not issubclass(LeaseLostError, (TransientError, PermanentError))


def test_a_transient_error_carries_what_the_server_asked_to_wait() -> None:
    assert TransientError("e", "w", "r").retry_after is None
    assert ServerError("e", "w", "r", 7.0).retry_after == 7.0
