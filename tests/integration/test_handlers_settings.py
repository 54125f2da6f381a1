"""Proxy and logging by REST."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.integration.pages import ACCOUNTS, PROGRESS, SETTINGS, Pages, pages
from tests.standins.splunkd import input_run

PROXY = {
    "proxy_enabled": "1",
    "proxy_type": "http",
    "proxy_url": "proxy-1.example.com",
    "proxy_port": "3128",
    "proxy_username": "user",
    "proxy_password": "s3cret of the proxy",
    "proxy_rdns": "0",
}


@pytest.fixture(name="place")
def _place(package: Path, interpreter: Path, tmp_path: Path) -> Iterator[Pages]:
    with pages(package, interpreter, tmp_path) as place:
        yield place


def test_a_proxy_is_saved_and_changed(place: Pages) -> None:
    saved = place.edit(SETTINGS, "proxy", **PROXY)
    assert saved.status == 200, saved.text
    assert saved.content["proxy_password"] == "******"  # noqa: S105
    assert PROXY["proxy_password"] not in saved.body
    for change in (
        {"proxy_port": "8080"},
        {"proxy_enabled": "0"},
        {"proxy_url": "10.0.0.8", "proxy_password": "again"},
        {"proxy_type": "socks5", "proxy_rdns": "1"},
        {"proxy_username": "", "proxy_password": ""},
    ):
        answer = place.edit(SETTINGS, "proxy", **change)
        assert answer.status == 200, answer.text
    shown = place.read(SETTINGS, "proxy").content
    assert (shown["proxy_url"], shown["proxy_type"]) == ("10.0.0.8", "socks5")
    assert place.splunkd.configuration.layer(place.splunkd.app, "passwords") == {}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"proxy_username": ""}, "belong together"),
        ({"proxy_password": ""}, "belong together"),
        ({"proxy_url": "elsewhere.example.com"}, "Enter Password (proxy_password) again"),
        ({"proxy_url": "http://proxy.example.com", "proxy_password": "p"}, "without a scheme"),
        ({"proxy_port": "70000"}, "1 to 65535"),
        ({"proxy_type": "socks4"}, "http, socks5"),
        ({"proxy_enabled": "maybe"}, "0, 1, true, false"),
    ],
)
@pytest.mark.parametrize("interpreter", ["3.13"], indirect=True)
def test_a_proxy_that_cannot_work_is_refused(
    place: Pages, change: dict[str, str], reason: str
) -> None:
    assert place.edit(SETTINGS, "proxy", **PROXY).status == 200
    answer = place.edit(SETTINGS, "proxy", **change)
    assert (answer.status, reason in answer.text) == (400, True), answer.text
    assert place.read(SETTINGS, "proxy").content["proxy_url"] == PROXY["proxy_url"]


def test_log_levels(place: Pages) -> None:
    assert place.edit(SETTINGS, "logging", loglevel="DEBUG").status == 200
    for level in ("INFOx", "debug", "NOTSET", "<script>"):
        answer = place.edit(SETTINGS, "logging", loglevel=level)
        assert (answer.status, "CRITICAL" in answer.text) == (400, True)
    assert place.read(SETTINGS, "logging").content["loglevel"] == "DEBUG"
    assert place.edit(SETTINGS, "nothing", loglevel="DEBUG").status == 404


@pytest.mark.parametrize("interpreter", ["3.13"], indirect=True)
def test_the_handler_takes_the_fields_of_the_pages(place: Pages) -> None:
    """It is written by hand, since UCC generates none with a class of our own."""
    tabs = json.loads((ROOT / "globalConfig.json").read_text("utf-8"))["pages"]["configuration"]
    (tab,) = [tab for tab in tabs["tabs"] if tab["name"] == "proxy"]
    fields = {item["field"] for item in tab.values() if isinstance(item, dict)}
    assert fields == set(PROXY)
    assert set(place.read(SETTINGS, "proxy").content) - {"disabled"} == fields


@pytest.mark.parametrize("handler", [SETTINGS, ACCOUNTS, PROGRESS])
@pytest.mark.parametrize("interpreter", ["3.13"], indirect=True)
def test_a_splunkd_that_is_gone_is_told_in_a_line(place: Pages, handler: str) -> None:
    """The framework asks it before any of our methods is called."""
    splunkd = place.splunkd
    request = {"action": 2, "id": "logging", "args": {}, "owner": "nobody", "app": splunkd.app}
    script = handler.replace("auditlogs_", "auditlogs_rh_", 1) + ".py"
    splunkd.set(refuse_connections=True)
    done = subprocess.run(
        [splunkd.home.python, splunkd.app_dir / "bin" / script, "persistent"],
        input=json.dumps({**request, "session_key": splunkd.session_key}),
        env=input_run.environment(splunkd.home, splunkd.switches),
        capture_output=True,
        text=True,
        check=True,
    )
    splunkd.set(refuse_connections=False)
    answer = json.loads(done.stdout)
    assert answer["status"] in (400, 503)
    assert answer["error"].startswith(("Splunk could not read", "Splunkd does not answer"))
