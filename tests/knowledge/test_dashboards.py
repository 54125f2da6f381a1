"""What the searches of the dashboards find, before anything is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.knowledge.searches import dashboard_searches
from tests.knowledge.spl import Event, run
from tests.knowledge.test_alerts import HOUR, NOW, csv_row


def shown(
    app_folder: Path, page: str, name: str, events: list[Event], **tokens: str
) -> list[dict[str, Any]]:
    """The rows of a search of a dashboard as it opens, but for the tokens given."""
    wanted = f"invicti_{page}: {name}"
    search = next(each for each in dashboard_searches(app_folder) if each.name == wanted)
    span = {"earliest": search.earliest, "latest": search.latest}
    tokens = {**(search.tokens or {}), **tokens}
    return run(app_folder, search.spl, events, NOW, tokens=tokens, **span).rows


# --- Activity Logs -------------------------------------------------------------------------------


def test_a_click_on_a_row_of_an_export_opens_that_row(app_folder: Path) -> None:
    """Also where another user did the same in the same minute."""
    users = {"r1": "Alice Example", "r2": "Mallory Example"}
    rows = [csv_row("RoleUpdated", HOUR, row, UserName=user) for row, user in users.items()]
    table = shown(app_folder, "activity_logs", "Table", rows)
    assert {each["Who"] for each in table} == set(users.values())
    for each in table:
        details = shown(
            app_folder, "activity_logs", "The record", rows, record=str(each["_record"])
        )
        assert ("Who", each["Who"]) in [(field["Field"], field["Value"]) for field in details]
