# SPDX-License-Identifier: Apache-2.0
"""The proof, as the log and the health page show it: the server's count beside ours."""

from __future__ import annotations

import logging
import time

from invicti_collector.errors import quoted
from invicti_collector.reading import Reading
from invicti_collector.timeline import Window


def tell(
    log: logging.Logger,
    window: Window,
    reading: Reading,
    scope: str,
    *,
    again: bool = False,
    last: bool = False,
) -> None:
    """Logs how a reading of a window compares with the server's count.

    Arguments:
        log: The add-on's log.
        window: What was read.
        reading: What came of it.
        scope: `live` or `backfill`.
        again: Whether an earlier run has found the window's count wrong.
        last: Whether the window is not read again although the counts differ.
    """
    counted = reading.total is not None
    log.log(
        _level(reading, told=again or scope == "live"),
        "action=reconciliation scope=%s from=%s to=%s server_count=%s collected_count=%d "
        "missing=%s remedy=%s",
        scope,
        moment(window.start),
        moment(window.end),
        reading.total if counted else "unknown",
        reading.collected,
        max((reading.total or 0) - reading.collected, 0) if counted else "unknown",
        quoted(_remedy(reading, last=last)),
    )


def _level(reading: Reading, *, told: bool) -> int:
    if not reading.verified:
        return logging.ERROR if reading.total is not None else logging.WARNING
    # A backfill from the beginning of time crosses empty decades; an error has to be taken back.
    return logging.INFO if reading.collected or told else logging.DEBUG


def _remedy(reading: Reading, *, last: bool) -> str:
    if reading.verified:
        return "none needed"
    if last:
        return "the tenant counts other than it lists; ask Invicti's support about this window"
    return "none needed yet: it is read again"


def moment(seconds: int | None) -> str:
    """Returns a bound of a window as text."""
    return "any" if seconds is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
