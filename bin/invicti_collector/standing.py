# SPDX-License-Identifier: Apache-2.0
"""Where an input stands, as an administrator sees it, and how it is made to collect again.

A run that ends well writes a `Success`, one that fails a `Failure`: each one small document, so
that neither has to be read by the runs.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any, Callable, NamedTuple

from invicti_collector.errors import CollectorError, ConfigurationError, TransientError
from invicti_collector.lease import InputLease
from invicti_collector.ports import ReportingStore
from invicti_collector.progress import LiveReading, State, new_state, state_from_json, state_to_json
from invicti_collector.timeline import ALWAYS

_LONGEST = 500
_PAUSE = 0.5


class Success(NamedTuple):
    """The last run that ended well.

    Attributes:
        ended: When, by this machine's clock, in seconds since the epoch.
        polled: When the live window was last seen complete, by the tenant's clock; 0 = not in
            that run.
        events: How many it wrote.
    """

    ended: float
    polled: int
    events: int


class Failure(NamedTuple):
    """The last run that failed.

    Attributes:
        ended: When, by this machine's clock, in seconds since the epoch.
        error: What was wrong.
        remedy: What to do.
    """

    ended: float
    error: str
    remedy: str


def tell_success(store: ReportingStore, success: Success) -> None:
    """Saves how a run ended."""
    store.save_report("success", json.dumps(success._asdict()))


def tell_failure(store: ReportingStore, now: float, fault: CollectorError) -> None:
    """Saves why a run failed.

    Arguments:
        store: Of the input.
        now: This machine's time.
        fault: Its error.
    """
    failure = Failure(now, fault.error[:_LONGEST], fault.remedy[:_LONGEST])
    store.save_report("failure", json.dumps(failure._asdict()))


def standing(store: ReportingStore) -> dict[str, str]:
    """Returns where an input stands, as texts; empty where it is not known.

    Arguments:
        store: Of the input.

    Raises:
        ProgressUnreachableError: when the store does not answer.
    """
    success, failure = _read(store, Success, "success"), _read(store, Failure, "failure")
    saved = store.load_state()
    told = {
        "progress_exists": "0" if saved is None else "1",
        "store": store.name,
        **_progress(saved, success),
        "last_run": _moment(success.ended) if success else "",
        "last_run_events": str(success.events) if success else "",
        "last_error": failure.error if failure else "",
        "last_error_remedy": failure.remedy if failure else "",
        "last_error_at": _moment(failure.ended) if failure else "",
    }
    failing = failure is not None and (success is None or failure.ended > success.ended)
    return {**told, "failing": "1" if failing else "0"}


def _read(store: ReportingStore, kind: type[Success] | type[Failure], name: str) -> Any:
    try:
        text = store.load_report(name)
        told = None if text is None else kind(**json.loads(text))
        if told is not None:
            _moment(told.ended)
        if isinstance(told, Success):
            _moment(told.polled)
    except (ValueError, TypeError, OverflowError, OSError, RecursionError):
        return None  # of another version of the add-on: not worth an error
    return told


def _progress(saved: str | None, success: Success | None) -> dict[str, str]:
    told = dict.fromkeys(
        ("collected_from", "collected_up_to", "backfill_to", "backfill_left_seconds"), ""
    )
    if saved is None:
        return told
    state = state_from_json(saved)
    if not state.connection:
        return told  # no run has come as far as to know where to begin
    told["collected_from"] = _moment(state.start) if state.start else "all"
    if state.live is None:
        return told
    up_to, left = _reach(state, state.live, success)
    told["backfill_left_seconds"] = str(left)
    if up_to > state.start:
        told["collected_up_to"] = _moment(up_to)
    if left:
        told["backfill_to"] = _moment(up_to + left)
    return told


def _reach(state: State, live: LiveReading, success: Success | None) -> tuple[int, int]:
    """Returns up to when everything is collected, and how much of the backfill is left."""
    gap = (live.window.start or 0) - state.covered
    if live.window.dated and gap > 0:
        return state.covered, gap
    return max(live.verified_at, success.polled if success else 0), 0


def collect_again(store: ReportingStore, connection: str, start: int) -> None:
    """Resets an input so that its next run collects everything from `start` on.

    Arguments:
        store: Of the input, whose lease is held.
        connection: `Account.connection` of its account.
        start: In seconds since the epoch.
    """
    # In this order, since it may fail in between: the ids alone keep a run from doubling anything.
    store.save_state(state_to_json(new_state(connection, start)))
    store.forget_ids_before(ALWAYS[1] + 1)


def forget_input(store: ReportingStore) -> None:
    """Removes all that is kept of an input."""
    store.forget()
    store.forget_reports()


@contextlib.contextmanager
def held(
    store: ReportingStore, server: str, seconds: float, sleep: Callable[[float], None] = time.sleep
) -> Iterator[None]:
    """Keeps the input from running meanwhile.

    Arguments:
        store: Of the input.
        server: This Splunk server's name.
        seconds: How long to wait for a run to end.
        sleep: Waits for seconds.

    Raises:
        TransientError: when it runs for longer.
    """
    lease = InputLease(store, server)
    waited = 0.0
    while lease.acquire() is not None:
        if waited >= seconds:
            raise TransientError(
                "the input is running, and would save its progress over this",
                "progress",
                "disable the input, wait until its run has ended, and try again; after a crash of "
                "another server this takes up to ten minutes",
            )
        sleep(_PAUSE)
        waited += _PAUSE
    try:
        yield
    finally:
        lease.release()


def confirmation_needed(start: int) -> ConfigurationError:
    """Returns the error that warns of what collecting again does."""
    return ConfigurationError(
        f"records from {_moment(start)} on will be collected again: those already in the index "
        "will be there twice",
        "confirm",
        "repeat the request with confirm=1; to avoid doubles, collect into another index or delete "
        "the old events first",
    )


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
