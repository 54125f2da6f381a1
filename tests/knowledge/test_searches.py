"""Every packaged search is clean, runs, and asks for fields that there are."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.knowledge.log_lines import Lines, events_at
from tests.knowledge.samples import HOST, SOURCETYPE, samples
from tests.knowledge.searches import PackagedSearch, dashboard_searches, saved_searches
from tests.knowledge.spl import Event, UnknownConstructError, run, seen_events
from tests.knowledge.spl.naming import names_of
from tests.knowledge.spl.text import commands_of, expanded, filled
from tests.package.test_confs import read_conf
from tests.receivers.installing import or_skip, spl_linter

ALL = [*saved_searches(ROOT), *dashboard_searches(ROOT)]
ALERTS = [search for search in saved_searches(ROOT) if "alert.track" in search.settings]
REPORTS = [search for search in saved_searches(ROOT) if "alert.track" not in search.settings]
NOW = 1_773_144_120.0  # 10 March 2026, 12:02 UTC
ACCEPTED = {r"`\w+=\*\)?` has a leading wildcard": "asks whether there is the field, nothing else"}
"""Findings of the linter that are accepted, by their text, with the reason."""
# Names in the log's formats that only some runs write: a line of each would need each failure.
_IN_FORMAT = re.compile(r"\b([a-z_]\w*)=%")


def named(search: PackagedSearch) -> str:
    return search.name


@pytest.fixture(scope="module")
def events(lines: Lines) -> list[Event]:
    """All samples, a minute from each other, and runs of each kind."""
    source = "invicti_auditlogs://prod"
    audit = [
        Event(SOURCETYPE, sample.raw, NOW - 60 * number, source, HOST, "invicti")
        for number, sample in enumerate(samples(), 1)
    ]
    log = [
        event
        for number, written in enumerate(lines)
        for event in events_at(written, NOW - 300 * (number + 1))
    ]
    return [*audit, *log]


def spl_of(app_folder: Path, search: PackagedSearch) -> str:
    """A search with its macros and tokens filled in."""
    spl = search.spl if search.tokens is None else filled(search.spl, search.tokens)
    return expanded(app_folder, spl)


@pytest.mark.parametrize("search", ALL, ids=named)
def test_a_search_runs(app_folder: Path, events: list[Event], search: PackagedSearch) -> None:
    window = {"earliest": search.earliest, "latest": search.latest}
    run(app_folder, search.spl, events, NOW, tokens=search.tokens, **window)
    run(app_folder, search.spl, [], NOW, tokens=search.tokens, **window)


@pytest.fixture(scope="module")
def known(app_folder: Path, events: list[Event]) -> set[str]:
    """The fields that samples and log lines yield."""
    yielded = {name for row in seen_events(app_folder, events) for name in row}
    code = [file.read_text(encoding="utf-8") for file in (app_folder / "bin").rglob("*.py")]
    return yielded | {name for text in code for name in _IN_FORMAT.findall(text)}


@pytest.mark.parametrize("search", ALL, ids=named)
def test_a_search_asks_for_fields_that_there_are(
    app_folder: Path, known: set[str], search: PackagedSearch
) -> None:
    asked, made = names_of(app_folder, spl_of(app_folder, search))
    assert asked - made - known == set()


def test_a_field_that_there_is_not_is_found(app_folder: Path, known: set[str]) -> None:
    asked, made = names_of(app_folder, "search index=a | stats dc(usr) AS n BY user | where n>1")
    assert asked - made - known == {"usr"}


def lint(spl: str) -> list[str]:
    """The codes of the linter's findings that are not accepted."""
    command = [str(or_skip(spl_linter)), "--format", "json", "-"]
    done = subprocess.run(command, input=spl, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    found = json.loads(done.stdout)["diagnostics"]
    accepted = re.compile("|".join(ACCEPTED))
    return [item["code"] for item in found if not accepted.match(item["message"])]


@pytest.mark.parametrize("search", ALL, ids=named)
def test_the_linter_finds_nothing(search: PackagedSearch) -> None:
    assert lint(search.spl if search.tokens is None else filled(search.spl, search.tokens)) == []


def test_the_linter_finds_what_is_wrong() -> None:
    assert lint("index=* user=*admin | join user [search index=a] | sort user") == [
        *("SPL001", "SPL002", "SPL003", "SPL005")
    ]


@pytest.mark.parametrize("search", [each for each in ALL if each.base], ids=named)
def test_what_a_chain_extends_names_its_fields(app_folder: Path, search: PackagedSearch) -> None:
    """A search of events hands on only the fields that it names.

    https://docs.splunk.com/Documentation/Splunk/latest/DashStudio/dsChain
    """
    base = expanded(app_folder, filled(search.base, search.tokens or {}))
    naming = {"chart", "fields", "rare", "stats", "table", "timechart", "top"}
    assert naming & {command.name for command in commands_of(base)}


@pytest.mark.parametrize("search", ALERTS, ids=named)
def test_an_alert_is_off_and_one_switch_puts_it_on(search: PackagedSearch) -> None:
    settings = search.settings
    assert (settings["disabled"], settings["enableSched"]) == ("1", "1")
    assert (settings["alert.track"], settings["alert.digest_mode"]) == ("1", "0")
    assert (settings["alert.suppress"], bool(settings["alert.suppress.fields"])) == ("1", True)
    assert settings["alert.severity"] in {"3", "4", "5"}
    fires = ("counttype", "relation", "quantity")
    assert [settings[key] for key in fires] == ["number of events", "greater than", "0"]
    assert len(settings["description"].partition(" To do: ")[2]) > 20
    assert not [key for key in settings if key.startswith("action.")]


@pytest.mark.parametrize("search", REPORTS, ids=named)
def test_a_report_can_be_opened_and_has_a_schedule_to_switch_on(search: PackagedSearch) -> None:
    assert search.settings["enableSched"] == "0"
    assert "disabled" not in search.settings
    assert len(search.settings["description"]) > 40


def test_schedules_are_spread() -> None:
    minutes = [search.settings["cron_schedule"].split()[0] for search in saved_searches(ROOT)]
    starts = [re.split(r"[-,]", minute)[0] for minute in minutes]
    assert len(set(starts)) == len(starts)
    assert "0" not in starts


@pytest.mark.parametrize("search", ALERTS, ids=named)
def test_a_skipped_run_loses_nothing(search: PackagedSearch) -> None:
    """What was indexed is looked at twice over: the schedule is a quarter of an hour."""
    if "`invicti_auditlogs_index`" in search.spl and "_internal" not in search.spl:
        assert search.settings["cron_schedule"].endswith("-59/15 * * * *")
        assert re.search(r'(?:_index_earliest=|now\(\), ")-35m@m', search.spl)


def test_searches_stay_in_the_app(app_folder: Path) -> None:
    meta = read_conf(app_folder / "metadata" / "default.meta")
    assert meta["savedsearches"]["export"] == "none"


def test_what_is_not_known_fails(app_folder: Path) -> None:
    with pytest.raises(UnknownConstructError):
        names_of(app_folder, "search index=a | transaction user")
