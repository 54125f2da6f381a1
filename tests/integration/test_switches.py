"""The test table: whatever the tenant turns out to be like, its 10,000 records arrive once each."""

from __future__ import annotations

from pathlib import Path

from tests.integration.support import PYTHONS, in_turn, site
from tests.integration.switch_rows import CORE, ROWS, Row, live_through
from tests.standins.invicti_tenant import Switches

# A row of the core comes twice in a row, so that it meets both Pythons.
TABLE = [*(row for row in CORE for _ in PYTHONS), *ROWS]


@in_turn("row", TABLE)
def test_every_record_is_written_once(
    interpreter: Path, row: Row, package: Path, tmp_path: Path
) -> None:
    switches = Switches(**{"records": 10_000, "span_days": 730.0, "seed": 7, **row.switches})
    with site(package, interpreter, tmp_path, switches) as place:
        live_through(place, row, 300)

        place.assert_complete()


def test_a_history_of_ten_million_is_read_from_the_start_date_on(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    switches = Switches(records=10_000_000, span_days=3650.0, now="2026-06-15T12:00:00Z")
    with site(package, interpreter, tmp_path, switches, start_date="2026-06-15") as place:
        place.good_run()

        assert 0 < len(place.texts) < 10_000
        written = {text for text in place.texts if '"CreatedAt":"2026-06-15T' in text}
        assert len(written) == len(place.texts)
