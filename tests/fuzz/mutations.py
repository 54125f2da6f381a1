"""Answers of the tenant as they are, with something changed: what a server may send in their place.

The shapes are those of the stand-in tenant, which follow the API's description.
"""

from __future__ import annotations

import copy
import gzip
import json
import zlib
from functools import lru_cache
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.standins.invicti_tenant import Switches, TenantServer

TOKEN = "ab+cd/efGH=="  # noqa: S105 - a fake
USER = "5f2b8c1e9a7d"


class Raw(NamedTuple):
    """A piece of text to stand in JSON as it is."""

    text: str


@lru_cache(maxsize=1)
def real_page() -> str:
    """Page 1 of a small tenant, as JSON."""
    import requests  # noqa: PLC0415 - only here

    with TenantServer(Switches(records=4, now="2024-05-20T12:00:00Z", clock_speed=0)) as server:
        url = f"{server.base_url}/api/1.0/auditlogs/list?page=1&pageSize=200"
        login = (server.user_id, server.api_token)
        return requests.get(
            url, auth=login, headers={"Accept": "application/json"}, timeout=10
        ).text


ODD_NUMBERS = (
    "NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1e-400", "-0", "0.1", "1E5", "-1",
    "9" * 30, "9" * 4_299, "9" * 5_000, "2147483648", "18446744073709551616",
)  # fmt: skip
ODD_TEXTS = (
    "", " ", "\x00", "\ud800", "\udfff\ud800", "\ufffe\uffff", "\u2028", "\r\n", "<", "]]>", "&",
    "x" * 100_000, "\U0010ffff", "\u202e", TOKEN, f"{USER}:{TOKEN}", "0001-01-01T00:00:00",
    "9999-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59Z", "2024-05-20T12:00:00+99:99",
    "2024-13-45T99:99:99Z", "\u0662\u0660\u0662\u0664-01-01T00:00:00", "null", "{}", "[1]",
    '{"password":1e999}', '{"password":' + "9" * 5_000 + "}", "password=" + "\\" * 1000 + '"',
)  # fmt: skip
DEEP = tuple("[" * depth + "]" * depth for depth in (10, 300, 900, 960, 990, 5_000)) + tuple(
    '{"a":' * depth + "1" + "}" * depth for depth in (10, 480, 960, 5_000)
)

_plain: list[Any] = [None, True, False, 0, [], {}, [[]], [None], {"": {}}, [{}, {}]]

odd = st.one_of(
    st.sampled_from(ODD_NUMBERS).map(Raw),
    st.sampled_from(ODD_TEXTS),
    st.sampled_from(DEEP).map(Raw),
    # Copies, since what holds them is changed further.
    st.sampled_from(_plain).map(copy.deepcopy),
    st.integers(),
    st.floats(),
    st.text(st.characters(codec=None), max_size=40),
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
        ),
        max_leaves=8,
    ),
)


def written(value: Any) -> str:
    """JSON of a value in which pieces of text may stand as they are."""
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value)


def _changed(draw: st.DrawFn, target: dict[str, Any], names: list[str]) -> str:
    """The object with some fields gone, odd, new or doubled, as JSON."""
    fields = [(name, target[name]) for name in names]
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(fields) - 1)) if fields else 0
        kind = draw(st.sampled_from(["gone", "odd", "odd", "new", "doubled", "case"]))
        if kind == "new" or not fields:
            fields.insert(place, (draw(st.text(max_size=10)), draw(odd)))
        elif kind == "gone":
            del fields[place]
        elif kind == "case":
            fields[place] = (fields[place][0].lower(), fields[place][1])
        elif kind == "doubled":
            fields.append((fields[place][0], draw(odd)))
        else:
            fields[place] = (fields[place][0], draw(odd))
    return "{" + ",".join(f"{json.dumps(name)}:{written(value)}" for name, value in fields) + "}"


@st.composite
def documents(draw: st.DrawFn) -> str:
    """The envelope with records, changed here and there."""
    page = json.loads(real_page())
    records = [
        _changed(draw, record, list(record)) for record in page["List"][: draw(st.integers(0, 3))]
    ]
    if draw(st.booleans()):
        records.append(written(draw(odd)))
    listed = "[" + ",".join(records) + "]"
    page["List"] = Raw(listed)
    if draw(st.integers(0, 9)) == 0:
        return listed
    return _changed(draw, page, list(page))


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A document in bytes; now and then in another encoding, cut, or with other bytes in it."""
    text = draw(documents())
    body = text.encode("utf-8", "surrogatepass")
    kind = draw(
        st.sampled_from(
            [*["as it is"] * 6, "utf-16", "utf-8-sig", "latin-1", "cut", "spoilt", "bytes"]
        )
    )
    if kind in ("utf-16", "utf-8-sig", "latin-1"):
        return text.encode(kind, "replace")
    if kind == "cut":
        return body[: draw(st.integers(0, len(body)))]
    if kind == "spoilt":
        place = draw(st.integers(0, len(body)))
        return body[:place] + draw(st.binary(max_size=4)) + body[place + 1 :]
    return draw(st.binary(max_size=200)) if kind == "bytes" else body


DATES = (
    "", " ", "0", ",", "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 99999 07:28:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT",
    "Mon, 01 Jan 0001 00:00:00 -0000", "1 Jan 2020 00:00:00 +" + "9" * 40,
    "1 Jan 2020 00:00:00 -" + "9" * 15, "Thu, 01 Jan 1970 00:00:00 GMT", "x" * 60_000,
    "1 Jan " + "9" * 5_000 + " 00:00:00", "-1", "1e9", "999999999", "120", "\u0661\u0662",
)  # fmt: skip
_NAMES = (
    "Date", "Retry-After", "Content-Type", "Content-Length", "Transfer-Encoding",
    "Content-Encoding",
    "Set-Cookie", "Location", "Connection", "Keep-Alive", "WWW-Authenticate", "X-\u00ff", "", ":",
)  # fmt: skip
_VALUES = (
    "application/json", "application/json; charset=utf-7", "text/html", "json", ";", "\u00e4/json",
    "gzip", "deflate", "br", "zstd", "gzip, br", "gzip," * 20, "identity", "chunked",
    "gzip, chunked",
    "0", "-1", "5", "99999999999999999999", "1, 2", "a=b; expires=never; max-age=" + "9" * 5_000,
    "a=b; domain=..; path=\u00ff", "close", "timeout=x", f"Basic realm={TOKEN}", "https://[",
    "\u00ff",
    "//", "x" * 60_000,
)  # fmt: skip
_any_header = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30)
headers = st.lists(
    st.tuples(
        st.sampled_from(_NAMES), st.sampled_from(_VALUES) | st.sampled_from(DATES) | _any_header
    ),
    max_size=4,
)
statuses = st.sampled_from(
    [*["200 OK"] * 8, "200", "204 None", "206 Part", "100 Continue", "101 Switch", "302 Found",
     "304 Same", "400 Bad", "401 No", "403 " + TOKEN, "404 None", "407 Proxy", "408 Late",
     "429 Slow",
     "500 Err", "503 Busy", "505 Old", "599 x", "999 x", "1000 x", "-1 x", "abc", "2e2 OK", ""]
)  # fmt: skip


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """A whole answer, head and body."""
    body = draw(bodies())
    coding = draw(st.sampled_from([*[""] * 6, "gzip", "deflate", "lies"]))
    lines = [f"HTTP/1.1 {draw(statuses)}"]
    if coding == "gzip":
        body = gzip.compress(body, 1)
    if coding == "deflate":
        body = zlib.compress(body, 1)
    if coding:
        lines.append("Content-Encoding: " + ("gzip" if coding == "lies" else coding))
    lines += [f"{name}: {value}" for name, value in draw(headers)]
    if draw(st.integers(0, 3)):
        length = len(body) + draw(st.sampled_from([0, 0, 0, 1, -1, 1000]))
        lines.append(f"Content-Length: {max(length, 0)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body
