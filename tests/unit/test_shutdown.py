"""shutdown: waiting is broken off at once, writing never."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from invicti_collector.shutdown import Shutdown, StoppedError


@pytest.fixture
def shutdown() -> Iterator[Shutdown]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    listening = Shutdown()
    listening.listen()
    yield listening
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_waiting_ends_with_the_signal(shutdown: Shutdown, number: int) -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), number))
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    began = time.monotonic()
    with pytest.raises(StoppedError):
        shutdown.sleep(30)
    assert time.monotonic() - began < 10


def test_writing_goes_on_and_the_next_waiting_ends_at_once(shutdown: Shutdown) -> None:
    written = []
    os.kill(os.getpid(), signal.SIGTERM)
    written.append("page")  # the handler has run by now, and raised nothing
    assert shutdown.requested
    with pytest.raises(StoppedError), shutdown.interruptible():
        written.append("next page")
    with pytest.raises(StoppedError):
        shutdown.sleep(30)
    assert written == ["page"]


def test_a_second_signal_breaks_nothing_either(shutdown: Shutdown) -> None:
    with pytest.raises(StoppedError), shutdown.interruptible():
        os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGTERM)
    assert shutdown.requested


def test_after_waiting_the_signal_raises_no_more(shutdown: Shutdown) -> None:
    with shutdown.interruptible():
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    assert shutdown.requested
