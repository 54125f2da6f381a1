# SPDX-License-Identifier: Apache-2.0
"""Which records of a tenant's list were collected before, as rows of its CSV export.

Rows that say the same cannot be told apart. So each row that was collected stands for one record,
and the first one met takes it: the record's own identity is saved beside a mark that the row is
taken. From then on the record is known by its `Id`, whatever else turns up that says the same.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from hashlib import blake2b

from invicti_collector.records import Record, row_digest


class Recognition:
    """Matches records with the rows that were collected.

    Arguments:
        seen: Tells what is saved: identities of rows and of records, and marks of rows.
    """

    def __init__(self, seen: Container[int]) -> None:
        self._seen = seen
        self._places: dict[int, int] = {}
        self.marks: dict[int, int] = {}
        """What is to be saved beside the identity of each record that was recognised."""

    def meet(self, records: Iterable[Record]) -> None:
        """Recognises records that were rows; what is saved of them must be at hand."""
        rows = [
            (record.created or 0.0, record.digest, record.row)
            for record in records
            if record.row is not None
        ]
        # Oldest first: a late one is likelier to be new than one that was there before.
        for _, digest, content in sorted(rows):
            if digest not in self._seen and digest not in self.marks:
                self._match(digest, content)

    def _match(self, digest: int, content: int) -> None:
        place = self._places.get(content, 0)
        while (row := row_digest(content, place)) in self._seen:
            place += 1
            mark = _mark(row)
            if mark not in self._seen:
                self.marks[digest] = mark
                break
        self._places[content] = place  # those before are taken, whether that is saved yet or not

    def settle(self, records: Iterable[Record]) -> None:
        """Forgets of which records the identity and the mark are saved by now."""
        for record in records:
            self.marks.pop(record.digest, None)


def _mark(row: int) -> int:
    return int.from_bytes(blake2b(b"taken %d" % row, digest_size=8).digest(), "big")
