"""The samples fill the CIM data models with the fields and values that these allow.

The models are those that Splunk's pytest-splunk-addon carries: a dataset's tags, its fields, and of
some fields the values. The values of Change that the models leave open are in Splunk's CIM manual:
https://docs.splunk.com/Documentation/CIM/latest/User/Change
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.knowledge.samples import Sample, samples, seen
from tests.knowledge.search_time import Fields, Json
from tests.receivers.installing import data_models, or_skip

ALL = samples()
# dest_bunit and its like come from the asset and identity lookups of Splunk's own apps.
OF_OTHER_APPS = ("_bunit", "_category", "_priority")
ACTIONS_OF_CHANGE = {
    *("acl_modified", "cleared", "created", "deleted", "modified", "read", "stopped", "updated"),
    *("started", "restarted"),
}
# Required fields that a record may not tell: left out instead of made up.
UNTOLD = {"src", "user", "object", "object_id"}


@pytest.fixture(scope="module")
def models() -> dict[str, dict[str, Any]]:
    """The two models' root datasets."""
    folder = or_skip(data_models)
    return {
        name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))["objects"][0]
        for name in ("Authentication", "Change")
    }


def model_of(fields: Fields) -> str:
    tags = fields["tag"]
    found = [name for name in ("Authentication", "Change") if name.lower() in tags]
    assert len(found) == 1, f"an event of {len(found)} models: {tags}"
    return found[0]


@pytest.mark.parametrize("sample", ALL, ids=lambda sample: sample.name)
def test_a_sample_fits_its_model(
    app_folder: Path, models: dict[str, dict[str, Any]], sample: Sample
) -> None:
    fields = seen(app_folder, sample.raw, Json())
    declared = {field["name"]: field for field in models[model_of(fields)]["fields"]}
    required = {name for name, field in declared.items() if field["type"] == "required"}
    assert required - set(fields) <= UNTOLD
    for name, field in declared.items():
        if name in fields and "expected_values" in field:
            assert fields[name] in field["expected_values"]
        if name in fields and name.startswith(("action", "object")):
            assert '"' not in fields[name]
    if model_of(fields) == "Change":
        fits_change(fields)


def fits_change(fields: Fields) -> None:
    assert fields["action"] in ACTIONS_OF_CHANGE
    assert fields["object_category"] not in {"file", "directory", "registry"}
    assert (fields["object_category"] == "user") == ("account" in fields["tag"])
    assert ("result" in fields) == (fields["status"] == "failure")
    if "account" in fields["tag"]:
        assert ("src_user" in fields) == ("actor" in fields)


@pytest.mark.parametrize("sample", ALL, ids=lambda sample: sample.name)
def test_an_event_type_feeds_one_model_and_is_not_background_noise(
    app_folder: Path, sample: Sample
) -> None:
    fields = seen(app_folder, sample.raw, Json())
    if "authentication" in fields["tag"]:
        assert fields["EndpointType"] != "BackgroundTask"
    assert not [
        name for name in fields if name.endswith(OF_OTHER_APPS) and name != "object_category"
    ]


def test_tags_are_those_of_the_models(models: dict[str, dict[str, Any]], app_folder: Path) -> None:
    used = {tuple(seen(app_folder, sample.raw, Json())["tag"]) for sample in ALL}
    known: set[tuple[str, ...]] = set()
    datasets = list(models.values())
    while datasets:
        dataset = datasets.pop()
        known |= {tuple(sorted(tags)) for tags in dataset["tags"]}
        datasets += dataset.get("child_dataset", [])
    assert used <= known
