"""`make release` says what is missing, each thing by itself, and what to do when nothing is."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.conftest import APP, ROOT
from tests.package.test_inspection import accepted_checks

VERSION = "3.1.4"
CHANGELOG = f"""# Changelog

## {VERSION} (2026-01-31)

- Better.

## 3.0.0 (2025-01-31)

- Old.
"""


def report_of(checks: list[dict[str, Any]]) -> dict[str, Any]:
    """AppInspect's, as far as it is read."""
    return {"reports": [{"groups": [{"checks": checks}]}]}


class Tree:
    """A checkout that is fit for release, to be spoilt.

    Args:
        folder: Where it is made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("release.py", "package/check_inspection.py", "package/accepted-warnings.json"):
            target = folder / ".ci" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / ".ci" / name, target)
        self.write(".gitignore", "/.build/\n/dist/\n")
        self.write("app.manifest", self.manifest(VERSION))
        self.write("CHANGELOG.md", CHANGELOG)
        self.write("globalConfig.json", '{"meta": {"version": "0.0.0"}}')
        self.write(".ci/releases.csv", "version,commit,note\n3.0.0,abc,\n")
        self.write(".build/appinspect.json", json.dumps(report_of(accepted_checks())))
        self.pack()
        self.git("init", "--quiet")
        self.commit()

    @staticmethod
    def manifest(version: str) -> str:
        """An app.manifest, as far as it is read."""
        return json.dumps({"info": {"id": {"version": version}}})

    def write(self, name: str, text: str) -> None:
        """Writes a file of the tree."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    def git(self, *arguments: str) -> None:
        """Runs git in the tree."""
        person = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        subprocess.run(["git", "-C", str(self.folder), *person, *arguments], check=True)

    def commit(self) -> None:
        """Commits all there is."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "x")

    def pack(self, **changes: str) -> None:
        """Writes the package, with other versions or another changelog in it if asked."""
        texts = {"manifest": VERSION, "launcher": VERSION, "id": VERSION, **changes}
        conf = f"[launcher]\nversion = {texts['launcher']}\n[id]\nversion = {texts['id']}\n"
        for name, text in (
            ("app.manifest", self.manifest(texts["manifest"])),
            ("default/app.conf", conf),
            ("CHANGELOG.md", texts.get("changelog", CHANGELOG)),
        ):
            self.write(f".build/{APP}/{name}", text)
        (self.folder / "dist").mkdir(exist_ok=True)
        with tarfile.open(self.package, "w:gz") as archive:
            archive.add(self.folder / ".build" / APP, APP)

    @property
    def package(self) -> Path:
        """What package.sh would have written."""
        return self.folder / "dist" / f"{APP}-{VERSION}.tar.gz"

    def check(self) -> subprocess.CompletedProcess[str]:
        """Runs the check as `make release` does."""
        command = [sys.executable, str(self.folder / ".ci" / "release.py")]
        return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(name="tree")
def _tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "tree")


def test_a_tree_that_is_fit(tree: Tree) -> None:
    done = tree.check()
    assert (done.returncode, done.stderr) == (0, "")
    assert f'git tag --annotate v{VERSION} --message "{APP} {VERSION}" ' in done.stdout
    assert f"dist/{APP}-{VERSION}.tar.gz" in done.stdout
    assert "not been tried on a real Splunk" in done.stdout
    assert re.search(rf"^   {VERSION},[0-9a-f]{{40}},$", done.stdout, re.MULTILINE)


def test_a_package_that_a_real_splunk_has_seen(tree: Tree) -> None:
    digest = re.search("sha256 ([0-9a-f]{64})", tree.check().stdout)
    assert digest
    tree.write(".build/real-splunk.json", json.dumps({"sha256": digest[1]}))
    assert "not been tried" not in tree.check().stdout
    tree.write(".build/real-splunk.json", json.dumps({"sha256": "0" * 64}))
    assert "not been tried" in tree.check().stdout


def manifest(version: str) -> Callable[[Tree], None]:
    return lambda tree: tree.write("app.manifest", Tree.manifest(version))


def changelog(text: str) -> Callable[[Tree], None]:
    """Another changelog, in the package too."""

    def spoil(tree: Tree) -> None:
        tree.write("CHANGELOG.md", text)
        tree.pack(changelog=text)

    return spoil


def packed(**changes: str) -> Callable[[Tree], None]:
    return lambda tree: tree.pack(**changes)


def inspected(tree: Tree) -> None:
    failed = {"name": "check_x", "result": "failure", "messages": []}
    checks = [*accepted_checks(), failed]
    tree.write(".build/appinspect.json", json.dumps(report_of(checks)))


FAULTS: dict[str, tuple[Callable[[Tree], None], str]] = {
    "no version": (manifest("3.1"), "app.manifest: 3.1 is no version such as 1.2.3"),
    "an old version": (manifest("2.9.9"), "2.9.9 is not newer than the releases: 3.0.0"),
    "a released version": (manifest("3.0.0"), "3.0.0 is not newer than the releases: 3.0.0"),
    "another version": (manifest("3.2.0"), "begins with 3.1.4, app.manifest has 3.2.0"),
    "two places": (
        lambda tree: tree.write("globalConfig.json", f'{{"meta": {{"version": "{VERSION}"}}}}'),
        "globalConfig.json: meta.version is not 0.0.0",
    ),
    "no changelog": (changelog("# Changelog\n"), "CHANGELOG.md: no section of the form"),
    "unreleased": (
        changelog(CHANGELOG.replace("2026-01-31", "unreleased")),
        f"CHANGELOG.md: {VERSION} (unreleased) has no date",
    ),
    "no such day": (
        changelog(CHANGELOG.replace("2026-01-31", "2026-02-30")),
        f"CHANGELOG.md: {VERSION} (2026-02-30) has no date",
    ),
    "the future": (
        changelog(CHANGELOG.replace("2026-01-31", "2999-01-31")),
        f"CHANGELOG.md: {VERSION} is dated in the future: 2999-01-31",
    ),
    "nothing to say": (
        changelog(CHANGELOG.replace("- Better.", "")),
        f"CHANGELOG.md: says nothing of {VERSION}",
    ),
    "no package": (lambda tree: tree.package.unlink(), f"dist/{APP}-{VERSION}.tar.gz is missing"),
    "another manifest": (packed(manifest="3.1.3"), "app.manifest has version 3.1.3, not 3.1.4"),
    "another app.conf": (packed(launcher="3.1.3"), "[launcher] has version 3.1.3, not 3.1.4"),
    "another id": (packed(id="3.1.3"), "[id] has version 3.1.3, not 3.1.4"),
    "another changelog": (packed(changelog="# Old\n"), "its CHANGELOG.md is another"),
    "not inspected": (
        lambda tree: (tree.folder / ".build" / "appinspect.json").unlink(),
        "AppInspect has not been run",
    ),
    "inspected and failed": (inspected, "AppInspect: failure: check_x"),
    "tagged": (lambda tree: tree.git("tag", f"v{VERSION}"), f"the tag v{VERSION} exists already"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found(tree: Tree, fault: str) -> None:
    spoil, told = FAULTS[fault]
    spoil(tree)
    tree.commit()
    done = tree.check()
    assert done.returncode == 1
    assert told in done.stderr
    assert done.stdout == ""


def test_a_change_that_is_not_committed_is_found(tree: Tree) -> None:
    tree.write("new.txt", "x")
    done = tree.check()
    assert done.returncode == 1
    assert done.stderr.splitlines()[1:] == [
        "  the tree has changes that are not committed: git status"
    ]


def test_the_real_tree_is_read(tmp_path: Path) -> None:
    """Whatever it lacks until its release, its files have the form that the check reads."""
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "release.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    for wrong in ("is no version", "no section of the form", "begins with", "says nothing of"):
        assert wrong not in done.stderr
