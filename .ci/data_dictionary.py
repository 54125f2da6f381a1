"""Writes docs/data-dictionary.md from the lookup and the list of fields.

python .ci/data_dictionary.py writes the page; with --check it only tells whether it is up to date.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "data-dictionary.md"
HEAD = """# Data dictionary

Written by `make docs` from `lookups/invicti_audit_types.csv` and `.ci/fields.csv`: change those, not this page.

## Sourcetypes

| Sourcetype | What | Index |
| --- | --- | --- |
| `invicti:enterprise:audit` | one record of the tenant's audit log, as JSON | the input's |
| `invicti:auditlogs:log` | the add-on's own log, `key=value` | `_internal` |

The add-on belongs wherever these are read or searched: a forwarder or indexer that takes the events breaks lines
and keeps `_time`; a search head gives the fields below. Both read the same `props.conf`.

## Event types and data models

| `event_group` | Event type | Tags | CIM data model |
| --- | --- | --- | --- |
| `authentication` | `invicti_audit_authentication` | `authentication` | Authentication |
| `authentication`, type `SigninAs` | `invicti_audit_authentication_privileged` too | `authentication`, `privileged` | Authentication |
| `change_account` | `invicti_audit_change_account` | `change`, `account` | Change (Account Management) |
| `change_audit` | `invicti_audit_change_audit` | `change`, `audit` | Change (Auditing Changes) |
| `change_all` | `invicti_audit_change_all` | `change` | Change |

A sign-out counts as a successful authentication; `signature_id=Signin*` leaves it out. `change_audit` are the
settings that say how long scan data, and so evidence, are kept.

A type that the lookup does not know lands in Change as `modified`. This lists them:

```
`invicti_auditlogs_index` eventtype=invicti_audit_unmapped_type | stats count by Type
```

## Fields

Any other field of a record is there under its own name. A record tells little of the object of a change: what it
does not tell is absent, not guessed.

"""


def page() -> str:
    """Return the whole page."""
    fields = _table(
        ("Field", "From", "Meaning"), _rows(ROOT / ".ci" / "fields.csv"), code=("Field",)
    )
    columns = ("Type", "event_group", "action", "object_category", "change_type", "status")
    types = _table(
        (*columns, "description"),
        _rows(ROOT / "lookups" / "invicti_audit_types.csv"),
        code=columns,
    )
    words = "`*` stands for every type that is not listed. What is changed in the lookup counts everywhere."
    return f"{HEAD}{fields}\n## Types\n\n{words}\n\n{types}"


def _rows(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


def _table(columns: tuple[str, ...], rows: list[dict[str, str]], *, code: tuple[str, ...]) -> str:
    lines = [columns, tuple("---" for _ in columns)]
    lines += [tuple(f"`{row[c]}`" if c in code else row[c] for c in columns) for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    """Write or check the page."""
    if sys.argv[1:] != ["--check"]:
        PAGE.write_text(page(), encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page():
        sys.exit("docs/data-dictionary.md is out of date: make docs")


if __name__ == "__main__":
    main()
