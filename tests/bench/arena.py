"""The two servers that all contestants share, and what they are able to by themselves."""

from __future__ import annotations

import os
import platform
import ssl
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from http.client import HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.bench.canned import CannedTenant
from tests.bench.contestants import COLLECTION, BenchError, Ours, Peer
from tests.bench.measuring import Figures, measure
from tests.bench.table import PAGE, Setting
from tests.bench.targets import StartUp
from tests.standins.splunkd import Splunkd

if TYPE_CHECKING:
    from collections.abc import Iterator

_SAVES = 200
_PACKED_IDS = "A" * 2136  # 200 digests of 8 bytes in base64, as ours saves them


class Arena:
    """A splunkd with the add-on and an account, and the tenant that the account points to.

    Arguments:
        splunkd: Started.
        tenant: Started.
        records: Size of the tenant's history.
    """

    def __init__(self, splunkd: Splunkd, tenant: CannedTenant, records: int) -> None:
        self.splunkd = splunkd
        self.tenant = tenant
        self._records = records
        splunkd.set_account("tenant", **tenant.access)

    def compare(self, rounds: int) -> list[Figures]:
        """Returns the figures of all contestants, ours first."""
        peers = [
            Peer("(a) vendor's loop, splunklib", "splunklib_loop.py", self.splunkd, self.tenant),
            Peer("(b) solnlib, batches of 200", "solnlib_batches.py", self.splunkd, self.tenant),
            Peer("(c) floor: fetch, loads, write", "floor.py", self.splunkd, self.tenant),
        ]
        return measure([Ours(self.splunkd), *peers], self.tenant, rounds)

    def start_up(self, rounds: int) -> StartUp:
        """Returns the CPU of idle polls and of the bare imports, in turn; after `compare`."""
        ours = Ours(self.splunkd)
        ours.backfill()
        bare = Peer("bare imports", "bare.py", self.splunkd, self.tenant)
        laps = [(ours.idle().cpu_seconds, bare.idle().cpu_seconds) for _ in range(rounds)]
        return StartUp([lap[0] for lap in laps], [lap[1] for lap in laps])

    def setting(self) -> Setting:
        """Returns what the servers are able to by themselves, and the machine."""
        rate, size = self.tenant.fetch_all(-(-self._records // PAGE))
        return Setting(
            machine(self.splunkd.home.python), size / self._records, rate, self._save_ms()
        )

    def _save_ms(self) -> float:
        """Returns the milliseconds of a KV Store write for a client with nothing else to do."""
        splunkd = self.splunkd
        splunkd.kvstore.drop(splunkd.app, COLLECTION)
        authority = splunkd.home.path / "etc" / "auth" / "cacert.pem"
        connection = HTTPSConnection(
            urlsplit(splunkd.management_uri).netloc,
            context=ssl.create_default_context(cafile=str(authority)),
        )
        self._save(connection)  # the first opens the connection
        began = time.perf_counter()
        for _ in range(_SAVES):
            self._save(connection)
        connection.close()
        return 1000 * (time.perf_counter() - began) / _SAVES

    def _save(self, connection: HTTPSConnection) -> None:
        path = f"/servicesNS/nobody/{self.splunkd.app}/storage/collections/data/{COLLECTION}"
        headers = {
            "Authorization": f"Splunk {self.splunkd.session_key}",
            "Content-Type": "application/json",
        }
        body = f'{{"input":"bench","kind":"ids","since":0,"until":1,"ids":"{_PACKED_IDS}"}}'
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 201:
            raise BenchError(f"the stand-in's KV Store answers {answer.status}")


@contextmanager
def opened(package: Path, python: Path, records: int) -> Iterator[Arena]:
    """Starts the servers; they end with the block.

    Arguments:
        package: The add-on's.
        python: Stands for Splunk's.
        records: Size of the tenant's history.
    """
    with ExitStack() as open_ones:
        home = Path(open_ones.enter_context(tempfile.TemporaryDirectory()))
        tenant = open_ones.enter_context(CannedTenant(records))
        splunkd = open_ones.enter_context(Splunkd(package, home, python))
        yield Arena(splunkd, tenant, records)


def machine(python: Path) -> str:
    """Returns what the figures were measured on: Python, system and cores."""
    version = subprocess.run([python, "--version"], capture_output=True, text=True, check=True)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{version.stdout.strip()}, {platform.system()} {platform.machine()}, {cores} cores"
