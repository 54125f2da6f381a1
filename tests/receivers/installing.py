"""Installs third-party software of some tests, pinned, below .build: none is packaged.

Where it cannot be had, a test that needs it is skipped with the reason; in CI that is an error.
"""

from __future__ import annotations

import fcntl
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest

from tests.conftest import ROOT, find_interpreter

BUILD = ROOT / ".build"
PINS = ROOT / ".ci" / "requirements"
_PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--require-hashes")


class MissingError(Exception):
    """Something that cannot be installed here."""


def tenzir_engine() -> Path:
    """The Tenzir engine, a third-party HEC receiver.

    Raises:
        MissingError: where there is no wheel for this machine.
    """
    folder = BUILD / "tenzir"
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise MissingError("Tenzir has a wheel for Linux on x86-64 only")

    def install() -> None:
        # The engine is a program of its own, whatever Python the wheel says that it needs.
        options = ("--no-deps", "--ignore-requires-python", "--upgrade", "--target", str(folder))
        run(sys.executable, *_PIP, *options, "-r", str(PINS / "tenzir.txt"))

    install_once(folder, PINS / "tenzir.txt", install)
    return folder / "tenzir" / "bundled" / "bin" / "tenzir"


def tools() -> Path:
    """The folder with mitmdump, and with a Python that has the third-party HEC clients.

    Raises:
        MissingError: where no Python is new enough for them.
    """
    return _venv("hec")


def schemathesis() -> Path:
    """The command that calls REST endpoints as their OpenAPI description says.

    Raises:
        MissingError: where no Python is new enough for it.
    """
    return _venv("schemathesis") / "schemathesis"


def _venv(name: str) -> Path:
    folder, pins = BUILD / f"venv-{name}", PINS / f"{name}.txt"
    found = (find_interpreter(version) for version in ("3.11", "3.12", "3.13"))
    python = next((python for python in found if python is not None), None)
    if python is None:
        raise MissingError(f"what {pins.name} pins needs CPython 3.11, 3.12 or 3.13")

    def install() -> None:
        run(str(python), "-m", "venv", "--clear", str(folder))
        run(str(folder / "bin" / "python"), *_PIP, "-r", str(pins))

    install_once(folder, pins, install)
    return folder / "bin"


def data_models() -> Path:
    """The folder with the data models of Splunk's Common Information Model, one JSON file each."""
    folder = BUILD / "cim"

    def install() -> None:
        options = ("--no-deps", "--ignore-requires-python", "--upgrade", "--target", str(folder))
        run(sys.executable, *_PIP, *options, "-r", str(PINS / "cim.txt"))

    install_once(folder, PINS / "cim.txt", install)
    return folder / "pytest_splunk_addon" / "data_models"


def spl_linter() -> Path:
    """The linter of SPL.

    Raises:
        MissingError: where no Python is new enough for it.
    """
    folder = BUILD / "venv-splint"
    found = (find_interpreter(version) for version in ("3.11", "3.12", "3.13"))
    python = next((python for python in found if python is not None), None)
    if python is None:
        raise MissingError("splint-spl needs CPython 3.11, 3.12 or 3.13")

    def install() -> None:
        run(str(python), "-m", "venv", "--clear", str(folder))
        run(str(folder / "bin" / "python"), *_PIP, "-r", str(PINS / "splint.txt"))

    install_once(folder, PINS / "splint.txt", install)
    return folder / "bin" / "splint"


def addon_tester() -> Path:
    """A Python that has Splunk's pytest-splunk-addon, which needs an old pytest."""
    folder = BUILD / "venv-addon"

    def install() -> None:
        run(sys.executable, "-m", "venv", "--clear", str(folder))
        run(str(folder / "bin" / "python"), *_PIP, "-r", str(PINS / "addon.txt"))

    install_once(folder, PINS / "addon.txt", install)
    return folder / "bin" / "python"


def or_skip(get: Callable[[], Path]) -> Path:
    """What `get` returns; skips the test where it is not to be had, in CI fails it."""
    try:
        return get()
    except MissingError as reason:
        if os.environ.get("CI") == "true":
            pytest.fail(str(reason))
        pytest.skip(str(reason))


def install_once(folder: Path, pins: Path, install: Callable[[], None]) -> None:
    """Installs unless these very pins are installed, however many test processes ask."""
    BUILD.mkdir(exist_ok=True)
    wanted = pins.read_text(encoding="utf-8")
    stamp = folder / "stamp"
    with (BUILD / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
            install()
            stamp.write_text(wanted, encoding="utf-8")


def run(*command: str, **environment: str) -> None:
    """Runs a command, with more in its environment.

    Raises:
        MissingError: when it fails, with what it said.
    """
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise MissingError(f"{' '.join(command)} failed: {done.stderr.strip()}")
