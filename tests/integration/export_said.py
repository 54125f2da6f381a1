"""What records of a tenant that only exports CSV say, and what was collected of it says."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any
from zoneinfo import ZoneInfo

from tests.standins.invicti_tenant import Tenant
from tests.standins.invicti_tenant.clock import from_ticks
from tests.standins.invicti_tenant.profile import user_zone

Said = tuple[str, ...]
"""What a row says of a record, as the list would: who, what, how, when (to the minute, in UTC)."""


def expected(tenant: Tenant) -> Counter[Said]:
    """What each record that the API user can see says in the CSV."""
    zone = user_zone(tenant.switches)
    return Counter(
        _said(tenant.record_of(key), _wall(from_ticks(tenant.created(key)), zone))
        for key in tenant.visible_keys()
    )


def _wall(moment: datetime, zone: Any) -> datetime:
    """The first time at which the API user's clock showed what it shows then."""
    return moment.astimezone(zone).replace(fold=0).astimezone(timezone.utc)


def _said(record: dict[str, Any], moment: datetime) -> Said:
    return (
        str(record.get("UserName") or ""),
        str(record.get("Type") or ""),
        str(record.get("EndpointType") or ""),
        moment.strftime("%Y-%m-%d %H:%M"),
    )


def said(tenant: Tenant, texts: Iterable[str]) -> Counter[Said]:
    """What events say, whichever way they came."""
    zone = user_zone(tenant.switches) or ZoneInfo("UTC")
    found: Counter[Said] = Counter()
    for text in texts:
        record = json.loads(text)
        moment = datetime.fromisoformat(record["CreatedAt"][:19] + "+00:00")
        if "RowId" in record and "TypeText" not in record:
            # A type that the add-on does not know stays as it was shown.
            record["Type"] = record["Type"].replace(" ", "")
        found[_said(record, _wall(moment, zone))] += 1
    return found
