"""Writes docs/alerts.md from its head and default/savedsearches.conf.

python .ci/alerts_page.py writes the page; with --check it only tells whether it is up to date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from configparser import RawConfigParser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "alerts.md"
HEAD = ROOT / ".ci" / "alerts-head.md"
SEVERITIES = {"3": "medium", "4": "high", "5": "critical"}
TO_DO = " To do: "

Stanza = Mapping[str, str]


def page() -> str:
    """Return the whole page."""
    conf = RawConfigParser(strict=True, delimiters=("=",), comment_prefixes=("#",))
    conf.read(ROOT / "default" / "savedsearches.conf", encoding="utf-8")
    stanzas = [(name, conf[name]) for name in conf.sections()]
    alerts = [_alert(name, each) for name, each in stanzas if "alert.track" in each]
    reports = [_report(name, each) for name, each in stanzas if "alert.track" not in each]
    head = HEAD.read_text(encoding="utf-8")
    columns = ("Alert", "Finds", "To do", "Severity", "Runs", "Once per")
    shown = _table(columns, alerts)
    words = "They can be opened at any time; *Edit > Edit Schedule* lets them run by themselves."
    more = _table(("Report", "Shows", "Covers", "Runs, once scheduled"), reports)
    return f"{head}## Alerts\n\n{shown}\n## Reports\n\n{words}\n\n{more}"


def _alert(name: str, stanza: Stanza) -> tuple[str, ...]:
    finds, _, to_do = stanza["description"].partition(TO_DO)
    fields = ", ".join(f"`{field}`" for field in stanza["alert.suppress.fields"].split(","))
    throttle = f"{fields} in {stanza['alert.suppress.period']}"
    severity = SEVERITIES[stanza["alert.severity"]]
    to_do = to_do[:1].upper() + to_do[1:]
    return name, finds, to_do, severity, f"`{stanza['cron_schedule']}`", throttle


def _report(name: str, stanza: Stanza) -> tuple[str, ...]:
    covers = f"`{stanza['dispatch.earliest_time']}` to `{stanza['dispatch.latest_time']}`"
    return name, stanza["description"], covers, f"`{stanza['cron_schedule']}`"


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    """Write or check the page."""
    if sys.argv[1:] != ["--check"]:
        PAGE.write_text(page(), encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page():
        sys.exit("docs/alerts.md is out of date: make docs")


if __name__ == "__main__":
    main()
