"""Builds the package that the demonstration runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def build_package() -> Path:
    """Returns the package of this tree; what is wrong with its making goes to standard error.

    AppInspect is left to `make package`: it takes longer than the whole demonstration.
    """
    print("Packaging the add-on ...", file=sys.stderr, flush=True)
    command = [str(ROOT / "package.sh"), "--skip-inspection"]
    environment = {**os.environ, "PYTHON": sys.executable}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if run.returncode:
        sys.exit(f"package.sh failed:\n{run.stdout}{run.stderr}")
    manifest = json.loads((ROOT / "app.manifest").read_text("utf-8"))
    version = manifest["info"]["id"]["version"]
    return ROOT / "dist" / f"TA-invicti-auditlogs-{version}.tar.gz"
