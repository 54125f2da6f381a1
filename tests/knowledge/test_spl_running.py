"""A search over events, from its beginning to what the REST API would give."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT
from tests.knowledge.samples import HOST, SOURCETYPE, samples
from tests.knowledge.spl import Event, Result, UnknownConstructError, run, seen_events

NOW = 1_773_230_400.0  # 11 March 2026, 12:00 UTC
HOUR = 3600.0
SAMPLES = {str(sample.record.get("Type")): sample.raw for sample in samples()}


def event(kind: str, ago: float, index: str = "invicti", indexed: float | None = None) -> Event:
    source = "invicti_auditlogs://prod"
    return Event(SOURCETYPE, SAMPLES[kind], NOW - ago, source, HOST, index, indexed)


EVENTS = [
    event("RoleCreated", 2 * HOUR),
    event("LoginAttemptFailed", HOUR),
    event("RoleDelete", 30 * HOUR, indexed=NOW - 60),
    event("RoleUpdated", HOUR, index="other"),
]


def ran(spl: str, earliest: str | None = None, tokens: dict[str, str] | None = None) -> Result:
    return run(ROOT, spl, EVENTS, NOW, earliest=earliest, latest="now", tokens=tokens)


def types(result: Result) -> list[object]:
    return [row["Type"] for row in result.rows]


def test_events_come_newest_first_with_the_packaged_knowledge() -> None:
    result = ran("`invicti_auditlogs_index` tag=change | table _time Type action tag")
    assert result.fields == ["_time", "Type", "action", "tag"]
    assert result.rows[0]["_time"] == "2026-03-11T10:00:00.000+00:00"
    assert types(result) == ["RoleCreated", "RoleDelete"]
    assert result.rows[0]["action"] == "created"
    assert seen_events(ROOT, EVENTS)[0]["_time"] == NOW - HOUR


@pytest.mark.parametrize(
    ("spl", "expected"),
    [
        ("index=*", ["LoginAttemptFailed", "RoleUpdated", "RoleCreated"]),
        ("index=* earliest=-90m", ["LoginAttemptFailed", "RoleUpdated"]),
        ("index=* earliest=-2h latest=-1h", ["RoleCreated"]),
        ("index=* earliest=1 _index_earliest=-5m", ["RoleDelete"]),
        ("index=other", ["RoleUpdated"]),
        ("search index=invicti eventtype=invicti_audit_auth*", ["LoginAttemptFailed"]),
    ],
)
def test_the_range_of_a_search(spl: str, expected: list[str]) -> None:
    assert types(ran(spl, earliest="-24h")) == expected


def test_tokens() -> None:
    spl = 'index=invicti Type=$type|s$ | eval end=if(match(Type, "d$$"), 1, 0)'
    result = ran(spl, tokens={"type": "RoleCreated"})
    assert [row["end"] for row in result.rows] == ["1"]


def test_a_subsearch_looks_at_the_same_events() -> None:
    result = ran(
        "index=invicti Type=RoleCreated | stats count BY Type"
        " | append [ search index=other | stats count BY Type ]"
    )
    assert result.rows == [
        {"Type": "RoleCreated", "count": "1"},
        {"Type": "RoleUpdated", "count": "1"},
    ]


@pytest.mark.parametrize(
    "spl",
    [
        "Type=RoleCreated",  # no index
        "index=invicti | tstats count",
        "index=invicti | inputlookup invicti_audit_types",
        "| stats count",
        "| rest /services/server/info",
        "index=invicti | Stats count",
        "`unheard_of`",
    ],
)
def test_what_is_not_known_fails(spl: str) -> None:
    with pytest.raises(UnknownConstructError):
        ran(spl)
