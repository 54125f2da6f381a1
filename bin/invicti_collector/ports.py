# SPDX-License-Identifier: Apache-2.0
"""What the collector needs of the outside: the tenant, the destination and the progress store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, NamedTuple, Protocol

from invicti_collector.pages import Page
from invicti_collector.timeline import DateFormat, Window

REPORTS = ("success", "failure")
"""The kinds of report that a run leaves."""


class Event(NamedTuple):
    """One event on its way to Splunk.

    Attributes:
        time: Seconds since the epoch.
        data: The text that becomes `_raw`: JSON on one line, with nothing that XML cannot hold.
        name: The record's `Id`, for the log; empty where it has none.
    """

    time: float
    data: str
    name: str


class SeenIds(NamedTuple):
    """The digests of records whose events the destination has, and when they were created.

    Attributes:
        since: The earliest they may have been created, in seconds since the epoch.
        until: The latest.
        digests: Their identities.
    """

    since: int
    until: int
    digests: Sequence[int]


class Lease(NamedTuple):
    """The right to run an input.

    Attributes:
        owner: `<server name>/<process id>/<random>` of the copy that holds it.
        expires: When others may take it, in seconds since the epoch.
    """

    owner: str
    expires: int


class LargePageError(Exception):
    """A page takes so much memory that it is to be asked for alone."""


class Source(Protocol):
    """A tenant that is asked once, without patience; from several threads at the same time."""

    def ask(self, window: Window, date_format: DateFormat, number: int, *, alone: bool) -> Page:
        """Returns one page, or raises at the first failure; else as `Listed.page`.

        Arguments:
            window: As for `Listed.page`.
            date_format: As there.
            number: As there.
            alone: Whether no other request may be under way meanwhile.

        Raises:
            LargePageError: when the page is large and `alone` is false.
        """

    def now(self) -> float | None:
        """See `Listed.now`."""


class Listed(Protocol):
    """The audit log of one Invicti Enterprise tenant, page by page."""

    def page(self, window: Window, date_format: DateFormat, number: int) -> Page:
        """Returns one page of the records created in a window.

        Arguments:
            window: The stretch of time; sent as dates unless it has no bounds.
            date_format: How to write the dates.
            number: The page's index, from 1.

        Raises:
            DatesRefusedError: when the tenant refuses the dates (400).
            PermanentError: when asking again cannot help.
            TransientError: when the tenant failed for longer than the run's patience.
        """

    def onwards(
        self, window: Window, date_format: DateFormat, first: Page, following: Window | None
    ) -> Callable[[int], Page]:
        """Returns what fetches the pages of a window of which all will be needed, in order.

        It may have asked for some of them, and for page 1 of the window that follows, before it is
        called. It raises what `page` raises.

        Arguments:
            window: As for `page`.
            date_format: As for `page`.
            first: The window's page 1, as just returned by `page`.
            following: The window of which page 1 is likely to be asked for next; None = none.
        """

    def now(self) -> float | None:
        """Returns the tenant's time in seconds since the epoch, None before it has told it."""


class Tenant(Listed, Protocol):
    """The audit log of one tenant, whichever way it offers it."""

    def glance(self, window: Window, date_format: DateFormat, number: int) -> Page:
        """Returns one page to look at; its records may not be collected.

        Arguments and errors are those of `page`. A request without dates is also when the client
        finds out what the tenant is like.
        """

    @property
    def notes(self) -> Mapping[str, Any]:
        """What the client wants to know of this tenant in the next run, as JSON can hold it."""

    def recall(self, notes: Mapping[str, Any]) -> None:
        """Takes up the notes of an earlier run.

        Raises:
            ConfigurationError: when no run can have left such notes.
        """


class Destination(Protocol):
    """Where events go."""

    def deliver(self, events: Sequence[Event]) -> None:
        """Returns once the destination has all the events.

        Arguments:
            events: Those of one page.

        Raises:
            CollectorError: when it has not taken them; progress must stay.
        """


class Store(Protocol):
    """The progress of one input: a state, the ids seen, and the lease.

    Every method raises `ProgressUnreachableError` when the store does not answer.
    """

    @property
    def name(self) -> str:
        """What the log calls it."""

    def load_state(self) -> str | None:
        """Returns the saved state, None where there is none yet."""

    def save_state(self, state: str) -> None:
        """Replaces the state, wholly or not at all."""

    def add_ids(self, ids: SeenIds) -> None:
        """Adds one page's ids, wholly or not at all."""

    def ids_between(self, since: int, until: int) -> Iterable[SeenIds]:
        """Returns all ids saved that may have been created between two times, ends included."""

    def forget_ids_before(self, moment: int) -> None:
        """Removes ids of which all were created before `moment`."""

    def forget(self) -> None:
        """Removes the state and all ids."""

    def read_lease(self) -> Lease | None:
        """Returns the lease, whoever holds it."""

    def take_lease(self, lease: Lease) -> bool:
        """Saves the lease if there is none; of several at once, exactly one succeeds."""

    def drop_lease(self, lease: Lease) -> None:
        """Removes exactly this lease; another owner's, or a later one, stays."""


class ReportingStore(Store, Protocol):
    """Progress, and how the last runs ended: small texts for people, which no run reads."""

    def save_report(self, kind: str, text: str) -> None:
        """Replaces a report; `kind` is one of `REPORTS`."""

    def load_report(self, kind: str) -> str | None:
        """Returns a report, None where there is none."""

    def forget_reports(self) -> None:
        """Removes the reports."""
