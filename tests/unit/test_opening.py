"""stores.opening: progress in files moves into the KV Store once, and never over newer progress."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from solnlib.splunk_rest_client import SplunkRestClient

from invicti_collector.errors import ConfigurationError, ProgressUnreachableError
from invicti_collector.ports import SeenIds
from invicti_collector.settings import APP
from invicti_collector.splunkd_client import splunkd_client
from invicti_collector.stores.files import FileStore
from invicti_collector.stores.opening import find_store, open_store
from tests.fuzz.splunkd_answers import INPUT, Splunkd

LOG = logging.getLogger("unit")
OLD = SeenIds(1, 2, [3])


class Recorded:
    """A good splunkd, and what was written to its KV Store.

    Arguments:
        has_state: Whether that holds the input's state.
        failing: Which write fails, once; 0 = none.
    """

    def __init__(self, *, has_state: bool, failing: int = 0) -> None:
        self.has_state = has_state
        self._left = failing
        self.written: list[dict[str, Any]] = []

    def handle(self, url: str, message: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """What `splunklib.binding.HttpLib` sends requests by."""
        if "/storage/collections/data/" in url:
            if message.get("method") == "POST":
                self._left -= 1
                if self._left == 0:
                    return _answer(503)
                content = json.loads(message["body"])
                self.written += content if isinstance(content, list) else [content]
            elif "/state-" in url and not self.has_state:
                return _answer(404)
        return Splunkd().handle(url, message)

    @property
    def client(self) -> SplunkRestClient:
        """Its client."""
        made = splunkd_client("https://127.0.0.1:8089", "key", APP)
        made.http.handler = self.handle
        return made


def _answer(status: int) -> dict[str, Any]:
    return {"status": status, "reason": "x", "headers": {}, "body": BytesIO(b"<response/>")}


@pytest.fixture(name="files")
def _files(tmp_path: Path) -> FileStore:
    """Progress in files, where the package keeps it while the KV Store is off."""
    splunkd = Recorded(has_state=False)
    with pytest.MonkeyPatch.context() as patch:
        status = "invicti_collector.stores.opening.kvstore_status"
        patch.setattr(status, lambda _service: "disabled")
        store = open_store(splunkd.client, tmp_path, INPUT, LOG, lambda _seconds: None)
    assert isinstance(store, FileStore)
    store.add_ids(OLD)
    store.save_state('{"old":1}')
    return store


def opened(splunkd: Recorded, files: FileStore) -> str:
    return open_store(splunkd.client, files.folder.parent, INPUT, LOG, lambda _seconds: None).name


def test_ids_move_first_and_the_state_last(files: FileStore) -> None:
    splunkd = Recorded(has_state=False)
    assert opened(splunkd, files) == "KV Store"
    assert [document["kind"] for document in splunkd.written] == ["ids", "state"]
    assert splunkd.written[-1]["state"] == '{"old":1}'
    assert not files.exists()
    assert opened(splunkd, files) == "KV Store"
    assert len(splunkd.written) == 2


@pytest.mark.parametrize("write", [1, 2])
def test_a_move_that_is_broken_off_leaves_all_in_the_files(files: FileStore, write: int) -> None:
    splunkd = Recorded(has_state=False, failing=write)
    with pytest.raises(ProgressUnreachableError, match="HTTP 503"):
        opened(splunkd, files)
    assert files.load_state() == '{"old":1}'
    assert list(files.ids_between(0, 9)) == [OLD]
    opened(splunkd, files)
    assert splunkd.written[-1]["state"] == '{"old":1}'


def test_what_the_kv_store_has_is_newer_than_files_that_a_move_left(files: FileStore) -> None:
    """The run that moved them was killed before it could remove them."""
    splunkd = Recorded(has_state=True)
    assert opened(splunkd, files) == "KV Store"
    assert splunkd.written == []
    assert not files.exists()
    assert list(files.ids_between(0, 9)) == []


def test_what_a_kv_store_holds_that_is_off_is_not_looked_for_in_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An input reset there would go on where it stood, once the KV Store is on."""
    client = Recorded(has_state=True).client
    assert open_store(client, tmp_path, INPUT, LOG, lambda _seconds: None).name == "KV Store"
    status = "invicti_collector.stores.opening.kvstore_status"
    monkeypatch.setattr(status, lambda _service: "disabled")
    with pytest.raises(ConfigurationError, match="switched off, but holds") as raised:
        find_store(client, tmp_path, INPUT)
    assert raised.value.where in raised.value.remedy  # a page shows no more than that
    assert find_store(client, tmp_path, "another").name == "files"


def test_a_status_of_any_length_makes_a_short_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = "invicti_collector.stores.opening.kvstore_status"
    monkeypatch.setattr(status, lambda _service: "9" * 4000)
    with pytest.raises(ProgressUnreachableError, match="not ready: 9") as raised:
        find_store(Recorded(has_state=False).client, tmp_path, INPUT)
    assert len(str(raised.value)) < 400
