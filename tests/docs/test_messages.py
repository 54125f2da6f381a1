"""The log lines of docs/troubleshooting.md are those of the program, and none that matters lacks.

`…` on the page stands for what differs from case to case.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
FORMAT = re.compile(r"%[sd]|%\.\d+f")


@lru_cache(maxsize=1)
def texts() -> frozenset[str]:
    """Every text in bin/, with `…` for what is filled in."""
    return frozenset(
        FORMAT.sub("…", text)
        for file in sorted((ROOT / "bin").rglob("*.py"))
        for text in _texts(ast.parse(file.read_text("utf-8")))
    )


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values
            )


def quoted() -> list[str]:
    """What stands in code style in the first column of the page's tables."""
    rows = re.findall(r"^\| (?!The log says|---)(.*?) \|", PAGE, re.MULTILINE)
    return [text for row in rows for text in re.findall(r"`([^`]+)`", row)]


def is_said(message: str, said: frozenset[str]) -> bool:
    """Tells whether one of the texts is, or begins with, the message."""
    return any(_fits(message, text) for text in said if len(text.replace("…", "")) > 6)


def _fits(message: str, text: str) -> bool:
    filled = ".+".join(re.escape(part) for part in text.split("…"))
    beginning = re.escape(message.rstrip("… "))
    begins = re.match(rf"{beginning}(?!\w)", text) is not None
    return begins or re.fullmatch(filled, message) is not None


SETTINGS = {"log_level=ERROR", "server_count=unknown"}


@pytest.mark.parametrize("message", [text for text in quoted() if text not in SETTINGS])
def test_the_program_says_so(message: str) -> None:
    assert is_said(message, texts())


def test_a_message_that_nobody_says_is_noticed() -> None:
    said = texts()
    assert not is_said("the tenant is made of cheese", said)
    assert not is_said("access denied: HTTP 401", said)
    assert not is_said("action=clock", said)


def test_each_warning_and_error_of_the_log_is_there() -> None:
    lacking = sorted(
        name for name in _actions(("warning", "error")) if f"`action={name}" not in PAGE
    )
    assert lacking == []


def _actions(levels: tuple[str, ...]) -> set[str]:
    found = set()
    for file in sorted((ROOT / "bin").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr in levels and node.args:
                found |= set(re.findall(r"action=(\w+)", "".join(_texts(node.args[0]))))
    return found - {"refused"}  # the page that was refused says why
