"""What tests of several folders share: the built package and the Pythons that Splunk runs it on."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.ui.chromium import find_chromium, launched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
APP = "TA-invicti-auditlogs"
BUILT = ROOT / ".build" / "test-package"
# What decides the bytes of the package, besides the paths in contents.txt.
RECIPE = ("package.sh", "globalConfig.json", ".ci/package", ".ci/requirements/package.txt")
# The CPython versions of the supported Splunk releases.
PYTHONS = ("3.9", "3.13")

# A busy machine fails no test.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_xdist_auto_num_workers() -> int:
    """Two a core, since most tests wait: for time limits and for what they have started."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(scope="session")
def package() -> Path:
    """The built package; built once for a state of the tree, however many test processes ask."""
    BUILT.mkdir(parents=True, exist_ok=True)
    with _locked(BUILT / "lock"):
        return _build_of_this_tree()


@pytest.fixture(scope="session")
def app_folder(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked app, as under Splunk's etc/apps: its parent holds nothing else."""
    apps = tmp_path_factory.mktemp("apps")
    with tarfile.open(package) as archive:
        archive.extractall(apps)  # noqa: S202 - our own archive
    return apps / APP


@pytest.fixture(scope="session", params=PYTHONS)
def interpreter(request: pytest.FixtureRequest) -> Path:
    """Each Python that Splunk runs the add-on on; CI has them all, other machines may not."""
    version: str = request.param
    found = find_interpreter(version)
    if found is None and os.environ.get("CI") == "true":
        pytest.fail(f"CPython {version} is missing: neither in PATH nor in pyenv")
    if found is None:
        pytest.skip(f"CPython {version} is missing: neither in PATH nor in pyenv")
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, one for a test process; CI has it, other machines may not."""
    path = find_chromium()
    missing = "Chromium is missing: `.ci/install-browser` installs it"
    if path is None and os.environ.get("CI") == "true":
        pytest.fail(missing)
    if path is None:
        pytest.skip(missing)
    with launched(path) as chromium:
        yield chromium


def find_interpreter(version: str) -> Path | None:
    """Find a CPython of this version that runs: pyenv's command of that name may be a mere shim."""
    in_path = shutil.which(f"python{version}")
    in_pyenv = sorted((_pyenv_root() / "versions").glob(f"{version}.*/bin/python"), reverse=True)
    candidates = [*([Path(in_path)] if in_path else []), *in_pyenv, Path(sys.executable)]
    return next((python for python in candidates if _version_of(python) == version), None)


def _pyenv_root() -> Path:
    if "PYENV_ROOT" in os.environ:
        return Path(os.environ["PYENV_ROOT"])
    if not shutil.which("pyenv"):
        return Path.home() / ".pyenv"
    answer = subprocess.run(["pyenv", "root"], capture_output=True, text=True, check=False)
    return Path(answer.stdout.strip() or Path.home() / ".pyenv")


def _version_of(python: Path) -> str:
    code = "import sys; print(sys.implementation.name, '%d.%d' % sys.version_info[:2])"
    answer = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return answer.stdout.strip().replace("cpython ", "")


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _build_of_this_tree() -> Path:
    digest = _tree_digest()
    folder = BUILT / digest
    if not list(folder.glob("*.tar.gz")):
        _forget_old_builds()
        build_package(ROOT, folder)
        if digest != _tree_digest():  # edited meanwhile: what was built is neither state
            shutil.rmtree(folder)
            return _build_of_this_tree()
    return next(folder.glob("*.tar.gz"))


def build_package(tree: Path, output: Path) -> None:
    """Run a tree's package.sh without the inspection; its words are the failure's message."""
    command = [str(tree / "package.sh"), "--skip-inspection", "--output", str(output)]
    environment = {"PYTHON": sys.executable, **os.environ}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"package.sh failed:\n{done.stdout}\n{done.stderr}", pytrace=False)


def _tree_digest() -> str:
    digest = hashlib.sha256()
    for file in package_sources(ROOT):
        digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def package_sources(tree: Path) -> list[Path]:
    """The files of a tree that the package is made from, sorted."""
    contents = (tree / ".ci" / "package" / "contents.txt").read_text(encoding="utf-8").split()
    roots = [tree / name for name in (*contents, *RECIPE)]
    files = {file for root in roots for file in (root.rglob("*") if root.is_dir() else [root])}
    return sorted(file for file in files if file.is_file() and file.suffix != ".pyc")


def _forget_old_builds() -> None:
    yesterday = time.time() - 86_400
    for folder in BUILT.iterdir():
        if folder.is_dir() and folder.stat().st_mtime < yesterday:
            shutil.rmtree(folder)
