"""Which commit a release was made from."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.upgrade.releases import Release, UnknownReleaseError, commit_of, releases


@pytest.fixture(name="tree")
def _tree(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    return tmp_path


def git(tree: Path, *arguments: str) -> str:
    person = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    command = ["git", "-C", str(tree), *person, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit(tree: Path) -> str:
    git(tree, "commit", "--quiet", "--allow-empty", "--message", "x")
    return git(tree, "rev-parse", "HEAD")


def test_the_recorded_commit_counts_without_a_tag(tree: Path) -> None:
    first = commit(tree)
    commit(tree)
    assert commit_of(Release("1.0.0", first[:12]), tree) == first


def test_a_tag_counts_more(tree: Path) -> None:
    first, second = commit(tree), commit(tree)
    git(tree, "tag", "--annotate", "v1.0.0", "--message", "x", second)
    assert commit_of(Release("1.0.0", first), tree) == second
    assert commit_of(Release("1.1.0", first), tree) == first


def test_a_clone_that_lacks_the_commit_says_what_to_do(tree: Path) -> None:
    commit(tree)
    with pytest.raises(UnknownReleaseError, match="git fetch --unshallow --tags"):
        commit_of(Release("1.0.0", "0123456789abcdef0123456789abcdef01234567"), tree)


def test_the_list_is_read_in_its_order(tmp_path: Path) -> None:
    file = tmp_path / "releases.csv"
    file.write_text('version,commit,note\n1.0.0,abc,"first, at last"\n1.1.0,def,\n')
    assert releases(file) == [Release("1.0.0", "abc"), Release("1.1.0", "def")]
    assert releases()
