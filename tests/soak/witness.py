"""What one input has delivered, and whether that is right."""

from __future__ import annotations

import calendar
import json
import re
import time
from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, NamedTuple

from tests.soak.books import Books, Wanted
from tests.standins.invicti_tenant import Tenant

PAGE = 200
"""Records that may be written twice after a run that was cut off (design, section 5)."""

_LINE = re.compile(
    r"action=reconciliation scope=(?P<scope>\w+) from=(?P<start>\S+) to=(?P<end>\S+) "
    r"server_count=(?P<server>\d+) collected_count=(?P<collected>\d+) missing=(?P<missing>\d+)"
)


class SoakError(AssertionError):
    """A promise was broken."""


class Line(NamedTuple):
    """A reconciliation line of the add-on's log."""

    text: str
    start: int
    end: int
    server: int
    collected: int
    missing: int


def reconciliations(log: str) -> list[Line]:
    """The reconciliation lines of a piece of log; one that cannot be read is an error."""
    found = []
    for text in (line for line in log.splitlines() if "action=reconciliation" in line):
        match = _LINE.search(text)
        if match is None:
            raise SoakError(f"not to be understood: {text}")
        bounds = [
            calendar.timegm(time.strptime(match[name], "%Y-%m-%dT%H:%M:%SZ"))
            for name in ("start", "end")
        ]
        counts = [int(match[name]) for name in ("server", "collected", "missing")]
        found.append(Line(text, bounds[0], bounds[1], counts[0], counts[1], counts[2]))
    return found


class Witness:
    """Takes down what an input delivers.

    Arguments:
        wanted: What it is to collect.
    """

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.doubled = 0
        self.reconciled = 0
        self._run = 0
        self._cut_off: set[int] = set()
        self._again: Counter[int] = Counter()
        self._written: dict[str, tuple[int, bytes]] = {}

    @property
    def ids(self) -> set[str]:
        """Ids delivered so far."""
        return set(self._written)

    def take(self, texts: Iterable[str], *, cut_off: bool) -> None:
        """Takes down one run.

        Arguments:
            texts: `_raw` of its events.
            cut_off: Whether it was ended between writing a page and saving that it was written.
        """
        self._run += 1
        if cut_off:
            self._cut_off.add(self._run)
        for text in texts:
            self._take(json.loads(text))

    def _take(self, record: dict[str, Any]) -> None:
        name = name_of(record)
        earlier, digest = self._written.get(name, (0, b""))
        self._written[name] = (self._run, digest_of(record))
        if not earlier:
            return
        if earlier not in self._cut_off or earlier == self._run:
            raise SoakError(f"doubled without a cause: {name}")
        self._count_again(earlier, name)
        if digest != digest_of(record):
            raise SoakError(f"doubled with another content: {name}")

    def _count_again(self, run: int, name: str) -> None:
        """Counts a record that came again after the run that it had come in was cut off."""
        self.doubled += 1
        self._again[run] += 1
        if self._again[run] > PAGE:
            raise SoakError(f"more than a page doubled after one cut-off run: {name}")

    def check_ids(self, due: set[str], possible: set[str]) -> None:
        """All that is due was delivered, and nothing that is not.

        Arguments:
            due: Ids to be expected.
            possible: Ids that may be there, for instance of records that came meanwhile.
        """
        missing, invented = due - self._written.keys(), self._written.keys() - possible
        if missing or invented:
            raise SoakError(
                f"{len(missing)} missing: {sorted(missing)[:5]}; "
                f"{len(invented)} not due: {sorted(invented)[:5]}"
            )

    def check_contents(self, tenant: Tenant) -> None:
        """Every record says what the tenant's record says, its new fields too."""
        for name, (_, digest) in self._written.items():
            if digest_of(tenant.record(name)) != digest:
                raise SoakError(f"delivered with another content: {name}")

    def check_lines(self, log: str, books: Books) -> bool:
        """The reconciliation lines of a run are true.

        Arguments:
            log: What the run has logged.
            books: Read before the run, and again after it.

        Returns:
            Whether all that was read was also proved.
        """
        proved = True
        for line in reconciliations(log):
            least, most = books.count(line.start, line.end)
            if not least <= line.server <= most:
                raise SoakError(f"the tenant has {least} to {most}, but: {line.text}")
            if line.missing != max(line.server - line.collected, 0):
                raise SoakError(f"no difference of its counts: {line.text}")
            proved = proved and line.collected == line.server
            self.reconciled += 1
        return proved


def name_of(record: dict[str, Any]) -> str:
    """The `Id` as the tenant's books have it, or what stands for it in a row of CSV."""
    return str(record.get("Id") or record["RowId"]).lower().replace("-", "")


def digest_of(record: dict[str, Any]) -> bytes:
    """Of the content as JSON, without what an input may mask or drop."""
    kept = {name: value for name, value in record.items() if name != "RequestData"}
    return blake2b(json.dumps(kept).encode(), digest_size=8).digest()
