"""The releases, and the package of each, built from its own commit.

`.ci/releases.csv` names the commit of each version, oldest first, since a clone may lack the tags;
where there is a tag `v<version>`, it counts.
"""

from __future__ import annotations

import csv
import fcntl
import io
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import APP, ROOT, build_package

RELEASES = ROOT / ".ci" / "releases.csv"
BUILDS = ROOT / ".build" / "releases"


class UnknownReleaseError(Exception):
    """This clone does not have the commit of a release."""


@dataclass(frozen=True)
class Release:
    """One line of `.ci/releases.csv`.

    Attributes:
        version: As in its app.manifest.
        commit: That it was made from, where the clone has no tag for it.
    """

    version: str
    commit: str

    @property
    def tag(self) -> str:
        """What the release is called in git."""
        return f"v{self.version}"


def releases(file: Path = RELEASES) -> list[Release]:
    """All releases, oldest first."""
    rows = csv.DictReader(file.read_text("utf-8").splitlines())
    return [Release(row["version"], row["commit"]) for row in rows]


def commit_of(release: Release, tree: Path = ROOT) -> str:
    """The commit of a release: its tag's, else the recorded one.

    Raises:
        UnknownReleaseError: when the clone has neither.
    """
    for name in (f"refs/tags/{release.tag}", release.commit):
        done = _git(tree, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if done.returncode == 0:
            return done.stdout.decode().strip()
    raise UnknownReleaseError(
        f"the commit {release.commit} of {release.version} is not in this clone: "
        "git fetch --unshallow --tags"
    )


def package_of(release: Release) -> Path:
    """The package of a release, built once with that release's own package.sh.

    Raises:
        UnknownReleaseError: see `commit_of`.
    """
    commit = commit_of(release)
    folder = BUILDS / f"{release.version}-{commit[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        package = folder / f"{APP}-{release.version}.tar.gz"
        if not package.exists():
            tree = folder / "tree"
            archive = _git(ROOT, "archive", "--format=tar", commit)
            with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
                files.extractall(tree)  # noqa: S202 - our own history
            build_package(tree, folder)
            shutil.rmtree(tree)
    return package


def _git(tree: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", "-C", str(tree), *arguments], capture_output=True, check=False)
