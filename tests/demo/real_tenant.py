"""Reads a real tenant with the packaged input and prints the events as JSON lines."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from tests.standins.splunkd import Event, Splunkd


def show(package: Path, base_url: str, user_id: str, api_token: str) -> int:
    """Prints the events of the last 24 hours to standard output, all else to standard error.

    Arguments:
        package: The add-on.
        base_url: The tenant's.
        user_id: The API user's ID.
        api_token: The API user's token; kept encrypted in a folder that is removed at the end.

    Returns:
        The input's exit code.
    """
    _tell(f"Reading the last 24 hours of {base_url} (read-only) ...")
    with tempfile.TemporaryDirectory() as home, Splunkd(package, Path(home)) as splunkd:
        splunkd.set_account("tenant", base_url=base_url, user_id=user_id, api_token=api_token)
        splunkd.set_input("tenant", account="tenant", index="invicti", interval="300")
        run = splunkd.run_input("tenant", timeout=3600, on_event=_print, keep_events=False)
        for line in run.stderr.splitlines() or splunkd.log_text().splitlines():
            _tell(line)
    _tell(f"{run.event_count} events, exit code {run.exit_code}.")
    return run.exit_code


def _print(event: Event) -> None:
    fields = {"time": event.time, "host": event.host, "event": json.loads(event.data)}
    print(json.dumps(fields, ensure_ascii=False), flush=True)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
