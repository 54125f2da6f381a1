"""The last release's package, replaced by this one: nothing lost or doubled, settings kept.

The stand-in installs as Splunk does: it overlays, keeps `local/` and prunes nothing; both packages
run in one SPLUNK_HOME with its KV Store and checkpoint folder, with a restart between.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import trustme

from tests.conftest import APP, ROOT, find_interpreter
from tests.integration.pages import (
    ACCOUNTS,
    HEC_TARGETS,
    INPUTS,
    SETTINGS,
    Pages,
    account_form,
    input_form,
    pages,
    tenant,
)
from tests.integration.support import COLLECTION, PAGE, assert_complete, collected
from tests.standins.hec import HecServer, HecSwitches
from tests.standins.hec.switches import TOKEN
from tests.standins.invicti_tenant import TenantServer
from tests.standins.splunkd import Run, SplunkdSwitches
from tests.upgrade.releases import Release, UnknownReleaseError, package_of, releases

FILES = SplunkdSwitches(kv_state="disabled")
KV_STORE = SplunkdSwitches()


class Step(NamedTuple):
    """An upgrade.

    Attributes:
        before: The Python that runs the old package.
        after: The one that runs the new: Splunk itself may be upgraded along.
        switches: KV Store on or off.
        reached: Events after which the old one is stopped; None = it has kept up.
    """

    before: str
    after: str
    switches: SplunkdSwitches
    reached: int | None

    def __str__(self) -> str:
        reached = "kept up" if self.reached is None else "in mid-backfill"
        store = "files" if self.switches is FILES else "KV Store"
        return f"{reached}, {store}, {self.before} to {self.after}"


STEPS = (
    Step("3.9", "3.13", KV_STORE, None),
    Step("3.9", "3.13", FILES, 900),
    Step("3.9", "3.9", KV_STORE, 900),
    Step("3.13", "3.13", FILES, None),
)


@pytest.fixture(name="last", scope="session")
def _last() -> Release:
    return releases()[-1]


@pytest.fixture(name="old", scope="session")
def _old(last: Release) -> Path:
    try:
        return package_of(last)
    except UnknownReleaseError as fault:
        if os.environ.get("CI") == "true":
            pytest.fail(str(fault))
        pytest.skip(str(fault))


def python(version: str) -> Path:
    found = find_interpreter(version)
    if found is None and os.environ.get("CI") == "true":
        pytest.fail(f"CPython {version} is missing")
    return found or pytest.skip(f"CPython {version} is missing")


@pytest.fixture(name="server")
def _server() -> Iterator[TenantServer]:
    with tenant(records=2_500, span_days=400.0, now="2026-06-15T12:00:00Z") as server:
        yield server


class Home:
    """One SPLUNK_HOME, whichever package is installed in it.

    Args:
        folder: Holds it.
        server: The tenant.
        switches: Of its splunkd.
    """

    def __init__(self, folder: Path, server: TenantServer, switches: SplunkdSwitches) -> None:
        self._folder = folder
        self._server = server
        self._switches = switches
        self.texts: list[str] = []

    @contextmanager
    def with_package(self, package: Path, version: str, **changes: Any) -> Iterator[Pages]:
        """The Splunk after the installation of a package and a restart."""
        switches = self._switches.changed(**changes)
        with pages(package, python(version), self._folder, switches) as place:
            yield place

    def set_up(self, place: Pages) -> None:
        """An account and an input of everything."""
        for answer in (
            place.create(ACCOUNTS, "main", **account_form(self._server)),
            place.create(INPUTS, "prod", **input_form(start_date="all")),
        ):
            assert answer.status == 201, answer.text

    def run(self, place: Pages, **options: Any) -> Run:
        """A run, whatever becomes of it."""
        run = place.splunkd.run_input("prod", **options)
        self.texts += [event.data for event in run.events]
        return run

    def good_run(self, place: Pages) -> Run:
        """A run that succeeds without a word on standard error."""
        run = self.run(place)
        assert (run.exit_code, run.stderr) == (0, ""), place.splunkd.log_text()[-3000:]
        return run


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_nothing_is_lost_or_doubled(
    old: Path, package: Path, tmp_path: Path, server: TenantServer, step: Step
) -> None:
    home = Home(tmp_path, server, step.switches)
    with home.with_package(old, step.before) as place:
        home.set_up(place)
        home.run(place, terminate_after_events=step.reached)
        before, everything = len(home.texts), server.tenant.count()
        stood = place.progress()
    assert before == everything if step.reached is None else step.reached <= before < everything
    server.tenant.grow(30)

    with home.with_package(package, step.after) as place:
        assert _kept(place.progress(), stood)
        run = home.good_run(place)
        assert run.event_count == server.tenant.count() - before
        server.tenant.grow(5)
        assert home.good_run(place).event_count == 5
        assert home.good_run(place).event_count == 0
    assert_complete(server, home.texts)


def _kept(now: dict[str, Any], then: dict[str, Any]) -> bool:
    """What the new package tells of the old one's progress, before it has run."""
    names = ("store", "collected_from", "collected_up_to", "backfill_left_seconds", "last_run")
    return bool(then["collected_from"]) and all(now[name] == then[name] for name in names)


@pytest.mark.parametrize("switches", [KV_STORE, FILES], ids=["kv-store", "files"])
def test_a_run_that_the_upgrade_kills_doubles_a_page_at_most(
    old: Path, package: Path, tmp_path: Path, server: TenantServer, switches: SplunkdSwitches
) -> None:
    home = Home(tmp_path, server, switches)
    with home.with_package(old, "3.9") as place:
        home.set_up(place)
        home.run(place, kill_after_events=900)
    with home.with_package(package, "3.13") as place:
        home.good_run(place)
    found = collected(home.texts)
    assert found.keys() == server.tenant.ids()
    doubled = [times for times in found.values() if times > 1]
    assert len(doubled) <= PAGE
    assert set(doubled) <= {2}


def test_progress_in_files_moves_on_when_the_kv_store_comes_with_the_upgrade(
    old: Path, package: Path, tmp_path: Path, server: TenantServer
) -> None:
    home = Home(tmp_path, server, FILES)
    with home.with_package(old, "3.9") as place:
        home.set_up(place)
        home.run(place, terminate_after_events=900)
    with home.with_package(package, "3.9", kv_state="ready") as place:
        home.good_run(place)
        assert place.splunkd.kvstore.documents(COLLECTION)
    assert_complete(server, home.texts)


def settings_of(
    server: TenantServer, receiver: HecServer, bundle: str
) -> dict[str, dict[str, str]]:
    """Every object, with no setting left as it comes."""
    return {
        f"{ACCOUNTS}/main": account_form(server, date_format="ISO 8601", ca_bundle=bundle),
        f"{HEC_TARGETS}/there": {
            "urls": receiver.url,
            "token": TOKEN,
            "ca_bundle": bundle,
            "use_ack": "1",
        },
        f"{INPUTS}/prod": input_form(
            interval="600",
            start_date="2025-08-01T10:00:00Z",
            endpoint_types="Web,Api",
            exclude_types="ScanStarted,ScanCancelled",
            request_data="keep",
            hec_target="there",
        ),
        f"{SETTINGS}/logging": {"loglevel": "DEBUG"},
        f"{SETTINGS}/proxy": {
            "proxy_enabled": "0",
            "proxy_type": "socks5",
            "proxy_url": "proxy.example.com",
            "proxy_port": "1080",
            "proxy_username": "user",
            "proxy_password": "s3cret of the proxy",
            "proxy_rdns": "1",
        },
    }


def test_settings_are_kept(old: Path, package: Path, tmp_path: Path, server: TenantServer) -> None:
    bundle = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(bundle))
    home = Home(tmp_path, server, KV_STORE)
    with HecServer(HecSwitches(use_ack=True)) as receiver:
        settings = settings_of(server, receiver, str(bundle))
        with home.with_package(old, "3.9") as place:
            for path, form in settings.items():
                parent, _, name = path.rpartition("/")
                answer = (
                    place.edit(parent, name, **form)
                    if parent == SETTINGS
                    else place.create(parent, name, **form)
                )
                assert answer.status in (200, 201), answer.text
            shown = _shown(place, settings)
            files = _local_files(place)
        with home.with_package(package, "3.13") as place:
            assert _local_files(place) == files
            now = _shown(place, settings)
            for path, content in shown.items():
                assert content.items() <= now[path].items(), path
            run = home.good_run(place)

        # The secrets still open what they opened.
        assert run.event_count == 0
        taken = [json.loads(taken.event["event"]) for taken in receiver.collector.taken]
        since, wanted = "2025-08-01T10:00:00", {"Web", "Api"}
        assert taken
        assert {record["EndpointType"] for record in taken} <= wanted
        assert min(record["CreatedAt"] for record in taken) >= since


def _shown(place: Pages, settings: dict[str, dict[str, str]]) -> dict[str, dict[str, Any]]:
    return {path: place.read(*path.rsplit("/", 1)).content for path in settings}


def _local_files(place: Pages) -> dict[str, str]:
    files = sorted((place.splunkd.app_dir / "local").glob("*.conf"))
    assert len(files) == 5, files
    return {file.name: file.read_text("utf-8") for file in files}


def test_byte_code_of_the_old_package_is_not_run(
    package: Path, tmp_path: Path, server: TenantServer
) -> None:
    """Python keeps byte code beside a module and trusts it while time and size are the same.

    So a module that changes without changing its length must come with another time.
    """
    said, says = "action=started", "action=begins!"
    newer = _changed(package, tmp_path, "bin/invicti_collector/run.py", said, says)
    home = Home(tmp_path, server, KV_STORE)
    with home.with_package(package, "3.13") as place:
        home.set_up(place)
        home.good_run(place)
        modules = place.splunkd.app_dir / "bin" / "invicti_collector"
        assert list((modules / "__pycache__").glob("run.*.pyc")), "nothing to go stale"
    with home.with_package(newer, "3.13") as place:
        home.good_run(place)
        log = place.splunkd.log_text()
    assert (log.count(said), log.count(says)) == (1, 1)


def _changed(package: Path, folder: Path, file: str, text: str, other: str) -> Path:
    """The package with one of its files changed, packed by the project's own packer."""
    assert len(text) == len(other)
    with tarfile.open(package) as archive:
        archive.extractall(folder / "changed")  # noqa: S202 - our own archive
    app = folder / "changed" / APP
    source = (app / file).read_text("utf-8")
    assert text in source
    (app / file).write_text(source.replace(text, other), "utf-8")
    packer = ROOT / ".ci" / "package" / "pack.py"
    packed = folder / "changed" / package.name
    subprocess.run([sys.executable, packer, app, packed], check=True)
    return packed


def test_what_the_new_package_no_longer_has_is_in_nobodys_way(
    old: Path, package: Path, tmp_path: Path, server: TenantServer
) -> None:
    """Splunk prunes nothing: a module of old lies on beside its successor."""
    home = Home(tmp_path, server, KV_STORE)
    with home.with_package(old, "3.9") as place:
        home.set_up(place)
        home.good_run(place)
        app = place.splunkd.app_dir
        names = _names(old)
        # As if what are packages now had been modules once.
        for folder in ("destinations", "stores"):
            (app / "bin" / "invicti_collector" / f"{folder}.py").write_text("raise SystemExit(9)")
    server.tenant.grow(3)
    with home.with_package(package, "3.9") as place:
        assert all((app / name).exists() for name in names)
        assert home.good_run(place).event_count == 3


def _names(package: Path) -> list[str]:
    with tarfile.open(package) as archive:
        return [name.partition("/")[2] for name in archive.getnames()]
