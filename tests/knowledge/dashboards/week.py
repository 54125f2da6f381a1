"""A week of two inputs: what the packaged add-on wrote and logged between the stand-ins.

Its clock and the tenants' are moved as in the soak, and start at a fixed moment, so that each run
gives the same records.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import astuple
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

from tests.knowledge.dashboards.installing import FOLDER
from tests.knowledge.spl import Event
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


class _Input(NamedTuple):
    """An input, its tenant and that one's records a day, and how often it runs."""

    name: str
    tenant: str
    records: int
    hours: int
    last_day_hours: int


_INPUTS = (
    _Input("production", "www.netsparkercloud.com", 150, 12, 4),
    _Input("subsidiary", "eu.netsparker.cloud", 35, 24, 24),
)


def week(package: Path) -> list[Event]:
    """Return all events of the two inputs and of their logs.

    They are lived through once for a package, however many test processes ask.

    Args:
        package: The package.
    """
    made_of = package.read_bytes() + Path(__file__).read_bytes()
    file = FOLDER / f"week-{hashlib.sha256(made_of).hexdigest()[:16]}.json"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "week.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            for old in FOLDER.glob("week-*.json"):
                old.unlink()
            with tempfile.TemporaryDirectory() as folder:
                file.write_text(json.dumps([*map(astuple, _lived(package, Path(folder)))]), "utf-8")
    return [Event(*words) for words in json.loads(file.read_text("utf-8"))]


def _lived(package: Path, folder: Path) -> list[Event]:
    with _Week(package, folder) as world:
        for moment, name in _moments():
            world.run(moment, name)
        return [*world.events, *world.log()]


def _moments() -> list[tuple[datetime, str]]:
    found = []
    for each in _INPUTS:
        moment = START
        while moment <= END:
            found.append((moment, each.name))
            late = moment >= END - timedelta(days=1)
            moment += timedelta(hours=each.last_day_hours if late else each.hours)
    return sorted(found)


class _Week:
    """The stand-ins, on one clock."""

    def __init__(self, package: Path, folder: Path) -> None:
        common: dict[str, Any] = {"now": START.isoformat(), "clock_speed": 0.0, "growing": True}
        common |= {"span_days": float(_BEFORE), "unknown_types": 0.02}
        common |= {"upgraded_at": (END - timedelta(days=3)).isoformat()}
        self._tenants = {
            each.name: TenantServer(Switches(seed=seed, records=each.records * _BEFORE, **common))
            for seed, each in enumerate(_INPUTS, 7)
        }
        self._splunkd = Splunkd(package, folder)
        home = self._splunkd.home
        packages = home.path / "lib" / f"python{home.interpreter.version}" / "site-packages"
        shutil.copy(CLOCK, packages)
        self._clock = packages / "clock_ahead.txt"
        self.events: list[Event] = []

    def __enter__(self) -> _Week:
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
            self.events.append(Event(*words))  # type: ignore[arg-type]

    def _trouble(self, moment: datetime, name: str) -> None:
        """Some requests are throttled, once for hours; the subsidiary's token is reset."""
        storm = START + timedelta(days=2) < moment < START + timedelta(days=4)
        tenant = self._tenants[name]
        tenant.set(throttle_every=3 if storm else 0, throttle_for=1, retry_after_seconds=20)
        if moment == END - timedelta(hours=12):
            tenant.set(throttle_every=1, throttle_for=1_000, retry_after_seconds=5 * 3600)
        if moment > RESET and name == "subsidiary":
            tenant.set(access="token_revoked")

    def log(self) -> Iterator[Event]:
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
                yield Event("invicti:auditlogs:log", *words)
