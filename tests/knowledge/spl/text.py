"""The text of a search: tokens and macros filled in, then cut into commands and words.

Macros: https://docs.splunk.com/Documentation/Splunk/latest/Knowledge/Usesearchmacros
Tokens: https://docs.splunk.com/Documentation/Splunk/latest/DashStudio/tokens
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tests.knowledge.unknown import UnknownConstructError
from tests.package.test_confs import read_conf

_TOKEN = re.compile(r"\$\$|\$([A-Za-z][\w.:-]*)(?:\|(\w))?\$|\$")
_MACRO = re.compile(r"`([^`]*)`")
_COMMENT = re.compile(r"```.*?```", re.DOTALL)
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]()|]|[^"\[\]()|]+|"', re.DOTALL)
_WORD = re.compile(
    r"""\s*(?P<word>"(?:[^"\\]|\\.)*"|'[^']*'|(?P<call>[A-Za-z_]\w*(?=\())|[^\s,="'()]+|[,=()])""",
    re.DOTALL,
)
_INSIDE = re.compile(r'"(?:[^"\\]|\\.)*"|[^"()]+|[()]', re.DOTALL)


class Command(NamedTuple):
    """A command of a pipeline.

    Attributes:
        name: In lower case.
        text: All behind it, with the subsearch, if there is one.
    """

    name: str
    text: str


def filled(spl: str, tokens: Mapping[str, str]) -> str:
    """Fill in the tokens of a dashboard: `$name$`, `$name|s$` quoted; `$$` is a dollar.

    Raises:
        UnknownConstructError: for a token without a value: Splunk does not run such a search.
    """

    def value(match: re.Match[str]) -> str:
        name, form = match.groups()
        if match[0] == "$$":
            return "$"
        if name is None or name not in tokens or form not in (None, "s"):
            raise UnknownConstructError(f"the token {match[0]} without a value")
        found = tokens[name]
        escaped = found.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"' if form else found

    return _TOKEN.sub(value, spl)


def expanded(app_folder: Path, spl: str) -> str:
    """Take comments out and put the packaged macros in."""
    macros = read_conf(app_folder / "default" / "macros.conf")

    def definition(match: re.Match[str]) -> str:
        name = match[1]
        if not macros.has_section(name) or macros[name].get("iseval", "0") != "0":
            raise UnknownConstructError(f"the macro {name}")
        return macros[name]["definition"]

    return _MACRO.sub(definition, _COMMENT.sub(" ", spl))


def commands_of(spl: str) -> list[Command]:
    """Cut a search at its pipes; the first command is `search` where none is named."""
    parts = _cut(spl, "|")
    first = parts[0].strip()
    parts = parts[1:] if not first else [first if _named(first) else f"search {first}", *parts[1:]]
    return [_command(part) for part in parts]


def _named(first: str) -> bool:
    return re.match(r"search\s", first) is not None


def _command(part: str) -> Command:
    match = re.fullmatch(r"\s*([a-z]+)\b\s*(.*?)\s*", part, re.DOTALL)
    if match is None:
        raise UnknownConstructError(f"a command that begins with {part.strip()[:20]!r}")
    return Command(match[1], match[2])


def _cut(text: str, mark: str) -> list[str]:
    """Cut at a mark that stands outside of quotes and brackets."""
    parts, depth = [""], 0
    for piece in _PIECE.findall(text):
        if piece == '"':
            raise UnknownConstructError(f"an open quote in {text}")
        depth += (piece in "[(") - (piece in "])") if len(piece) == 1 else 0
        for number, part in enumerate(
            [piece] if piece[0] == '"' or depth or mark not in piece else piece.split(mark)
        ):
            if number:
                parts.append("")
            parts[-1] += part
    if depth:
        raise UnknownConstructError(f"an open bracket in {text}")
    return parts


def cut_at_commas(text: str) -> list[str]:
    """Cut at commas outside of quotes and brackets."""
    return [part.strip() for part in _cut(text, ",")]


def words_of(text: str) -> list[str]:
    """Cut arguments into words: names, `=`, `,`, quoted texts, functions with their brackets."""
    found, place = [], 0
    while place < len(text.rstrip()):
        match = _WORD.match(text, place)
        if match is None:
            raise UnknownConstructError(f"{text[place:]!r} in the arguments of a command")
        end = _closing(text, match.end()) if match["call"] else match.end()
        found.append(text[match.start("word") : end])
        place = end
    return found


def _closing(text: str, place: int) -> int:
    """Return the place behind the bracket that closes the one at `place`."""
    depth = 0
    for piece in _INSIDE.finditer(text, place):
        depth += (piece[0] == "(") - (piece[0] == ")")
        if depth == 0:
            return piece.end()
    raise UnknownConstructError(f"an open bracket in {text}")


def unquoted(word: str) -> str:
    """Take the quotes off a word, if it has any."""
    if len(word) > 1 and word[0] == word[-1] == '"':
        return re.sub(r'\\(["\\])', r"\1", word[1:-1])
    return word[1:-1] if len(word) > 1 and word[0] == word[-1] == "'" else word


class Arguments:
    """The words of a command, options taken out.

    Args:
        text: Behind the command.
        options: The names of options (`name=value`) that the command knows here.
    """

    def __init__(self, text: str, *options: str) -> None:
        words = words_of(text)
        self.options: dict[str, str] = {}
        self.words: list[str] = []
        while words:
            word = words.pop(0)
            if words and words[0] == "=":
                if word.lower() not in options or len(words) < 2:
                    raise UnknownConstructError(f"the option {word} in: {text}")
                self.options[word.lower()] = unquoted(words[1])
                words = words[2:]
            else:
                self.words.append(word)

    def flag(self, name: str, default: str) -> bool:
        """Return an option that is true or false."""
        value = self.options.get(name, default).lower()
        if value not in ("t", "f", "true", "false", "0", "1"):
            raise UnknownConstructError(f"{name}={value}")
        return value in ("t", "true", "1")

    def names(self) -> list[str]:
        """Return the words as names of fields, commas left out."""
        return [unquoted(word) for word in self.words if word != ","]

    def before_and_after(self, *separators: str) -> tuple[list[str], list[str]]:
        """Return the words before and after a separator such as BY; nothing where it is not."""
        at = next((n for n, word in enumerate(self.words) if word.lower() in separators), None)
        return (self.words, []) if at is None else (self.words[:at], self.words[at + 1 :])
