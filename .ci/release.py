"""Tells whether this tree is fit to be released, and what to do then. Pushes and uploads nothing.

Run by `make release` after package.sh, which has inspected what lies in dist/.
"""

from __future__ import annotations

import configparser
import csv
import hashlib
import json
import re
import subprocess
import sys
import tarfile
from datetime import date, datetime, timezone
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
APP = "TA-invicti-auditlogs"
HEADING = re.compile(r"^## (\S+) \((.+)\)$", re.MULTILINE)
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


class Section(NamedTuple):
    """A section of CHANGELOG.md: its version, what stands in brackets, and its text."""

    version: str
    when: str
    text: str


def manifest_version(tree: Path) -> str:
    """The version, which stands in app.manifest and nowhere else."""
    manifest = json.loads((tree / "app.manifest").read_text("utf-8"))
    return str(manifest["info"]["id"]["version"])


def sections(changelog: str) -> list[Section]:
    """The sections of a changelog, newest first."""
    parts = HEADING.split(changelog)[1:]
    return [Section(*parts[start : start + 3]) for start in range(0, len(parts), 3)]


def version_complaints(tree: Path, version: str) -> list[str]:
    """What is wrong with the version itself."""
    if not VERSION.fullmatch(version):
        return [f"app.manifest: {version} is no version such as 1.2.3"]
    found = []
    rows = csv.DictReader((tree / ".ci" / "releases.csv").read_text("utf-8").splitlines())
    known = [row["version"] for row in rows]
    if known and _number(version) <= max(map(_number, known)):
        found.append(f"app.manifest: {version} is not newer than the releases: {', '.join(known)}")
    placeholder = json.loads((tree / "globalConfig.json").read_text("utf-8"))["meta"]["version"]
    if placeholder != "0.0.0":
        found.append("globalConfig.json: meta.version is not 0.0.0: the manifest alone has it")
    return found


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def changelog_complaints(tree: Path, version: str, today: date) -> list[str]:
    """What is wrong with the changelog's newest section."""
    found = sections((tree / "CHANGELOG.md").read_text("utf-8"))
    if not found:
        return ["CHANGELOG.md: no section of the form: ## 1.2.3 (2026-01-31)"]
    newest = found[0]
    complaints = []
    if newest.version != version:
        complaints.append(f"CHANGELOG.md: begins with {newest.version}, app.manifest has {version}")
    if not re.search(r"^- \S", newest.text, re.MULTILINE):
        complaints.append(f"CHANGELOG.md: says nothing of {newest.version}")
    try:
        day = datetime.strptime(newest.when, "%Y-%m-%d").replace(tzinfo=timezone.utc).date()
    except ValueError:
        words = f"{newest.version} ({newest.when}) has no date: write the day, YYYY-MM-DD"
        return [*complaints, f"CHANGELOG.md: {words}"]
    if day > today:
        complaints.append(f"CHANGELOG.md: {newest.version} is dated in the future: {newest.when}")
    return complaints


def package_of(tree: Path, version: str) -> Path:
    """The package that package.sh has written."""
    return tree / "dist" / f"{APP}-{version}.tar.gz"


def package_complaints(tree: Path, version: str) -> list[str]:
    """What the package does not share with the tree."""
    package = package_of(tree, version)
    if not package.exists():
        return [f"dist/{package.name} is missing: ./package.sh"]
    with tarfile.open(package) as archive:
        names = archive.getnames()
        texts = {
            name: archive.extractfile(f"{APP}/{name}").read().decode()  # type: ignore[union-attr]
            for name in ("app.manifest", "default/app.conf", "CHANGELOG.md")
            if f"{APP}/{name}" in names
        }
    told = {
        "app.manifest": _of_manifest(texts.get("app.manifest")),
        "default/app.conf [launcher]": _of_conf(texts.get("default/app.conf"), "launcher"),
        "default/app.conf [id]": _of_conf(texts.get("default/app.conf"), "id"),
    }
    found = [
        f"dist/{package.name}: {place} has version {said}, not {version}"
        for place, said in told.items()
        if said != version
    ]
    if texts.get("CHANGELOG.md") != (tree / "CHANGELOG.md").read_text("utf-8"):
        found.append(f"dist/{package.name}: its CHANGELOG.md is another: ./package.sh")
    return found


def _of_manifest(text: str | None) -> str | None:
    return str(json.loads(text)["info"]["id"]["version"]) if text else None


def _of_conf(text: str | None, stanza: str) -> str | None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text or "")
    return parser.get(stanza, "version", fallback=None)


def inspection_complaints(tree: Path) -> list[str]:
    """What AppInspect has against the package, beyond the accepted warnings."""
    report = tree / ".build" / "appinspect.json"
    if not report.exists():
        return ["AppInspect has not been run: ./package.sh"]
    checker = tree / ".ci" / "package" / "check_inspection.py"
    accepted = tree / ".ci" / "package" / "accepted-warnings.json"
    done = subprocess.run(  # noqa: S603 - our own checker
        [sys.executable, checker, report, accepted], capture_output=True, text=True, check=False
    )
    lines = [line.strip() for line in done.stderr.splitlines()]
    return [f"AppInspect: {line}" for line in lines] or ["AppInspect failed"] * done.returncode


def tree_complaints(tree: Path, version: str) -> list[str]:
    """What is wrong with the state of the checkout."""
    found = []
    if git(tree, "status", "--porcelain"):
        found.append("the tree has changes that are not committed: git status")
    if git(tree, "tag", "--list", f"v{version}"):
        found.append(f"the tag v{version} exists already")
    return found


def git(tree: Path, *arguments: str) -> str:
    """What git prints."""
    command = ["git", "-C", str(tree), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603


def complaints(tree: Path, today: date) -> list[str]:
    """All that stands between this tree and a release."""
    version = manifest_version(tree)
    return [
        *version_complaints(tree, version),
        *changelog_complaints(tree, version, today),
        *package_complaints(tree, version),
        *inspection_complaints(tree),
        *tree_complaints(tree, version),
    ]


def was_tried_on_splunk(tree: Path, digest: str) -> bool:
    """Whether `make real-splunk` has passed with this very package, on this machine."""
    report = tree / ".build" / "real-splunk.json"
    return report.exists() and digest in report.read_text("utf-8")


def orders(tree: Path) -> str:
    """What a person does now."""
    version = manifest_version(tree)
    package = package_of(tree, version)
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    commit = git(tree, "rev-parse", "HEAD")
    tried = was_tried_on_splunk(tree, digest)
    warning = "" if tried else "It has not been tried on a real Splunk here: make real-splunk\n"
    return f"""{APP} {version} is fit for release. {warning}
1. git tag --annotate v{version} --message "{APP} {version}" {commit}
   git push origin v{version}
2. Upload dist/{package.name}
   sha256 {digest}
   to the release on the project's page and to Splunkbase, with the texts and pictures of
   docs/splunkbase/listing.md and the section {version} of CHANGELOG.md as release notes.
3. Add to .ci/releases.csv, so that the next version is tested as an upgrade of this one:
   {version},{commit},
"""


def main() -> int:
    """Print what is missing, or what to do."""
    found = complaints(ROOT, datetime.now(timezone.utc).date())
    if found:
        print("Not fit for release:", *found, sep="\n  ", file=sys.stderr)  # noqa: T201
        return 1
    print(orders(ROOT))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
