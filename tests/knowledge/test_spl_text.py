"""The text of a search: tokens, macros, pipes, words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.knowledge.spl.text import (
    Arguments,
    Command,
    commands_of,
    cut_at_commas,
    expanded,
    filled,
    unquoted,
    words_of,
)
from tests.knowledge.unknown import UnknownConstructError


def test_tokens_of_a_dashboard() -> None:
    # https://docs.splunk.com/Documentation/Splunk/latest/DashStudio/tokens
    tokens = {"user": 'a "b" \\', "when.earliest": "-1d"}
    assert filled("user=$user|s$", tokens) == 'user="a \\"b\\" \\\\"'
    assert filled("earliest=$when.earliest$ x$$y", tokens) == "earliest=-1d x$y"


@pytest.mark.parametrize("spl", ["$unset$", "a$", "$user|x$", "match(a, b$) $user"])
def test_a_token_without_a_value_fails(spl: str) -> None:
    with pytest.raises(UnknownConstructError):
        filled(spl, {"user": "a"})


def test_macros_and_comments() -> None:
    spl = expanded(ROOT, "`invicti_auditlogs_index` ``` why ``` | head 1")
    assert " ".join(spl.split()) == "(index=main OR index=invicti*) | head 1"
    with pytest.raises(UnknownConstructError):
        expanded(ROOT, "`unheard_of`")


def test_a_macro_that_is_computed_fails(tmp_path: Path) -> None:
    (tmp_path / "default").mkdir()
    (tmp_path / "default" / "macros.conf").write_text("[a]\ndefinition = b\niseval = 1\n")
    with pytest.raises(UnknownConstructError):
        expanded(tmp_path, "`a`")


@pytest.mark.parametrize(
    ("spl", "expected"),
    [
        ("index=a | head 1", [("search", "index=a"), ("head", "1")]),
        ("search index=a|head", [("search", "index=a"), ("head", "")]),
        ("| inputlookup x", [("inputlookup", "x")]),
        ('index=a "x | y" | append [search b | head 1]', [
            ("search", 'index=a "x | y"'),
            ("append", "[search b | head 1]"),
        ]),
        ('index=a\n  | eval x=if(a=="|", "\\"", 1)', [
            ("search", "index=a"),
            ("eval", 'x=if(a=="|", "\\"", 1)'),
        ]),
    ],
)  # fmt: skip
def test_pipes(spl: str, expected: list[tuple[str, str]]) -> None:
    assert commands_of(spl) == [Command(*each) for each in expected]


@pytest.mark.parametrize("spl", ['index="a', "index=a | append [search b", "index=a | | head"])
def test_an_open_end_fails(spl: str) -> None:
    with pytest.raises(UnknownConstructError):
        commands_of(spl)


def test_words() -> None:
    text = 'count(eval(a=="b, c" AND (x OR f(y)))) AS "n of b", dc(x) by host, \'a b\' span=1h'
    assert words_of(text) == [
        'count(eval(a=="b, c" AND (x OR f(y))))',
        "AS",
        '"n of b"',
        ",",
        "dc(x)",
        "by",
        "host",
        ",",
        "'a b'",
        "span",
        "=",
        "1h",
    ]
    assert [unquoted(word) for word in ('"a \\"b\\""', "'c d'", "e")] == ['a "b"', "c d", "e"]
    assert cut_at_commas('a=f(1, 2), b="x,y"') == ["a=f(1, 2)", 'b="x,y"']


def test_options() -> None:
    arguments = Arguments("span=1h count by host limit=5 useother=f", "span", "limit", "useother")
    assert arguments.options == {"span": "1h", "limit": "5", "useother": "f"}
    assert arguments.before_and_after("by") == (["count"], ["host"])
    assert arguments.flag("useother", "true") is False
    with pytest.raises(UnknownConstructError):
        Arguments("count unheard=1", "span")
    with pytest.raises(UnknownConstructError):
        Arguments("useother=maybe", "useother").flag("useother", "t")
