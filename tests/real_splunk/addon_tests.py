"""Splunk's own tests of add-ons (pytest-splunk-addon), with a pytest of their own.

They look at the events that are in the index already, the samples of tests/knowledge.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.receivers.installing import addon_tester

FOLDER = Path(__file__).with_name("addon")
LINES = 30


class Splunk(NamedTuple):
    """How the tool reaches Splunk.

    Attributes:
        port: Of splunkd, on this machine.
        hec_port: Of its HTTP Event Collector, which the tool wants to see alive.
        password: Of the user admin.
        hec_token: Of the collector.
    """

    port: int
    hec_port: int
    password: str
    hec_token: str


def run_addon_tests(app_folder: Path, splunk: Splunk) -> list[str]:
    """Returns the tests that failed, none when all passed.

    Args:
        app_folder: The unpacked app.
        splunk: With the app installed and the samples indexed.
    """
    done = pytest_of_addon(
        app_folder,
        "--splunk-host=127.0.0.1",
        f"--splunk-port={splunk.port}",
        f"--splunk-hec-port={splunk.hec_port}",
        secrets=f"--splunk-password={splunk.password} --splunk-hec-token={splunk.hec_token}",
    )
    if done.returncode == 0:
        return []
    lines = done.stdout.splitlines()
    return [line for line in lines if line.startswith(("FAILED", "ERROR"))] or lines[-LINES:]


def pytest_of_addon(
    app_folder: Path, *arguments: str, secrets: str = ""
) -> subprocess.CompletedProcess[str]:
    """Runs the tool; its files go to a folder that is removed.

    Args:
        app_folder: The unpacked app.
        arguments: Of pytest, beside those of `addon/pytest.ini`.
        secrets: Arguments that no other user of this machine may see.
    """
    python = addon_tester()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "addon"
        shutil.copytree(FOLDER, folder)
        command = [str(python), "-m", "pytest", "-c", "pytest.ini", f"--splunk-app={app_folder}"]
        return subprocess.run(
            [*command, f"--splunk-data-generator={folder}", *arguments],
            cwd=folder,
            env={**os.environ, "PYTEST_ADDOPTS": secrets},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
