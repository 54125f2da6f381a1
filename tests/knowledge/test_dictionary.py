"""The generated pages are up to date; the data dictionary names the fields that samples yield."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.knowledge.samples import samples, seen
from tests.knowledge.search_time import Json

# Of the event, of the fields that name others, and those that only help to make others.
NOT_LISTED = {"_raw", "index", "sourcetype", "eventtype", "tag"}
HELPERS = {
    *("changes_user", "concerns_other_user"),
    *("message_email", "message_ip", "request_email"),
}


@pytest.mark.parametrize("script", ["data_dictionary.py", "alerts_page.py"])
def test_a_page_is_up_to_date(script: str) -> None:
    command = [sys.executable, str(ROOT / ".ci" / script), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_list_has_each_field_and_no_other(app_folder: Path) -> None:
    text = (ROOT / ".ci" / "fields.csv").read_text(encoding="utf-8")
    listed = {row["Field"] for row in csv.DictReader(text.splitlines())}
    yielded = {name for sample in samples() for name in seen(app_folder, sample.raw, Json())}
    unknown_of_record = {"IpAddress", "Context.Browser", "Context.Tags{}"}
    assert listed == (yielded | {"_time"}) - NOT_LISTED - HELPERS - unknown_of_record
