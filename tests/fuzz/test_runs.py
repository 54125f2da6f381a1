"""Whole runs of the packaged add-on: some of the tenant's answers are random, the others its own.

Whatever those are, a run ends in time: well, or with one line of error. No secret is told, and the
next run goes on from what was saved.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Callable, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invicti_collector.progress import state_from_json
from invicti_collector.settings import APP
from invicti_collector.splunkd_client import splunkd_client
from invicti_collector.standing import forget_input, standing
from invicti_collector.stores.kvstore import KvStore
from invicti_collector.timeline import ALWAYS
from tests.fuzz import RUNS
from tests.fuzz.mutations import answers
from tests.hostile.between import passing_on
from tests.hostile.server import HostileServer
from tests.integration.support import INPUT, SETTINGS, Site, splunk
from tests.standins.invicti_tenant import Switches, TenantServer
from tests.standins.splunkd import Run

PATIENCE = 60
"""Seconds without a good answer after which a run gives up: the input's interval."""

DEADLINE = 2 * PATIENCE
"""Some answers are good, after which patience begins anew; a start on a busy machine is slow."""

Spoil = Callable[[bytes], bytes]


class Place(NamedTuple):
    """A site whose account points to a server between it and its tenant."""

    site: Site
    between: HostileServer


@pytest.fixture(scope="module")
def place(
    interpreter: Path, package: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("site")
    with (
        TenantServer(Switches(records=300)) as server,
        splunk(package, interpreter, folder) as splunkd,
        HostileServer(list) as between,
    ):
        fields = {"user_id": server.user_id, "api_token": server.api_token}
        # One request after the other, so that the n-th answer is always the same one's.
        splunkd.set_account("main", base_url=between.url, requests_at_once="1", **fields)
        splunkd.set_input(INPUT, **{**SETTINGS, "interval": str(PATIENCE)})
        yield Place(Site(server, splunkd), between)


def let_spoil(place: Place, spoils: Mapping[int, Spoil]) -> None:
    """Has the answers of these numbers spoilt."""

    def change(number: int, true: bytes) -> bytes:
        return spoils[number](true) if number in spoils else true

    place.between.script = passing_on(place.between, place.site.server, change)


def instead(sent: bytes) -> Spoil:
    """Another answer."""
    return lambda _true: sent


def cut(tenths: int) -> Spoil:
    """The true answer, but for its end."""
    return lambda true: true[: len(true) * tenths // 10]


def renamed(name: bytes) -> Spoil:
    """The true answer without one of its fields."""
    return lambda true: true.replace(b'"%s"' % name, b'"%s"' % (b"x" * len(name)))


FIELDS = [b"Id", b"List", b"CreatedAt", b"TotalItemCount", b"HasNextPage", b"Type"]
spoils = (
    answers().map(instead)
    | answers().map(instead)
    | st.integers(0, 9).map(cut)
    | st.sampled_from(FIELDS).map(renamed)
)


def judge(place: Place, run: Run, log: str) -> None:
    """The run has ended in time: well, or with one line of error; and has told no secret."""
    assert run.seconds < DEADLINE
    assert run.exit_code in (0, 1)
    lines = run.stderr.splitlines()
    assert len(lines) == run.exit_code, run.stderr
    for line in lines:
        assert line.startswith(f'ERROR input="{INPUT}" error="')
        assert 'remedy="' in line, line  # which a bug has not
        assert len(line) < 1_500
    server = place.site.server
    pair = base64.b64encode(f"{server.user_id}:{server.api_token}".encode()).decode()
    for secret in (server.api_token, pair, place.site.splunkd.session_key):
        assert secret not in run.stderr + log


@pytest.mark.parametrize("interpreter", ["3.13"], indirect=True)
@RUNS
@given(spoilt=st.dictionaries(st.integers(0, 12), spoils, min_size=1, max_size=4))
def test_any_run(place: Place, spoilt: dict[int, Spoil]) -> None:
    splunkd = place.site.splunkd
    store = KvStore(splunkd_client(splunkd.management_uri, splunkd.session_key, APP), INPUT)
    forget_input(store)
    before = len(place.site.log)
    let_spoil(place, spoilt)
    run = place.site.run()
    judge(place, run, place.site.log[before:])

    standing(store)
    saved = store.load_state()
    assert saved is None or state_from_json(saved)
    assert all(ids.since <= ids.until for ids in store.ids_between(*ALWAYS))
    let_spoil(place, {})
    place.site.good_run()
