"""The documents of the KV Store, what may be in them, and what reading and writing them cost.

"About the app key value store" and collections.conf.spec of Splunk: a document has ``_key`` (24
hexadecimal digits if the client gives none) and ``_user``; with ``enforceTypes = true`` an insert
with a value of the wrong type fails, with false only that field is dropped.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.standins.splunkd.conf import Configuration
from tests.standins.splunkd.kv_query import Document, matches
from tests.standins.splunkd.rest import RestError

NO_DOCUMENT = "Could not find object."
_WRONG_TYPE = object()


@dataclass
class Traffic:
    """Requests of one kind and the bytes of their documents, in the order of arrival."""

    sizes: list[int] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many requests."""
        return len(self.sizes)

    @property
    def bytes(self) -> int:
        """How many bytes together."""
        return sum(self.sizes)

    @property
    def largest(self) -> int:
        """The bytes of the largest request."""
        return max(self.sizes, default=0)


class KVStore:
    """Collections of documents, kept in memory and written to disk when splunkd stops."""

    def __init__(self, configuration: Configuration, folder: Path) -> None:
        self._configuration = configuration
        self._path = folder / "kvstore" / "collections.json"
        self._documents: dict[tuple[str, str], dict[tuple[str, str], Document]] = {}
        self.lock = threading.RLock()
        self.reads = Traffic()
        self.writes = Traffic()
        self._load()

    def _load(self) -> None:
        if self._path.exists():
            for app, name, documents in json.loads(self._path.read_text(encoding="utf-8")):
                for document in documents:
                    self._of(app, name)[(document["_user"], document["_key"])] = document

    def close(self) -> None:
        """Keep the documents for the next start on the same home."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self.lock:
            content = [
                [app, name, list(documents.values())]
                for (app, name), documents in self._documents.items()
            ]
        self._path.write_text(json.dumps(content), encoding="utf-8")

    def _of(self, app: str, name: str) -> dict[tuple[str, str], Document]:
        return self._documents.setdefault((app, name), {})

    def reset_traffic(self) -> None:
        """Count reads and writes from here."""
        with self.lock:
            self.reads, self.writes = Traffic(), Traffic()

    def definition(self, app: str | None, name: str) -> tuple[str, dict[str, str]]:
        """The app and the settings of a collection; 404 unless collections.conf defines it."""
        found = self._configuration.resolve(app, "collections").get(name)
        if found is None:
            raise RestError(404, "Could not find collection.")
        return found

    def documents(self, name: str, user: str = "nobody") -> list[Document]:
        """Copies of a collection's documents, whichever app it belongs to; for tests."""
        with self.lock:
            return [
                json.loads(json.dumps(document))
                for (_, collection), documents in self._documents.items()
                if collection == name
                for document in documents.values()
                if user in {"-", document["_user"]}
            ]

    def find(self, app: str, name: str, user: str, query: Document) -> list[Document]:
        """Documents of a user (``-``: of all) that match, in the order of insertion."""
        with self.lock:
            return [
                document
                for (owner, _), document in self._of(app, name).items()
                if user in {"-", owner} and matches(document, query)
            ]

    def get(self, app: str, name: str, user: str, key: str) -> Document:
        """One document; 404 if it is not there."""
        with self.lock:
            document = self._of(app, name).get((_owner(user), key))
        if document is None:
            raise RestError(404, NO_DOCUMENT)
        return document

    def insert(self, app: str, name: str, user: str, document: Document) -> str:
        """Add one; 409 if the key is taken (wording: public code that quotes splunkd's answer)."""
        with self.lock:
            key = str(document.get("_key") or new_key())
            if (_owner(user), key) in self._of(app, name):
                raise RestError(409, "A document with the same key and user already exists.")
            return self._put(app, name, user, key, document)

    def update(self, app: str, name: str, user: str, key: str, document: Document) -> str:
        """Replace one that is there; 404 otherwise. The whole document is replaced, not merged."""
        with self.lock:
            self.get(app, name, user, key)
            return self._put(app, name, user, key, document)

    def save(self, app: str, name: str, user: str, documents: list[Document]) -> list[str]:
        """Insert or replace each (``batch_save``); none if one of them is refused."""
        with self.lock:
            checked = [self._typed(app, name, document) for document in documents]
            return [
                self._put(app, name, user, str(document.get("_key") or new_key()), document)
                for document in checked
            ]

    def delete(self, app: str, name: str, user: str, key: str) -> None:
        """Drop one; 404 if it is not there."""
        with self.lock:
            self.get(app, name, user, key)
            del self._of(app, name)[(_owner(user), key)]

    def delete_matching(self, app: str, name: str, user: str, query: Document) -> None:
        """Drop all that match; that none does is no error."""
        with self.lock:
            for document in self.find(app, name, user, query):
                del self._of(app, name)[(document["_user"], document["_key"])]

    def drop(self, app: str, name: str) -> None:
        """Forget a whole collection."""
        with self.lock:
            self._documents.pop((app, name), None)

    def _put(self, app: str, name: str, user: str, key: str, document: Document) -> str:
        stored = dict(self._typed(app, name, document))
        stored["_key"], stored["_user"] = key, _owner(user)
        self._of(app, name)[(_owner(user), key)] = stored
        return key

    def _typed(self, app: str, name: str, document: Document) -> Document:
        """The document with each declared field in its type; see the module's head."""
        settings = self.definition(app, name)[1]
        enforced = settings.get("enforceTypes", "false").lower() in {"true", "1"}
        result: Document = {}
        for key, value in document.items():
            converted = _convert(value, settings.get(f"field.{key}"))
            if converted is not _WRONG_TYPE:
                result[key] = converted
            elif enforced:
                raise RestError(400, f"Failed to enforce types: field {key}")
        return result


def new_key() -> str:
    """A key as MongoDB makes one: seconds, then random digits."""
    return f"{int(time.time()):08x}{secrets.token_hex(8)}"


def _owner(user: str) -> str:
    return "nobody" if user == "-" else user


def _convert(value: Any, kind: str | None) -> Any:
    """A value in the type that ``field.<name>`` says: array, number, bool, string, cidr, time."""
    if kind is None or value is None:
        return value
    if kind == "number":
        return _to_number(value)
    if kind == "bool":
        return value if isinstance(value, bool) else _WRONG_TYPE
    if kind in {"string", "cidr"}:
        return value if isinstance(value, str) else _WRONG_TYPE
    if kind == "array":
        return value if isinstance(value, list) else _WRONG_TYPE
    return value


def _to_number(value: object) -> object:
    if isinstance(value, bool):
        return _WRONG_TYPE
    if isinstance(value, (int, float)):
        return value
    try:
        return float(str(value)) if "." in str(value) else int(str(value))
    except ValueError:
        return _WRONG_TYPE
