"""A week of two inputs: what the packaged add-on wrote and logged between the stand-ins.

Its clock and the tenants' are moved as in the soak, and start at a fixed moment, so that each run
gives the same records.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

from tests.soak.world import CLOCK
from tests.standins.invicti_tenant import Switches, TenantServer
from tests.standins.splunkd import Splunkd

END = datetime(2026, 3, 12, 15, 40, tzinfo=timezone.utc)
"""A Thursday afternoon."""

START = END - timedelta(days=7)
"""When the inputs are made. Their first run also reads what came before."""

RESET = END - timedelta(hours=30)
"""From then on the subsidiary's token is no longer valid."""

_BEFORE = 7
_INDEX = "invicti"
_LINE = re.compile(r"^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} )", re.MULTILINE)


class Stored(NamedTuple):
    """An event as Splunk has it in an index."""

    sourcetype: str
    raw: str
    time: float
    source: str
    host: str
    index: str


class _Input(NamedTuple):
    """An input, its tenant and that one's records a day, and how often it runs."""

    name: str
    tenant: str
    records: int
    hours: int
    last_day_hours: int


_INPUTS = (
    _Input("production", "www.netsparkercloud.com", 180, 12, 4),
    _Input("subsidiary", "eu.netsparker.cloud", 40, 24, 24),
)


def live(package: Path, python: Path, folder: Path) -> list[Stored]:
    """Return all events of the two inputs and of their logs.

    Args:
        package: The package.
        python: Stands for Splunk's own.
        folder: An empty one.
    """
    with _Fortnight(package, python, folder) as fortnight:
        for moment, name in _moments():
            fortnight.run(moment, name)
        return [*fortnight.events, *fortnight.log()]


def _moments() -> list[tuple[datetime, str]]:
    found = []
    for each in _INPUTS:
        moment = START
        while moment <= END:
            found.append((moment, each.name))
            late = moment >= END - timedelta(days=1)
            moment += timedelta(hours=each.last_day_hours if late else each.hours)
    return sorted(found)


class _Fortnight:
    """The stand-ins, on one clock."""

    def __init__(self, package: Path, python: Path, folder: Path) -> None:
        common: dict[str, Any] = {"now": START.isoformat(), "clock_speed": 0.0, "growing": True}
        common |= {"span_days": float(_BEFORE), "unknown_types": 0.02}
        common |= {"upgraded_at": (END - timedelta(days=3)).isoformat()}
        self._tenants = {
            each.name: TenantServer(Switches(seed=seed, records=each.records * _BEFORE, **common))
            for seed, each in enumerate(_INPUTS, 7)
        }
        self._splunkd = Splunkd(package, folder, python)
        home = self._splunkd.home
        packages = home.path / "lib" / f"python{home.interpreter.version}" / "site-packages"
        shutil.copy(CLOCK, packages)
        self._clock = packages / "clock_ahead.txt"
        self.events: list[Stored] = []

    def __enter__(self) -> _Fortnight:
        self._splunkd.start()
        self._move_to(START)
        for each in _INPUTS:
            tenant = self._tenants[each.name].start()
            access = {"base_url": tenant.base_url, "user_id": tenant.user_id}
            self._splunkd.set_account(each.name, api_token=tenant.api_token, **access)
            settings = {"account": each.name, "index": _INDEX, "start_date": "all"}
            self._splunkd.set_input(each.name, interval=str(each.hours * 3600), **settings)
        return self

    def __exit__(self, *_: object) -> None:
        self._splunkd.stop()
        for tenant in self._tenants.values():
            tenant.stop()

    def _move_to(self, moment: datetime) -> None:
        for server in self._tenants.values():
            server.tenant.advance((moment - server.tenant.now).total_seconds())
        self._clock.write_text(f"{moment.timestamp() - time.time():.6f}", "utf-8")

    def run(self, moment: datetime, name: str) -> None:
        """Run an input at a moment."""
        self._move_to(moment)
        self._trouble(moment, name)
        for event in self._splunkd.run_input(name).events:
            host = next(each.tenant for each in _INPUTS if each.name == name)
            words = (event.sourcetype, event.data, event.time, event.source, host, event.index)
            self.events.append(Stored(*words))  # type: ignore[arg-type]

    def _trouble(self, moment: datetime, name: str) -> None:
        """Some requests are throttled, once for hours; the subsidiary's token is reset."""
        storm = START + timedelta(days=2) < moment < START + timedelta(days=4)
        tenant = self._tenants[name]
        tenant.set(throttle_every=3 if storm else 0, throttle_for=1, retry_after_seconds=20)
        if moment == END - timedelta(hours=12):
            tenant.set(throttle_every=1, throttle_for=1_000, retry_after_seconds=5 * 3600)
        if moment > RESET and name == "subsidiary":
            tenant.set(access="token_revoked")

    def log(self) -> Iterator[Stored]:
        """What the inputs have logged."""
        for each in _INPUTS:
            file = self._splunkd.log_dir / f"ta_invicti_auditlogs_{each.name}.log"
            text = file.read_text("utf-8").replace(
                self._tenants[each.name].base_url, f"https://{each.tenant}"
            )
            for line in filter(str.strip, _LINE.split(text)):
                moment = datetime.strptime(line[:23], "%Y-%m-%d %H:%M:%S,%f").timestamp()
                source = f"/opt/splunk/var/log/splunk/{file.name}"
                host = self._splunkd.switches.server_host
                words = (line.rstrip(), moment, source, host, "_internal")
                yield Stored("invicti:auditlogs:log", *words)
