# SPDX-License-Identifier: Apache-2.0
"""One page of the tenant's list: the envelope, whether another follows, and its order.

The envelope's names are those of `AuditLogPagedResultDto` (invicti-api.md 1.4); any of them may
be missing, and a bare array is taken too.
"""

from __future__ import annotations

import re
from enum import Enum
from hashlib import blake2b
from typing import Any, NamedTuple

from invicti_collector.errors import UnexpectedAnswerError
from invicti_collector.records import Record, read_records

PAGE_SIZE = 200
"""The most that the API gives (invicti-api.md 1.1)."""

MOST_RECORDS = 100 * PAGE_SIZE
"""Of a server that gives more than was asked for."""


class Order(Enum):
    """How the tenant sorts its list; documented nowhere (invicti-api.md 1.6)."""

    NEWEST_FIRST = "newest first"
    OLDEST_FIRST = "oldest first"
    UNKNOWN = "unknown"


class Page(NamedTuple):
    """One page of a window.

    Attributes:
        number: Its index, from 1.
        records: Its records in the server's order.
        total: `TotalItemCount` of the window; None where the server does not tell.
        has_next: Whether another page follows.
        last_number: The index of the last page; None where the server does not tell.
        unsettled: Whether the count was seen to change while this page and earlier ones were
            fetched at once, so that it is not known which of them were read before the change.
        is_large: Whether it takes so much memory that several at once would be too many.
    """

    number: int
    records: list[Record]
    total: int | None
    has_next: bool
    last_number: int | None
    unsettled: bool = False
    is_large: bool = False

    @property
    def order(self) -> Order:
        """The order that this page alone shows."""
        times = [record.created for record in self.records if record.created is not None]
        if len(times) < 2 or times[0] == times[-1]:
            return Order.UNKNOWN
        if all(earlier <= later for earlier, later in zip(times, times[1:])):
            return Order.OLDEST_FIRST
        if all(earlier >= later for earlier, later in zip(times, times[1:])):
            return Order.NEWEST_FIRST
        return Order.UNKNOWN

    @property
    def announced(self) -> int:
        """About how many records the window has, from whatever the envelope tells."""
        if self.total is not None:
            return self.total
        return (self.last_number or 1) * len(self.records)

    @property
    def fingerprint(self) -> str:
        """Tells whether the page shows the same records in the same order as another time."""
        content = b"".join(record.digest.to_bytes(8, "big") for record in self.records)
        return blake2b(content, digest_size=8).hexdigest()


def read_page(body: Any, number: int) -> Page:
    """Returns the page that a decoded JSON answer holds.

    Arguments:
        body: The answer: the envelope, or a bare array of records.
        number: The index that was asked for.

    Raises:
        UnexpectedAnswerError: when there is no list of records in it.
    """
    envelope = body if isinstance(body, dict) else {"List": body}
    items = envelope.get("List")
    if not isinstance(items, list):
        raise UnexpectedAnswerError(
            f"the answer is JSON without a list of audit logs (it is {_outline(body)})",
            f"auditlogs/list page {number}",
            "check the account's base URL: it must be the address of Invicti Enterprise itself",
        )
    if len(items) > MOST_RECORDS:
        raise UnexpectedAnswerError(
            f"the page has {len(items)} records although {PAGE_SIZE} are the most",
            f"auditlogs/list page {number}",
            _ASK_SERVER,
        )
    return Page(
        number,
        read_records(items),
        _count(envelope.get("TotalItemCount")),
        _has_next(envelope, number, bool(items)),
        _last_number(envelope),
    )


_ASK_SERVER = "ask who runs the tenant, or the proxy on the way"


def _outline(body: Any) -> str:
    """Describes a JSON value by its shape alone: its content, field names too, may be secret."""
    if isinstance(body, dict):
        plain = sorted(name for name in body if re.fullmatch("[A-Za-z]{1,24}", name))
        return "an object with " + (", ".join(plain[:5]) or f"{len(body)} fields")
    return f"a {type(body).__name__}"


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _has_next(envelope: dict[str, Any], number: int, any_records: bool) -> bool:
    if isinstance(envelope.get("HasNextPage"), bool):
        return bool(envelope["HasNextPage"])
    if isinstance(envelope.get("IsLastPage"), bool):
        return not envelope["IsLastPage"]
    page_count = _count(envelope.get("PageCount"))
    if page_count is not None:
        return number < page_count
    return any_records


def _last_number(envelope: dict[str, Any]) -> int | None:
    page_count = _count(envelope.get("PageCount"))
    if page_count is not None:
        return max(page_count, 1)
    total = _count(envelope.get("TotalItemCount"))
    size = _count(envelope.get("PageSize")) or PAGE_SIZE
    return None if total is None else max(-(-total // size), 1)
