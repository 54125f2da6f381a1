"""pace: how many requests may be under way, as a function of how the server has answered."""

from __future__ import annotations

from typing import Union

from hypothesis import given
from hypothesis import strategies as st

from invicti_collector.tenant.pace import FIRST_STEP, SAMPLES, SLOW_STEP, SLOWEST_STEP, Pace

FAILED = "failed"
Answer = Union[float, str]
answers: st.SearchStrategy[Answer] = st.one_of(st.floats(0, 100), st.just(FAILED))


def note(pace: Pace, answer: Answer) -> None:
    if isinstance(answer, float):
        pace.succeeded(answer)
    else:
        pace.failed()


def answers_until(pace: Pace, allowed: int, seconds: float = 0.3) -> int:
    """How many good answers it takes until so many requests are allowed."""
    count = 0
    while pace.allowed < allowed:
        pace.succeeded(seconds)
        count += 1
        assert count <= 4 * SLOWEST_STEP
    return count


def at_full_pace(seconds: float = 0.3) -> Pace:
    pace = Pace(4)
    answers_until(pace, 4, seconds)
    return pace


@given(st.integers(1, 4), st.lists(answers, max_size=200))
def test_it_stays_between_one_and_the_most(most: int, given_answers: list[Answer]) -> None:
    pace = Pace(most)
    for answer in given_answers:
        before = pace.allowed
        note(pace, answer)
        assert 1 <= pace.allowed <= most
        assert pace.allowed <= before + 1
        if answer == FAILED:
            assert pace.allowed == 1


def test_it_begins_with_one_and_takes_one_more_after_some_good_answers() -> None:
    pace = Pace(4)
    seen = []
    for _ in range(4 * FIRST_STEP):
        seen.append(pace.allowed)
        pace.succeeded(0.3)
    assert seen == [1] * FIRST_STEP + [2] * FIRST_STEP + [3] * FIRST_STEP + [4] * FIRST_STEP


def test_the_setting_1_is_never_exceeded() -> None:
    pace = Pace(1)
    for _ in range(1000):
        pace.succeeded(0.01)
    assert pace.allowed == 1


def test_after_trouble_it_recovers_slowly_and_more_so_each_time() -> None:
    pace = at_full_pace()
    needed = []
    for _ in range(6):
        pace.failed()
        assert pace.allowed == 1
        needed.append(answers_until(pace, 2))
    assert needed[0] == SLOW_STEP
    assert all(later == min(2 * sooner, SLOWEST_STEP) for sooner, later in zip(needed, needed[1:]))
    assert needed[-1] == SLOWEST_STEP


def test_what_requests_under_way_together_meet_is_one_trouble() -> None:
    pace = at_full_pace()
    for _ in range(4):
        pace.failed()
    assert answers_until(pace, 2) == SLOW_STEP


def test_a_failure_between_good_answers_begins_the_count_anew() -> None:
    pace = Pace(4)
    for _ in range(100):
        for _ in range(FIRST_STEP - 1):
            pace.succeeded(0.3)
        pace.failed()
    assert pace.allowed == 1


def test_a_server_that_answers_one_at_a_time_is_noticed_by_its_latency() -> None:
    """Each further request under way makes all of them wait as long as one takes."""
    pace = Pace(4)
    seen = []
    for _ in range(3 * FIRST_STEP + SAMPLES + 1):
        seen.append(pace.allowed)
        pace.succeeded(0.3 * pace.allowed)
    assert max(seen) > 2
    assert seen[-1] == 1


def test_growing_latency_takes_it_back_to_one() -> None:
    pace = at_full_pace(0.3)
    for _ in range(3 * SAMPLES):
        pace.succeeded(0.35)
    assert pace.allowed == 4
    count = 0
    while pace.allowed == 4:
        pace.succeeded(1.2)
        count += 1
    assert pace.allowed == 1
    assert count <= SAMPLES


def test_a_single_slow_answer_is_no_trouble() -> None:
    pace = at_full_pace(0.3)
    for number in range(200):
        pace.succeeded(30.0 if number % SAMPLES == 0 else 0.3)
    assert pace.allowed == 4


def test_milliseconds_may_be_this_machine_s() -> None:
    pace = at_full_pace(0.002)
    for _ in range(100):
        pace.succeeded(0.05)
    assert pace.allowed == 4


def test_a_server_that_has_become_slower_for_good_gets_back_to_the_most() -> None:
    pace = at_full_pace(0.3)
    while pace.allowed > 1:
        pace.succeeded(2.0)
    answers_until(pace, 4, 2.0)


def test_the_third_quickest_of_eight_answers_counts() -> None:
    for quick, allowed in ((3, 4), (2, 1)):
        pace = at_full_pace(0.3)
        for number in range(SAMPLES):
            pace.succeeded(0.3 if number < quick else 30.0)
        assert pace.allowed == allowed


def test_two_and_a_half_times_as_long_is_no_trouble_yet() -> None:
    pace = at_full_pace(1.0)
    for _ in range(100):
        pace.succeeded(2.5)
    assert pace.allowed == 4
    for _ in range(SAMPLES):
        pace.succeeded(2.6)
    assert pace.allowed == 1


def test_what_was_long_ago_is_not_what_answers_take_one_by_one() -> None:
    pace = at_full_pace(0.1)
    pace.failed()
    for number in range(SLOW_STEP):
        pace.succeeded(0.1 if number < SLOW_STEP - SAMPLES else 1.0)
    assert pace.allowed == 2
    answers_until(pace, 4, 1.0)
