"""Whatever is done with the pages, a secret is nowhere but in storage/passwords."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.fakes.event_collector import TOKEN, event_collector
from tests.integration.conftest import PrivateCa
from tests.integration.pages import (
    ACCOUNTS,
    HEC_TARGETS,
    INPUTS,
    PROGRESS,
    SETTINGS,
    Pages,
    account_form,
    input_form,
    pages,
    tenant,
)
from tests.standins.invicti_tenant import TenantServer
from tests.standins.proxies import PASSWORD, USER, proxy


class Watch:
    """What the processes of one Splunk show of themselves to other users of the machine."""

    def __init__(self, home: Path) -> None:
        self._home = str(home).encode()
        self.seen: dict[str, bytes] = {}
        self._ended = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Looks at the process list until the block ends."""
        thread = threading.Thread(target=self._look, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.02):
            for process in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):  # it has ended meanwhile
                    line = (process / "cmdline").read_bytes()
                    if self._home in line:
                        self.seen[process.name] = line + (process / "environ").read_bytes()


def forms(secret: str, user: str) -> set[bytes]:
    """The shapes in which a secret may turn up."""
    pair = base64.b64encode(f"{user}:{secret}".encode())
    return {secret.encode(), quote(secret, safe="").encode(), pair, repr(secret)[1:-1].encode()}


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs Linux's /proc")
def test_no_secret_is_left_anywhere(
    package: Path, interpreter: Path, private_ca: PrivateCa, tmp_path: Path
) -> None:
    shown: list[str] = []
    with (
        tenant(private_ca, records=100) as server,
        event_collector((private_ca.certificate, private_ca.key)) as collector,
        proxy("http", tmp_path / "proxy") as real,
        pages(package, interpreter, tmp_path) as place,
    ):
        watch = Watch(place.splunkd.home.path)
        with watch.running():
            trusted = {"ca_bundle": str(private_ca.bundle)}
            _use_everything(place, server, collector.url, real.port, trusted, shown)
        assert real.connections
        secrets = forms(server.api_token, server.user_id) | forms(PASSWORD, USER)
        secrets |= forms(TOKEN, "Splunk") | forms("a wrong t0ken", server.user_id)

        assert len(watch.seen) > 10
        _assert_absent(secrets, watch.seen)
        _assert_absent(secrets, {f"answer {n}": text.encode() for n, text in enumerate(shown)})
        files = [path for path in place.splunkd.home.path.rglob("*") if path.is_file()]
        names = {path.name for path in files}
        assert {"passwords.conf", "splunkd.log", "ta_invicti_auditlogs_account.conf"} <= names
        assert any(name.startswith("ta_invicti_auditlogs_prod") for name in names)
        _assert_absent(secrets, {str(path): path.read_bytes() for path in files})
        _assert_absent(secrets, {"urls": "\n".join(place.splunkd.requests).encode()})
        # And there they are: so the search above can find them.
        clear = "".join(_passwords(place))
        assert server.api_token in clear
        assert TOKEN in clear


def _use_everything(
    place: Pages,
    server: TenantServer,
    collector: str,
    proxy_port: int,
    trusted: dict[str, str],
    shown: list[str],
) -> None:
    form = account_form(server, **trusted)
    proxied = {
        "proxy_enabled": "1",
        "proxy_url": "127.0.0.1",
        "proxy_port": str(proxy_port),
        "proxy_username": USER,
        "proxy_password": PASSWORD,
    }
    target = {"urls": collector, "token": TOKEN, "use_ack": "0", **trusted}
    steps = [
        place.edit(SETTINGS, "logging", loglevel="DEBUG"),
        place.create(ACCOUNTS, "main", **{**form, "api_token": "a wrong t0ken"}),
        place.create(ACCOUNTS, "main", **form),
        place.edit(ACCOUNTS, "main", date_format="auto", api_token="******"),  # noqa: S106
        place.edit(ACCOUNTS, "main", base_url="https://name.invalid", api_token=form["api_token"]),
        place.edit(SETTINGS, "proxy", **proxied),
        place.edit(ACCOUNTS, "main", date_format="auto"),
        place.create(HEC_TARGETS, "central", **target),
        place.create(INPUTS, "prod", **input_form(start_date="all")),
    ]
    run = place.splunkd.run_input("prod")
    assert (run.exit_code, run.event_count) == (0, 100), run.stderr
    steps += [place.read(path) for path in (ACCOUNTS, HEC_TARGETS, INPUTS, PROGRESS)]
    steps += [place.read(SETTINGS, "proxy"), place.read(ACCOUNTS, "main")]
    statuses = [step.status for step in steps]
    assert statuses[:9] == [200, 400, 201, 200, 400, 200, 200, 201, 201], statuses
    assert set(statuses[9:]) == {200}
    shown += [step.body for step in steps] + [run.stderr] + [event.data for event in run.events]


def _assert_absent(secrets: set[bytes], places: dict[str, bytes]) -> None:
    found = [name for name, text in places.items() for secret in secrets if secret in text]
    assert not found


def _passwords(place: Pages) -> list[str]:
    splunkd = place.splunkd
    stanzas = splunkd.configuration.layer(splunkd.app, "passwords")
    return [splunkd.passwords.clear(splunkd.app, stanza) for stanza in stanzas]
