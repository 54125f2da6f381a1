"""``make_splunkhome_path``: where ``solnlib.log`` puts the add-on's logs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


def make_splunkhome_path(parts: Sequence[str]) -> str:
    """$SPLUNK_HOME and the parts, never outside of it."""
    home = os.path.normpath(os.environ["SPLUNK_HOME"])
    path = os.path.normpath(Path(home, *parts))
    if os.path.relpath(path, home).startswith(os.pardir):
        raise ValueError(f'Illegal escape from parent directory "{home}": {path}')
    return path
