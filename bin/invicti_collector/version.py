# SPDX-License-Identifier: Apache-2.0
"""The add-on's version, which stands in app.manifest and nowhere else."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def version() -> str:
    """Returns the version of the add-on that this program is part of."""
    manifest = Path(__file__).resolve().parents[2] / "app.manifest"
    return str(json.loads(manifest.read_text("utf-8"))["info"]["id"]["version"])
