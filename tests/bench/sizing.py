"""Bytes of an event, for docs/sizing.md: ``PYTHONPATH=bin python -m tests.bench.sizing``.

Of the records of the tenant that stands for Invicti; a real tenant's may be longer.
"""

from __future__ import annotations

import json
from statistics import mean
from typing import NamedTuple

from invicti_collector.records import REQUEST_DATA_CHOICES, event_json, read_records
from tests.standins.invicti_tenant import Switches, Tenant

RECORDS = 20_000
PAGE = 200


class Size(NamedTuple):
    """Bytes of `_raw`.

    Attributes:
        mean: Of all events.
        most: That 95 of 100 events stay below.
    """

    mean: int
    most: int


def sizes(records: int = RECORDS) -> dict[str, Size]:
    """Returns the size of an event for each choice of `request_data`."""
    tenant = Tenant(Switches(records=records, span_days=60.0))
    items = [tenant.record(name) for name in sorted(tenant.ids())]
    # As they come over the wire.
    found = read_records(json.loads(json.dumps(items)))
    sized = {}
    for choice in REQUEST_DATA_CHOICES:
        lengths = sorted(len(event_json(record, choice).encode()) for record in found)
        sized[choice] = Size(round(mean(lengths)), lengths[len(lengths) * 95 // 100])
    return sized


if __name__ == "__main__":
    for choice, size in sizes().items():
        print(f"{choice}: {size.mean} bytes an event, 95 % below {size.most}")
