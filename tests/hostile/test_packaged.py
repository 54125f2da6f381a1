"""The packaged add-on against servers that mean harm: in time, in little memory, one clear line.

A bad answer is asked for again for as long as a run's patience lasts, a minute at least: here the
second answer is a refusal, and one server alone is let go on. What each answer is told as, and
servers that drip: tests/unit/test_bounded_http.py.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.hostile.between import passing_on
from tests.hostile.server import (
    HostileServer,
    Script,
    answer,
    endless_body,
    endless_redirect,
    large,
)
from tests.integration.support import INPUT, SETTINGS, Site, in_turn, site, splunk
from tests.standins.hec.switches import TOKEN
from tests.standins.invicti_tenant import Switches, TenantServer
from tests.standins.splunkd import Run

MEGABYTES = 350
"""Most of the process: 32 MB of answer, twice while they are joined, and 200 MB of values."""

SCRIPTS: dict[str, Script] = {
    **large(),
    "endless": endless_body,
    "endless redirect": endless_redirect,
}
PERMANENT = ("redirect", "records")
"""What is not asked for again."""


@pytest.fixture(scope="module")
def place(
    interpreter: Path, package: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A site whose account is pointed elsewhere by each test."""
    switches = Switches(records=300)
    folder = tmp_path_factory.mktemp("site")
    with TenantServer(switches) as server, splunk(package, interpreter, folder) as splunkd:
        made = Site(server, splunkd)
        splunkd.set_input(INPUT, **{**SETTINGS, "interval": "60"})
        yield made


def first(script: Script) -> Script:
    """A script for the first answer, and a refusal for those that follow."""
    scripts = iter([script])
    refusal = answer(b"{}", status="401 Unauthorized")

    def answers() -> Iterable[bytes]:
        return next(scripts, lambda: [refusal])()

    return answers


def run_against(server: HostileServer, place: Site) -> Run:
    """One run, which fails with one line."""
    fields = {"user_id": "user", "api_token": "a fake"}
    place.splunkd.set_account("main", base_url=server.url, **fields)
    run = place.run()
    assert run.exit_code == 1
    (line,) = run.stderr.splitlines()
    assert line.startswith(f'ERROR input="{INPUT}" error="')
    assert 'remedy="' in line
    assert run.event_count == 0
    assert run.peak_rss_kib < MEGABYTES * 1024, f"{run.peak_rss_kib // 1024} MB"
    return run


@in_turn("name", sorted(SCRIPTS))
def test_a_hostile_tenant(name: str, place: Site) -> None:
    with HostileServer(first(SCRIPTS[name])) as server:
        run = run_against(server, place)
    permanent = any(word in name for word in PERMANENT)
    assert server.asked == (1 if permanent else 2)
    assert ("access refused" in run.stderr) != permanent
    assert run.seconds < 60


@pytest.mark.parametrize("interpreter", ["3.9"], indirect=True)
def test_a_tenant_that_goes_on(place: Site) -> None:
    with HostileServer(SCRIPTS["gzip bomb"]) as server:
        run = run_against(server, place)
    assert "larger than" in run.stderr
    assert server.asked > 3
    assert run.seconds < 120


RECEIVER: dict[str, Script] = {
    "endless": endless_body,
    "gzip bomb": SCRIPTS["gzip bomb"],
    "redirect": endless_redirect,
    "deep": lambda: [answer(b"[" * 900_000)],
    "huge integer": lambda: [answer(b'{"code":0,"ackId":' + b"9" * 900_000 + b"}")],
}


@pytest.mark.parametrize("interpreter", ["3.13"], indirect=True)
@pytest.mark.parametrize("name", sorted(RECEIVER))
def test_a_hostile_event_collector(name: str, place: Site) -> None:
    place.point_to(place.server)
    with HostileServer(RECEIVER[name]) as server:
        place.splunkd.set_stanza("hec", "there", {"urls": server.url}, {"token": TOKEN})
        place.splunkd.set_input(INPUT, **{**SETTINGS, "interval": "60", "hec_target": "there"})
        run = place.run()
    assert run.exit_code == 1
    (line,) = run.stderr.splitlines()
    assert "redirects" in line if name == "redirect" else "not an event collector's" in line
    assert TOKEN not in line
    assert run.peak_rss_kib < 100 * 1024, f"{run.peak_rss_kib // 1024} MB"


def long(true: bytes) -> bytes:
    """Makes the request data of each record 150,000 bytes: pages of nearly 32 MB.

    With a character in each for which Python keeps four bytes a character (PEP 393).
    """
    text = "\U0001f600 and so on, in the same text"
    data = json.dumps(text * (150_000 // len(text.encode())), ensure_ascii=False).encode()
    body = true.partition(b"\r\n\r\n")[2]
    field = rb'"RequestData":(null|"(?:[^"\\]|\\.)*")'
    return answer(re.sub(field, lambda _: b'"RequestData":' + data, body))


def manifold(true: bytes) -> bytes:
    """Adds 4,750 values to each record, most of them objects: pages of 5 MB with 950,000."""
    nested = b'{"a":{"a":{"a":{"a":0}}}}'
    extra = b'"Extra":[%s],"Type":' % b",".join([nested] * 950)
    body = true.partition(b"\r\n\r\n")[2]
    return answer(body.replace(b'"Type":', extra))


SWOLLEN = {
    "long": (long, 0, 3_000, 900),
    "manifold, with four requests under way": (manifold, 36, 8_000, 580),
}
"""What becomes of an answer, from which answer on, how many records the tenant has, and megabytes:
those of one page that is fetched while another is delivered, as bytes, text and values. The first
four come at the same moment, where there are others before."""


@pytest.mark.parametrize("interpreter", ["3.13"], indirect=True)
@pytest.mark.parametrize("name", sorted(SWOLLEN))
def test_a_tenant_whose_pages_are_as_large_as_they_may_be(
    name: str, package: Path, interpreter: Path, tmp_path: Path
) -> None:
    swollen, begins, records, megabytes = SWOLLEN[name]
    switches = Switches(records=records, clock_speed=0)
    met = threading.Event()
    four = threading.Barrier(4, met.set)

    def change(number: int, true: bytes) -> bytes:
        if number < begins:
            return true
        changed = swollen(true)
        if begins and not met.is_set():
            four.wait(10)
        return changed

    with site(package, interpreter, tmp_path, switches) as place, HostileServer(list) as server:
        server.script = passing_on(server, place.server, change)
        fields = {"user_id": place.server.user_id, "api_token": place.server.api_token}
        place.splunkd.set_account("main", base_url=server.url, requests_at_once="4", **fields)
        run = place.good_run(timeout=600)
    assert met.is_set() == bool(begins)
    assert run.event_count == records
    assert sum(len(text) > 20_000 for text in place.texts) >= 3_000
    assert run.peak_rss_kib < megabytes * 1024, f"{run.peak_rss_kib // 1024} MB"
