"""What a search sees of each sample is what was thought out beforehand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.knowledge.samples import HOST, Sample, samples, seen
from tests.knowledge.search_time import Json
from tests.standins.invicti_tenant.catalogue import ENDPOINTS, KINDS

ALL = samples()
COMPARED = (
    *("action", "actor", "authentication_method", "change_type", "event_group", "object"),
    *("object_category", "object_id", "object_path", "reason", "result", "signature", "src"),
    *("src_user", "src_user_id", "src_user_name", "status", "tag", "type_known", "user"),
    *("user_agent", "user_id", "user_name"),
    *("TypeText", "EndpointTypeText", "CreatedAtText", "RowId"),
)
READINGS = {
    "nulls as text": Json(null="null"),
    "nulls as nothing": Json(null=None),
    "first 5,000 bytes": Json(cutoff=5000),
    "the whole event": Json(cutoff=10**9),
}


def test_every_type_and_endpoint_type_has_a_sample() -> None:
    known = [sample for sample in ALL if not sample.name.startswith(("unusual", "export"))]
    assert sorted(str(s.record["Type"]) for s in known) == sorted(kind.name for kind in KINDS)
    assert {s.record["EndpointType"] for s in known} == set(ENDPOINTS)


def test_what_is_expected_is_compared() -> None:
    assert {name for sample in ALL for name in sample.expected} <= set(COMPARED)


@pytest.mark.parametrize("how", READINGS.values(), ids=READINGS)
@pytest.mark.parametrize("sample", ALL, ids=lambda sample: sample.name)
def test_a_search_sees(app_folder: Path, sample: Sample, how: Json) -> None:
    fields = seen(app_folder, sample.raw, how)
    assert {name: fields[name] for name in COMPARED if name in fields} == sample.expected
    type_shown = str(sample.record.get("Type") or "none")
    assert fields["Type"] == fields["signature_id"] == fields["command"] == type_shown
    assert fields["dest"] == fields["dvc"] == HOST
    assert fields["app"] == "invicti"
    assert fields["vendor_product"] == "Invicti Enterprise"
    assert fields.get("vendor_account") == sample.record.get("AccountId")
    assert fields["EndpointType"] == sample.record["EndpointType"]
    assert fields["object_attrs"]
    assert fields["description"]


@pytest.mark.parametrize("sample", ALL, ids=lambda sample: sample.name)
def test_no_field_is_the_word_null(app_folder: Path, sample: Sample) -> None:
    fields = seen(app_folder, sample.raw, Json(null="null"))
    made = {name: value for name, value in fields.items() if name not in sample.record}
    assert [name for name, value in made.items() if value in ("null", "") and "." not in name] == []
