"""How each contestant is run: the same interpreter, libraries, server and reader for all.

The packaged input is started as splunkd starts it, and asks splunkd for its settings and saves its
progress there; the peers are told what they need on standard input.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tests.bench.collected import ids_of_lines, ids_of_stream
from tests.standins.splunkd import InputProcess, Run, Splunkd, SplunkdSwitches, input_run

if TYPE_CHECKING:
    from tests.bench.canned import CannedTenant

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(__file__).resolve().parent / "peers"
COLLECTION = "invicti_auditlogs_progress"
INDEX = "main"
LONGEST = 600.0
# A window after the tenant's last record: one request, no record.
NOTHING = {"startDate": "01/01/2100 00:00:00", "endDate": "01/02/2100 00:00:00"}


class BenchError(Exception):
    """A contestant did not do its work; its figures would mean nothing."""


class Contestant(Protocol):
    """Something that collects the tenant's audit log and writes it to standard output."""

    @property
    def name(self) -> str:
        """What the table calls it."""

    def backfill(self) -> Run:
        """Collect everything."""

    def idle(self) -> Run:
        """Start, ask once, find nothing, end: what every run costs before it does any work."""

    def ids(self, run: Run) -> list[str]:
        """The Ids that a run delivered, normalised, with doubles if there were any."""


class Ours:
    """The packaged input with its progress in the KV Store, saved after every page.

    Arguments:
        splunkd: With the add-on installed and an account `tenant`.
    """

    name = "ours"

    def __init__(self, splunkd: Splunkd) -> None:
        self._splunkd = splunkd
        self._rounds = 0

    def backfill(self) -> Run:
        """Collect with an input that has no progress yet."""
        splunkd = self._splunkd
        # Progress of earlier rounds would slow the stand-in, which looks through all documents.
        splunkd.kvstore.drop(splunkd.app, COLLECTION)
        splunkd.set()
        self._rounds += 1
        settings = {"account": "tenant", "index": INDEX, "interval": "3600", "start_date": "all"}
        splunkd.set_input(self._input, **settings)
        return self._run()

    def idle(self) -> Run:
        """Poll again: nothing has come."""
        return self._run()

    @property
    def saves(self) -> int:
        """Requests to the KV Store since the last backfill began that wrote or removed progress."""
        calls = (line for line in self._splunkd.requests if "storage/collections/data" in line)
        return sum(not line.startswith("GET") for line in calls)

    @property
    def _input(self) -> str:
        return f"bench{self._rounds}"

    def _run(self) -> Run:
        # Not `run_input`: that parses while the input writes, which would time the stand-in.
        splunkd = self._splunkd
        definition = input_run.input_definition(splunkd._metadata(), splunkd._stanzas(self._input))
        environment = input_run.environment(splunkd.home, splunkd.switches)
        return _ended(splunkd._command(), environment, definition)

    def ids(self, run: Run) -> list[str]:
        """See `Contestant`."""
        return ids_of_stream(run.stdout, SplunkdSwitches().required_event_fields)


class Peer:
    """A script of `peers/`, under the input's interpreter with the app's own libraries.

    Arguments:
        name: What the table calls it.
        script: The script.
        splunkd: Whose Python and app are used; nothing else of it.
        tenant: Where records come from.
    """

    def __init__(self, name: str, script: str, splunkd: Splunkd, tenant: CannedTenant) -> None:
        self.name = name
        self._script = script
        self._splunkd = splunkd
        self._tenant = tenant

    def backfill(self) -> Run:
        """See `Contestant`."""
        return self._run({})

    def idle(self) -> Run:
        """See `Contestant`."""
        return self._run(NOTHING)

    def _run(self, dates: dict[str, str]) -> Run:
        splunkd = self._splunkd
        environment = {
            **input_run.environment(splunkd.home, splunkd.switches),
            "PYTHONPATH": f"{splunkd.app_dir / 'lib'}:{ROOT}",
        }
        command = [str(splunkd.home.python), str(PEERS / self._script)]
        return _ended(command, environment, json.dumps({**self._tenant.access, "dates": dates}))

    def ids(self, run: Run) -> list[str]:
        """See `Contestant`."""
        if self._script == "floor.py":
            return ids_of_lines(run.stdout)
        return ids_of_stream(run.stdout, ("stanza", "host", "source", "sourcetype", "index"))


def _ended(command: list[str], environment: dict[str, str], stdin: str) -> Run:
    """Runs a process to its end; what it writes is read at once, and looked at only afterwards."""
    run = InputProcess(command, environment, "/", stdin).wait(LONGEST)
    if run.exit_code or run.stderr:
        raise BenchError(f"{Path(command[-1]).name} ended with {run.exit_code}: {run.stderr}")
    return run
