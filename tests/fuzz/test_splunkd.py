"""Whatever splunkd answers: what was asked for, or an error of one line without a secret."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from solnlib.splunk_rest_client import SplunkRestClient

from invicti_collector.configuration import Account, HecTarget
from invicti_collector.errors import CollectorError
from invicti_collector.lease import InputLease
from invicti_collector.ports import Lease, SeenIds
from invicti_collector.progress import Progress, state_from_json
from invicti_collector.settings import APP, Settings
from invicti_collector.settings import Splunkd as Handed
from invicti_collector.splunkd_client import splunkd_client
from invicti_collector.standing import collect_again, forget_input, held, standing
from invicti_collector.stores.kvstore import KvStore
from invicti_collector.stores.opening import find_store, open_store
from invicti_collector.timeline import ALWAYS, live_window
from tests.fuzz import FUZZ
from tests.fuzz.judging import judge_line
from tests.fuzz.splunkd_answers import GUID, INPUT, NOW, SECRET, Splunkd

SESSION_KEY = "5e551017-k3y"
HANDED = Handed("splunk", "https://127.0.0.1:8089", SESSION_KEY, Path("/nonexistent"))
LOG = logging.getLogger("fuzz")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for: solnlib would, before it asks again."""
    monkeypatch.setattr("solnlib.utils.time.sleep", lambda _seconds: None)


def client_of(splunkd: Splunkd) -> SplunkRestClient:
    """A client whose requests it answers."""
    client = splunkd_client(HANDED.server_uri, SESSION_KEY, APP)
    client.http.handler = splunkd.handle
    return client


def judged(work: Callable[[], Any]) -> Any:
    """What was read; None for an error."""
    try:
        return work()
    except CollectorError as fault:
        judge_line(fault, SECRET, GUID, SESSION_KEY)
        return None


def progress_of(store: KvStore) -> None:
    """What a run wants of it."""
    saved = store.load_state()
    if saved is None:  # 404, and nothing else: tests/unit/test_splunkd_answers.py
        return
    state = state_from_json(saved)
    window = live_window(NOW) if state.live is None else state.live.window
    progress = Progress(store, state, lambda: None)
    progress.load_live(window)
    progress.load_tile(live_window(state.covered))
    progress.save(not_before=NOW)


READS: dict[str, Callable[[KvStore], object]] = {
    "progress": progress_of,
    "standing": standing,
    "ids": lambda store: store.add_ids(SeenIds(NOW, NOW + 1, [1, 2])),
    "forgetting ids": lambda store: store.forget_ids_before(NOW),
    "a lease": lambda store: InputLease(store, "splunk", lambda: NOW).acquire(),
    "another's lease": lambda store: store.drop_lease(Lease("x/1/a", NOW)),
    "again": lambda store: collect_again(store, "x", 0),
    "forgetting": forget_input,
}


def test_good_answers_are_understood() -> None:
    """Else what follows would show nothing."""
    client = client_of(Splunkd())
    store, settings = KvStore(client, INPUT), Settings(HANDED)
    settings.service = client
    progress_of(store)
    assert [ids.digests for ids in store.ids_between(*ALWAYS)] == [(1,), (2,)]
    assert store.read_lease() == ("splunk/1/aa", NOW + 600)
    assert standing(store)["last_error"] == "a"
    assert settings.account("main").api_token == SECRET
    assert SECRET in settings.proxy()
    assert settings.inputs().keys() == {INPUT}
    assert find_store(client, HANDED.checkpoint_dir, INPUT).name == "KV Store"


@pytest.mark.parametrize("name", sorted(READS))
@FUZZ
@given(data=st.data())
def test_any_answer_of_the_kv_store(name: str, data: st.DataObject) -> None:
    store = KvStore(client_of(Splunkd(data.draw)), INPUT)
    judged(lambda: READS[name](store))


@FUZZ
@given(data=st.data())
def test_a_lease_is_held_as_long_as_it_says(data: st.DataObject) -> None:
    store = KvStore(client_of(Splunkd(data.draw)), INPUT)
    done: list[bool] = []

    def work() -> None:
        with held(store, "splunk", 1.0, lambda _seconds: None):
            done.append(True)

    judged(work)


@FUZZ
@given(data=st.data())
def test_any_state_of_the_kv_store(data: st.DataObject, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("checkpoints")
    client = client_of(Splunkd(data.draw))
    for found in (
        judged(lambda: find_store(client, folder, INPUT)),
        judged(lambda: open_store(client, folder, INPUT, LOG, lambda _seconds: None)),
    ):
        assert found is None or found.name in ("files", "KV Store")


@pytest.mark.parametrize("what", ["account", "target", "proxy", "level", "name", "inputs"])
@FUZZ
@given(data=st.data())
def test_any_settings(what: str, data: st.DataObject) -> None:
    settings = Settings(HANDED)
    settings.service = client_of(Splunkd(data.draw))
    reads: dict[str, Callable[[], Any]] = {
        "account": lambda: settings.account("main"),
        "target": lambda: settings.hec_target("there"),
        "proxy": settings.proxy,
        "level": settings.log_level,
        "name": settings.server_name,
        "inputs": settings.inputs,
    }
    found = judged(reads[what])
    if isinstance(found, (Account, HecTarget)):
        assert SECRET not in repr(found)
        assert GUID not in repr(found)
    if isinstance(found, dict):
        assert all(isinstance(values, dict) for values in found.values())
    assert what not in ("level", "name") or found is None or isinstance(found, str)
