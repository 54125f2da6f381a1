"""Turns what ucc-gen built into the archive that ships: the same tree gives the same bytes.

Run by package.sh as ``pack.py APP_FOLDER ARCHIVE``; APP_FOLDER is changed in place.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Splunk refuses archives from before 1980.
FIRST_TIME = 315_532_800 + 366 * 86_400
TIMES = 20 * 365 * 86_400
UNWANTED_FOLDERS = ("__pycache__", "tests", "test")
# pip notes here how it installed: true of this machine only, and of files that are stripped.
INSTALL_NOTES = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
NATIVE = (".so", ".pyd", ".dll", ".dylib")


def strip(app: Path) -> None:
    """Remove what must not ship: byte code, libraries' tests and scripts, pip's notes."""
    shutil.rmtree(app / "lib" / "bin", ignore_errors=True)
    for folder in [path for path in app.rglob("*") if path.name in UNWANTED_FOLDERS]:
        shutil.rmtree(folder, ignore_errors=True)
    for file in [*app.rglob("*.py[co]"), *_install_notes(app)]:
        file.unlink()
    # Git does not keep empty folders: with them, a clone would give another archive.
    for folder in reversed(_sorted_paths(app)):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _install_notes(app: Path) -> Iterator[Path]:
    for metadata in (app / "lib").glob("*.dist-info"):
        yield from (metadata / note for note in INSTALL_NOTES if (metadata / note).exists())


def refuse_native_code(app: Path) -> None:
    """A compiled module would run on one platform and one Python only."""
    native = sorted(str(path.relative_to(app)) for path in app.rglob("*") if path.suffix in NATIVE)
    if native:
        raise SystemExit(f"pack.py: compiled code in the package: {', '.join(native)}")


def fix_build_number(app: Path) -> None:
    """Replace ucc-gen's build time by a number that depends on the content alone.

    Splunk Web puts it into the addresses of the add-on's pages, so that a browser does not show
    those of the build before: it has to change with the content, and with nothing else.
    """
    app_conf = app / "default" / "app.conf"
    found = re.search(r"(?m)^build = (\d+)$", app_conf.read_text(encoding="utf-8"))
    if not found:
        raise SystemExit(f"pack.py: no build number in {app_conf}")
    files = [app_conf, app / "appserver" / "templates" / "base.html"]
    _replace(files, found.group(1), "0")
    _replace(files, "0", _content_number(app))


def _replace(files: list[Path], old: str, new: str) -> None:
    for file in files:
        text = file.read_text(encoding="utf-8")
        text = re.sub(rf"(?m)^build = {old}$", f"build = {new}", text)
        file.write_text(text.replace(f"/static/@{old}/", f"/static/@{new}/"), encoding="utf-8")


def _content_number(app: Path) -> str:
    digest = hashlib.sha256()
    for file in _sorted_paths(app):
        if file.is_file():
            digest.update(file.relative_to(app).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return str(int(digest.hexdigest()[:7], 16) + 1)


def _sorted_paths(app: Path) -> list[Path]:
    return sorted(app.rglob("*"), key=lambda path: path.relative_to(app).as_posix())


def write_archive(app: Path, archive: Path) -> None:
    """Write the archive in sorted order, without this machine's times, owners and modes."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    unfinished = archive.with_suffix(".part")
    with unfinished.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        _write_tar(app, packed)
    # A reader never sees half an archive.
    unfinished.replace(archive)


def _write_tar(app: Path, stream: gzip.GzipFile) -> None:
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in [app, *_sorted_paths(app)]:
            name = path.relative_to(app.parent).as_posix()
            _add(tar, path, tar.gettarinfo(str(path), name))


def _add(tar: tarfile.TarFile, path: Path, entry: tarfile.TarInfo) -> None:
    entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = _time_of(path), 0, 0, "", ""
    entry.mode = 0o755 if entry.isdir() else 0o644
    if entry.isdir():
        tar.addfile(entry)
    elif entry.isfile():
        with path.open("rb") as content:
            tar.addfile(entry, content)
    else:
        raise SystemExit(f"pack.py: neither a file nor a folder: {path}")


def _time_of(path: Path) -> int:
    """Give each content a time of its own, the same on every machine.

    Python keeps byte code beside a module and trusts it while time and size of the module are the
    same: with one time for all, a module whose length does not change would never be upgraded.
    """
    content = path.read_bytes() if path.is_file() else b""
    return FIRST_TIME + int(hashlib.sha256(content).hexdigest()[:15], 16) % TIMES


def main(app: Path, archive: Path) -> None:
    """Strip, check, number and pack the built app."""
    strip(app)
    refuse_native_code(app)
    fix_build_number(app)
    write_archive(app, archive)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
