"""The KV Store behind REST: ``kvstore/status``, ``storage/collections/config`` and ``…/data``.

REST API Reference Manual, "KV store endpoint descriptions"; what the clients rely on:
``splunklib.client.KVStoreCollectionData`` (paths, JSON answers, ``batch_save``, ``batch_find``) and
``solnlib._utils.get_collection_data`` (a collection that is not there is 404, then created).
"""

from __future__ import annotations

import time
from typing import Callable

from tests.standins.splunkd import kv_query
from tests.standins.splunkd.atom import Entry, answer
from tests.standins.splunkd.conf import Configuration
from tests.standins.splunkd.kv_gate import KVGate
from tests.standins.splunkd.kv_query import Document, parse_query
from tests.standins.splunkd.kvstore import KVStore
from tests.standins.splunkd.rest import JSON, Request, Response, RestError, json_body, not_found

_CONFIG = "storage/collections/config"


class KVEndpoints:
    """Requests to the KV Store."""

    def __init__(self, store: KVStore, configuration: Configuration, gate: KVGate) -> None:
        self._store = store
        self._configuration = configuration
        self.gate = gate

    def status(self, request: Request) -> Response:
        """``kvstore/status``: keys as measured on Splunk 10.4.2 by the mockdr project.

        ``current.status`` is one of starting, ready, disabled, failed … ("Troubleshoot the KV
        store" and "kvstore/status" of the Splunk documentation).
        """
        state = self.gate.state
        current = {
            "backupRestoreStatus": "Ready" if state == "ready" else "Unknown status",
            "disabled": state == "disabled",
            "guid": "5D1B6F0A-2C3E-4B7A-9E55-0A1B2C3D4E5F",
            "port": 8191,
            "replicationStatus": "KV store captain" if state == "ready" else "Down",
            "standalone": True,
            "status": state,
            "storageEngine": "wiredTiger",
        }
        entry = Entry("status", {"current": current, "members": {}}, removable=False)
        return answer(request, [entry], collection="kvstore")

    def config(self, request: Request) -> Response:
        """``storage/collections/config``: collections.conf of the apps.

        Only the user context ``nobody`` may be used (measured on 10.4.2 by the mockdr project).
        """
        if request.owner != "nobody":
            user = request.owner or "admin"
            raise RestError(
                400,
                "Must use user context of 'nobody' when interacting with collection "
                f"configurations (used user='{user}')",
            )
        self.gate.check_state()
        if len(request.path) == 3:
            if request.method == "POST":
                return self._create(request)
            return answer(request, self._collections(request), collection=_CONFIG)
        name = request.path[3]
        entries = [entry for entry in self._collections(request) if entry.name == name]
        if not entries:
            raise not_found(name)
        if request.method == "DELETE":
            self._configuration.remove(entries[0].app, "collections", name)
            self._store.drop(entries[0].app, name)
            entries = self._collections(request)
        elif request.method == "POST":
            self._configuration.update(entries[0].app, "collections", name, request.settings())
            entries = [entry for entry in self._collections(request) if entry.name == name]
        return answer(request, entries, collection=_CONFIG)

    def _create(self, request: Request) -> Response:
        name = request.arguments.get("name", "")
        if not name:
            raise RestError(400, 'Cannot perform action "POST" without a target name to act on.')
        if any(entry.name == name for entry in self._collections(request)):
            raise RestError(409, f"An object with name={name} already exists")
        self._configuration.update(str(request.app), "collections", name, request.settings())
        created = [entry for entry in self._collections(request) if entry.name == name]
        return answer(request, created, collection=_CONFIG, status=201)

    def _collections(self, request: Request) -> list[Entry]:
        return [
            Entry(
                name,
                {**settings, "disabled": False, "eai:appName": app, "eai:userName": "nobody"},
                app,
            )
            for name, (app, settings) in self._configuration.resolve(
                request.app, "collections"
            ).items()
        ]

    def data(self, request: Request) -> Response:
        """``storage/collections/data/<collection>[/<key>|/batch_save|/batch_find]``."""
        if self.gate.switches.kv_delay_seconds:
            time.sleep(self.gate.switches.kv_delay_seconds)
        self.gate.check_state()
        if request.app is None or request.owner is None:
            raise RestError(404, "Could not find collection.")
        app, _ = self._store.definition(request.app, request.path[3])
        key = request.path[4] if len(request.path) > 4 else None
        write = request.method in {"POST", "PUT", "DELETE"} and key != "batch_find"
        size = len(request.body)
        try:
            response = self._carry_out(request, app, key, write=write)
            size = size if write else len(response.body)
        finally:
            with self._store.lock:
                (self._store.writes if write else self._store.reads).sizes.append(size)
        return response

    def _carry_out(self, request: Request, app: str, key: str | None, *, write: bool) -> Response:
        fails = self.gate.fails(write=write)
        switches = self.gate.switches
        if fails and not (write and switches.kv_fail_applied):
            raise RestError(switches.kv_fail_status, "Failed by a switch of the stand-in")
        response = self._handler(request.method, key)(request, app, key or "")
        if fails:
            raise RestError(switches.kv_fail_status, "Failed by a switch after it was carried out")
        return response

    def _handler(self, method: str, key: str | None) -> Callable[[Request, str, str], Response]:
        if key in {"batch_save", "batch_find"}:
            if method not in {"POST", "PUT"}:
                raise RestError(405, "Method Not Allowed", headers={"Allow": "POST,PUT"})
            return self._batch_save if key == "batch_save" else self._batch_find
        handlers = {
            ("GET", False): self._query,
            ("POST", False): self._insert,
            ("DELETE", False): self._delete_matching,
            ("GET", True): self._get,
            ("POST", True): self._update,
            ("PUT", True): self._update,
            ("DELETE", True): self._delete,
        }
        handler = handlers.get((method, key is not None))
        if handler is None:
            raise RestError(405, "Method Not Allowed")
        return handler

    def _find(self, request: Request, app: str, arguments: dict[str, str]) -> list[Document]:
        """Query, sort, skip, limit, fields, in this order; limit 0: as many as limits.conf lets."""
        most = self.gate.switches.kv_max_rows_per_query
        limit = kv_query.number(arguments.get("limit"), "limit") or most
        skip = kv_query.number(arguments.get("skip"), "skip")
        found = self._store.find(
            app, request.path[3], str(request.owner), parse_query(arguments.get("query", ""))
        )
        ordered = kv_query.sort(found, arguments.get("sort", ""))
        page = ordered[skip : skip + min(limit, most)]
        return [kv_query.project(document, arguments.get("fields", "")) for document in page]

    def _query(self, request: Request, app: str, _key: str) -> Response:
        response = Response.of_json(self._find(request, app, request.arguments))
        if len(response.body) > self.gate.switches.kv_max_result_bytes:
            raise RestError(413, "The result is larger than max_size_per_result_mb")
        return response

    def _get(self, request: Request, app: str, key: str) -> Response:
        return Response.of_json(self._store.get(app, request.path[3], str(request.owner), key))

    def _insert(self, request: Request, app: str, _key: str) -> Response:
        """201 and the new document's ``_key``."""
        document = _document(json_body(request))
        key = self._store.insert(app, request.path[3], str(request.owner), document)
        return Response.of_json({"_key": key}, 201)

    def _update(self, request: Request, app: str, key: str) -> Response:
        document = _document(json_body(request))
        key = self._store.update(app, request.path[3], str(request.owner), key, document)
        return Response.of_json({"_key": key})

    def _delete(self, request: Request, app: str, key: str) -> Response:
        self._store.delete(app, request.path[3], str(request.owner), key)
        return Response(200, b"", JSON)

    def _delete_matching(self, request: Request, app: str, _key: str) -> Response:
        query = parse_query(request.arguments.get("query", ""))
        self._store.delete_matching(app, request.path[3], str(request.owner), query)
        return Response(200, b"", JSON)

    def _batch_save(self, request: Request, app: str, _key: str) -> Response:
        """Insert or replace; answers the keys as bare strings (limits: limits.conf.spec)."""
        documents = json_body(request)
        if not isinstance(documents, list):
            raise RestError(400, "Must supply an array of documents")
        switches = self.gate.switches
        if len(documents) > switches.kv_max_documents_per_batch_save:
            raise RestError(400, "The number of documents is above max_documents_per_batch_save")
        if len(request.body) > switches.kv_max_batch_save_bytes:
            raise RestError(400, "The batch is larger than max_size_per_batch_save_mb")
        checked = [_document(document) for document in documents]
        keys = self._store.save(app, request.path[3], str(request.owner), checked)
        return Response.of_json(keys)

    def _batch_find(self, request: Request, app: str, _key: str) -> Response:
        """An array of ``{"query": …}``, answered by an array of results."""
        queries = json_body(request)
        if not isinstance(queries, list) or not all(isinstance(item, dict) for item in queries):
            raise RestError(400, "The provided query was invalid.")
        results = []
        for item in queries:
            found = self._store.find(
                app, request.path[3], str(request.owner), _document(item.get("query", {}))
            )
            limit = int(item.get("limit") or self.gate.switches.kv_max_rows_per_query)
            skip = int(item.get("skip") or 0)
            results.append(found[skip : skip + limit])
        return Response.of_json(results)


def _document(value: object) -> Document:
    if not isinstance(value, dict):
        raise RestError(400, "Document must be an object")
    return value
