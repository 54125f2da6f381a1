"""Splunk's .conf files: how one is read, written, and laid over another.

Syntax: "How to edit a configuration file" and "Configuration file structure" of the Splunk Admin
Manual: ``[stanza]``, ``key = value``, ``#`` at the start of a line is a comment, a backslash at the
end of a line continues the value on the next one, settings before any stanza belong to
``[default]``. Precedence: "Configuration file precedence": an app's local/ wins over its default/.
"""

from __future__ import annotations

import os
from pathlib import Path

Stanzas = dict[str, dict[str, str]]

DEFAULT = "default"


def parse(text: str) -> Stanzas:
    """The stanzas of a .conf file, in the order of the file."""
    stanzas: Stanzas = {}
    current = DEFAULT
    lines = iter(text.lstrip("\ufeff").splitlines())
    for line in lines:
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if stripped.startswith("[") and stripped.endswith("]"):
            current = stripped[1:-1]
            stanzas.setdefault(current, {})
            continue
        key, equals, value = line.partition("=")
        if not equals:
            continue
        while value.endswith("\\"):
            value = value[:-1] + "\n" + next(lines, "")
        stanzas.setdefault(current, {})[key.strip()] = value.strip()
    return stanzas


def render(stanzas: Stanzas) -> str:
    """The text splunkd writes to local/: a blank line after each stanza, newlines continued."""
    parts: list[str] = []
    for name, settings in stanzas.items():
        parts.append(f"[{name}]\n")
        for key, value in settings.items():
            continued = value.replace("\n", "\\\n")
            parts.append(f"{key} = {continued}\n")
        parts.append("\n")
    return "".join(parts)


_Signature = tuple[int, int, int]
_CACHE: dict[Path, tuple[_Signature, Stanzas]] = {}


def read(path: Path) -> Stanzas:
    """The stanzas of a file, none if there is no such file; parsed anew only after a change."""
    try:
        status = path.stat()
        signature = (status.st_ino, status.st_mtime_ns, status.st_size)
        known = _CACHE.get(path)
        if known is None or known[0] != signature:
            known = _CACHE[path] = (signature, parse(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    return overlay(known[1])


def write(path: Path, stanzas: Stanzas) -> None:
    """Replace a file in one step, readable by its owner only, as splunkd writes local/."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(render(stanzas), encoding="utf-8")
    temporary.chmod(0o600)
    os.replace(temporary, path)  # noqa: PTH105


def overlay(*layers: Stanzas) -> Stanzas:
    """Layers in rising precedence merged key by key."""
    merged: Stanzas = {}
    for layer in layers:
        for name, settings in layer.items():
            merged.setdefault(name, {}).update(settings)
    return merged
