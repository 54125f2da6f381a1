# SPDX-License-Identifier: Apache-2.0
"""Where an input stands: what is covered, what was polled last, which ids were seen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Callable, NamedTuple

from invicti_collector.errors import ConfigurationError
from invicti_collector.ports import SeenIds, Store
from invicti_collector.recognition import Recognition
from invicti_collector.records import Record
from invicti_collector.timeline import (
    ALWAYS,
    EARLIEST,
    FIRST_SPAN,
    SLACK,
    ZONE_AHEAD,
    ZONES,
    DateFormat,
    Window,
)

SCHEMA = 1


class LiveReading(NamedTuple):
    """The last verified reading of the live window.

    Attributes:
        window: What was asked for.
        total: The server's count, None where it gives none, or where the window may since show
            other records than were counted.
        collected: How many distinct ids the window has shown.
        fingerprint: That of page 1.
        verified_at: When, by the tenant's clock.
    """

    window: Window
    total: int | None
    collected: int
    fingerprint: str
    verified_at: int


class State(NamedTuple):
    """What is saved of an input besides the ids.

    Attributes:
        connection: Digest of base URL and user ID: a change of it may mean another tenant.
        account_ids: `AccountId`s met in the samples of the probes: they tell tenants apart.
        start: Records created before are not wanted.
        covered: Every wanted record created before has been collected, and its id forgotten.
        span: Length of the next tile of the backfill, in seconds.
        doubts: How many runs have found the next tile's count wrong.
        live: The last verified reading of the live window.
        date_format: What the probe found; None = not known yet.
        probed_day: UTC midnight of the day of the last probe.
        clock_offset: Seconds to add to this machine's clock to get the tenant's.
        not_before: Until when the tenant asked not to be called, by this machine's clock.
        notes: What the tenant's client has noted of it; see `ports.Tenant`.
        forgotten: Ids of records created before may be gone.
        date_setting: The account's `date_format` at the last probe.
        waiting: The `connection` that was to wait until `not_before`; another has nothing to wait
            for. Empty = any.
    """

    connection: str
    start: int
    covered: int
    span: int
    account_ids: tuple[str, ...] = ()
    doubts: int = 0
    live: LiveReading | None = None
    date_format: DateFormat | None = None
    probed_day: int = 0
    clock_offset: int = 0
    not_before: int = 0
    notes: Mapping[str, Any] = {}
    forgotten: int = 0
    date_setting: str = ""
    waiting: str = ""


def new_state(connection: str, start: int) -> State:
    """Returns the state of an input that has collected nothing yet.

    Arguments:
        connection: Of its account.
        start: Records created before are not wanted; in seconds since the epoch.
    """
    begin = max(start - ZONE_AHEAD, EARLIEST)
    return State(connection, start, begin, FIRST_SPAN)


def state_to_json(state: State) -> str:
    """Returns the text that is saved for a state."""
    fields = {
        **state._asdict(),
        "live": state.live._asdict() if state.live else None,
        "date_format": state.date_format.value if state.date_format else None,
    }
    return json.dumps({"schema": SCHEMA, **fields}, separators=(",", ":"))


def state_from_json(text: str) -> State:
    """Returns the state that was saved as `text`.

    Raises:
        ConfigurationError: when it was saved by a later version, or is not readable: starting
            over would double events.
    """
    try:
        fields = json.loads(text)
        schema = fields.pop("schema")
        if schema != SCHEMA:
            raise unreadable(f"it has schema {str(schema)[:20]}, this version reads {SCHEMA}")
        return _state(fields)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise unreadable(type(fault).__name__) from fault


def _state(fields: dict[str, Any]) -> State:
    # Versions before that kept ids for a shorter time.
    fields.setdefault("forgotten", max(fields["covered"] - SLACK, 0))
    live = fields.pop("live")
    date_format = fields.pop("date_format")
    state = State(
        **{**fields, "account_ids": tuple(fields["account_ids"])},
        live=LiveReading(**{**live, "window": Window(*live["window"])}) if live else None,
        date_format=DateFormat(date_format) if date_format else None,
    )
    _check(state)
    return state


def _check(state: State) -> None:
    """Passes a state with which a run can work.

    Raises:
        TypeError: when a value is of another type than is saved.
        ValueError: when a time is none.
    """
    times = [state.start, state.covered, state.probed_day, state.not_before, state.forgotten]
    numbers = [state.span, state.doubts, state.clock_offset]
    texts = [state.connection, state.date_setting, state.waiting, *state.account_ids]
    if state.live is not None:
        times += [state.live.verified_at, *(end for end in state.live.window if end is not None)]
        numbers += [state.live.collected, state.live.total or 0]
        texts.append(state.live.fingerprint)
    typed = ((int, times), (int, numbers), (str, texts), (dict, [state.notes]))
    if not all(isinstance(value, kind) for kind, values in typed for value in values):
        raise TypeError
    if not all(ALWAYS[0] <= moment <= ALWAYS[1] for moment in times):
        raise ValueError


def unreadable(detail: str) -> ConfigurationError:
    """Returns the error of progress that is there but says nothing.

    Arguments:
        detail: What is wrong with it.
    """
    return ConfigurationError(
        f"the saved progress cannot be read: {detail}",
        "progress of this input",
        "install the version of the add-on that wrote it, or newer; or reset the input's progress",
    )


class Progress:
    """The state of one input and the ids that a run needs to recognise.

    Ids of the live window and of the backfill's tile are kept apart, so that those of a covered
    tile can be dropped and memory does not grow with the history.

    Arguments:
        store: Where it is kept.
        state: As loaded, or new.
        assure: Called before anything is saved; raises when another copy of the input may have
            saved meanwhile, whose newer progress must not be overwritten.
    """

    def __init__(self, store: Store, state: State, assure: Callable[[], None]) -> None:
        self._store = store
        self.state = state
        self._assure = assure
        self._live: set[int] | None = None
        self._tile: set[int] = set()
        self._recognition = Recognition(self)

    def save(self, **changes: Any) -> None:
        """Saves the state with changes."""
        if changes.get("covered", self.state.covered) != self.state.covered:
            changes["doubts"] = 0  # those were about the tile that began there
        self._assure()
        self.state = self.state._replace(**changes)
        self._store.save_state(state_to_json(self.state))

    def start_anew(self, state: State) -> None:
        """Forgets everything about the input and begins with `state`."""
        self._assure()
        self._store.forget()
        self.state = state
        self._live, self._tile = None, set()
        self._recognition = Recognition(self)

    def knows(self, record: Record) -> bool:
        """Tells whether a record needs no collecting: it was, or is older than ids are kept."""
        return record.digest in self or self._is_old(record)

    def _is_old(self, record: Record) -> bool:
        return record.created is not None and record.created < self.state.covered - SLACK

    def __contains__(self, digest: object) -> bool:
        """Tells whether the record of this digest has been collected."""
        return (
            (self._live is not None and digest in self._live)
            or digest in self._tile
            or digest in self._recognition.marks
        )

    def recognise(self, records: Iterable[Record]) -> None:
        """Has records that were collected as rows of a CSV export count as seen.

        The ids of the window that shows them must be loaded.
        """
        self._recognition.meet(records)

    def recognised(self, records: Iterable[Record]) -> list[Record]:
        """Returns the records of which that is not saved yet, each once."""
        marks = self._recognition.marks
        return list({r.digest: r for r in records if r.digest in marks}.values())

    def unseen(self, records: Iterable[Record]) -> list[Record]:
        """Returns the records that are to be collected, each once.

        Others have been collected, or were so long ago that their ids are gone.
        """
        live, tile = self._live or (), self._tile
        marks = self._recognition.marks
        oldest = self.state.covered - SLACK
        found: dict[int, Record] = {}
        for record in records:
            digest, created = record.digest, record.created
            if digest in live or digest in tile or digest in marks:
                continue
            if created is None or created >= oldest:
                found.setdefault(digest, record)
        return list(found.values())

    def load_live(self, window: Window) -> None:
        """Makes the ids of the live window known, once."""
        if self._live is None:
            since, until = _reach(window)
            self._live = self._load(since, until)

    def load_tile(self, window: Window) -> None:
        """Makes the ids known that were collected from around a tile before."""
        since, until = _reach(window)
        self._tile = self._load(since - ZONES, until)

    def _load(self, since: int, until: int) -> set[int]:
        return {digest for ids in self._store.ids_between(since, until) for digest in ids.digests}

    def add(self, records: list[Record], window: Window, *, live: bool) -> None:
        """Saves that the destination has these records."""
        self._assure()
        digests = [record.digest for record in records]
        marks = self._recognition.marks
        digests += [marks[digest] for digest in digests if digest in marks]
        since, until = _times(records, window)
        self._store.add_ids(SeenIds(since, until, digests))
        target = self._live if live and self._live is not None else self._tile
        target.update(digests)
        self._recognition.settle(records)

    def close_tile(self, end: int, span: int) -> None:
        """Goes on to the next tile, and forgets the ids that no later window can show again.

        Arguments:
            end: Where the tile ended and the next begins.
            span: Length of the next.
        """
        forgotten = max(self.state.forgotten, end - SLACK - ZONES)
        self.save(covered=end, span=span, forgotten=forgotten)
        if self._tile:
            self._store.forget_ids_before(end - SLACK - ZONES)

    def forget_live(self) -> None:
        """Has the ids of the live window loaded anew, for when the window has moved."""
        self._live = None


def _reach(window: Window) -> tuple[int, int]:
    """Returns the times at which records that the window may show can have been created."""
    start = ALWAYS[0] if window.start is None else max(window.start - SLACK, ALWAYS[0])
    end = ALWAYS[1] if window.end is None else window.end + SLACK
    return start, end


def _times(records: list[Record], window: Window) -> tuple[int, int]:
    """Returns when they were created; without a readable time: anywhere in the window."""
    created = [record.created for record in records]
    known = [moment for moment in created if moment is not None]
    if len(known) < len(created) or not known:
        since, until = _reach(window)
        return min([since, *map(int, known)]), max([until, *map(int, known)])
    return int(min(known)), int(max(known)) + 1
