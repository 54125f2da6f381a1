"""The data dictionary is up to date and names the fields that the samples yield."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.knowledge.samples import samples, seen
from tests.knowledge.search_time import Json

# Of the event, of the fields that name others, and those that only help to make others.
NOT_LISTED = {"_raw", "index", "sourcetype", "eventtype", "tag"}
HELPERS = {
    *("changes_user", "concerns_other_user"),
    *("message_email", "message_ip", "request_email"),
}


def test_the_page_is_up_to_date() -> None:
    command = [sys.executable, str(ROOT / ".ci" / "data_dictionary.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_list_has_each_field_and_no_other(app_folder: Path) -> None:
    text = (ROOT / ".ci" / "fields.csv").read_text(encoding="utf-8")
    listed = {row["Field"] for row in csv.DictReader(text.splitlines())}
    yielded = {name for sample in samples() for name in seen(app_folder, sample.raw, Json())}
    unknown_of_record = {"IpAddress", "Context.Browser", "Context.Tags{}"}
    assert listed == (yielded | {"_time"}) - NOT_LISTED - HELPERS - unknown_of_record
