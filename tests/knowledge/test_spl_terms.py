"""What a search expression selects.

https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Search
"""

from __future__ import annotations

import pytest

from tests.knowledge.spl.events import Row
from tests.knowledge.spl.terms import read_search
from tests.knowledge.unknown import UnknownConstructError

ROW: Row = {
    "_raw": '{"Type":"RoleUpdated","UserName":"José Álvarez","Message":"role AUDITOR-2 of acme"}',
    "index": "invicti",
    "user": "Alice@acme.example",
    "count": "12",
    "tag": ["account", "change"],
}


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "index=invicti",
        "user=alice@ACME.example",
        'user="alice@*"',
        "user=*acme*",
        "user=*",
        "user!=bob",
        "count>9",
        "count<=12",
        "tag=change tag=account",
        "NOT missing=*",
        "NOT tag=authentication",
        'user IN (bob, "alice*")',
        "index=invicti AND (user=bob OR user=alice*)",
        # OR binds closer than AND: the second must hold, too.
        "user=bob OR user=alice* index=invicti",
        "auditor",
        "AUDITOR-2",
        "audit*",
        '"role auditor"',
        "josé",
        "NOT auditors",
        "*",
    ],
)
def test_selected(expression: str) -> None:
    assert read_search(expression).selects(ROW)


@pytest.mark.parametrize(
    "expression",
    [
        "index=main",
        "index=invicti user=bob",
        "user=alice",
        "missing!=a",
        "tag!=change",
        "NOT user=*",
        "count>12",
        "user IN (bob, carol)",
        "index=main user=bob OR user=alice*",
        "audit",
        "ole",
        "tag=change NOT tag=account",
    ],
)
def test_not_selected(expression: str) -> None:
    assert not read_search(expression).selects(ROW)


def test_a_star_stands_for_no_internal_index() -> None:
    assert read_search("index=*").selects({"index": "main"})
    assert not read_search("index=*").selects({"index": "_internal"})
    assert read_search("index=_*").selects({"index": "_internal"})


def test_times_and_fields() -> None:
    search = read_search("index=a earliest=-1d@d _index_earliest=-35m@m (b=1 OR c IN (2))")
    assert search.times == {"earliest": "-1d@d", "_index_earliest": "-35m@m"}
    assert search.fields == {"index", "b", "c"}


@pytest.mark.parametrize(
    "expression",
    ["a=1 OR", "(a=1", "a=1)", "a<b", "tag::host=x", "*=x", "a IN (1", "AND b=1", "a=[search b]"],
)
def test_what_is_not_known_fails(expression: str) -> None:
    with pytest.raises(UnknownConstructError):
        read_search(expression).selects(ROW)


def test_a_text_beside_a_number_and_words_without_an_event_fail() -> None:
    with pytest.raises(UnknownConstructError):
        read_search("user>1").selects(ROW)
    with pytest.raises(UnknownConstructError):
        read_search("word").selects({"user": "word"})
