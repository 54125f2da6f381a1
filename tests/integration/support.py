"""What the integration tests share: a tenant, a Splunk with one input, and what must hold.

A `Site` runs the packaged add-on as splunkd does; a `LocalInput` runs the same collector and HTTP
client inside the test's process, for the many combinations that would take hours otherwise.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from invicti_collector.collector import Collector
from invicti_collector.configuration import read_account, read_input
from invicti_collector.errors import CollectorError
from invicti_collector.lease import InputLease
from invicti_collector.patience import Patience
from invicti_collector.shutdown import Shutdown
from invicti_collector.survey import Connection
from invicti_collector.tenant.audit_log import AuditLog
from invicti_collector.tenant.invicti_api import InvictiApi, Network
from invicti_collector.tenant.look_ahead import LookAhead
from tests.fakes.ports import ListDestination, MemoryStore
from tests.standins.invicti_tenant import Request, Switches, TenantServer
from tests.standins.splunkd import InputProcess, Run, Splunkd, SplunkdSwitches

PYTHONS = ("3.9", "3.13")
INPUT = "prod"
SOURCE = f"invicti_auditlogs://{INPUT}"
COLLECTION = "invicti_auditlogs_progress"
SETTINGS = {"account": "main", "index": "invicti", "start_date": "all", "interval": "300"}
PAGE = 200
HOUR = 3600.0
DAY = 24 * HOUR


def in_turn(name: str, values: Iterable[Any]) -> pytest.MarkDecorator:
    """Parametrises a test with values, each on one of the Pythons, in turn."""
    rows = [(PYTHONS[number % len(PYTHONS)], value) for number, value in enumerate(values)]
    return pytest.mark.parametrize(("interpreter", name), rows, indirect=["interpreter"], ids=str)


class Site:
    """A tenant, and a Splunk with the packaged add-on whose input collects it.

    Arguments:
        server: The tenant.
        splunkd: The Splunk.
    """

    def __init__(self, server: TenantServer, splunkd: Splunkd) -> None:
        self.server = server
        self.tenant = server.tenant
        self.splunkd = splunkd
        self.texts: list[str] = []
        """What became of `_raw`, of all runs."""

    def run(self, name: str = INPUT, timeout: float = 180.0, **options: Any) -> Run:
        """One run of the input, whatever becomes of it."""
        run = self.splunkd.run_input(name, timeout, **options)
        assert not run.timed_out, self.log[-3000:]
        assert run.stream_error is None, run.stream_error
        self.texts += [event.data for event in run.events]
        return run

    def good_run(self, name: str = INPUT, **options: Any) -> Run:
        """One run that succeeds without a word on standard error."""
        run = self.run(name, **options)
        assert (run.exit_code, run.stderr) == (0, ""), self.log[-3000:]
        return run

    def failing_run(self) -> str:
        """One run that fails; returns its one line, which the add-on's log has too."""
        before = len(self.log)
        run = self.run()
        assert run.exit_code > 0, self.log[-3000:]
        lines = run.stderr.splitlines()
        assert len(lines) == 1, run.stderr
        assert lines[0].startswith(f'ERROR input="{INPUT}" error="')
        said = lines[0].partition(" error=")[2]
        logged = self.log[before:].splitlines()
        errors = [line for line in logged if "log_level=ERROR" in line and said in line]
        assert len(errors) == 1, self.log[before:]
        return lines[0]

    def finish(self, process: InputProcess, timeout: float = 120.0) -> Run:
        """Waits for a process that `splunkd.start_input` has started."""
        run = process.wait(timeout)
        assert not run.timed_out, self.log[-3000:]
        assert run.stream_error is None, run.stream_error
        self.texts += [event.data for event in run.events]
        return run

    def requests_of(self, name: str = INPUT) -> list[Request]:
        """The tenant's requests during one more good run."""
        self.server.clear_requests()
        self.good_run(name)
        return self.server.requests

    @property
    def log(self) -> str:
        """The add-on's log."""
        return self.splunkd.log_text()

    @property
    def progress(self) -> list[dict[str, Any]]:
        """The documents that say what was collected, in a fixed order."""
        documents = self.splunkd.kvstore.documents(COLLECTION)
        documents = [document for document in documents if document["kind"] in ("state", "ids")]
        return sorted(documents, key=lambda document: str(document["_key"]))

    def point_to(self, server: TenantServer, **changes: str) -> None:
        """Points the account to a tenant."""
        fields = {"user_id": server.user_id, "api_token": server.api_token, **changes}
        self.splunkd.set_account("main", base_url=server.base_url, **fields)

    def assert_complete(self) -> None:
        """Everything that the API user can see was written once, and nothing else."""
        assert_complete(self.server, self.texts)


@contextmanager
def site(
    package: Path,
    python: Path,
    folder: Path,
    switches: Switches | None = None,
    splunkd_switches: SplunkdSwitches | None = None,
    **settings: str,
) -> Iterator[Site]:
    """A site in an empty folder; `settings` are the input's, beside `SETTINGS`."""
    with (
        TenantServer(switches or Switches()) as server,
        splunk(package, python, folder, splunkd_switches) as splunkd,
    ):
        made = Site(server, splunkd)
        made.point_to(server)
        splunkd.set_input(INPUT, **{**SETTINGS, **settings})
        yield made


def splunk(
    package: Path, python: Path, folder: Path, switches: SplunkdSwitches | None = None
) -> Splunkd:
    """A Splunk with the packaged add-on."""
    return Splunkd(package, folder / "splunk", python, switches or SplunkdSwitches())


class LocalInput:
    """The collector and its HTTP client in this process, without a Splunk.

    Arguments:
        server: The tenant.
        store: Its progress; a new one if not given.
        clock_error: Seconds that this machine's clock is ahead of the tenant's.
    """

    def __init__(
        self,
        server: TenantServer,
        store: MemoryStore | None = None,
        clock_error: float = 0.0,
    ) -> None:
        self.server = server
        self.store = store or MemoryStore()
        self.destination = ListDestination()
        self.slept = 0.0
        self._clock_error = clock_error
        fields = {"user_id": server.user_id, "api_token": server.api_token}
        self._account = read_account("main", {"base_url": server.base_url, **fields})
        self._input = read_input(INPUT, SETTINGS, 0.0)

    def run(self) -> CollectorError | None:
        """One run; returns the error that ended it. Waits are only counted."""
        api = InvictiApi(self._account, Network("", 60.0, "test"), Shutdown(), self._sleep)
        patience = Patience(60.0, self._sleep)
        listed = LookAhead(api, self._account.requests_at_once, patience, Shutdown())
        lease = InputLease(self.store, "here")
        assert lease.acquire() is None
        connection = Connection(self._account.connection, self._account.date_format)
        log = logging.getLogger("integration")
        log.setLevel(logging.CRITICAL)
        try:
            tenant = AuditLog(api, listed, log)
            Collector(
                self._input, connection, tenant, self.destination, self.store, lease, log, self._now
            ).run()
        except CollectorError as fault:
            return fault
        finally:
            lease.release()
        return None

    def _sleep(self, seconds: float) -> None:
        self.slept += seconds

    def _now(self) -> float:
        return self.server.tenant.now.timestamp() + self.slept + self._clock_error

    @property
    def texts(self) -> list[str]:
        """What became of `_raw`, of all runs."""
        return [event.data for event in self.destination.events]

    def assert_complete(self) -> None:
        """See `Site.assert_complete`."""
        assert_complete(self.server, self.texts)


def collected(texts: Iterable[str]) -> Counter[str]:
    """How often each `Id` was written, normalised as `Tenant.ids` has them."""
    found: Counter[str] = Counter()
    for text in texts:
        record = json.loads(text)
        name = record.get("Id") if isinstance(record, dict) else None
        if name:
            found[name.lower().replace("-", "")] += 1
    return found


def assert_complete(server: TenantServer, texts: list[str]) -> None:
    """What is in the tenant now was written exactly once; nothing that never existed was written.

    Records that were deleted may have been written or not, but never twice.
    """
    found = collected(texts)
    lost = server.tenant.ids() - found.keys()
    invented = found.keys() - server.tenant.ever_ids()
    doubled = {name: times for name, times in found.items() if times > 1}
    summary = f"lost {len(lost)}, invented {len(invented)}, doubled {len(doubled)}"
    assert not any((lost, invented, doubled)), summary
    # Records without an Id are told by their number alone.
    nameless = len(texts) - sum(found.values())
    visible = server.tenant.count() - len(server.tenant.ids())
    assert nameless == visible, f"{nameless} records without Id written, {visible} are there"


def field(log: str, name: str) -> list[str]:
    """The values of `name=value` and `name="value"` in a log, in its order."""
    found = re.findall(rf'\b{name}=(?:"([^"]*)"|(\S+))', log)
    return [quoted or bare for quoted, bare in found]
