# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, whether trying again can help, and the remedy to tell."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import ClassVar


def quoted(value: object) -> str:
    """Returns `value` as a quoted text on one line, as `key="value"` log lines need it.

    Arguments:
        value: Anything; control characters become blanks, double quotes single ones.
    """
    text = "".join(character if character.isprintable() else " " for character in str(value))
    return '"' + " ".join(text.split()).replace('"', "'") + '"'


def trace_of(fault: BaseException) -> list[str]:
    """Returns the files and lines on the way to where a fault was raised: what a log may say.

    Arguments:
        fault: Its own text may hold anything, also a secret.
    """
    steps = traceback.walk_tb(fault.__traceback__)
    return [f"{Path(frame.f_code.co_filename).name}:{line}" for frame, line in steps]


def place_of(fault: BaseException) -> str:
    """Returns file and line where a fault was raised.

    Arguments:
        fault: See `trace_of`.
    """
    return next(reversed(trace_of(fault)), "unknown")


class CollectorError(Exception):
    """An error that names what was wrong, where, and the remedy.

    Arguments:
        error: What was wrong, in a person's words; never holds a secret.
        where: The request, setting or file concerned.
        remedy: What to do about it.
    """

    label: ClassVar[str] = "Server Error"
    """One of the labels (`exc_l`) that the dashboards of UCC-built add-ons group errors by."""

    def __init__(self, error: str, where: str, remedy: str) -> None:
        super().__init__(error)
        self.error = error
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        return f"error={quoted(self.error)} where={quoted(self.where)} remedy={quoted(self.remedy)}"


class PermanentError(CollectorError):
    """Trying again without a change by a person gives the same answer."""


class ConfigurationError(PermanentError):
    """A setting is missing, malformed or points to something that does not exist."""

    label = "Configuration Error"


class AuthenticationError(PermanentError):
    """The tenant does not let this API user in (401, 403), or shows it nothing."""

    label = "Authentication Error"


class UnexpectedAnswerError(PermanentError):
    """The server answered, but not as the Invicti API does: wrong URL, sign-in page, old build."""


class NotThereError(UnexpectedAnswerError):
    """The server knows nothing at this address (404)."""


class DatesRefusedError(UnexpectedAnswerError):
    """The tenant answered 400 to a request that carried dates."""


class TransientError(CollectorError):
    """Trying again later may succeed.

    Arguments:
        error: What was wrong.
        where: The request concerned.
        remedy: What to do if it goes on.
        retry_after: Seconds that the server asked to wait; None where it did not say.
    """

    label = "Connection Error"

    def __init__(
        self, error: str, where: str, remedy: str, retry_after: float | None = None
    ) -> None:
        super().__init__(error, where, remedy)
        self.retry_after = retry_after


class ServerError(TransientError):
    """The server failed or throttled: 408, 429, 5xx, or an answer that was cut short."""

    label = "Server Error"


class ProgressUnreachableError(TransientError):
    """The store of the progress does not answer; starting over instead would double events."""


class LeaseLostError(CollectorError):
    """Another copy of the input has taken over: this one is not to try again."""

    label = "Connection Error"
