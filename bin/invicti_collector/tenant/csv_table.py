# SPDX-License-Identifier: Apache-2.0
"""The table in a CSV answer: bytes to lines of cells, whatever encoding and separator came.

Nothing of it is documented (invicti-api.md 1.3, 2.2), so nothing is taken for granted.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

SEPARATORS = {"Comma": ",", "Semicolon": ";", "Pipe": "|", "Tab": "\t"}
"""The values of `csvSeparator` (invicti-api.md 1.2)."""

LARGEST_CELL = 2**31 - 1
"""More than an answer may have; the `csv` module's own limit is 128 KiB."""

HEAD = 5
"""Lines among which the names of the columns are looked for: some exporters write a title first."""

MOST_CELLS = 1_000_000
"""Of one answer: each costs up to 200 bytes as a field of a record."""

_TELLING = 64 * 1024
_NONE = (0, False, 0)

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Table(NamedTuple):
    """What an answer holds.

    Attributes:
        lines: Its lines, of cells each, without empty ones.
        ended: Whether the last line ends as a line ends.
        complete: Whether these are all, and not just the first that may be.
    """

    lines: list[list[str]]
    ended: bool
    complete: bool


def read_table(body: bytes, content_type: str, most: int, columns: int = 0) -> Table:
    """Returns the table of an answer.

    Arguments:
        body: The answer.
        content_type: The header, for its charset.
        most: Lines to read.
        columns: How many there are, where that is known.
    """
    # The module's strict mode would refuse a whole answer for one stray quote.
    text = _decoded(body, content_type).replace("\0", "\ufffd")
    csv.field_size_limit(LARGEST_CELL)
    # Written for Excel, which does not show it.
    told = re.match(r'"?sep=([,;|\t])"?(?:\r\n?|\n|\Z)', text, re.IGNORECASE)
    text = text[told.end() :] if told else text
    separator = told.group(1) if told else _separator(text, columns)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    lines, complete = _first(reader, most)
    return Table(lines, not text or text[-1] in "\r\n", complete)


def _first(reader: Iterable[list[str]], most: int) -> tuple[list[list[str]], bool]:
    """Returns the lines that are not empty, as many as may be, and whether these are all."""
    lines: list[list[str]] = []
    cells = 0
    for line in reader:
        cells += len(line)
        if cells > MOST_CELLS or (len(lines) == most and any(line)):
            return lines, False
        if any(line):
            lines.append(line)
    return lines, True


def _separator(text: str, columns: int) -> str:
    """Returns the mark that most of the first lines have as often, outside of quotes.

    A title may have one, too, in fewer lines than that, and the cells of a page without names any
    number of others.
    """
    # Not by all of it, since the pattern takes a hundred times what a line does.
    first = text[:_TELLING]
    if first != text:
        first += '"'  # the lines of a cell that is cut are none of the table
    head = islice(re.finditer(r'(?:"[^"]*"|[^"\r\n])+', first), 2 * HEAD)
    bare = [re.sub(r'"[^"]*"', "", line.group()) for line in head]

    def fitness(mark: str) -> tuple[int, bool, int]:
        often = Counter(count for line in bare if (count := line.count(mark)))
        return max(((lines, at + 1 == columns, at) for at, lines in often.items()), default=_NONE)

    return max(SEPARATORS.values(), key=fitness)


def _decoded(body: bytes, content_type: str) -> str:
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, _FALLBACK)
    if _is_utf_16(body[1:_TELLING:2]):
        return body.decode("utf-16-le", _FALLBACK)
    charset = re.search(r"charset\s*=\s*\"?([\w.:-]+)", content_type, re.IGNORECASE)
    try:
        text = body.decode(charset.group(1) if charset else "utf-8", _FALLBACK)
    except (LookupError, UnicodeError):  # no such encoding, or none of text
        text = body.decode("utf-8", _FALLBACK)
    return text.lstrip("\ufeff")


def _is_utf_16(upper: bytes) -> bool:
    """Tells by every second byte: of no other encoding, so many are zero, or the first of all."""
    return upper[:1] == b"\0" or 8 * upper.count(0) > len(upper)


def _as_windows_1252(fault: UnicodeError) -> tuple[str, int]:
    """Reads only the bytes that fit no encoding so, that a row reads the same on any page."""
    if not isinstance(fault, UnicodeDecodeError):
        raise fault
    bad = fault.object[fault.start : fault.end]
    return bad.decode("cp1252", "backslashreplace"), fault.end


_FALLBACK = "invicti_windows_1252"
codecs.register_error(_FALLBACK, _as_windows_1252)
