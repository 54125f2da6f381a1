"""The table of `test_export.py`: what a tenant that only exports CSV may be like.

The rows of `switch_rows.py`, as far as CSV can promise them: no row has ids, forms of `CreatedAt`,
an envelope or a count, and a list in another order at each request has no pages to rely on.
"""

from __future__ import annotations

from tests.integration.support import HOUR
from tests.integration.switch_rows import row

_INSERTS = {"insert_every": 2, "insert_count": 2, "insert_max": 100}
_DELETES = {"delete_every": 2, "delete_max": 30}
_PACIFIC = "(UTC-08:00) Pacific Time (US & Canada)"
_SYDNEY = "(UTC+10:00) Canberra, Melbourne, Sydney"

CORE = (
    row(),
    row(order="oldest"),
    row(order="shuffled", csv_header_on="first"),
    row(csv_headers="more", csv_separator="Semicolon", user_zone_id="W. Europe Standard Time"),
)
"""Rows that run on every Python."""

ROWS = (
    # Names, values, times.
    row(csv_headers="lower", csv_bom=False, csv_empty="header", csv_last_break=False),
    row(csv_headers="json", csv_values="list", csv_time="seconds24"),
    row(csv_time="seconds12", user_date_format="MM/dd/yyyy"),
    row(csv_time="minutes24", user_zone_id="GMT Standard Time"),
    row(user_zone_id="Eastern Standard Time", user_date_format="MM/dd/yyyy", filter_zone=-5.0),
    row(user_zone_id=_PACIFIC, order="oldest"),
    row(user_zone_id=_SYDNEY, filter_zone=10.0),
    row(user_zone=12.75),
    row(extra_fields=True, unknown_types=0.1),
    row(nulls="missing", null_fields="UserName"),
    # Separators, encodings, content types, pages.
    *(row(csv_separator=name) for name in ("Pipe", "Tab")),
    row(csv_encoding="utf-16", csv_headers="more"),
    row(csv_encoding="utf-16", csv_bom=False, csv_charset=True, csv_separator="Tab"),
    row(csv_content_type="application/octet-stream", csv_charset=True),
    row(csv_pages=False),
    # Zone, precision and form of the filter's dates.
    *(row(filter_zone=zone) for zone in (-11.0, 5.5, 14.0)),
    row(filter_ignored=True),
    row(filter_ignored=True, order="oldest"),
    row(filter_precision="second"),
    row(filter_precision="day", filter_zone=14.0),
    row(day_month_swapped=True, now="2026-06-04T12:00:00Z"),
    row(day_month_swapped=True, swap_invalid="ignore", now="2026-06-24T12:00:00Z"),
    row(us_dates="refuse"),
    row(us_dates="ignore", iso_offset="dropped", filter_zone=-7.0),
    row(us_dates="refuse", iso_dates="refuse"),
    # Records that come, go or turn up late while pages are read.
    row(**_INSERTS),
    row(**_INSERTS, order="oldest"),
    row(**_INSERTS, order="shuffled"),
    row(None, 49 * HOUR, insert_every=3, insert_late_hours=40.0, insert_max=60),
    row(None, 49 * HOUR, late_share=0.2),
    row(growing=True, clock_speed=3600.0),
    # Who asks, and how fast the answers come.
    row(own_records_only=True, records=80_000),
    row(throttle_every=20, throttle_for=2, retry_after_seconds=0),
    row(faults="truncated@p:0.03; 503@p:0.03; cut@every:40", fault_scope="export"),
)
"""Rows that run on one Python each, in turn."""

DELETING = (
    row(**_DELETES, delete_where="newest"),
    row(**_DELETES, delete_where="random", order="oldest"),
)
"""Rows with deletions: what is deleted may have been written or not."""
