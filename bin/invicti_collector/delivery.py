# SPDX-License-Identifier: Apache-2.0
"""The way of one page: what is new in it is delivered, and only then saved as seen."""

from __future__ import annotations

import logging

from invicti_collector.clock import TenantClock
from invicti_collector.configuration import InputSettings
from invicti_collector.errors import quoted
from invicti_collector.lease import InputLease
from invicti_collector.pages import Page
from invicti_collector.ports import Destination, Event
from invicti_collector.progress import Progress
from invicti_collector.records import Record, event_json
from invicti_collector.timeline import Window

OVERSIZED = 1_000_000
"""Characters from which on an event is mentioned in the log."""


class Tally:
    """What a run delivered, for its summary line.

    Attributes:
        events: Written to the destination.
        excluded: New records that the input's settings leave out.
        newest: `CreatedAt` of the newest event, in seconds since the epoch.
    """

    def __init__(self) -> None:
        self.events = 0
        self.excluded = 0
        self.newest = 0.0


class Delivery:
    """Delivers the pages of one input.

    Arguments:
        settings: What the input wants.
        destination: Where events go.
        progress: What was seen.
        lease: Held by this run.
        clock: The time of records that have none.
        log: The add-on's log.
    """

    def __init__(
        self,
        settings: InputSettings,
        destination: Destination,
        progress: Progress,
        lease: InputLease,
        clock: TenantClock,
        log: logging.Logger,
    ) -> None:
        self.tally = Tally()
        self._settings = settings
        self._destination = destination
        self._progress = progress
        self._lease = lease
        self._clock = clock
        self._log = log

    def take(self, page: Page, window: Window, *, live: bool) -> None:
        """Delivers what is new in a page, then saves it as seen.

        Arguments:
            page: The page.
            window: The window it was read from.
            live: Whether that is the live window.

        Raises:
            CollectorError: when the destination or the progress store fails; a page that was not
                saved is delivered again by the next run.
        """
        self._lease.assure()  # for every page: a long reading of known records must keep it, too
        fresh = self._progress.unseen(page.records)
        recognised = self._progress.recognised(page.records)
        if not fresh and not recognised:
            return
        events = [self._event(record) for record in fresh if self._is_wanted(record)]
        if events:
            self._destination.deliver(events)
            self._lease.assure()  # the destination may have had the page wait for longer than that
        self._progress.add(fresh + recognised, window, live=live)
        self.tally.events += len(events)
        self.tally.excluded += len(fresh) - len(events)
        self.tally.newest = max([self.tally.newest, *(event.time for event in events)])

    def _is_wanted(self, record: Record) -> bool:
        if record.created is not None and record.created < self._progress.state.start:
            return False
        settings = self._settings
        if settings.endpoint_types:
            endpoint = record.field("EndpointType")
            # A filter must not lose what it cannot judge.
            if isinstance(endpoint, str) and endpoint not in settings.endpoint_types:
                return False
        excluded = settings.exclude_types
        kind = record.field("Type") if excluded else None
        return not isinstance(kind, str) or kind.lower() not in excluded

    def _event(self, record: Record) -> Event:
        data = event_json(record, self._settings.request_data)
        if len(data) > OVERSIZED or record.flaws:
            self._tell_flaws(record, len(data))
        created = self._clock.now() if record.created is None else record.created
        return Event(created, data, record.name)

    def _tell_flaws(self, record: Record, characters: int) -> None:
        flaws = record.flaws + (("oversized",) if characters > OVERSIZED else ())
        self._log.warning(
            "action=record_flawed id=%s flaws=%s characters=%d",
            quoted(record.name),
            ",".join(flaws),
            characters,
        )
