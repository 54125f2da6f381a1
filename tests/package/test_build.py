"""package.sh gives the same bytes for the same tree, and stops rather than ship something else."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.conftest import APP, ROOT, build_package, package_sources

PACK = ROOT / ".ci" / "package" / "pack.py"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The sources in another folder, as in a fresh clone."""
    tree = tmp_path / "another folder"
    for file in package_sources(ROOT):
        target = tree / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        target.chmod(0o700 if file.suffix == ".sh" else 0o600)
        os.utime(target, (1_000_000_000, 1_000_000_000))
    return tree


def run(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHON": sys.executable, **os.environ}
    command = [str(tree / "package.sh"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_clone_elsewhere_gives_the_same_bytes(
    package: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Another time zone, empty folders, byte code and an editor's leavings must make no difference.
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    (copy / "bin" / "empty" / "__pycache__").mkdir(parents=True)
    (copy / "bin" / "empty" / "__pycache__" / "a.cpython-39.pyc").write_bytes(b"x")
    (copy / "default" / ".props.conf.swp").write_bytes(b"x")
    (copy / "default" / "props.conf~").write_bytes(b"x")
    build_package(copy, copy / "out")
    again = copy / "out" / package.name
    assert _sha256(again) == _sha256(package)
    names = [file.with_suffix("").with_suffix(".cdx.json") for file in (again, package)]
    assert names[0].read_bytes() == names[1].read_bytes()


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_help_tells_the_options(copy: Path) -> None:
    done = run(copy, "--help")
    assert done.returncode == 0
    assert "--skip-inspection" in done.stdout


def test_an_unknown_option_is_refused(copy: Path) -> None:
    done = run(copy, "--fast")
    assert done.returncode == 1
    assert "unknown option: --fast" in done.stderr


def test_without_our_input_script_nothing_is_packaged(copy: Path) -> None:
    (copy / "bin" / "invicti_auditlogs.py").unlink()
    done = run(copy, "--skip-inspection")
    assert done.returncode == 1
    assert "bin/invicti_auditlogs.py is missing" in done.stderr
    assert not (copy / "dist").exists()


def built_app(tmp_path: Path) -> Path:
    """The least that pack.py takes for an app."""
    app = tmp_path / APP
    for name, text in [
        ("default/app.conf", "[install]\nbuild = 1700000000\n"),
        ("appserver/templates/base.html", "<script src='../../static/@1700000000/js/i18n.js'>"),
        ("lib/a/__init__.py", "A = 1700000000\n"),
    ]:
        (app / name).parent.mkdir(parents=True)
        (app / name).write_text(text)
    return app


def pack(app: Path, archive: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PACK), str(app), str(archive)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_compiled_code_is_refused(tmp_path: Path) -> None:
    app = built_app(tmp_path)
    (app / "lib" / "a" / "fast.cpython-39-x86_64-linux-gnu.so").write_bytes(b"\x7fELF")
    done = pack(app, tmp_path / "a.tar.gz")
    assert done.returncode == 1
    assert "compiled code in the package: lib/a/fast." in done.stderr
    assert not (tmp_path / "a.tar.gz").exists()


def test_a_link_is_refused(tmp_path: Path) -> None:
    app = built_app(tmp_path)
    (app / "lib" / "link.py").symlink_to(app / "lib" / "a" / "__init__.py")
    assert "neither a file nor a folder" in pack(app, tmp_path / "a.tar.gz").stderr


def times(archive: Path) -> dict[str, float]:
    with tarfile.open(archive) as files:
        return {entry.name.partition("/")[2]: entry.mtime for entry in files.getmembers()}


def test_a_file_has_another_time_once_its_content_differs(tmp_path: Path) -> None:
    """Else Python would take the byte code that it kept of the last version for the new one's."""
    found = []
    for folder, content in (("a", "A = 60\n"), ("b", "A = 90\n"), ("c", "A = 60\n")):
        app = built_app(tmp_path / folder)
        (app / "lib" / "a" / "__init__.py").write_text(content)
        assert pack(app, tmp_path / f"{folder}.tar.gz").returncode == 0
        found.append(times(tmp_path / f"{folder}.tar.gz")["lib/a/__init__.py"])
    assert found[0] == found[2] != found[1]


def build_number(app: Path) -> str:
    number = (app / "default" / "app.conf").read_text().split("build = ")[1].strip()
    assert f"/@{number}/" in (app / "appserver" / "templates" / "base.html").read_text()
    return number


def test_the_build_number_depends_on_the_content_alone(tmp_path: Path) -> None:
    numbers = []
    for folder, built_at, content in [("a", "17", "1"), ("b", "18", "1"), ("c", "17", "2")]:
        app = built_app(tmp_path / folder)
        for file in ("default/app.conf", "appserver/templates/base.html"):
            text = (app / file).read_text().replace("1700000000", f"{built_at}00000000")
            (app / file).write_text(text)
        (app / "lib" / "a" / "__init__.py").write_text(content)
        assert pack(app, tmp_path / f"{folder}.tar.gz").returncode == 0
        numbers.append(build_number(app))
    assert numbers[0] == numbers[1] != numbers[2]
    assert int(numbers[0]) > 0
