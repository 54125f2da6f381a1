"""The KV Store and its switches, asked by splunk-sdk and solnlib."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from solnlib.modular_input import checkpointer
from splunklib import binding

from tests.standins.splunkd import Splunkd
from tests.unit.standins.splunkd_sample import (
    APP,
    COLLECTION,
    authority,
    context,
    open_splunkd,
    service,
)


@pytest.fixture(name="splunkd")
def _splunkd(tmp_path: Path) -> Iterator[Splunkd]:
    with open_splunkd(tmp_path) as splunkd:
        yield splunkd


def collection(splunkd: Splunkd, name: str = COLLECTION, owner: str = "nobody") -> Any:
    """splunk-sdk's data endpoint; its constructor costs one request to the configuration."""
    found = service(splunkd).kvstore[name].data
    if owner != "nobody":
        found.owner, found.sharing = owner, "user"
    return found


def keys(documents: list[dict[str, Any]]) -> list[str]:
    return [document["_key"] for document in documents]


def refused(status: int, action: Any, *arguments: Any) -> str:
    """The text of the error that an action must end with."""
    with pytest.raises(binding.HTTPError) as raised:
        action(*arguments)
    assert raised.value.status == status
    return str(raised.value)


def test_insert_generates_a_key_and_remembers_the_user(splunkd: Splunkd) -> None:
    data = collection(splunkd)
    key = data.insert(json.dumps({"state": "x"}))["_key"]
    assert len(key) == 24
    assert data.query_by_id(key) == {"state": "x", "_key": key, "_user": "nobody"}


def test_insert_of_a_key_that_exists_is_a_conflict(splunkd: Splunkd) -> None:
    data = collection(splunkd)
    data.insert(json.dumps({"_key": "a", "state": "1"}))
    assert "already exists" in refused(409, data.insert, json.dumps({"_key": "a", "state": "2"}))
    assert data.query_by_id("a")["state"] == "1"


def test_insert_answers_201(splunkd: Splunkd) -> None:
    response = requests.post(
        f"{splunkd.management_uri}/servicesNS/nobody/{APP}/storage/collections/data/{COLLECTION}",
        json={"state": "x"},
        headers={"Authorization": f"Splunk {splunkd.session_key}"},
        verify=authority(splunkd),
        timeout=10,
    )
    assert response.status_code == 201
    assert list(response.json()) == ["_key"]


def test_update_replaces_the_whole_document_and_needs_one(splunkd: Splunkd) -> None:
    data = collection(splunkd)
    refused(404, data.update, "a", json.dumps({"state": "1"}))
    data.insert(json.dumps({"_key": "a", "state": "1", "number": 1}))
    assert data.update("a", json.dumps({"state": "2"})) == {"_key": "a"}
    assert data.query_by_id("a") == {"state": "2", "_key": "a", "_user": "nobody"}


def test_a_document_that_is_not_there_is_404(splunkd: Splunkd) -> None:
    data = collection(splunkd)
    refused(404, data.query_by_id, "a")
    refused(404, data.delete_by_id, "a")


def test_keys_with_odd_characters(splunkd: Splunkd) -> None:
    data = collection(splunkd)
    for key in ("a b", "x/y:z", "50%+1", "caf\u00e9", "a:b|c"):
        data.batch_save({"_key": key, "state": key})
        assert data.query_by_id(key)["state"] == key
        data.delete_by_id(key)
        refused(404, data.query_by_id, key)


def test_batch_save_inserts_or_replaces(splunkd: Splunkd) -> None:
    data = collection(splunkd)
    assert data.batch_save({"_key": "a", "state": "1"}, {"_key": "b", "state": "1"}) == ["a", "b"]
    data.batch_save({"_key": "b", "state": "2"})
    assert [document["state"] for document in data.query()] == ["1", "2"]


def test_batch_save_has_limits(splunkd: Splunkd) -> None:
    data = collection(splunkd)
    refused(400, lambda: data.batch_save(*({"state": "x"} for _ in range(1001))))
    splunkd.set(kv_max_batch_save_bytes=100)
    refused(400, lambda: data.batch_save({"state": "x" * 100}))
    assert splunkd.kvstore.documents(COLLECTION) == []


QUERIES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["a", "b", "c"]),
    ({"number": 2}, ["b"]),
    ({"state": "y"}, ["b", "c"]),
    ({"number": {"$gt": 1}}, ["b", "c"]),
    ({"number": {"$gte": 2, "$lt": 3}}, ["b"]),
    ({"number": {"$lte": 2}}, ["a", "b"]),
    ({"state": {"$ne": "y"}}, ["a"]),
    ({"_key": {"$in": ["a", "c", "z"]}}, ["a", "c"]),
    ({"$and": [{"state": "y"}, {"number": 3}]}, ["c"]),
    ({"$or": [{"number": 1}, {"number": 3}]}, ["a", "c"]),
    ({"$not": {"number": 1}}, ["b", "c"]),
    ({"number": "2"}, []),
    ({"absent": None}, ["a", "b", "c"]),
    ({"number": {"$gt": "0"}}, []),
    ({"more.deep": True}, ["c"]),
    ({"more.deep": 1}, []),
]


@pytest.mark.parametrize(("query", "expected"), QUERIES, ids=[str(q) for q, _ in QUERIES])
def test_query(splunkd: Splunkd, query: dict[str, Any], expected: list[str]) -> None:
    data = collection(splunkd)
    data.batch_save(
        {"_key": "a", "state": "x", "number": 1},
        {"_key": "b", "state": "y", "number": 2},
        {"_key": "c", "state": "y", "number": 3, "more": {"deep": True}},
    )
    assert keys(data.query(query=json.dumps(query))) == expected


def test_a_query_that_is_no_query(splunkd: Splunkd) -> None:
    data = collection(splunkd)
    data.insert(json.dumps({"state": "x"}))
    for query in ("{", "[]", '{"a": {"$near": 1}}', '{"$where": "1"}', '{"a": {"$in": 1}}'):
        with pytest.raises(binding.HTTPError) as raised:
            data.query(query=query)
        assert raised.value.status == 400


def test_sort_skip_limit_and_fields(splunkd: Splunkd) -> None:
    data = collection(splunkd)
    data.batch_save(*({"_key": f"k{n}", "number": n % 3, "state": str(n)} for n in range(6)))
    assert keys(data.query(sort="number:-1,state")) == ["k2", "k5", "k1", "k4", "k0", "k3"]
    assert keys(data.query(sort="number,state:-1")) == ["k3", "k0", "k4", "k1", "k5", "k2"]
    assert keys(data.query(skip=4)) == ["k4", "k5"]
    assert keys(data.query(limit=2, skip=1)) == ["k1", "k2"]
    assert data.query(limit=1, fields="state") == [{"_key": "k0", "state": "0"}]
    assert data.query(limit=1, fields="state,_key:0") == [{"state": "0"}]
    assert data.query(limit=1, fields="number:0,_user:0") == [{"_key": "k0", "state": "0"}]


def test_a_query_gives_no_more_rows_than_limits_conf_says(splunkd: Splunkd) -> None:
    data = collection(splunkd)
    data.batch_save(*({"number": n} for n in range(9)))
    splunkd.set(kv_max_rows_per_query=5)
    assert len(data.query()) == 5
    assert len(data.query(limit=7)) == 5
    splunkd.set(kv_max_result_bytes=100)
    with pytest.raises(binding.HTTPError):
        data.query()


def test_batch_find(splunkd: Splunkd) -> None:
    data = collection(splunkd)
    data.batch_save({"_key": "a", "number": 1}, {"_key": "b", "number": 2})
    found = data.batch_find({"query": {"number": 2}}, {"query": {}}, {})
    assert [keys(documents) for documents in found] == [["b"], ["a", "b"], ["a", "b"]]


def test_delete_by_query_and_all(splunkd: Splunkd) -> None:
    data = collection(splunkd)
    data.batch_save(*({"_key": f"k{n}", "number": n} for n in range(4)))
    data.delete(query=json.dumps({"number": {"$lt": 2}}))
    assert keys(data.query()) == ["k2", "k3"]
    data.delete(query=json.dumps({"number": 77}))
    data.delete()
    assert data.query() == []


def test_types_are_enforced_where_the_collection_says_so(splunkd: Splunkd) -> None:
    data = collection(splunkd)
    refused(400, data.insert, json.dumps({"number": "many"}))
    refused(400, data.insert, json.dumps({"done": "yes"}))
    refused(400, lambda: data.batch_save({"_key": "ok", "number": 1}, {"state": {}}))
    assert data.query() == []
    data.insert(json.dumps({"_key": "a", "number": "7", "free": [1]}))
    assert data.query_by_id("a") == {"number": 7, "free": [1], "_key": "a", "_user": "nobody"}


def test_types_are_dropped_where_it_does_not(splunkd: Splunkd) -> None:
    data = collection(splunkd, "loose")
    data.insert(json.dumps({"_key": "a", "number": "many", "state": "x"}))
    assert data.query_by_id("a") == {"state": "x", "_key": "a", "_user": "nobody"}


def test_documents_belong_to_users(splunkd: Splunkd) -> None:
    ours, hers = collection(splunkd), collection(splunkd, owner="alice")
    ours.insert(json.dumps({"_key": "a", "state": "ours"}))
    hers.insert(json.dumps({"_key": "a", "state": "hers"}))
    assert [document["state"] for document in ours.query()] == ["ours"]
    assert [document["_user"] for document in hers.query()] == ["alice"]
    assert len(collection(splunkd, owner="-").query()) == 2


def test_a_collection_must_be_defined(splunkd: Splunkd) -> None:
    with pytest.raises(KeyError):
        service(splunkd).kvstore["nothing"]
    data = collection(splunkd)
    data.path = "storage/collections/data/nothing/"
    refused(404, data.query_by_id, "a")
    refused(404, data.insert, "{}")


def test_collections_are_configured_as_nobody_only(splunkd: Splunkd) -> None:
    for owner in ("admin", "-"):
        refused(400, service(splunkd, owner).get, "storage/collections/config")
    assert service(splunkd).get("storage/collections/config").status == 200


def test_sdk_creates_lists_and_deletes_collections(splunkd: Splunkd) -> None:
    kvstore = service(splunkd).kvstore
    kvstore.create("brand_new", fields={"n": "number"}, accelerated_fields={"i": {"n": 1}})
    assert {item.name for item in kvstore.list()} >= {"brand_new", COLLECTION}
    assert kvstore["brand_new"].content["field.n"] == "number"
    kvstore["brand_new"].data.insert(json.dumps({"n": 1}))
    refused(409, kvstore.create, "brand_new")
    kvstore.delete("brand_new")
    assert splunkd.kvstore.documents("brand_new") == []


def test_documents_outlive_a_restart(tmp_path: Path) -> None:
    with open_splunkd(tmp_path) as first:
        collection(first).insert(json.dumps({"_key": "a", "state": "x"}))
    with open_splunkd(tmp_path) as second:
        assert collection(second).query_by_id("a")["state"] == "x"


def test_reads_and_writes_are_counted_with_their_sizes(splunkd: Splunkd) -> None:
    data = collection(splunkd)
    splunkd.kvstore.reset_traffic()
    data.batch_save({"_key": "a", "state": "x" * 1000})
    data.insert(json.dumps({"state": "x"}))
    data.query_by_id("a")
    refused(404, data.query_by_id, "b")
    store = splunkd.kvstore
    assert (store.writes.count, store.reads.count) == (2, 2)
    assert 1000 < store.writes.largest < 1100
    assert store.writes.largest < store.writes.bytes < store.writes.largest + 50


def make_checkpointer(splunkd: Splunkd) -> Any:
    return checkpointer.KVStoreCheckpointer(
        COLLECTION, splunkd.session_key, APP, **context(splunkd)
    )


def test_solnlib_checkpointer(splunkd: Splunkd) -> None:
    store = make_checkpointer(splunkd)
    assert store.get("a") is None
    store.update("a", {"x": [1, "\u00e9"]})
    assert store.get("a") == {"x": [1, "\u00e9"]}
    store.batch_update([{"_key": "a", "state": 1}, {"_key": "b", "state": 2}])
    assert (store.get("a"), store.get("b")) == (1, 2)
    store.delete("a")
    store.delete("a")
    assert store.get("a") is None


def test_solnlib_checkpointer_creates_its_collection(splunkd: Splunkd) -> None:
    store = checkpointer.KVStoreCheckpointer(
        "not_there_yet", splunkd.session_key, APP, **context(splunkd)
    )
    store.update("a", 1)
    assert splunkd.kvstore.documents("not_there_yet")[0]["state"] == "1"


def status(splunkd: Splunkd) -> Any:
    answer = service(splunkd).get("/services/kvstore/status", output_mode="json")
    return json.loads(answer.body.read())["entry"][0]["content"]["current"]


@pytest.mark.parametrize("state", ["ready", "starting", "disabled", "failed"])
def test_status(splunkd: Splunkd, state: str) -> None:
    splunkd.set(kv_state=state)
    assert status(splunkd)["status"] == state
    assert status(splunkd)["disabled"] is (state == "disabled")


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("starting", "KV Store is initializing. Please try again later."),
        ("disabled", ""),
        ("failed", ""),
    ],
)
def test_a_store_that_is_not_ready_is_503(splunkd: Splunkd, state: str, text: str) -> None:
    data = collection(splunkd)
    splunkd.set(kv_state=state)
    assert text in refused(503, data.query_by_id, "a")
    refused(503, data.insert, "{}")
    splunkd.set(kv_state="ready")
    data.insert("{}")


def test_the_status_of_a_disabled_store_is_a_switch(splunkd: Splunkd) -> None:
    data = collection(splunkd)
    splunkd.set(kv_state="disabled", kv_disabled_status=404)
    refused(404, data.query_by_id, "a")


def test_a_starting_store_becomes_ready_after_requests(splunkd: Splunkd) -> None:
    data = collection(splunkd)
    splunkd.set(kv_state="starting", kv_ready_after_requests=2)
    refused(503, data.query_by_id, "a")
    assert status(splunkd)["status"] == "starting"
    refused(503, data.query_by_id, "a")
    assert data.query() == []
    assert status(splunkd)["status"] == "ready"


def test_a_starting_store_becomes_ready_after_a_time(splunkd: Splunkd) -> None:
    data = collection(splunkd)
    splunkd.set(kv_state="starting", kv_ready_after_seconds=0.3)
    refused(503, data.query_by_id, "a")
    time.sleep(0.35)
    assert data.query() == []


def test_solnlib_checkpointer_waits_for_a_starting_store(splunkd: Splunkd) -> None:
    splunkd.set(kv_state="starting", kv_ready_after_requests=2)
    make_checkpointer(splunkd).update("a", 1)
    assert len(splunkd.kvstore.documents(COLLECTION)) == 1


def test_a_slow_store(splunkd: Splunkd) -> None:
    data = collection(splunkd)
    splunkd.set(kv_delay_seconds=0.3)
    begun = time.monotonic()
    data.query()
    assert time.monotonic() - begun >= 0.3


@pytest.mark.parametrize("code", [500, 503])
def test_the_nth_write_fails(splunkd: Splunkd, code: int) -> None:
    data = collection(splunkd)
    splunkd.set(kv_fail_write=2, kv_fail_status=code)
    data.insert(json.dumps({"_key": "1"}))
    refused(code, data.insert, json.dumps({"_key": "2"}))
    data.query()
    data.insert(json.dumps({"_key": "3"}))
    assert keys(data.query()) == ["1", "3"]


def test_all_writes_fail_from_the_nth_on(splunkd: Splunkd) -> None:
    data = collection(splunkd)
    splunkd.set(kv_fail_write=2, kv_fail_times=None)
    data.insert(json.dumps({"_key": "1"}))
    for _ in range(3):
        refused(503, data.insert, "{}")
        refused(503, data.delete_by_id, "1")
    assert keys(data.query()) == ["1"]


def test_a_write_is_carried_out_but_its_answer_lost(splunkd: Splunkd) -> None:
    data = collection(splunkd)
    splunkd.set(kv_fail_write=1, kv_fail_applied=True)
    refused(503, data.insert, json.dumps({"_key": "1"}))
    assert keys(data.query()) == ["1"]


def test_the_nth_read_fails(splunkd: Splunkd) -> None:
    data = collection(splunkd)
    splunkd.set(kv_fail_read=1, kv_fail_times=2)
    refused(503, data.query)
    refused(503, data.query)
    assert data.query() == []
