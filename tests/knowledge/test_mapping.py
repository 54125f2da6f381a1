"""The lookup knows every type, and what else is said of types agrees with it."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.knowledge.eval_language import UnknownConstructError, evaluate
from tests.knowledge.samples import SOURCETYPE
from tests.knowledge.search_time import fields_of
from tests.package.test_confs import read_conf
from tests.standins.invicti_tenant.catalogue import KINDS

GROUPS = {"authentication", "change_account", "change_audit", "change_all"}


@pytest.fixture(scope="module")
def rows(app_folder: Path) -> dict[str, dict[str, str]]:
    text = (app_folder / "lookups" / "invicti_audit_types.csv").read_text(encoding="utf-8")
    found = list(csv.DictReader(text.splitlines()))
    assert len({row["Type"] for row in found}) == len(found)
    return {row["Type"]: row for row in found}


def test_each_type_has_a_row_and_the_last_is_for_all_others(
    rows: dict[str, dict[str, str]],
) -> None:
    assert set(rows) == {kind.name for kind in KINDS} | {"*"}
    assert len(KINDS) == 107
    assert list(rows)[-1] == "*"
    assert {name for name, row in rows.items() if row["type_known"] == "false"} == {"*"}


def test_each_row_is_whole(rows: dict[str, dict[str, str]]) -> None:
    for row in rows.values():
        assert all(row.values()), row
        assert row["event_group"] in GROUPS
        assert row["status"] in {"success", "failure"}
        assert (row["event_group"] == "change_account") == (row["object_category"] == "user")
        assert re.fullmatch(r"[A-Z].{10,}[^.]", row["description"])


def test_types_named_in_props_agree_with_the_lookup(
    app_folder: Path, rows: dict[str, dict[str, str]]
) -> None:
    props = read_conf(app_folder / "default" / "props.conf")[SOURCETYPE]
    users = named(props["EXTRACT-changes_user"])
    others = named(props["EXTRACT-concerns_other_user"])
    assert users == {name for name, row in rows.items() if row["event_group"] == "change_account"}
    assert others - users == {"SigninAs"}
    failing = {name for name, row in rows.items() if row["status"] == "failure"}
    fields = {"signature_id": "", "Message": "why"}
    told = {
        name
        for name in rows
        for field in ("EVAL-result", "EVAL-reason")
        if evaluate(props[field], {**fields, "signature_id": name}) == "why"
    }
    assert told == failing


def named(pattern: str) -> set[str]:
    alternatives = re.search(r"<\w+>([\w|]+)\)", pattern)
    assert alternatives
    return set(alternatives[1].split("|"))


def test_ksconf_finds_nothing_wrong(app_folder: Path) -> None:
    confs = sorted(str(file) for file in (ROOT / "default").glob("*.conf"))
    ours = [str(app_folder / "default" / Path(name).name) for name in confs]
    command = [sys.executable, "-m", "ksconf", "check", *ours]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_seen_is_exported_to_other_apps(app_folder: Path) -> None:
    meta = read_conf(app_folder / "metadata" / "default.meta")
    assert dict(meta.items(""))["export"] == "system"
    for name in ("props", "transforms", "lookups", "eventtypes", "tags", "macros"):
        assert not meta.has_section(name)


@pytest.mark.parametrize(
    "expression", ["md5(Type)", "a XOR b", "if(a==1, b)", "a==b==c", "NOT a", "a<[b]"]
)
def test_what_the_evaluator_does_not_know_fails(expression: str) -> None:
    with pytest.raises(UnknownConstructError):
        evaluate(expression, {"Type": "Signin"})


@pytest.mark.parametrize(
    ("conf", "addition"),
    [
        ("props", "REPORT-more = unheard_of"),
        ("props", "SEDCMD-more = s/a/b/"),
        ("props", "EXTRACT-more = (?<more>a) in Message"),
        ("props", "LOOKUP-more = invicti_audit_types Type OUTPUTNEW action"),
        ("props", "FIELDALIAS-more = host ASNEW more"),
        ("eventtypes", "[more]\nsearch = action=success OR action=failure"),
        ("tags", "[host=www]\nmore = enabled"),
    ],
)
def test_a_conf_with_something_unknown_fails(tmp_path: Path, conf: str, addition: str) -> None:
    for folder in ("default", "lookups"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    changed = tmp_path / "default" / f"{conf}.conf"
    changed.write_text(changed.read_text(encoding="utf-8") + addition + "\n", encoding="utf-8")
    with pytest.raises((UnknownConstructError, KeyError)):
        fields_of(tmp_path, SOURCETYPE, '{"Type":"Signin"}', source="s", host="h", index="i")
