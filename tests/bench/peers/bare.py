"""What any input on Splunk's libraries costs before it does anything: imports and one request."""

from __future__ import annotations

import json
import sys

import requests
import solnlib  # noqa: F401 - what it costs to load is measured
import splunklib.modularinput  # noqa: F401 - as above


def main() -> None:
    """Ask once, look at nothing."""
    tenant = json.load(sys.stdin)
    answer = requests.get(
        tenant["base_url"] + "/api/1.0/auditlogs/list",
        params={"page": 1, "pageSize": 200, **tenant["dates"]},
        auth=(tenant["user_id"], tenant["api_token"]),
        headers={"Accept": "application/json"},
        timeout=60,
    )
    answer.raise_for_status()


if __name__ == "__main__":
    main()
