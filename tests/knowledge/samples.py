"""The sample records, and what a search must see of each.

A line of `samples/*.jsonl` is an object: `record` is the event, `expected` its fields. The values
are made up. What is expected follows from the description of the API (invicti-api.md 2) and of the
data models, not from any output.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from tests.knowledge.search_time import Fields, Json, fields_of

FOLDER = Path(__file__).parent / "samples"
SOURCETYPE = "invicti:enterprise:audit"
HOST = "www.netsparkercloud.com"


class Sample(NamedTuple):
    """A record and its fields.

    Attributes:
        name: File and line, and the type.
        raw: The event.
        record: The same, decoded.
        expected: Name and value; a list for `tag`.
    """

    name: str
    raw: str
    record: dict[str, Any]
    expected: dict[str, Any]


def samples() -> list[Sample]:
    """Return all samples."""
    return [
        _sample(f"{file.stem}:{number}", line)
        for file in sorted(FOLDER.glob("*.jsonl"))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
    ]


def _sample(place: str, line: str) -> Sample:
    content = json.loads(line)
    record = content["record"]
    raw = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    return Sample(f"{place}:{record.get('Type')}", raw, record, content["expected"])


def seen(app_folder: Path, raw: str, how: Json) -> Fields:
    """Return the fields of an audit event as the stream and HEC give it to Splunk."""
    return fields_of(
        app_folder,
        SOURCETYPE,
        raw,
        source="invicti_auditlogs://main",
        host=HOST,
        index="invicti",
        json=how,
    )
