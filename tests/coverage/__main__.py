"""`make coverage`: runs the tests, measures bin/ wherever it runs, and fails below the least.

The unit tests load the program from the tree. All others start the packaged add-on under CPython
3.13, in processes whose whole environment the splunkd stand-in makes: it passes on what is set here
(tests/standins/splunkd/input_run.py). A process that is killed leaves no data.

With `--add`, what was measured before of the same bin/ counts, too: so all can be measured in
parts.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT, find_interpreter

LEAST = 95.0
FOLDER = ROOT / ".build" / "coverage"
PROGRAM = FOLDER / "program"
"""The digest of what was measured: lines have moved in another one."""

SETTINGS = Path(__file__).with_name("settings.ini")
HOOK = Path(__file__).with_name("hook")
PINS = ROOT / ".ci" / "requirements" / "test.txt"
PACKAGED = "3.13"
NOT_MEASURED = (
    # What these measure, time and memory, is not the program's own under a tracer.
    "tests/bench",
    "tests/integration/test_cost.py",
    # The release before has modules of the same names, with other lines.
    "tests/upgrade",
    # These look at the environment that a process gets, to which measuring adds.
    "tests/unit/standins",
    "tests/coverage",
)


def main() -> int:
    """Returns the exit code: of the tests if they fail, 1 below the least, else 0."""
    adds = "--add" in sys.argv
    chosen = [argument for argument in sys.argv[1:] if argument != "--add"]
    _prepare(adds=adds)
    library = _library_for(PACKAGED)
    environment = {
        **os.environ,
        "COVERAGE_FOLDER": str(FOLDER),
        "COVERAGE_PROCESS_START": str(SETTINGS),
        "PACKAGED_PYTHONPATH": f"{HOOK}{os.pathsep}{library}",
        "PYTHONPATH": str(HOOK),
    }
    ignored = [f"--ignore={path}" for path in NOT_MEASURED]
    tests = ["-m", "pytest", "-q", "-n", "auto", "-k", "not 3.9", *ignored, *chosen]
    done = subprocess.run([sys.executable, *tests], env=environment, cwd=ROOT, check=False)
    _coverage("combine", "--quiet", *(["--append"] if adds else []))
    _coverage("json", "--quiet", "-o", str(FOLDER / "coverage.json"))
    _coverage("report", "--show-missing", "--skip-covered")
    totals = json.loads((FOLDER / "coverage.json").read_text(encoding="utf-8"))["totals"]
    share = 100 * totals["covered_branches"] / totals["num_branches"]
    print(f"branches covered: {share:.1f} % of {totals['num_branches']}, at least {LEAST:.0f} %")
    return done.returncode or int(share < LEAST)


def _prepare(*, adds: bool) -> None:
    digest = hashlib.sha256()
    for file in sorted((ROOT / "bin").rglob("*.py")):
        digest.update(file.read_bytes())
    if not adds:
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        PROGRAM.write_text(digest.hexdigest(), encoding="utf-8")
    elif not PROGRAM.exists() or PROGRAM.read_text(encoding="utf-8") != digest.hexdigest():
        raise SystemExit("--add: nothing was measured yet of bin/ as it is now")


def _library_for(version: str) -> Path:
    """Installs coverage, as pinned, for the packaged add-on's Python: its tracer is compiled."""
    python = find_interpreter(version)
    if python is None:
        raise SystemExit(f"CPython {version} is missing: neither in PATH nor in pyenv")
    pin = next(line for line in PINS.read_text().splitlines() if line.startswith("coverage=="))
    library = FOLDER / "library"
    if library.exists():
        return library
    pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([python, *pip, "--target", str(library), pin], check=True)
    return library


def _coverage(*arguments: str) -> None:
    command = [sys.executable, "-m", "coverage", *arguments, f"--rcfile={SETTINGS}"]
    environment = {**os.environ, "COVERAGE_FOLDER": str(FOLDER)}
    subprocess.run(command, env=environment, cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main())
