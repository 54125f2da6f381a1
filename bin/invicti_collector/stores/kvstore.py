# SPDX-License-Identifier: Apache-2.0
"""Progress in Splunk's KV Store, shared by the members of a search head cluster.

Endpoints: "KV Store endpoint descriptions" of Splunk's REST API reference. Documents are flat and
small; the fields are declared in default/collections.conf.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any
from urllib.parse import quote

from solnlib.splunk_rest_client import SplunkRestClient
from splunklib.binding import HTTPError

from invicti_collector.errors import ProgressUnreachableError
from invicti_collector.ports import REPORTS, Lease, SeenIds

COLLECTION = "invicti_auditlogs_progress"
_BATCH = 1000
"""Documents a query; a page's ids are about 2 kB, and Splunk answers at most 50 MB."""

_DATA = f"storage/collections/data/{COLLECTION}"
_JSON = [("Content-Type", "application/json")]
_REMEDY = (
    "nothing is lost: the next run goes on from here; if it lasts, look for KV Store messages in "
    "splunkd.log and mongod.log"
)


class KvStore:
    """Implements the port `ReportingStore`.

    Arguments:
        service: splunkd, in the add-on's namespace.
        input_name: Whose progress it is.
    """

    name = "KV Store"

    def __init__(self, service: SplunkRestClient, input_name: str) -> None:
        self._service = service
        self._input = input_name
        self._suffix = blake2b(input_name.encode(), digest_size=12).hexdigest()
        namespace = f"/servicesNS/nobody/{quote(service.namespace.app)}/"
        self._address = f"{service.authority}{namespace}{_DATA}"
        self._headers = [("Authorization", f"Splunk {service.token}"), *_JSON]

    def load_state(self) -> str | None:
        """See `ports.Store`."""
        found = self._read("state", "state")
        return None if found is None else str(found[0])

    def save_state(self, state: str) -> None:
        """See `ports.Store`."""
        # Batch save replaces a document or makes it, in one request.
        self._post("/batch_save", [{**self._document("state"), "state": state}])

    def add_ids(self, ids: SeenIds) -> None:
        """See `ports.Store`."""
        packed = struct.pack(f">{len(ids.digests)}Q", *ids.digests)
        fields = {"since": ids.since, "until": ids.until}
        text = base64.b64encode(packed).decode()
        self._post("", {"input": self._input, "kind": "ids", **fields, "ids": text})

    def ids_between(self, since: int, until: int) -> Iterator[SeenIds]:
        """See `ports.Store`."""
        query = self._ids_where({"until": {"$gte": since}}, {"since": {"$lte": until}})
        skip = 0
        while True:
            documents = self._call("get", "", query=query, sort="_key", limit=_BATCH, skip=skip)
            if not isinstance(documents, list):  # that is not the same as no documents
                raise self._unreachable("not a list")
            for document in documents:
                yield self._seen_ids(document)
            if len(documents) < _BATCH:
                return
            skip += _BATCH

    def _seen_ids(self, document: Any) -> SeenIds:
        with self._understood():
            packed = base64.b64decode(document["ids"])
            digests = struct.unpack(f">{len(packed) // 8}Q", packed)
            return SeenIds(int(document["since"]), int(document["until"]), digests)

    def forget_ids_before(self, moment: int) -> None:
        """See `ports.Store`."""
        self._call("delete", "", query=self._ids_where({"until": {"$lt": moment}}))

    def forget(self) -> None:
        """See `ports.Store`."""
        # The state goes first: with it the ids must be there, without it they have no meaning, and
        # the next run, which starts anew, forgets them too.
        self._call("delete", "", query=json.dumps({"_key": self._key("state")}))
        self._call("delete", "", query=self._ids_where())

    def save_report(self, kind: str, text: str) -> None:
        """See `ports.ReportingStore`."""
        self._post("/batch_save", [{**self._document(kind), "report": text}])

    def load_report(self, kind: str) -> str | None:
        """See `ports.ReportingStore`."""
        found = self._read(kind, "report")
        return None if found is None else str(found[0])

    def forget_reports(self) -> None:
        """See `ports.ReportingStore`."""
        keys = [{"_key": self._key(kind)} for kind in REPORTS]
        self._call("delete", "", query=json.dumps({"$or": keys}))

    def read_lease(self) -> Lease | None:
        """See `ports.Store`."""
        found = self._read("lease", "owner", "expires")
        if found is None:
            return None
        with self._understood():
            return Lease(str(found[0]), int(found[1]))

    def take_lease(self, lease: Lease) -> bool:
        """See `ports.Store`."""
        try:
            self._post("", {**self._document("lease"), **lease._asdict()}, conflict_is_error=False)
        except _ConflictError:
            return False
        return True

    def drop_lease(self, lease: Lease) -> None:
        """See `ports.Store`."""
        query = {"_key": self._key("lease"), **lease._asdict()}
        self._call("delete", "", query=json.dumps(query))

    def _key(self, kind: str) -> str:
        return f"{kind}-{self._suffix}"

    def _document(self, kind: str) -> dict[str, Any]:
        return {"_key": self._key(kind), "input": self._input, "kind": kind}

    def _ids_where(self, *conditions: dict[str, Any]) -> str:
        return json.dumps({"$and": [{"input": self._input}, {"kind": "ids"}, *conditions]})

    def _read(self, kind: str, *fields: str) -> list[Any] | None:
        """Returns fields of a document, None where there is none."""
        try:
            document = self._call("get", "/" + self._key(kind), absence_is_error=False)
        except _AbsentError:
            return None
        with self._understood():
            return [document[field] for field in fields]

    def _post(self, path: str, content: Any, *, conflict_is_error: bool = True) -> None:
        """Saves; the `_key` of a document, or those of a batch in a list, tell that it has."""
        body = json.dumps(content)
        # Not by `self._service.post`: for its log, that decodes what it sends, at any log level.
        with self._answered(conflict_is_error=conflict_is_error):
            answer = self._service.http.post(self._address + path, self._headers, body=body)
            told = json.loads(answer["body"].read())
        if isinstance(content, list):
            saved = isinstance(told, list) and len(told) == len(content)
        else:
            saved = isinstance(told, dict) and "_key" in told
        if not saved:
            raise self._unreachable("nothing tells that it has saved")

    def _call(
        self,
        method: str,
        path: str,
        *,
        absence_is_error: bool = True,
        **options: Any,
    ) -> Any:
        with self._answered(absence_is_error=absence_is_error):
            request = getattr(self._service, method)
            body = request(_DATA + path, **options)["body"].read()
            return json.loads(body) if body else None

    @contextmanager
    def _answered(
        self, *, absence_is_error: bool = True, conflict_is_error: bool = True
    ) -> Iterator[None]:
        """Tells of an answer that is none, or not the one that was wanted."""
        try:
            yield
        except HTTPError as fault:
            # Only 404 on a document means that there is no progress; all else is an outage.
            if fault.status == 404 and not absence_is_error:
                raise _AbsentError from fault
            if fault.status == 409 and not conflict_is_error:
                raise _ConflictError from fault
            raise self._unreachable(f"HTTP {fault.status}") from fault
        except (OSError, ValueError, RecursionError) as fault:
            raise self._unreachable(type(fault).__name__) from fault

    @contextmanager
    def _understood(self) -> Iterator[None]:
        """Tells of a document that is not as it was saved."""
        try:
            yield
        except (LookupError, TypeError, ValueError, OverflowError, struct.error) as fault:
            raise self._unreachable(
                f"a document that this add-on did not write ({type(fault).__name__})"
            ) from fault

    def _unreachable(self, detail: str) -> ProgressUnreachableError:
        return ProgressUnreachableError(
            f"the KV Store does not answer as it should: {detail}",
            f"collection {COLLECTION} of input {self._input}",
            _REMEDY,
        )


class _AbsentError(Exception):
    """There is no document of that key."""


class _ConflictError(Exception):
    """There is a document of that key."""


def kvstore_status(service: SplunkRestClient) -> str:
    """Returns the state of this Splunk's KV Store: such as `ready`, `starting` or `disabled`.

    Source: `kvstore/status` in Splunk's REST API reference.

    Raises:
        ProgressUnreachableError: when splunkd does not tell.
    """
    try:
        answer = service.get("/services/kvstore/status", output_mode="json")
        content = json.loads(answer["body"].read())["entry"][0]["content"]
        return str(content["current"]["status"])
    except (HTTPError, OSError, ValueError, LookupError, TypeError, RecursionError) as fault:
        detail = f"HTTP {fault.status}" if isinstance(fault, HTTPError) else type(fault).__name__
        raise ProgressUnreachableError(
            f"splunkd does not tell the state of the KV Store: {detail}",
            "kvstore/status",
            _REMEDY,
        ) from fault
