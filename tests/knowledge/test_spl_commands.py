"""The commands that select, compute and arrange rows, and those that bring others in.

What is expected follows from the pages of Splunk's Search Reference that the commands name.
"""

from __future__ import annotations

import pytest

from tests.conftest import ROOT
from tests.knowledge.spl import UnknownConstructError, running
from tests.knowledge.spl.events import Row
from tests.knowledge.spl.table import Context, Table, table_of
from tests.knowledge.spl.text import commands_of

NOW = 1_773_236_225.0


def piped(rows: list[Row], commands: str, fields: list[str] | None = None) -> Table:
    """What commands make of rows."""
    table = table_of(rows, fields)

    def subsearch(spl: str, piped_in: Table | None) -> Table:
        text = spl.strip()
        return apply(piped_in or Table(), text if text.startswith("|") else f"| {text}")

    context = Context(ROOT, NOW, None, NOW, subsearch)

    def apply(made: Table, text: str) -> Table:
        for command in commands_of(text):
            made = running.COMMANDS[command.name](made, command.text, context)
        return made

    return apply(table, f"| {commands}")


ROWS: list[Row] = [
    {"user": "bob", "n": "2", "tag": ["x", "y"]},
    {"user": "alice", "n": "10"},
    {"n": "1"},
    {"user": "bob", "n": "2"},
]


def column(table: Table, name: str) -> list[object]:
    return [row.get(name) for row in table.rows]


@pytest.mark.parametrize(
    ("commands", "expected"),
    [
        ("search user=BOB", ["bob", "bob"]),
        ('where user=="BOB"', []),
        ("where n>1", ["bob", "alice", "bob"]),
        ("sort n", [None, "bob", "bob", "alice"]),
        ("sort - n", ["alice", "bob", "bob", None]),
        ("sort -n", ["alice", "bob", "bob", None]),
        ("sort str(n)", [None, "alice", "bob", "bob"]),
        ("sort user", ["alice", "bob", "bob", None]),
        ("sort -user", ["bob", "bob", "alice", None]),
        ("sort 2 n", [None, "bob"]),
        ("sort user, -n | head 1", ["alice"]),
        ("dedup user", ["bob", "alice"]),
        ("dedup user keepempty=true", ["bob", "alice", None]),
        ("head 2 | reverse", ["alice", "bob"]),
        ('fillnull value="(none)" user', ["bob", "alice", "(none)", "bob"]),
        ("mvexpand tag", ["bob", "bob", "alice", None, "bob"]),
    ],
)
def test_which_rows(commands: str, expected: list[str]) -> None:
    assert column(piped(ROWS, commands), "user") == expected


def test_sort_returns_ten_thousand_rows_unless_told_otherwise() -> None:
    many: list[Row] = [{"n": str(n)} for n in range(10_001)]
    assert len(piped(many, "sort n").rows) == 10_000
    assert len(piped(many, "sort 0 n").rows) == 10_001
    assert len(piped(many, "head").rows) == 10


def test_eval_goes_from_left_to_right_and_null_takes_a_field_away() -> None:
    made = piped(ROWS[:1], 'eval a=n*2, b=a+1, tag=null(), "c d"=user . "!"')
    assert made.rows == [{"user": "bob", "n": "2", "a": 4, "b": 5, "c d": "bob!"}]
    assert made.fields == ["n", "tag", "user", "a", "b", "c d"]


@pytest.mark.parametrize(
    ("commands", "fields", "first"),
    [
        ("table user nothing n", ["user", "nothing", "n"], {"user": "bob", "n": "2"}),
        ("table n*, user", ["n", "user"], {"n": "2", "user": "bob"}),
        ("fields user", ["user"], {"user": "bob"}),
        ("fields - tag n", ["user"], {"user": "bob"}),
        ('rename n AS "How many" user as Who | table Who "How many"', ["Who", "How many"],
         {"Who": "bob", "How many": "2"}),
    ],
)  # fmt: skip
def test_which_columns(commands: str, fields: list[str], first: Row) -> None:
    made = piped(ROWS, commands)
    assert (made.fields, made.rows[0]) == (fields, first)


def test_fields_keeps_time_and_text() -> None:
    made = piped([{"_time": 1.0, "_raw": "r", "a": "1", "b": "2"}], "fields b")
    assert made.rows == [{"_time": 1.0, "_raw": "r", "b": "2"}]
    assert piped(made.rows, "fields - _raw").fields == ["_time", "b"]


def test_fillnull_of_all_columns_puts_zeros() -> None:
    assert piped([{"a": "1"}, {"b": "2"}], "fillnull").rows == [
        {"a": "1", "b": "0"},
        {"a": "0", "b": "2"},
    ]


def test_rex_takes_the_first_match_and_leaves_what_does_not_match() -> None:
    rows: list[Row] = [{"_raw": 'a=1 a=2 "q"'}, {"_raw": "none", "found": "kept"}]
    made = piped(rows, r'rex "a=(?<found>\d)"')
    assert column(made, "found") == ["1", "kept"]
    assert column(piped(rows, r'rex field=_raw "\"(?<quoted>\w)\""'), "quoted") == ["q", None]


def test_bin_puts_times_into_spans() -> None:
    made = piped([{"_time": NOW}], "bin _time span=1h")
    assert made.rows == [{"_time": 1_773_234_000.0}]
    assert piped([{"_time": NOW}], "bin span=1d _time AS day").rows[0]["day"] == 1_773_187_200.0


def test_makemv() -> None:
    made = piped([{"a": "x|y||z"}, {"b": "1"}], 'makemv delim="|" a')
    assert column(made, "a") == [["x", "y", "z"], None]


def test_lookup_takes_the_first_row_that_matches() -> None:
    rows: list[Row] = [{"T": "Signin", "action": "mine"}, {"T": "New"}, {"action": "mine"}]
    made = piped(rows, "lookup invicti_audit_types Type AS T OUTPUT action event_group AS g")
    assert column(made, "action") == ["success", "modified", None]
    assert column(made, "g") == ["authentication", "change_all", None]
    made = piped(rows, "lookup invicti_audit_types Type AS T OUTPUTNEW action")
    assert column(made, "action") == ["mine", "modified", "mine"]


def test_inputlookup_makeresults_and_append() -> None:
    made = piped([], "inputlookup invicti_audit_types")
    assert len(made.rows) == 108
    made = piped([], "makeresults count=2 | eval a=1 | append [| makeresults | eval b=2]")
    expected = [{"_time": NOW, "a": 1}, {"_time": NOW, "a": 1}, {"_time": NOW, "b": 2}]
    assert (made.rows, made.fields) == (expected, ["_time", "a", "b"])


def test_appendpipe_adds_what_it_makes_of_the_rows() -> None:
    made = piped(ROWS, "stats count BY user | appendpipe [stats sum(count) AS count]")
    assert made.rows == [
        {"user": "alice", "count": 1},
        {"user": "bob", "count": 2},
        {"count": 3},
    ]


@pytest.mark.parametrize(
    "commands",
    [
        "sort",
        "sort 0",
        "sort user n",  # the manual wants a comma
        "sort tag",
        "head user=1",
        "head (n<3)",
        "dedup 2 user",
        "dedup user sortby n",
        "rename n",
        "rename n* AS m*",
        "eval n",
        "eval ok=n==2",
        "search earliest=-1d",
        'rex mode=sed "s/a/b/"',
        'rex max_match=0 "(?<a>b)"',
        "bin n span=2",
        "bin _time",
        "mvexpand a b",
        "makemv tag",
        "lookup unheard a",
        "lookup invicti_audit_types nothing",
        "lookup invicti_audit_types Type OUTPUT nothing",
        "lookup invicti_audit_types",
        "inputlookup invicti_audit_types",
        "append maxout=5 [| makeresults]",
        "reverse n",
        "makeresults count=2",
    ],
)
def test_what_is_not_known_fails(commands: str) -> None:
    with pytest.raises(UnknownConstructError):
        piped(ROWS, commands)


def test_mixed_numbers_and_texts_are_not_sorted() -> None:
    with pytest.raises(UnknownConstructError):
        piped([{"a": "1"}, {"a": "x"}], "sort a")
