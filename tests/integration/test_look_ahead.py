"""Pages fetched ahead by the packaged add-on: never more than set, none while throttled, no harm.

How many requests are under way is what the tenant itself saw.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.integration.support import (
    INPUT,
    PAGE,
    SETTINGS,
    LocalInput,
    Site,
    collected,
    field,
    in_turn,
    site,
)
from tests.standins.invicti_tenant import Request, Switches, TenantServer

NOON = "2026-06-15T12:00:00Z"
RECORDS = 10_000
FAR = Switches(records=RECORDS, now=NOON, latency_ms=250.0)
MOST = 4


def most_under_way(requests: list[Request]) -> int:
    return max(request.under_way for request in requests)


def assert_ledger(place: Site) -> None:
    """The log tells of as many requests, and retries, as the tenant saw."""
    asked = place.server.requests
    failed = sum(request.status != 200 for request in asked)
    assert field(place.log, "requests") == [str(len(asked))]
    assert field(place.log, "retries") == [str(failed)]


@in_turn("at_once", ["", "1", "2", "4"])
def test_never_more_requests_are_under_way_than_set(
    at_once: str, interpreter: Path, package: Path, tmp_path: Path
) -> None:
    with site(package, interpreter, tmp_path, FAR) as place:
        place.point_to(place.server, requests_at_once=at_once)
        place.good_run()

        place.assert_complete()
        assert most_under_way(place.server.requests) == int(at_once or MOST)
        assert_ledger(place)

        place.tenant.grow(3 * PAGE)
        asked = place.requests_of()
        assert most_under_way(asked) == 1, "nothing is fetched ahead from a window that is known"
        assert len(asked) <= 6
        assert place.requests_of()[1:] == []


def test_the_events_come_in_the_same_order(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    texts = []
    for at_once in ("1", "4"):
        with site(package, interpreter, tmp_path / at_once, FAR) as place:
            place.point_to(place.server, requests_at_once=at_once)
            place.good_run()
            texts.append(place.texts)
    assert texts[0] == texts[1]


@in_turn("retry_after", ["seconds", "date", "none"])
def test_a_storm_of_throttling_is_met_one_by_one(
    retry_after: str, interpreter: Path, package: Path, tmp_path: Path
) -> None:
    # Again before there are as many good answers as the next step takes, 32.
    switches = Switches(
        records=RECORDS,
        span_days=60.0,
        now=NOON,
        latency_ms=200.0,
        throttle_every=33,
        throttle_for=2,
        retry_after=retry_after,
    )
    with site(package, interpreter, tmp_path, switches) as place:
        place.splunkd.set_input(INPUT, **{**SETTINGS, "start_date": "2026-04-16"})
        place.good_run()

        place.assert_complete()
        assert_ledger(place)
        asked = place.server.requests
        assert most_under_way(asked) == MOST
        first = next(at for at, request in enumerate(asked) if request.status == 429)
        # Those under way when it was throttled; then, for as long as the storm lasts, one by one.
        assert most_under_way(asked[first + MOST :]) == 1


def test_growing_latency_takes_it_back_to_one(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    """A tenant that answers one request after the other gains nothing by four at once."""
    switches = Switches(records=RECORDS, now=NOON, latency_ms=100.0, latency_load_ms=300.0)
    with site(package, interpreter, tmp_path, switches) as place:
        place.good_run()

        place.assert_complete()
        under_way = [request.under_way for request in place.server.requests]
        peak = under_way.index(max(under_way))
        assert max(under_way) > 1
        alone = next(at for at in range(peak, len(under_way)) if under_way[at] == 1)
        assert alone - peak <= 12
        assert under_way[alone + 1 : alone + 25] == [1] * 24, "and it recovers slowly"


@pytest.mark.parametrize("order", ["newest", "oldest", "shuffled"])
@pytest.mark.parametrize("changes", ["insert", "delete", "both"])
def test_records_that_come_and_go_meanwhile(changes: str, order: str) -> None:
    switches = Switches(
        records=6_000,
        span_days=60.0,
        order=order,
        insert_every=0 if changes == "delete" else 7,
        delete_every=0 if changes == "insert" else 5,
        insert_max=60,
        delete_max=60,
        delete_where="random",
        latency_ms=5.0,
        latency_jitter_ms=10.0,
    )
    with TenantServer(switches) as server:
        local = LocalInput(server)
        local.run()
        assert 1 < most_under_way(server.requests) <= MOST
        server.set(insert_every=0, delete_every=0)
        assert local.run() is None
        assert local.run() is None

        local.assert_complete()


def test_a_stop_while_requests_hang_ends_the_run_at_once(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    switches = Switches(records=RECORDS, now=NOON, latency_ms=250.0, faults="stall=60@from:40")
    with site(package, interpreter, tmp_path, switches) as place:
        process = place.splunkd.start_input(INPUT)
        hanging: list[Request] = []
        patience = 100  # on a machine under load the pace may not be at four
        while len(hanging) < MOST and patience:
            assert process.running
            time.sleep(0.1)
            hanging = [request for request in place.server.requests if request.fault == "stall"]
            patience -= bool(hanging)
        began = time.monotonic()
        process.terminate()
        run = place.finish(process)
        seconds = time.monotonic() - began

        assert (run.exit_code, run.stderr) == (0, "")
        assert seconds < 5.0, "they would have been answered after a minute"
        assert 'action=stopped reason="splunkd asked for it"' in place.log
        print(f"stopped after {seconds:.2f} s with {most_under_way(hanging)} requests under way")

        place.server.set(faults="")
        place.good_run()
        place.assert_complete()


def test_a_kill_while_pages_are_ahead_loses_nothing(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    chance = random.Random(3)
    with site(package, interpreter, tmp_path, FAR) as place:
        for kills in range(1, 6):
            run = place.run(kill_after_events=chance.randint(1_000, 3_000))
            assert run.exit_code in (0, -9)
            assert len(place.texts) - len(set(place.texts)) <= kills * PAGE
        assert most_under_way(place.server.requests) == MOST
        place.good_run()

        assert collected(place.texts).keys() == place.tenant.ids()
