"""The package holds the app and its libraries, and nothing else."""

from __future__ import annotations

import re
import struct
import tarfile
from pathlib import Path

import pytest

from tests.conftest import APP, ROOT

TOP_LEVEL = {
    "CHANGELOG.md",
    "LICENSE",
    "NOTICE",
    "README",
    "VERSION",
    "app.manifest",
    "appserver",
    "bin",
    "default",
    "lib",
    "metadata",
    "static",
}
OPTIONAL = {"lookups"}
# Splunk refuses archives from before 1980; no time of this machine's.
YEARS = range(347_155_200, 347_155_200 + 20 * 365 * 86_400)
UNWANTED = re.compile(
    r"""(?x) (^|/) (__pycache__|tests?|docs|local|setup\.py|conftest\.py|package\.sh|\.[^/]+) (/|$)
    | \. (so|pyd|dll|dylib|pyc|pyo|orig|rej|swp) $ | /lib/bin/ | /RECORD$ | /direct_url\.json$"""
)


@pytest.fixture(scope="module")
def entries(package: Path) -> list[tarfile.TarInfo]:
    with tarfile.open(package) as archive:
        return archive.getmembers()


def pins() -> dict[str, str]:
    text = (ROOT / "lib" / "requirements.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"(?m)^([\w-]+)==(\S+)", text))


def test_the_archive_has_one_top_folder(entries: list[tarfile.TarInfo]) -> None:
    assert {entry.name.split("/")[0] for entry in entries} == {APP}


def test_the_app_has_the_expected_folders_only(app_folder: Path) -> None:
    found = {path.name for path in app_folder.iterdir()}
    assert found - OPTIONAL == TOP_LEVEL


def test_nothing_unwanted_ships(entries: list[tarfile.TarInfo]) -> None:
    assert [entry.name for entry in entries if UNWANTED.search(entry.name)] == []


def test_entries_say_nothing_about_the_machine(entries: list[tarfile.TarInfo]) -> None:
    assert {(e.uid, e.gid, e.uname, e.gname) for e in entries} == {(0, 0, "", "")}
    assert all(entry.mtime in YEARS for entry in entries)
    assert {entry.mode for entry in entries if entry.isdir()} == {0o755}
    assert {entry.mode for entry in entries if entry.isfile()} == {0o644}
    assert all(entry.isdir() or entry.isfile() for entry in entries)


def test_no_file_names_the_folder_it_was_built_in(app_folder: Path) -> None:
    here = str(ROOT).encode()
    files = [path for path in app_folder.rglob("*") if path.is_file()]
    assert [str(file) for file in files if here in file.read_bytes()] == []


def test_our_input_script_ships_instead_of_the_generated_one(app_folder: Path) -> None:
    for ours in (ROOT / "bin").rglob("*.py"):
        packaged = app_folder / ours.relative_to(ROOT)
        assert packaged.read_bytes() == ours.read_bytes()


def test_each_pinned_library_is_there_in_that_version(app_folder: Path) -> None:
    folders = (app_folder / "lib").glob("*.dist-info")
    found = dict(folder.name[: -len(".dist-info")].rsplit("-", 1) for folder in folders)
    assert found == {name.replace("-", "_"): version for name, version in pins().items()}


@pytest.mark.parametrize("library", sorted(pins()))
def test_each_library_is_in_the_notice_with_its_licence(app_folder: Path, library: str) -> None:
    notice = (app_folder / "NOTICE").read_text(encoding="utf-8")
    line = re.search(rf"(?m)^{re.escape(library)} +{re.escape(pins()[library])} .* (\S+)$", notice)
    assert line, f"NOTICE does not name {library} {pins()[library]}"
    assert (app_folder / line.group(1)).stat().st_size > 100


def test_the_notice_names_nothing_that_is_not_packaged(app_folder: Path) -> None:
    notice = (app_folder / "NOTICE").read_text(encoding="utf-8")
    assert dict(re.findall(r"(?m)^(\S+) +(\d\S+) .* \S*LICENSE\S*$", notice)) == pins()


def test_the_licence_is_apache_2(app_folder: Path) -> None:
    text = (app_folder / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


@pytest.mark.parametrize(
    ("icon", "size"),
    [("appIcon", 36), ("appIcon_2x", 72), ("appIconAlt", 36), ("appIconAlt_2x", 72)],
)
def test_icons_have_the_sizes_that_splunk_wants(app_folder: Path, icon: str, size: int) -> None:
    header = (app_folder / "static" / f"{icon}.png").read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", header[16:24]) == (size, size)
