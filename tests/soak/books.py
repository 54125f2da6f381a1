"""What is true of a tenant at a moment, counted one by one from its books.

Nothing here goes through the list, its filter or its paging: those are what the add-on reads.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import NamedTuple

from tests.standins.invicti_tenant import Tenant
from tests.standins.invicti_tenant.clock import HOUR, TICKS, to_ticks
from tests.standins.invicti_tenant.tenant import Made


class Wanted(NamedTuple):
    """Which records an input is to collect.

    Attributes:
        start: Records created before, in seconds since the epoch, are not wanted.
        endpoints: Of these only; empty = all.
        excluded: Values of `Type` that are left out, in lower case.
    """

    start: int
    endpoints: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()

    def takes(self, record: Made) -> bool:
        """Whether a record is wanted."""
        return (
            record.created >= self.start * TICKS
            and (not self.endpoints or record.endpoint in self.endpoints)
            and record.type.lower() not in self.excluded
        )


class Books:
    """The books of one tenant, read whenever its clock has moved.

    Arguments:
        tenant: Whose.
    """

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._known: set[int] = set()
        self._records: list[Made] = []
        self._created: list[int] = []
        self.fresh: set[str] = set()
        """Ids that the last reading of the books has added."""

    def read(self) -> None:
        """Takes up what was made since the last time."""
        fresh = self._tenant.made(self._known)
        self.fresh = {record.identity for record in fresh}
        self._known.update(record.key for record in fresh)
        self._records = sorted([*self._records, *fresh], key=lambda record: record.created)
        self._created = [record.created for record in self._records]

    @property
    def now(self) -> int:
        """The tenant's time in ticks."""
        return to_ticks(self._tenant.now)

    def due(self, wanted: Wanted) -> set[str]:
        """Ids of the records that can be seen now and are wanted."""
        now = self.now
        return {
            record.identity
            for record in self._records
            if record.shown <= now and wanted.takes(record)
        }

    def count(self, start: int, end: int) -> tuple[int, int]:
        """How many records could and can be seen in a window of the list, both ends included.

        Arguments:
            start: Seconds since the epoch, as the text of the request is read in UTC.
            end: The same.

        Returns:
            Without what the last reading of the books has added, and with it.
        """
        shift = int(self._tenant.switches.filter_zone * HOUR)
        first = bisect_left(self._created, start * TICKS - shift)
        last = bisect_right(self._created, end * TICKS - shift)
        now = self.now
        seen = [record for record in self._records[first:last] if record.shown <= now]
        return sum(record.identity not in self.fresh for record in seen), len(seen)
