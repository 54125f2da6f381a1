"""What an input has delivered of a tenant that only exported CSV, or did so at first.

Rows have no `Id`, so records are told by what rows say, and counted: docs/on-premises-csv.md.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from tests.integration.export_said import Said, said
from tests.soak.books import Books, Wanted
from tests.soak.witness import SoakError, Witness, digest_of, name_of
from tests.standins.invicti_tenant import Tenant
from tests.standins.invicti_tenant.clock import to_ticks


class RowsWitness(Witness):
    """Takes down rows, and after the upgrade records.

    Arguments:
        wanted: What the input is to collect.
        tenant: Whose.
    """

    def __init__(self, wanted: Wanted, tenant: Tenant) -> None:
        super().__init__(wanted)
        self._tenant = tenant
        self._said: Counter[Said] = Counter()
        self._of_record: dict[str, Said] = {}
        self._rows: dict[Said, set[str]] = {}

    def _take(self, record: dict[str, Any]) -> None:
        name = name_of(record)
        known = name in self._written
        (what,) = said(self._tenant, [json.dumps(record)])
        if known or len(name) != _ID or not self._was_a_row(what):
            super()._take(record)
            self._said[what] += not known
        else:
            self._written[name] = (self._run, digest_of(record))
        if len(name) != _ID:
            self._rows.setdefault(what, set()).add(name)

    def _was_a_row(self, what: Said) -> bool:
        """Whether a record is one too many, and its row came in a run that was cut off.

        Such a run could not save that the row came, and an upgrade hid that it was the same.
        """
        lost = [row for row in self._rows.get(what, ()) if self._written[row][0] in self._cut_off]
        if not lost or self._said[what] < self._say(self._shown())[what]:
            return False
        self._rows[what].discard(lost[0])
        self._count_again(self._written[lost[0]][0], str(what))
        return True

    def _shown(self) -> set[str]:
        now = to_ticks(self._tenant.now)
        return {
            record.identity
            for record in self._tenant.made()
            if record.shown <= now and self.wanted.takes(record)
        }

    def check_ids(self, due: set[str], possible: set[str]) -> None:
        """As often as records say something, what was delivered says it; see `Witness`."""
        missing, invented = self._say(due) - self._said, self._said - self._say(possible)
        if missing or invented:
            raise SoakError(
                f"{sum(missing.values())} missing: {list(missing)[:5]}; "
                f"{sum(invented.values())} not due: {list(invented)[:5]}"
            )

    def check_lines(self, log: str, books: Books) -> bool:
        """As of a list; but rows that moved all the time are not counted, which proves nothing."""
        lines = log.splitlines()
        counted = [line for line in lines if "server_count=unknown" not in line]
        return super().check_lines("\n".join(counted), books) and counted == lines

    def _say(self, names: set[str]) -> Counter[Said]:
        for name in names - self._of_record.keys():
            (self._of_record[name],) = said(self._tenant, [json.dumps(self._tenant.record(name))])
        return Counter(self._of_record[name] for name in names)

    def check_contents(self, tenant: Tenant) -> None:
        """Every record with an `Id` says what the tenant's record says."""
        for name, (_, digest) in self._written.items():
            if len(name) == _ID and digest_of(tenant.record(name)) != digest:
                raise SoakError(f"delivered with another content: {name}")


_ID = 32
"""Characters of an `Id`; a `RowId` has fewer."""
