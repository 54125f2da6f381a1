"""Any combination of switches, growth and broken runs: at the end all is there, once.

Another seed each time, printed; RANDOM_SEED=<seed> repeats one, RANDOM_EXAMPLES=<n> draws more.
"""

from __future__ import annotations

import json
import os
import random
from typing import Any

from hypothesis import HealthCheck, assume, given, note, seed, settings
from hypothesis import strategies as st

from invicti_collector.timeline import DateFormat
from tests.fakes.ports import MemoryStore
from tests.integration.support import DAY, HOUR, PAGE, LocalInput, collected
from tests.standins.invicti_tenant import Switches, TenantServer

SEED = int(os.environ.get("RANDOM_SEED") or random.randrange(1 << 32))
EXAMPLES = int(os.environ.get("RANDOM_EXAMPLES") or 50)

Draws = dict[str, "st.SearchStrategy[Any]"]

HISTORY: Draws = {
    "records": st.integers(0, 3_000),
    "span_days": st.sampled_from([1.0, 20.0, 200.0, 730.0]),
}
QUIRKS: Draws = {
    "now": st.datetimes()
    .map(lambda moment: f"2026-{moment:%m-%dT%H:%M:%S}Z")
    .filter(lambda text: "02-29" not in text),
    "order": st.sampled_from(["newest", "oldest", "shuffled", "reshuffled"]),
    "filter_zone": st.sampled_from([-11.0, -5.0, 3.5, 9.0, 14.0]),
    "filter_ignored": st.booleans(),
    "filter_precision": st.sampled_from(["exact", "second", "day"]),
    "day_month_swapped": st.booleans(),
    "swap_invalid": st.sampled_from(["refuse", "ignore"]),
    "us_dates": st.sampled_from(["ok", "refuse", "ignore"]),
    "iso_dates": st.sampled_from(["ok", "refuse", "ignore"]),
    "iso_offset": st.sampled_from(["honoured", "dropped"]),
    "total_item_count": st.sampled_from(["ok", "missing", "stale"]),
    "total_stale_every": st.integers(2, 4),
    "stale_paging": st.booleans(),
    "page_beyond_end": st.sampled_from(["empty", "not_found", "last"]),
    "paging": st.sampled_from(["all", "HasNextPage", "IsLastPage", "PageCount", "none", "array"]),
    "own_records_only": st.booleans(),
    "guid_form": st.sampled_from(["hyphens", "compact", "upper"]),
    "created_at_form": st.sampled_from(
        ["offset7", "offset_trimmed", "offset_other", "z", "z_ms", "naive", "no_fraction"]
    ),
    "nulls": st.sampled_from(["null", "missing", "empty"]),
    "extra_fields": st.booleans(),
    "unknown_types": st.sampled_from([0.0, 0.3]),
    "bad_records": st.sampled_from(["", "bad_date@-1,illegal_xml@3,deep@7"]),
    "late_share": st.sampled_from([0.0, 0.3]),
    "growing": st.booleans(),
}
DISTURBANCES: Draws = {
    "insert_every": st.integers(1, 4),
    "delete_every": st.integers(1, 4),
    "delete_where": st.sampled_from(["newest", "oldest", "random"]),
    "throttle_every": st.integers(3, 30),
    "retry_after": st.sampled_from(["seconds", "date", "none"]),
    "faults": st.sampled_from(
        [
            "500@p:0.1",
            "drop@every:9",
            "truncated@p:0.05; 503@p:0.05",
            "no_list@p:0.03",
            "404@p:0.03",
            "401@11",
            "cut@every:4",
        ]
    ),
}
ENDS = {"insert_max": 40, "delete_max": 15}
CALM = {"insert_every": 0, "delete_every": 0, "throttle_every": 0, "faults": ""}

STEPS = st.lists(
    st.one_of(
        st.integers(1, 450).map(lambda count: ("grow", count)),
        st.integers(1, 40).map(lambda count: ("grow_late", count)),
        st.sampled_from([0.5, 10.0, 30.0, 24.0 * 12]).map(lambda hours: ("advance", hours)),
        st.integers(1, 12).map(lambda number: ("kv_fails", number)),
        st.just(("run", 0)),
    ),
    max_size=6,
)


def _take(step: tuple[str, float], local: LocalInput, store: MemoryStore) -> int:
    """One step; returns how many pages it may have doubled."""
    name, size = step
    tenant = local.server.tenant
    if name == "grow":
        tenant.grow(int(size))
    elif name == "grow_late":
        tenant.grow(int(size), late_hours=40.0)
    elif name == "advance":
        tenant.advance(size * HOUR)
    elif name == "kv_fails":
        store.fail_on_write = store.writes + int(size)
        local.run()
        failed = store.writes >= store.fail_on_write
        store.fail_on_write = 0
        return int(failed)
    else:
        local.run()
    return 0


@seed(SEED)
@settings(
    max_examples=EXAMPLES,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
@given(
    quirks=st.fixed_dictionaries(HISTORY, optional=QUIRKS),
    disturbances=st.fixed_dictionaries({}, optional=DISTURBANCES),
    clock_error=st.sampled_from([0.0, -2 * DAY, 2 * DAY]),
    steps=STEPS,
)
def test_a_random_combination(
    quirks: dict[str, Any],
    disturbances: dict[str, Any],
    clock_error: float,
    steps: list[tuple[str, float]],
) -> None:
    note(f"RANDOM_SEED={SEED}")  # shown with the example that fails
    with TenantServer(Switches(**{**quirks, **disturbances, **ENDS, "seed": 5})) as server:
        store = MemoryStore()
        local = LocalInput(server, store, clock_error)
        local.run()
        doubled_pages = sum(_take(step, local, store) for step in steps)

        if quirks.get("total_item_count") == "stale":
            server.set(total_item_count="ok")
        if {"insert_every", "delete_every"} <= disturbances.keys():
            # What a count cannot show, and no later window heals (docs/how-it-works.md): a record
            # deleted and another added between two requests, where the tenant honours no dates.
            assume(json.loads(store.state or "{}").get("date_format") != DateFormat.NONE.value)
        server.set(**CALM, clock_speed=0.0)
        for _ in range(2):
            assert local.run() is None
            server.tenant.advance(2 * DAY + HOUR)
        assert local.run() is None
        assert local.run() is None

        if doubled_pages:
            found = collected(local.texts)
            assert found.keys() >= server.tenant.ids()
            assert found.keys() <= server.tenant.ever_ids()
            assert sum(found.values()) - len(found) <= PAGE * doubled_pages
        else:
            local.assert_complete()
