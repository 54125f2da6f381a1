"""The table of `test_switches.py`: what a tenant may be like, a row each, and how it is settled."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.integration.support import HOUR, PAGE, Site


class Row(NamedTuple):
    """A tenant that behaves in one way.

    Attributes:
        switches: What differs from the stand-in's defaults.
        settle: Switches after which one more run has to complete the set.
        advance: Seconds that the tenant's clock moves on before that run.
    """

    switches: dict[str, Any]
    settle: dict[str, Any]
    advance: float

    def __str__(self) -> str:
        return ",".join(f"{name}={value}" for name, value in self.switches.items()) or "defaults"


def row(settle: dict[str, Any] | None = None, advance: float = 0.0, /, **switches: Any) -> Row:
    """A row that needs settling only if it says so."""
    return Row(switches, settle or {}, advance)


def live_through(place: Site, row: Row, grown: int) -> None:
    """The history is read, then `grown` records more, then the last ones.

    What came after the last page of the last run could not be there, so nothing does.
    """
    place.good_run()
    assert len(place.texts) > 0.5 * place.tenant.count()
    place.tenant.grow(grown)
    place.good_run()
    assert place.tenant.inserted >= _least_inserted(row.switches, len(place.texts))

    place.tenant.grow(30)
    place.server.set(**_STILL, **row.settle)
    place.tenant.advance(row.advance)
    place.good_run()


def _least_inserted(switches: dict[str, Any], read: int) -> int:
    """How many records must have come while so many were read: a page takes a request or more."""
    if "insert_every" not in switches:
        return 0
    times = read // PAGE // int(switches["insert_every"])
    return min(times * int(switches.get("insert_count", 1)), int(switches["insert_max"]))


_STILL = {"insert_every": 0, "clock_speed": 0.0}
# Insertions end, lest a poll that reads again what has changed goes on for ever; deletions, so that
# the last run can find all that is left.
_INSERTS = {"insert_every": 1, "insert_count": 2, "insert_max": 100}
_DELETES = {"delete_every": 2, "delete_max": 30}
_FRESH_COUNT = {"total_item_count": "ok"}
# The 4th of a month may be read as the month's number, the 24th may not.
_SWAPS = ("2026-06-04T12:00:00Z", "2026-06-24T12:00:00Z")

CORE = (
    row(),
    row(order="oldest"),
    row(order="shuffled"),
    row(filter_zone=-11.0),
    row(filter_zone=14.0),
    row(us_dates="ignore"),
    row(_FRESH_COUNT, total_item_count="stale", total_stale_every=3),
    row(**_INSERTS, order="oldest"),
    row(None, 49 * HOUR, late_share=0.2),
    row(created_at_form="z_ms", guid_form="compact"),
    row(throttle_every=20, retry_after_seconds=0),
)
"""Rows that run on every Python."""

ROWS = (
    # Order of the list.
    row(order="reshuffled"),
    # Zone, precision and form of the filter's dates.
    *(row(filter_zone=zone) for zone in (-8.0, -3.5, 1.0, 5.5, 9.0, 12.75)),
    row(filter_ignored=True),
    row(filter_ignored=True, order="oldest"),
    row(filter_precision="second"),
    row(filter_precision="day"),
    row(filter_precision="day", filter_zone=14.0),
    *(row(day_month_swapped=True, now=now) for now in _SWAPS),
    *(row(day_month_swapped=True, swap_invalid="ignore", now=now) for now in _SWAPS),
    row(us_dates="refuse"),
    row(us_dates="ignore", iso_offset="dropped", filter_zone=-7.0),
    row(us_dates="refuse", iso_offset="dropped", filter_zone=10.0),
    row(iso_dates="refuse"),
    row(iso_dates="ignore"),
    row(us_dates="refuse", iso_dates="refuse"),
    row(us_dates="ignore", iso_dates="ignore"),
    # Pages and their envelope.
    row(page_size_over_200="refuse"),
    row(page_size_over_200="clamp"),
    row(page_size_over_200="honour"),
    row(page_beyond_end="not_found"),
    row(page_beyond_end="last", paging="none"),
    row(page_beyond_end="last", paging="array"),
    *(row(paging=paging) for paging in ("HasNextPage", "IsLastPage", "PageCount", "none", "array")),
    row(page_beyond_end="not_found", paging="array"),
    row(page_beyond_end="not_found", paging="none", total_item_count="missing"),
    row(page_beyond_end="not_found", **_DELETES, delete_where="random"),
    # The count that proves a reading.
    row(total_item_count="missing"),
    row(total_item_count="missing", order="oldest"),
    row(total_item_count="missing", order="shuffled"),
    row(_FRESH_COUNT, total_item_count="stale", total_stale_seconds=600.0),
    row(_FRESH_COUNT, total_item_count="stale", total_stale_every=3, stale_paging=False),
    # Forms of a record.
    row(guid_form="upper"),
    *(
        row(created_at_form=form)
        for form in ("offset_trimmed", "offset_other", "z", "naive", "no_fraction")
    ),
    row(created_at_form="offset_other", created_at_zone=-9.5, filter_zone=-9.5),
    row(created_at_form="naive", filter_zone=-11.0),
    row(created_at_form="user_format", user_zone=2.0),
    row(created_at_form="user_format", user_date_format="MM/dd/yyyy", order="oldest"),
    row(nulls="missing"),
    row(nulls="empty"),
    row(null_fields="UserId,UserName,UserEmail,AccountId,RequestData"),
    row(extra_fields=True, unknown_types=0.1),
    row(unknown_types=0.1, unknown_type_form="number"),
    row(bad_records="no_id@5,bad_date@-1,huge@100,not_object@300,illegal_xml@301,deep@400"),
    # Records that come, go or turn up late while pages are read.
    row(**_INSERTS),
    row(**_INSERTS, order="shuffled"),
    row(None, 49 * HOUR, insert_every=1, insert_late_hours=40.0, insert_max=60),
    row(**_DELETES, delete_where="newest"),
    row(**_DELETES, delete_where="oldest", order="oldest"),
    row(**_DELETES, delete_where="random"),
    row(**_DELETES, **_INSERTS, delete_where="random"),
    row(**_DELETES, **_INSERTS, delete_where="random", total_item_count="missing"),
    row(growing=True, clock_speed=3600.0, records=10_000),
    row(None, 49 * HOUR, growing=True, late_share=0.3),
    # Who asks, and how fast the answers come.
    row(own_records_only=True),
    row(no_accept_answers="xml"),
    row(no_accept_answers="scim"),
    row(throttle_every=20, throttle_for=3, retry_after_seconds=0, retry_after="date"),
    row(throttle_every=40, retry_after="none"),
    row(latency_ms=5.0, latency_jitter_ms=20.0),
)
"""Rows that run on one Python each, in turn."""
