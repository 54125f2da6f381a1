"""Eval expressions; what is expected is from Splunk's Search Reference.

https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/CommonEvalFunctions
"""

from __future__ import annotations

import pytest

from tests.knowledge.eval_language import UnknownConstructError, Value, evaluate, fields_in

NOW = 1_773_236_225.0
FIELDS: dict[str, Value] = {
    "count": "12",
    "ratio": "0.5",
    "name": "Alice",
    "tag": ["change", "account"],
    "Context.Browser": "Firefox",
    "url": "https://a.example/x?y=1",
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # Precedence: https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Eval
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 % 4 - 1", 2),
        ("-count + 1", -11),
        ("true() OR false() AND false()", True),
        ("NOT false() AND false()", False),
        ("count / 0", None),
        # Texts that look like numbers are numbers where they are computed with or compared.
        ("count + 1", 13),
        ("count > 9", True),
        ('count == "12"', True),
        ("count == 12.0", True),
        ('name == "alice"', False),
        ('name = "Alice"', True),
        ('name != "Bob"', True),
        ('name < "Bob"', True),
        ('name . "-" . count', "Alice-12"),
        ('name + "!"', "Alice!"),
        ("'Context.Browser'", "Firefox"),
        ('name IN ("Bob", "Alice")', True),
        ("in(count, 11, 12)", True),
        # Nothing comes of nothing.
        ("missing + 1", None),
        ("missing > 1", None),
        ('missing != "a"', None),
        ('missing . "a"', None),
        ('missing IN ("a")', None),
        ("missing > 1 OR count > 1", True),
        ("if(missing > 1, 1, 2)", 2),
        ("if(isnull(missing), 1, 2)", 1),
        ('case(count < 5, "few", count < 50, "some", true(), "many")', "some"),
        ('case(count < 5, "few")', None),
        ('coalesce(missing, name, "x")', "Alice"),
        ('nullif(name, "Alice")', None),
        ('match(url, "^https?://[^/]+/x")', True),
        ('like(url, "https://%x_y=1")', True),
        ('like(url, "a.example%")', False),
        (r'replace(url, "^(\w+)://([^/]+).*$", "\2 by \1")', "a.example by https"),
        ("lower(name) . upper(name)", "aliceALICE"),
        ("len(name)", 5),
        ("substr(name, 2, 3)", "lic"),
        ("substr(name, 3)", "ice"),
        ('trim("  a ") . ltrim("xxa", "x") . rtrim("axx", "x")', "aaa"),
        ("round(2.5)", 3),
        ("round(2.345, 2)", 2.35),
        ("floor(2.9) + ceiling(2.1) + abs(-1)", 6),
        ("max(1, count, 3)", 12),
        ("min(1, count, 3)", 1),
        ('tonumber("12")', 12),
        ('tonumber("unknown")', None),
        ("isnum(ratio)", True),
        ("isnum(name)", False),
        ('tostring(615, "duration")', "00:10:15"),
        ('tostring(93784, "duration")', "1+02:03:04"),
        ('tostring(12345.6789, "commas")', "12,345.68"),
        ('tostring(1234, "commas")', "1,234"),
        ("tostring(count)", "12"),
        ("tostring(count == 12)", "True"),
        ('mvjoin(tag, ", ")', "change, account"),
        ("mvcount(tag)", 2),
        ("mvcount(missing)", None),
        ("mvindex(tag, 1)", "account"),
        ("mvindex(tag, -1)", "account"),
        ("mvindex(tag, 2)", None),
        ('mvindex(split("a,b,c", ","), 0, 1)', ["a", "b"]),
        ("mvsort(tag)", ["account", "change"]),
        ('mvdedup(mvappend("a", "b", "a"))', ["a", "b"]),
        ("now()", NOW),
        ('strftime(relative_time(now(), "-1d@d"), "%F %H:%M")', "2026-03-10 00:00"),
        ('strptime("2026-03-11 13:37:05", "%F %T")', NOW),
        (r'"a \"b\" \\d"', r'a "b" \d'),
    ],
)
def test_an_expression(expression: str, expected: Value) -> None:
    found = evaluate(expression, FIELDS, NOW)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    "expression",
    [
        "NOT missing > 1",  # the manual leaves it open
        "count > name",  # a number with a text
        "count + name",
        "name * 2",
        'tag == "change"',  # several values
        "case(true())",
        "if(true(), 1)",
        "unheard_of(1)",
        "1 ? 2",
        "a XOR b",
        "a b",
        '"open',
        "f(1",
        'tostring(1.5, "duration")',
        'strftime(now(), "%q")',
        "abs(name)",
        "LIKE",
        "1 + 2 . 3",  # which comes first, the manual leaves open
    ],
)
def test_what_is_not_known_fails(expression: str) -> None:
    with pytest.raises(UnknownConstructError):
        evaluate(expression, FIELDS, NOW)


def test_now_needs_a_search() -> None:
    with pytest.raises(UnknownConstructError):
        evaluate("now()", {})


def test_only_what_is_needed_is_evaluated() -> None:
    assert evaluate('if(isnum(name), name > 1, "text")', FIELDS) == "text"
    assert evaluate("isnull(missing) OR missing > name", FIELDS) is True
    assert evaluate("isnum(name) AND name > 1", FIELDS) is False


def test_the_fields_in_an_expression() -> None:
    asked = fields_in("if(a > 1, coalesce(b, 'c.d'), now()) . \"e\"")
    assert asked == {"a", "b", "c.d"}
