"""Statistics and charts.

https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Stats, Chart, Timechart, Top and
CommonStatsFunctions: what is expected follows from these.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import ROOT
from tests.knowledge.spl import UnknownConstructError, charting, reporting
from tests.knowledge.spl.events import Row
from tests.knowledge.spl.table import Context, Table, table_of

HOUR = 3600.0
DAY = 24 * HOUR
NOON = 1_773_230_400.0  # 11 March 2026, 12:00 UTC

ROWS: list[Row] = [
    {"_time": NOON + 3, "user": "bob", "n": "3", "src": "b"},
    {"_time": NOON + 2, "user": "alice", "n": "10", "src": "a", "tag": ["x", "y"]},
    {"_time": NOON + 1, "user": "bob", "n": "text", "src": "a", "tag": "x"},
    {"_time": NOON, "n": "1"},
]


def made(
    command: Any,
    text: str,
    rows: list[Row] | None = None,
    earliest: float | None = None,
    latest: float = NOON + HOUR,
) -> Table:
    def no_subsearch(_spl: str, _table: Table | None) -> Table:
        raise AssertionError

    context = Context(ROOT, NOON, earliest, latest, no_subsearch)
    table: Table = command(table_of(ROWS if rows is None else rows), text, context)
    return table


def column(table: Table, name: str) -> list[object]:
    return [row.get(name) for row in table.rows]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("count", 4),
        ("count(user)", 3),
        ("count(tag)", 3),
        ('count(eval(user=="bob")) AS x', 2),
        ('count(eval(user!="bob")) AS x', 1),
        ("dc(user)", 2),
        ("distinct_count(tag)", 2),
        ("dc(nothing)", 0),
        ("sum(n)", 14),
        ("avg(n)", 14 / 3),
        ("min(n)", "1"),
        ("max(n)", "text"),
        ("max(_time)", NOON + 3),
        ("values(user)", ["alice", "bob"]),
        ("values(tag)", ["x", "y"]),
        ("list(user)", ["bob", "alice", "bob"]),
        ("first(user)", "bob"),
        ("last(user)", "bob"),
        ("latest(src)", "b"),
        ("earliest(src)", "a"),
        ("latest(n)", "3"),
        ("sum(user)", None),
        ("avg(nothing)", None),
        ("values(nothing)", None),
        ("latest(nothing)", None),
    ],
)
def test_a_function_over_all_rows(function: str, expected: object) -> None:
    table = made(reporting.stats, function)
    name = function.partition(" AS ")[2] or function
    assert table.fields == [name]
    assert table.rows == ([{name: expected}] if expected is not None else [{}])


def test_numbers_alone_compare_as_numbers() -> None:
    rows: list[Row] = [{"n": "9"}, {"n": "10"}]
    assert made(reporting.stats, "max(n) AS most min(n) AS least", rows).rows == [
        {"most": 10, "least": 9}
    ]


def test_list_holds_a_hundred_values() -> None:
    rows: list[Row] = [{"n": str(n)} for n in range(101)]
    found = made(reporting.stats, "list(n) AS n", rows).rows[0]["n"]
    assert found == [str(n) for n in range(100)]


def test_rows_without_the_field_are_in_no_group() -> None:
    table = made(reporting.stats, 'count AS "how many" sum(n) AS n BY user')
    assert table.fields == ["user", "how many", "n"]
    assert table.rows == [
        {"user": "alice", "how many": 1, "n": 10},
        {"user": "bob", "how many": 2, "n": 3},
    ]


def test_a_row_with_several_values_is_in_several_groups() -> None:
    assert made(reporting.stats, "count BY tag, user").rows == [
        {"tag": "x", "user": "alice", "count": 1},
        {"tag": "x", "user": "bob", "count": 1},
        {"tag": "y", "user": "alice", "count": 1},
    ]


def test_nothing_counted_is_zero_and_by_groups_nothing() -> None:
    assert made(reporting.stats, "count dc(user) sum(n)", []).rows == [{"count": 0, "dc(user)": 0}]
    assert made(reporting.stats, "count BY user", []).rows == []
    with pytest.raises(UnknownConstructError):
        made(reporting.stats, "sum(n)", [])


def test_eventstats_leaves_the_rows() -> None:
    table = made(reporting.eventstats, "max(_time) AS last count BY user")
    assert column(table, "last") == [NOON + 3, NOON + 2, NOON + 3, None]
    assert column(table, "count") == [2, 1, 2, None]
    assert column(made(reporting.eventstats, "count"), "count") == [4, 4, 4, 4]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("count", [1, 2, 3, 4]),
        ("current=false count", [0, 1, 2, 3]),
        ("window=2 count", [1, 2, 2, 2]),
        ("count BY user", [1, 1, 2, None]),
        ("time_window=2s count", [1, 2, 2, 2]),
        ("time_window=3s count", [1, 2, 3, 3]),
    ],
)
def test_streamstats_counts_the_rows_so_far(text: str, expected: list[object]) -> None:
    assert column(made(reporting.streamstats, text), "count") == expected


def test_streamstats_wants_times_in_order() -> None:
    shuffled = [ROWS[0], ROWS[3], ROWS[1]]
    with pytest.raises(UnknownConstructError):
        made(reporting.streamstats, "time_window=1m count", shuffled)


def test_top_and_rare() -> None:
    table = made(reporting.top, "limit=1 user")
    assert table.rows == [{"user": "bob", "count": 2, "percent": "66.666667"}]
    assert made(reporting.rare, "showperc=f user").rows == [
        {"user": "alice", "count": 1},
        {"user": "bob", "count": 2},
    ]
    many: list[Row] = [{"a": f"{n:02}"} for n in range(12)]
    assert len(made(reporting.top, "a", many).rows) == 10
    assert len(made(reporting.top, "limit=0 a countfield=n", many).rows) == 12


@pytest.mark.parametrize(
    "text",
    [
        "",
        "median(n)",
        "count(*)",
        "sum",
        'count(eval(user=="bob"))',
        "sum(eval(n*2)) AS n",
        "count AS",
        "count BY us*",
        "count BY user span=1h",
    ],
)
def test_what_is_not_known_fails(text: str) -> None:
    with pytest.raises(UnknownConstructError):
        made(reporting.stats, text)


def test_the_latest_of_two_at_the_same_time_is_not_known() -> None:
    rows: list[Row] = [{"_time": NOON, "a": "1"}, {"_time": NOON, "a": "2"}]
    with pytest.raises(UnknownConstructError):
        made(reporting.stats, "latest(a)", rows)
    with pytest.raises(UnknownConstructError):
        made(reporting.stats, "latest(a)", [{"a": "1"}])


# --- charts --------------------------------------------------------------------------------------


def test_chart_makes_a_column_of_each_value() -> None:
    table = made(charting.chart, "count OVER user BY src")
    assert table.fields == ["user", "a", "b"]
    assert table.rows == [{"user": "alice", "a": 1, "b": 0}, {"user": "bob", "a": 1, "b": 1}]
    assert made(charting.chart, "count BY user, src") == table
    table = made(charting.chart, "sum(n) AS n count BY user")
    assert table.rows == [
        {"user": "alice", "n": 10, "count": 1},
        {"user": "bob", "n": 3, "count": 2},
    ]


def test_the_ten_largest_columns_are_shown_and_the_others_summed_up() -> None:
    rows: list[Row] = [{"row": "r", "col": f"c{n:02}"} for n in range(12) for _ in range(n + 1)]
    rows.append({"row": "r"})
    table = made(charting.chart, "count OVER row BY col", rows)
    assert table.fields == ["row", *(f"c{n:02}" for n in range(2, 12)), "OTHER", "NULL"]
    assert (table.rows[0]["OTHER"], table.rows[0]["NULL"]) == (3, 1)
    table = made(charting.chart, "limit=2 useother=f usenull=f count OVER row BY col", rows)
    assert table.fields == ["row", "c10", "c11"]
    assert len(made(charting.chart, "limit=0 count OVER row BY col", rows).fields) == 14


def test_timechart_has_a_row_for_each_span_of_the_search() -> None:
    table = made(charting.timechart, "span=1h count max(_time) AS last", earliest=NOON - HOUR)
    assert table.rows == [
        {"_time": NOON - HOUR, "count": 0},
        {"_time": NOON, "count": 4, "last": NOON + 3},
    ]
    table = made(charting.timechart, "span=1h count BY user", earliest=NOON - HOUR)
    assert table.fields == ["_time", "alice", "bob", "NULL"]
    assert table.rows[0] == {"_time": NOON - HOUR, "alice": 0, "bob": 0, "NULL": 0}
    assert table.rows[1] == {"_time": NOON, "alice": 1, "bob": 2, "NULL": 1}


@pytest.mark.parametrize(
    ("seconds", "bins"),
    [
        (15 * 60, 90),  # 10 seconds
        (HOUR, 60),  # 1 minute
        (4 * HOUR, 48),  # 5 minutes
        (DAY, 48),  # 30 minutes
        (7 * DAY, 7),  # 1 day
        (30 * DAY, 30),  # 1 day
    ],
)
def test_default_spans(seconds: float, bins: int) -> None:
    """The table of default spans on the page of timechart."""
    end = NOON + 12 * HOUR
    rows: list[Row] = [{"_time": end - 1}]
    table = made(charting.timechart, "count", rows, earliest=end - seconds, latest=end)
    assert len(table.rows) == bins


@pytest.mark.parametrize(
    "text", ["count BY a, b", "count sum(n) BY user", "span=1h", "minspan=1h count", "bins=5 count"]
)
def test_what_timechart_does_not_know_fails(text: str) -> None:
    with pytest.raises(UnknownConstructError):
        made(charting.timechart, text, earliest=NOON - HOUR)


def test_what_chart_does_not_know_fails() -> None:
    for text in ("count", "count BY a, b, c"):
        with pytest.raises(UnknownConstructError):
            made(charting.chart, text)
