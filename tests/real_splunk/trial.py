"""What must hold on a real Splunk. Each check gives what is wrong, if anything is."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from invicti_collector.records import parse_created_at
from tests.knowledge.samples import SOURCETYPE, Sample
from tests.knowledge.searches import PackagedSearch, dashboard_searches, saved_searches
from tests.knowledge.spl.text import filled
from tests.real_splunk.rest import RefusedError, Rest

INDEX = "invicti"
INPUT = "prod"
EVENTS = f'index={INDEX} sourcetype="{SOURCETYPE}" source="invicti_auditlogs://{INPUT}"'
LOG = 'index=_internal sourcetype="invicti:auditlogs:log"'


def count(rest: Rest) -> int:
    """How many events of the input a search finds."""
    return int(rest.search(f"{EVENTS} | stats count")[0]["count"])


def books(rows: list[dict[str, Any]], ids: set[str]) -> list[str]:
    """Compares the rows of a search with the tenant's own list of ids.

    Args:
        rows: With `Id`, `CreatedAt` and `epoch`.
        ids: Lower case, without hyphens.
    """
    found = Counter(str(row.get("Id", "")).lower().replace("-", "") for row in rows)
    doubled = {name for name, times in found.items() if times > 1}
    moved = [row for row in rows if not _same_time(row)]
    told = {
        "lost": ids - found.keys(),
        "invented": found.keys() - ids,
        "doubled": doubled,
    }
    complaints = [f"{len(names)} records {kind}" for kind, names in told.items() if names]
    return complaints + ([f"{len(moved)} events with another time"] if moved else [])


def _same_time(row: dict[str, Any]) -> bool:
    """Whether the event has its record's time, to the millisecond."""
    created = parse_created_at(row.get("CreatedAt"))
    return created is None or abs(float(row["epoch"]) - created) < 0.0015


def collected(rest: Rest, ids: set[str]) -> list[str]:
    """Whether the index holds the tenant's log, once each, at its own time."""
    rows = rest.search(f"{EVENTS} | eval epoch=_time | table Id CreatedAt epoch")
    return books(rows, ids)


def sample_fields(rest: Rest, samples: list[Sample]) -> list[str]:
    """Whether a search sees of each sample what the data models ask for."""
    complaints = []
    for number, sample in enumerate(samples):
        rows = rest.search(f'index={INDEX} source="sample:{number}"')
        if len(rows) != 1:
            complaints.append(f"{sample.name}: found {len(rows)} times")
            continue
        complaints += differences(sample, rows[0])
    return complaints


def differences(sample: Sample, row: dict[str, Any]) -> list[str]:
    """What a search sees of a sample other than expected; None = must be absent."""
    complaints = []
    for name, wanted in sample.expected.items():
        seen = _listed(row.get(name))
        if seen != _listed(wanted):
            complaints.append(f"{sample.name}: {name} is {seen}, not {_listed(wanted)}")
    return complaints


def _listed(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return sorted(str(each) for each in values if each is not None)


def data_models(rest: Rest) -> list[str]:
    """Whether the tags of both data models find events of the input."""
    return [
        f"tag={tag} finds nothing"
        for tag in ("authentication", "change")
        if not int(rest.search(f"{EVENTS} tag={tag} | stats count")[0]["count"])
    ]


def searches(rest: Rest, app_folder: Path) -> list[str]:
    """Whether Splunk runs each search that ships, dashboards' with what they open with."""
    shipped = [*saved_searches(app_folder), *dashboard_searches(app_folder)]
    return [told for search in shipped for told in _runs(rest, search)]


def _runs(rest: Rest, search: PackagedSearch) -> list[str]:
    try:
        rest.search(search.spl if search.tokens is None else filled(search.spl, search.tokens))
    except RefusedError as fault:
        return [f"{search.name}: {fault}"]
    return []


def own_log(rest: Rest) -> list[str]:
    """Whether the add-on's log is read as it should be, and tells of no trouble."""
    # The framework's own lines have neither field.
    ours = f"{LOG} (action=* OR error=*)"
    errors = rest.search(f"{ours} log_level IN (ERROR, WARNING) | table _raw")
    fields = "server_count collected_count missing"
    proofs = rest.search(f"{LOG} action=reconciliation | table {fields}")
    complaints = [f"the log says: {row['_raw']}" for row in errors]
    complaints += [f"not reconciled: {row}" for row in proofs if row.get("missing") != "0"]
    return complaints + ([] if proofs else ["no line of the log proves anything"])


def splunkd_log(rest: Rest) -> list[str]:
    """Whether splunkd has nothing to say against the add-on."""
    words = "index=_internal sourcetype=splunkd (log_level=ERROR OR log_level=WARN) invicti"
    return [f"splunkd says: {row['_raw']}" for row in rest.search(f"{words} | table _raw")]


def btool(text: str) -> list[str]:
    """What `btool check` has against the add-on's files."""
    return [line.strip() for line in text.splitlines() if "invicti" in line.lower()]


def moment() -> str:
    """Now, for the report."""
    return datetime.now().astimezone().isoformat(timespec="seconds")
