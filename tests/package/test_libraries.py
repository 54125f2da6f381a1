"""The packaged code runs on the Pythons of Splunk with nothing installed but the package."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

# What the add-on and UCC's REST handlers use, as far as it does without Splunk's own modules.
MODULES = [
    "splunklib.modularinput",
    "splunklib.client",
    "solnlib.conf_manager",
    "solnlib.credentials",
    "solnlib.log",
    "solnlib.splunk_rest_client",
    "solnlib.splunkenv",
    "solnlib.modular_input",
    "splunktaucclib.rest_handler.endpoint.field",
    "splunktaucclib.rest_handler.endpoint.validator",
    "splunktaucclib.rest_handler.error",
    "requests",
    "socks",
    "tzlocal.windows_tz",
    "tzdata",
    "urllib3.contrib.socks",
]
# Imports a module, and prints what was loaded from outside the package and the standard library.
PROBE = """
import importlib, json, os, sys
lib, name = sys.argv[1:]
sys.path.insert(0, lib)
module = importlib.import_module(name)
standard = os.path.dirname(os.__file__)
files = [getattr(m, "__file__", None) for m in list(sys.modules.values())]
foreign = [f for f in files if f and not f.startswith((lib, standard))]
print(json.dumps({"file": module.__file__, "foreign": foreign}))
"""


def run(interpreter: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(interpreter), "-I", "-S", "-B", "-W", "error::SyntaxWarning", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("module", MODULES)
def test_imports_from_the_package_alone(app_folder: Path, interpreter: Path, module: str) -> None:
    lib = str(app_folder / "lib")
    done = run(interpreter, "-c", PROBE, lib, module)
    assert done.returncode == 0, done.stderr
    # splunktaucclib prints a line of its own where Splunk's modules are missing.
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["file"].startswith(lib)
    assert answer["foreign"] == []


def test_the_add_on_imports_with_the_package_alone(app_folder: Path, interpreter: Path) -> None:
    bin_folder = app_folder / "bin"
    collector = sorted((bin_folder / "invicti_collector").rglob("*.py"))
    modules = [
        ".".join(file.relative_to(bin_folder).with_suffix("").parts).replace(".__init__", "")
        for file in collector
    ]
    code = (
        "import sys, importlib; sys.path.insert(0, sys.argv[1])\n"
        "for name in sys.argv[2:]: importlib.import_module(name)"
    )
    done = run(interpreter, "-c", code, str(bin_folder), "invicti_auditlogs", *modules)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_module_that_is_not_packaged_is_not_found(app_folder: Path, interpreter: Path) -> None:
    done = run(interpreter, "-c", PROBE, str(app_folder / "lib"), "pytest")
    assert "No module named 'pytest'" in done.stderr


def test_requests_takes_the_packaged_versions(app_folder: Path, interpreter: Path) -> None:
    # requests warns on import when it does not know the version of what it was given.
    code = (
        "import sys, warnings; warnings.simplefilter('error'); sys.path.insert(0, sys.argv[1]); "
        "import requests, urllib3; print(urllib3.__version__.split('.')[0])"
    )
    done = run(interpreter, "-c", code, str(app_folder / "lib"))
    assert (done.stdout.strip(), done.stderr) == ("2", "")


def test_every_file_compiles(app_folder: Path, interpreter: Path, tmp_path: Path) -> None:
    prefix = f"pycache_prefix={tmp_path}"
    command = [str(interpreter), "-X", prefix, "-m", "compileall", "-q", str(app_folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
