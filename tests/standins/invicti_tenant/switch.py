"""How a switch is declared: a dataclass field that knows its help text, source and choices.

In a source "api n" is invicti-api.md section n, "swagger" invicti-auditlogs-swagger.json and
"design n" design.md section n; [V] verified, [I] inferred, [U] unknown.
"""

from __future__ import annotations

from dataclasses import field
from typing import TypeVar

T = TypeVar("T")


def switch(
    default: T, about: str, source: str, choices: tuple[str, ...] = (), *, fixed: bool = False
) -> T:
    """A field; `fixed` ones shape the history and cannot change while the tenant runs."""
    metadata = {"help": about, "source": source, "choices": choices, "fixed": fixed}
    return field(default=default, metadata=metadata)
