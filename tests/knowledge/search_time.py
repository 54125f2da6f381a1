"""What a search sees of an event, computed from the packaged props, transforms, lookups and tags.

The operations and their order are Splunk's: "The sequence of search-time operations",
https://docs.splunk.com/Documentation/Splunk/latest/Knowledge/Searchtimeoperationssequence
Only what the packaged confs use is known here; anything else raises UnknownConstructError.
"""

from __future__ import annotations

import csv
import re
from configparser import SectionProxy
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import NamedTuple, Union

import pcre2

from tests.knowledge.eval_language import evaluate
from tests.knowledge.json_fields import json_fields
from tests.knowledge.unknown import UnknownConstructError
from tests.knowledge.values import Value
from tests.knowledge.values import text as text_of
from tests.package.test_confs import read_conf

Fields = dict[str, Union[str, list[str]]]
_AT_INDEX_TIME = {
    "DATETIME_CONFIG",
    "LINE_BREAKER",
    "MAX_TIMESTAMP_LOOKAHEAD",
    "SHOULD_LINEMERGE",
    "TIME_FORMAT",
    "TIME_PREFIX",
    "TRUNCATE",
}
_OPERATIONS = ("EXTRACT", "REPORT", "FIELDALIAS", "EVAL", "LOOKUP")
_TERM = re.compile(r'\s*([\w.]+)="([^"*\\]+)"')


class Json(NamedTuple):
    """What of Splunk's reading of JSON depends on its version and settings.

    Attributes:
        null: The text that a null becomes; None where it gives no field.
        cutoff: Bytes of an event that are looked at ([spath] extraction_cutoff of limits.conf).
    """

    null: str | None = "null"
    cutoff: int = 5000


JSON = Json()


def fields_of(
    app_folder: Path,
    sourcetype: str,
    raw: str,
    *,
    source: str,
    host: str,
    index: str,
    json: Json = JSON,
) -> Fields:
    """Return all fields of an event, with `eventtype` and `tag` as lists.

    Args:
        app_folder: The unpacked package.
        sourcetype: Of the event, as `raw`, `source`, `host` and `index`.
        raw: The text of the event.
        source: As above.
        host: As above.
        index: As above.
        json: How Splunk reads JSON.

    Raises:
        UnknownConstructError: where a conf holds what is not known here.
    """
    found: dict[str, str | None] = {
        "_raw": raw,
        "sourcetype": sourcetype,
        "source": source,
        "host": host,
        "index": index,
    }
    stanza = _conf(app_folder, "props")[sourcetype]
    steps = _steps(stanza)
    for _, text in steps["EXTRACT"]:
        found.update(_extracted(text, raw))
    for _, names in steps["REPORT"]:
        for name in names.split(","):
            found.update(_reported(app_folder, name.strip(), raw))
    if stanza.get("KV_MODE") == "json":
        for name, value in json_fields(raw, json.null, json.cutoff).items():
            found.setdefault(name, value)
    for _, text in steps["FIELDALIAS"]:
        found.update(_aliases(text, found))
    found.update({name: _text(evaluate(how, found)) for name, how in steps["EVAL"]})
    for _, text in steps["LOOKUP"]:
        found.update(_looked_up(app_folder, text, found))
    fields: Fields = {name: value for name, value in found.items() if value is not None}
    types = _eventtypes(app_folder, fields)
    tags = _tags(app_folder, types)
    return {**fields, **({"eventtype": types} if types else {}), **({"tag": tags} if tags else {})}


@cache
def _conf(app_folder: Path, name: str) -> dict[str, SectionProxy]:
    return dict(read_conf(app_folder / "default" / f"{name}.conf").items())


def _steps(stanza: SectionProxy) -> dict[str, list[tuple[str, str]]]:
    """The operations of a stanza by kind, each kind in the order of its class names."""
    steps: dict[str, list[tuple[str, str]]] = {kind: [] for kind in _OPERATIONS}
    for key, value in sorted(stanza.items()):
        kind, _, name = key.partition("-")
        if name and kind in steps:
            steps[kind].append((name, value))
        elif key not in _AT_INDEX_TIME and (key, value) not in {
            ("KV_MODE", "json"),
            ("KV_MODE", "none"),
        }:
            raise UnknownConstructError(f"{key} = {value} in props.conf")
    return steps


def _extracted(pattern: str, raw: str) -> dict[str, str]:
    """EXTRACT: the first match (props.conf.spec)."""
    if re.search(r"\bin \w+$", pattern):
        raise UnknownConstructError(f"EXTRACT from another field: {pattern}")
    match = pcre2.compile(pattern).search(raw)
    groups = match.groupdict() if match else {}
    return {name: value for name, value in groups.items() if value}


def _reported(app_folder: Path, name: str, raw: str) -> dict[str, str]:
    """REPORT: each match gives one field; transforms.conf, REGEX and FORMAT at search time."""
    stanza = _conf(app_folder, "transforms")[name]
    if set(stanza) != {"REGEX", "FORMAT"} or stanza["FORMAT"] != "$1::$2":
        raise UnknownConstructError(f"[{name}] in transforms.conf")
    found: dict[str, str] = {}
    for match in pcre2.compile(stanza["REGEX"]).finditer(raw):
        found.setdefault(str(match.group(1)), str(match.group(2)))
    return {key: value for key, value in found.items() if value}


def _aliases(text: str, fields: dict[str, str | None]) -> dict[str, str | None]:
    words = text.split()
    if len(words) % 3 or any(word != "AS" for word in words[1::3]):
        raise UnknownConstructError(f"FIELDALIAS {text}")
    pairs = zip(words[::3], words[2::3])
    return {alias: fields[name] for name, alias in pairs if fields.get(name) is not None}


def _text(value: Value) -> str | None:
    return None if value is None else text_of(value)


def _looked_up(app_folder: Path, text: str, fields: dict[str, str | None]) -> dict[str, str | None]:
    """LOOKUP of one field, with OUTPUT: what matches replaces what is there."""
    match = re.fullmatch(r"(\w+) (\w+) AS (\w+) OUTPUT ([\w ]+)", text)
    if match is None:
        raise UnknownConstructError(f"LOOKUP {text}")
    name, column, field, outputs = match.groups()
    value = fields.get(field)
    rows = _lookup_rows(app_folder, name, column)
    row = next((row for row in rows if value and fnmatchcase(value, row[column])), None)
    return {output: row[output] or None for output in outputs.split()} if row else {}


@cache
def _lookup_rows(app_folder: Path, name: str, column: str) -> list[dict[str, str]]:
    """The rows in the order of the file: with max_matches = 1 the first that matches counts.

    https://docs.splunk.com/Documentation/Splunk/latest/Knowledge/Addfieldmatchingrulestoyourlookupconfiguration
    """
    stanza = dict(_conf(app_folder, "transforms")[name])
    file = app_folder / "lookups" / stanza.pop("filename")
    if stanza != {"match_type": f"WILDCARD({column})", "max_matches": "1"}:
        raise UnknownConstructError(f"[{name}] in transforms.conf")
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    if any(re.search(r"[?\[\]]", row[column]) for row in rows):
        raise UnknownConstructError("wildcards of fnmatch that are none of Splunk's")
    return rows


def _eventtypes(app_folder: Path, fields: Fields) -> list[str]:
    stanzas = _conf(app_folder, "eventtypes")
    return sorted(
        name for name, stanza in stanzas.items() if name != "DEFAULT" and _matches(stanza, fields)
    )


def _matches(stanza: SectionProxy, fields: Fields) -> bool:
    """A search of nothing but field="value" terms; values compare without regard to case."""
    if not set(stanza) <= {"search", "description"}:
        raise UnknownConstructError(f"{sorted(stanza)} in eventtypes.conf")
    search = stanza["search"]
    if _TERM.sub("", search).strip():
        raise UnknownConstructError(f"the search {search}")
    terms = _TERM.findall(search)
    return all(str(fields.get(field, "")).lower() == value.lower() for field, value in terms)


def _tags(app_folder: Path, types: list[str]) -> list[str]:
    found: set[str] = set()
    for name, stanza in _conf(app_folder, "tags").items():
        if name == "DEFAULT":
            continue
        if not name.startswith("eventtype=") or set(stanza.values()) != {"enabled"}:
            raise UnknownConstructError(f"[{name}] in tags.conf")
        if name.partition("=")[2] in types:
            found |= set(stanza)
    return sorted(found)
