"""The fields of the add-on's own log, from lines that its own code writes."""

from __future__ import annotations

import logging
from pathlib import Path

import pcre2
import pytest
from solnlib import log as solnlib_log

from invicti_collector.errors import quoted
from invicti_collector.records import event_json, read_records
from tests.knowledge.samples import SOURCETYPE
from tests.knowledge.search_time import Fields, fields_of
from tests.package.test_confs import read_conf

LOG = "invicti:auditlogs:log"


def line_of(message: str, *arguments: object) -> str:
    """A line in the format in which solnlib writes the log file."""
    form = logging.Formatter(solnlib_log.Logs._default_log_format)
    record = logging.LogRecord("log", logging.WARNING, "run.py", 27, message, arguments, None)
    return form.format(record)


def seen(app_folder: Path, raw: str) -> Fields:
    return fields_of(app_folder, LOG, raw, source="ta.log", host="h", index="_internal")


def test_pairs_are_fields_and_quoted_values_stay_whole(app_folder: Path) -> None:
    remedy = 'set "date_format" to a=b, action=none'
    raw = line_of("action=date_format found=none events=3 remedy=%s empty=", quoted(remedy))
    fields = seen(app_folder, raw)
    assert fields["log_level"] == "WARNING"
    assert fields["action"] == "date_format"
    assert fields["found"] == "none"
    assert fields["events"] == "3"
    assert fields["remedy"] == "set 'date_format' to a=b, action=none"
    assert str(fields["file"]).startswith("run.py:")
    assert "a" not in fields
    assert "empty" not in fields


def test_urls_and_times_in_values_make_no_fields(app_folder: Path) -> None:
    raw = line_of("action=reconciliation from=2024-05-01T00:00:00Z error=https://a.example/?b=c")
    fields = seen(app_folder, raw)
    assert fields["from"] == "2024-05-01T00:00:00Z"
    assert fields["error"] == "https://a.example/?b=c"
    assert "b" not in fields


def events(app_folder: Path, sourcetype: str, text: str) -> list[str]:
    """Break text into events: the first group of LINE_BREAKER lies between two events.

    https://docs.splunk.com/Documentation/Splunk/latest/Data/Configureeventlinebreaking
    """
    stanza = read_conf(app_folder / "default" / "props.conf")[sourcetype]
    assert stanza["SHOULD_LINEMERGE"] == "false"
    found, start = [], 0
    for match in pcre2.compile(stanza["LINE_BREAKER"]).finditer(text):
        found.append(text[start : match.start(1)])
        start = match.end(1)
    return [event for event in [*found, text[start:]] if event]


def test_a_traceback_stays_with_its_line(app_folder: Path) -> None:
    first, second = line_of("action=crashed"), line_of("action=ended")
    traceback = 'Traceback (most recent call last):\n  File "run.py", line 1\nValueError: 2024'
    text = f"{first}\n{traceback}\n{second}\n"
    assert [event.strip() for event in events(app_folder, LOG, text)] == [
        f"{first}\n{traceback}",
        second,
    ]


@pytest.mark.parametrize("text", ["plain", "two\nlines", "\r\n\r\n", "\u2028 and \u0085", "José"])
def test_a_record_is_one_event_whatever_it_holds(app_folder: Path, text: str) -> None:
    record = read_records([{"Type": "Signin", "Message": text}])[0]
    raw = event_json(record, "keep")
    assert events(app_folder, SOURCETYPE, f"{raw}\n{raw}\n") == [raw, raw]


@pytest.mark.parametrize(
    ("source", "message", "name"),
    [
        ("/opt/splunk/var/log/splunk/ta_invicti_auditlogs_prod.log", "action=ended", "prod"),
        ("C:\\Splunk\\var\\log\\splunk\\ta_invicti_auditlogs_a_b.log.1", "action=ended", "a_b"),
        ("/x/ta_invicti_auditlogs_configuration.log", 'action=progress_kept input="prod"', "prod"),
        ("/x/ta_invicti_auditlogs_prod.log", "action=events_ingested event_input=prod", "prod"),
        ("/x/splunkd.log", "action=ended", None),
    ],
)
def test_each_line_tells_its_input(
    app_folder: Path, source: str, message: str, name: str | None
) -> None:
    raw = line_of(message)
    fields = fields_of(app_folder, LOG, raw, source=source, host="h", index="_internal")
    assert fields.get("input") == name
