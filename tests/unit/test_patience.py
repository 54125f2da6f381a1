"""Trying again, within bounds."""

from __future__ import annotations

from typing import Callable

import pytest

from invicti_collector.errors import PermanentError, TransientError
from invicti_collector.patience import LONGEST_PAUSE, Patience, pause_before


def failing(times: int, retry_after: float | None = None) -> Callable[[], str]:
    left = [times]

    def ask() -> str:
        if left[0]:
            left[0] -= 1
            raise TransientError("busy", "here", "none", retry_after)
        return "answer"

    return ask


def test_the_first_good_answer_ends_it() -> None:
    pauses: list[float] = []
    patient = Patience(600, pauses.append)
    assert patient.persist(failing(3)) == "answer"
    assert patient.retries == len(pauses) == 3
    assert patient.persist(failing(0)) == "answer"
    assert patient.retries == 3


def test_it_ends_with_the_patience() -> None:
    pauses: list[float] = []
    with pytest.raises(TransientError):
        Patience(100, pauses.append).persist(failing(1_000))
    assert 100 - 2 * LONGEST_PAUSE < sum(pauses) <= 100


def test_what_is_permanent_is_not_tried_again() -> None:
    def ask() -> str:
        raise PermanentError("wrong", "here", "put it right")

    pauses: list[float] = []
    with pytest.raises(PermanentError):
        Patience(100, pauses.append).persist(ask)
    assert pauses == []


def test_the_server_says_how_long() -> None:
    pauses: list[float] = []
    Patience(600, pauses.append).persist(failing(2, 30.0))
    assert all(30 <= pause <= 31 for pause in pauses)


@pytest.mark.parametrize("asked", [0.0, 1.0])
def test_a_server_that_asks_for_less_than_it_needs_is_asked_less_and_less(asked: float) -> None:
    pauses: list[float] = []
    with pytest.raises(TransientError):
        Patience(600, pauses.append).persist(failing(1_000, asked))
    assert all(pause >= wanted for pause, wanted in zip(pauses, [1, 2, 4, 8, 16, 32, 60, 60]))
    assert len(pauses) <= 6 + 600 / LONGEST_PAUSE


def test_a_server_that_wants_more_than_the_patience_ends_it() -> None:
    pauses: list[float] = []
    with pytest.raises(TransientError) as raised:
        Patience(60, pauses.append).persist(failing(1, 3600.0))
    assert raised.value.retry_after == 3600.0
    assert pauses == []


def test_pauses_double_with_jitter_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("invicti_collector.patience.random.uniform", lambda _low, high: high)
    longest = [pause_before(attempt, None) for attempt in range(8)]
    assert longest == [1, 2, 4, 8, 16, 32, 60, 60]
    assert pause_before(100_000, None) == 60
    monkeypatch.setattr("invicti_collector.patience.random.uniform", lambda low, _high: low)
    assert [pause_before(attempt, None) for attempt in range(3)] == [0.5, 1, 2]


def test_tries_are_made_as_long_as_the_next_pause_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("invicti_collector.patience.random.uniform", lambda _low, high: high)
    monkeypatch.setattr("invicti_collector.patience.time.monotonic", lambda: 5.0)
    pauses: list[float] = []
    assert Patience(7, pauses.append).persist(failing(3)) == "answer"
    assert pauses == [1, 2, 4]
    pauses.clear()
    with pytest.raises(TransientError):
        Patience(6.9, pauses.append).persist(failing(3))
    assert pauses == [1, 2]


def test_jitter_only_adds_to_what_the_server_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    bounds: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        bounds.append((low, high))
        return low

    monkeypatch.setattr("invicti_collector.patience.random.uniform", uniform)
    assert pause_before(3, 30.0) == 30.0
    assert bounds == [(0, 1)]


def test_time_spent_asking_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("invicti_collector.patience.time.monotonic", lambda: now[0])

    def ask() -> str:
        now[0] += 40.0
        raise TransientError("timed out", "here", "none")

    pauses: list[float] = []
    with pytest.raises(TransientError):
        Patience(100, pauses.append).persist(ask)
    assert now[0] == 120.0
    assert len(pauses) == 2
