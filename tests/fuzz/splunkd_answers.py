"""splunkd's answers to our client, as the stand-in writes them, with something changed.

Nothing travels: the client's handler, which sends its requests, is exchanged for `Splunkd.handle`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any, Callable
from urllib.parse import unquote_plus, urlsplit
from xml.sax.saxutils import escape

from hypothesis import strategies as st

from invicti_collector.configuration import Account
from invicti_collector.progress import LiveReading, State, state_to_json
from invicti_collector.settings import ACCOUNT_CONF, APP, HEC_CONF, SETTINGS_CONF
from invicti_collector.timeline import DAY, DateFormat, live_window
from tests.fuzz.mutations import DEEP, ODD_TEXTS, Raw, odd, written
from tests.standins.splunkd.atom import Entry, answer
from tests.standins.splunkd.rest import Request

INPUT = "prod"
NOW = 1_716_206_400
SECRET = "Zq9-s3cr3t-Zq9"  # noqa: S105 - opens nothing
GUID = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"
MASKED = "******"
_URL = "https://www.netsparkercloud.com"

_STATUSES = st.sampled_from(["ready", "ready", "disabled", "starting", "failed"])

Answer = tuple[int, bytes]
Draw = Callable[[st.SearchStrategy[Any]], Any]


def saved_state() -> dict[str, Any]:
    """The state of an input in the middle of its life, as it is saved."""
    live = LiveReading(live_window(NOW), 3, 3, "00" * 8, NOW)
    digest = Account("main", _URL, "user", SECRET).connection
    state = State(digest, 0, NOW - 5 * DAY, DAY, ("a",), 0, live, DateFormat.US, NOW - 300)
    fields: dict[str, Any] = json.loads(state_to_json(state))
    return fields


_STANZAS: dict[str, dict[str, dict[str, str]]] = {
    ACCOUNT_CONF: {"main": {"base_url": _URL, "user_id": "user", "api_token": MASKED}},
    HEC_CONF: {"there": {"urls": "https://splunk.example.com:8088", "token": MASKED}},
    SETTINGS_CONF: {
        "proxy": {
            "proxy_enabled": "1", "proxy_type": "http", "proxy_url": "127.0.0.1",
            "proxy_port": "3128", "proxy_username": "user", "proxy_password": MASKED,
        },
        "logging": {"loglevel": "INFO"},
    },
}  # fmt: skip
_SECRETS = {
    "main": {"api_token": SECRET},
    "there": {"token": GUID},
    "proxy": {"proxy_password": SECRET},
}
_END = "``splunk_cred_sep``".join(("", *"SPLUNK", ""))
"""What solnlib's credentials end with (`CredentialManager.END_MARK`)."""

_DOCUMENTS: dict[str, dict[str, Any]] = {
    "lease": {"owner": "splunk/1/aa", "expires": NOW + 600},
    "success": {"report": json.dumps({"ended": NOW, "polled": NOW, "events": 3})},
    "failure": {"report": json.dumps({"ended": NOW, "error": "a", "remedy": "b"})},
}


class Splunkd:
    """Answers each request as a good splunkd would, some as is drawn.

    Arguments:
        draw: Draws from a strategy; without it, all answers are good.
    """

    def __init__(self, draw: Draw | None = None) -> None:
        self._draw = draw

    def handle(self, url: str, message: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """What `splunklib.binding.HttpLib` sends requests by."""
        status, body = self._right(message.get("method", "GET"), url)
        if self._draw and self._draw(st.integers(0, 2)) == 0:
            status, body = self._draw(spoilt(status, body))
        return {"status": status, "reason": "OK", "headers": {}, "body": BytesIO(body)}

    def _right(self, method: str, url: str) -> Answer:
        path = urlsplit(url).path
        if "/storage/collections/data/" in path:
            return self._document(method, path.rpartition("/")[2])
        if path.endswith("/kvstore/status"):
            status = self._draw(_STATUSES) if self._draw else "ready"
            return _listed({"current": {"status": status}}, "status")
        if path.endswith("/server/info"):
            return _listed({"serverName": "splunk"}, "server-info")
        if path.endswith("/data/inputs/invicti_auditlogs"):
            return _listed({"account": "main", "index": "main"}, INPUT)
        if path.endswith("/storage/passwords"):
            return _passwords(unquote_plus(urlsplit(url).query))
        conf, _, name = path.rpartition("conf-")[2].partition("/")
        return stanza(conf, name)

    def _document(self, method: str, name: str) -> Answer:
        if method == "DELETE":
            return 200, b""
        if method == "POST":
            value: Any = [name] if name == "batch_save" else {"_key": name}
            return 200 if name == "batch_save" else 201, json.dumps(value).encode()
        kind = name.partition("-")[0]
        if kind == "state":
            text = written(saved_state())
            if self._draw:
                text = self._draw(st.just(text) | changed(saved_state()))
            return 200, json.dumps({"_key": name, "state": text}).encode()
        if kind in _DOCUMENTS:
            return 200, json.dumps({"_key": name, **_DOCUMENTS[kind]}).encode()
        ids = {"_key": "5", "since": NOW - 60, "until": NOW, "ids": "AAAAAAAAAAE="}
        return 200, json.dumps([ids, {**ids, "_key": "6", "ids": "AAAAAAAAAAI="}]).encode()


def _request(query: str = "") -> Request:
    return Request("GET", "nobody", APP, (), {"output_mode": query, "count": "0"})


def _listed(content: dict[str, Any], name: str) -> Answer:
    answered = answer(_request("json"), [Entry(name, content)], collection="x")
    return answered.status, answered.body


def stanza(conf: str, name: str) -> Answer:
    """A stanza of ours, as splunkd answers it."""
    content = {**_STANZAS[conf][name], "disabled": False, "eai:appName": APP}
    answered = answer(_request(), [Entry(name, content, APP)], collection=f"configs/conf-{conf}")
    return answered.status, answered.body


def _passwords(query: str) -> Answer:
    realm = query.partition("search=realm=")[2].partition("&")[0]
    return 200, passwords(realm, {name: json.dumps(secret) for name, secret in _SECRETS.items()})


def passwords(realm: str, secrets: Mapping[str, str]) -> bytes:
    """The credentials of a realm, by name, as splunkd answers them."""
    entries = []
    for name, secret in secrets.items():
        for number, text in enumerate((secret, _END), 1):
            user = f"{name}``splunk_cred_sep``{number}"
            content = {"realm": realm, "username": user, "clear_password": text}
            entries.append(Entry(f"{realm}:{user}:", content, APP))
    return answer(_request(), entries, collection="storage/passwords").body


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every part of a JSON value: what holds it, and where in there it is."""
    keys = value if isinstance(value, dict) else range(len(value))
    found = [(value, key) for key in keys]
    for key in keys:
        if isinstance(value[key], (dict, list)):
            found += _places(value[key])
    return found


@st.composite
def changed(draw: st.DrawFn, value: Any) -> str:
    """JSON with up to three parts gone, odd or new."""
    value = json.loads(json.dumps(value))
    if draw(st.integers(0, 9)) == 0:
        return written(draw(odd))
    for _ in range(draw(st.integers(1, 3))):
        places = _places(value)
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        if draw(st.integers(0, 2)) == 0:
            del holder[key]
        else:
            holder[key] = draw(odd)
    return written(value)


_TEXT = re.compile(r">([^<>]*)<")
_ELEMENT = re.compile(r"<([a-z:]+)[^<>]*(?:/>|>[^<>]*</\1>)")


_TEXTS = st.sampled_from(ODD_TEXTS).map(escape) | st.text().map(escape)
_RAW = st.sampled_from(["<a><b/></a>", "&x;", "<s:dict/>", "<"])


@st.composite
def changed_feed(draw: st.DrawFn, text: str) -> str:
    """Atom with up to three elements gone, doubled or of another name, or with odd texts."""
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["odd", "odd", "gone", "doubled", "renamed"]))
        found = list((_TEXT if kind == "odd" else _ELEMENT).finditer(text))
        if not found:
            break
        part = draw(st.sampled_from(found))
        if kind == "odd":
            new = f">{draw(_TEXTS | _RAW)}<"
        elif kind == "renamed":
            new = part[0].replace(part[1], "x")
        else:
            new = part[0] * 2 if kind == "doubled" else ""
        text = text[: part.start()] + new + text[part.end() :]
    return text


@st.composite
def _changed_body(draw: st.DrawFn, body: bytes) -> bytes:
    text = body.decode()
    if text.startswith("<"):
        text = draw(changed_feed(text))
    elif text:
        text = draw(changed(json.loads(text)))
    return text.encode("utf-8", "surrogatepass")


def spoilt(status: int, body: bytes) -> st.SearchStrategy[Answer]:
    """An answer with another status, or with its body changed, cut or exchanged."""
    other = st.sampled_from([204, 301, 400, 401, 403, 404, 409, 413, 500, 503])
    exchanged = (
        st.integers(0, len(body)).map(lambda end: body[:end]),
        (odd | st.sampled_from(DEEP).map(Raw)).map(_in_bytes),
        st.binary(max_size=50),
        st.just(b"<html><title>Sign in</title></html>"),
    )
    changed_bodies = [_changed_body(body)] * 6
    return st.tuples(other, st.just(body)) | st.tuples(
        st.just(status), st.one_of(*changed_bodies, *exchanged)
    )


def _in_bytes(value: Any) -> bytes:
    return written(value).encode("utf-8", "surrogatepass")
