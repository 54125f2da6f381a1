"""`make mutation`: changes the pure core in small ways and counts what its unit tests notice.

mutmut names a module by its path and drops only a leading `src`: so it works on a copy of the tree
in which `bin` is called that. The tests are those of the modules named (`TESTS`): of all, when none
is. A mutant that makes the tests run out of time is noticed, too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

from tests.conftest import ROOT

LEAST = 85.0
FOLDER = ROOT / ".build" / "mutation"
TREE = FOLDER / "tree"
VENV = FOLDER / "venv"
PINS = (ROOT / ".ci/requirements/mutation.txt", ROOT / ".ci/requirements/test.txt")
# What decides which records are read, delivered and proven, and with which words.
CORE = (
    "clock",
    "collector",
    "delivery",
    "lease",
    "masking",
    "pages",
    "patience",
    "probe",
    "progress",
    "reading",
    "received",
    "recognition",
    "reconciliation",
    "records",
    "standing",
    "survey",
    "tenant/csv_export",
    "tenant/csv_listing",
    "tenant/csv_rows",
    "tenant/csv_sheets",
    "tenant/csv_table",
    "tenant/list_after_export",
    "tenant/look_ahead",
    "tenant/pace",
    "tenant/user_dates",
    "tenant/windows_zones",
    "timeline",
)
# Which unit tests are a module's own, where it is not the one of its name.
TESTS = {
    "clock": ("delivery", "survey"),
    "collector": ("collector", "backfill", "clock_set_back", "wrong_moments"),
    "tenant/csv_export": ("csv_export", "csv_sheets"),
    "tenant/csv_listing": ("csv_export",),
    "tenant/csv_sheets": ("csv_export", "csv_sheets"),
}
NOTICED = {"killed", "timeout"}
_SECTION = """
[tool.mutmut]
source_paths = ["src"]
only_mutate = [{files}]
pytest_add_cli_args = ["-p", "tests.mutation.profile", "--hypothesis-profile=mutation"]
# Tests that compare times say nothing on a program that mutmut's switches slow down.
pytest_add_cli_args_test_selection = [{tests}, "-k", "not time_to_mask"]
# Seconds: four times as long as the tests take, and a little.
timeout_multiplier = 4.0
timeout_constant = 3.0
also_copy = ["app.manifest", "globalConfig.json", "lib", "default", "lookups", ".ci"]
"""


def main(names: list[str]) -> int:
    """Returns the exit code: 1 when the tests notice less than they should.

    Arguments:
        names: Modules of the core; none: all.
    """
    _copy_tree(names or list(CORE))
    mutmut = _installed()
    subprocess.run([mutmut, "run"], cwd=TREE, check=True)
    answer = subprocess.run(
        [mutmut, "results", "--all", "true"], cwd=TREE, check=True, capture_output=True, text=True
    )
    lines = [line.strip().rpartition(": ") for line in answer.stdout.splitlines() if ": " in line]
    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    for name, _, outcome in lines:
        outcomes[name.rpartition(".")[0].partition(".")[2]][outcome] += 1
        if outcome not in NOTICED:
            print(f"{outcome}: {name}")
    print(f"What was changed: cd {TREE.relative_to(ROOT)} && {mutmut} show <name>")
    for module, counts in sorted(outcomes.items()):
        print(_line(module, counts))
    total = sum(outcomes.values(), Counter[str]())
    print(_line("all", total), f"at least {LEAST:.0f} %")
    return int(_share(total) < LEAST)


def _line(title: str, outcomes: Counter[str]) -> str:
    noticed = sum(outcomes[name] for name in NOTICED)
    late = f"({outcomes['timeout']} by running out of time)"
    return f"{title:18}{noticed:5} of {sum(outcomes.values()):5} = {_share(outcomes):5.1f} % {late}"


def _share(outcomes: Counter[str]) -> float:
    return 100 * sum(outcomes[name] for name in NOTICED) / max(sum(outcomes.values()), 1)


def _copy_tree(names: list[str]) -> None:
    shutil.rmtree(TREE, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in listed.stdout.splitlines():
        copy = TREE / ("src" + name[3:] if name.startswith("bin/") else name)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy)
    settings = (TREE / "pyproject.toml").read_text(encoding="utf-8").replace('"bin"', '"src"')
    files = ", ".join(f'"src/invicti_collector/{name}.py"' for name in names)
    own = sorted({test for name in names for test in TESTS.get(name, (Path(name).name,))})
    tests = ", ".join(f'"tests/unit/test_{test}.py"' for test in own)
    section = _SECTION.format(files=files, tests=tests)
    (TREE / "pyproject.toml").write_text(settings + section, encoding="utf-8")


def _installed() -> Path:
    """Returns mutmut, in a venv of its own: it does not run on CPython 3.9."""
    command = VENV / "bin" / "mutmut"
    pins = "\n".join(file.read_text(encoding="utf-8") for file in PINS)
    stamp = VENV / "pins"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != pins:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
        arguments = [part for file in PINS for part in ("--requirement", str(file))]
        pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        quiet = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        subprocess.run([*pip, *arguments], check=True, env=quiet)
        stamp.write_text(pins, encoding="utf-8")
    return command


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
