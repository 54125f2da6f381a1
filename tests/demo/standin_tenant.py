"""Runs the packaged input twice against the stand-in tenant and shows what happened."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.demo.report import Progress, heading, show_counts, show_event, show_proof
from tests.standins.invicti_tenant import Switches, TenantServer
from tests.standins.splunkd import Event, Splunkd

RECORDS = 12_000
NEW_RECORDS = 37
MASK = "********"
COLLECTION = "invicti_auditlogs_progress"


def show(package: Path) -> int:
    """Returns 0 when the tenant's records and the events are the same set, each once."""
    heading("The Invicti Audit Logs Add-on for Splunk at work")
    print("There is no Splunk and no Invicti here: a stand-in for each is started.\n")
    print(f"Package   {package.name} ({package.stat().st_size / 1e6:.1f} MB)")
    print(f"Python    {sys.version.split()[0]}, with the libraries in the package")
    with TenantServer(Switches(records=RECORDS, seed=2026)) as tenant:
        print(f"Tenant    {tenant.base_url}, {RECORDS:,} audit records over two years")
        with tempfile.TemporaryDirectory() as home, Splunkd(package, Path(home)) as splunkd:
            return _show_runs(tenant, splunkd)


def _show_runs(tenant: TenantServer, splunkd: Splunkd) -> int:
    splunkd.set_account(
        "acme", base_url=tenant.base_url, user_id=tenant.user_id, api_token=tenant.api_token
    )
    splunkd.set_input("acme", account="acme", index="invicti", start_date="all", interval="300")
    heading("First run: the whole history (start_date = all)")
    events = _run(tenant, splunkd, RECORDS)
    heading(f"Second run, after {NEW_RECORDS} new records in the tenant")
    tenant.tenant.grow(NEW_RECORDS)
    events += _run(tenant, splunkd, NEW_RECORDS)
    heading("What came in")
    show_counts(events)
    heading("One event in full")
    show_event(next(event for event in reversed(events) if MASK in event.data))
    heading("Progress saved")
    _show_progress(splunkd)
    heading("Proof against the tenant's own list")
    return show_proof(events, tenant.tenant.ids())


def _run(tenant: TenantServer, splunkd: Splunkd, expected: int) -> list[Event]:
    tenant.clear_requests()
    progress = Progress(expected)
    run = splunkd.run_input("acme", timeout=600, on_event=progress.count)
    progress.end()
    print(
        f"{len(run.events):,} events; API requests: {len(tenant.requests)}; {run.seconds:.1f} s, "
        f"{run.cpu_seconds:.1f} s of CPU, {run.peak_rss_kib / 1024:.0f} MB at the most"
    )
    if run.exit_code or run.stream_error:
        sys.exit(f"The run failed: {run.stderr or run.stream_error}")
    return run.events


def _show_progress(splunkd: Splunkd) -> None:
    documents = splunkd.kvstore.documents(COLLECTION)
    kinds = Counter(str(document["kind"]) for document in documents)
    print(f"In the KV Store collection {COLLECTION}:")
    print(f"  {kinds['state']} state (where the input stands), {kinds['ids']} pages of seen ids")
    last = [line for line in splunkd.log_text().splitlines() if "action=reconciliation" in line][-1]
    print(f"  last reconciliation: {last.partition(' | ')[2]}")
