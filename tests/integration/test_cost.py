"""What a run costs: requests to the tenant, requests to the KV Store, memory."""

from __future__ import annotations

from pathlib import Path

from tests.integration.support import COLLECTION, INPUT, Site, in_turn, site
from tests.standins.invicti_tenant import Switches

# Noon: no day begins while the test runs.
NOON = "2026-06-15T12:00:00Z"
ORDERS = ("newest", "oldest", "shuffled")
MEBIBYTE = 1024  # in KiB


def _progress_requests(place: Site) -> list[str]:
    """What was asked of the input's collection, without the lease: `METHOD rest`."""
    asked = [request.split(" ") for request in place.splunkd.requests]
    found = [f"{method} {path.partition(COLLECTION)[2]}" for method, path, _ in asked]
    return [line for line in found if not line.endswith(" ") and "lease-" not in line]


@in_turn("order", ORDERS)
def test_an_idle_poll_is_one_api_request_and_one_read_of_progress(
    order: str, interpreter: Path, package: Path, tmp_path: Path
) -> None:
    switches = Switches(records=10_000, order=order, now=NOON)
    with site(package, interpreter, tmp_path, switches) as place:
        place.good_run()
        for _ in range(2):
            place.splunkd.set()
            place.splunkd.kvstore.reset_traffic()

            assert len(place.requests_of()) == 1

            reads, reports = _progress_requests(place)
            assert reads.startswith("GET /state-")
            assert reports == "POST /batch_save"  # how the run ended, for the administrator
            # Logging, KV Store status, lease, account, its secret, proxy, progress, report, lease.
            assert len(place.splunkd.requests) == 9
            # The lease is taken and given back, and that report; nothing else is written.
            assert place.splunkd.kvstore.writes.count == 3
        assert len(place.texts) == 10_000


@in_turn("order", ["newest", "oldest"])
def test_300_new_records_are_at_most_four_requests(
    order: str, interpreter: Path, package: Path, tmp_path: Path
) -> None:
    # The whole live window would be 15 requests.
    switches = Switches(records=3_000, span_days=2.0, order=order, now=NOON)
    with site(package, interpreter, tmp_path, switches) as place:
        place.good_run()
        place.tenant.grow(300)

        asked = place.requests_of()

        assert len(asked) <= 4, asked
        place.assert_complete()


def test_300_new_records_of_a_shuffled_list_are_at_most_four_requests(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    """Without an order to use all of the window is read; here that is two pages."""
    switches = Switches(records=10_000, span_days=730.0, order="shuffled", now=NOON)
    with site(package, interpreter, tmp_path, switches) as place:
        place.good_run()
        place.tenant.grow(300)

        assert len(place.requests_of()) <= 4
        place.assert_complete()


def test_a_save_is_at_most_64_kib(interpreter: Path, package: Path, tmp_path: Path) -> None:
    switches = Switches(records=6_000, span_days=6.0, now=NOON)
    with site(package, interpreter, tmp_path, switches) as place:
        place.good_run()

        assert place.splunkd.kvstore.writes.count > 30
        assert place.splunkd.kvstore.writes.largest <= 64 * 1024


def test_memory_does_not_grow_with_the_history(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    peaks = {}
    for records in (2_000, 200_000):
        switches = Switches(records=records, now=NOON)
        with site(package, interpreter, tmp_path / str(records), switches) as place:
            place.splunkd.introspection()  # its process is not the one that is measured
            run = place.good_run(timeout=600.0, keep_events=False)
            assert run.event_count == records
            peaks[records] = run.peak_rss_kib
    print(f"peak RSS in KiB: {peaks}")
    assert peaks[200_000] <= peaks[2_000] + 10 * MEBIBYTE, peaks


def test_requests_of_a_backfill_are_few(interpreter: Path, package: Path, tmp_path: Path) -> None:
    with site(package, interpreter, tmp_path, Switches(records=10_000, now=NOON)) as place:
        requests = place.requests_of()

        assert len(place.texts) == 10_000
        # 50 pages of 200, the probe, the live window, and the search for the first record.
        assert len(requests) <= 100
        assert {len(request.query) for request in requests} <= {2, 4}
        assert INPUT not in str(requests)
