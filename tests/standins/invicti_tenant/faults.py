"""Which requests fail, and how: `kind[=argument]@when`, several separated by `;`.

The kinds follow invicti-api.md 4 (status codes, error bodies, sign-in redirect, HTML with 200)
and design.md 9; everything the vendor leaves open ([U]) is a kind here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .dice import Dice

STATUSES = (400, 401, 403, 404, 408, 429, 500, 502, 503, 504)
KINDS = {
    **{str(s): f"status {s}; argument json (default), string, html or empty" for s in STATUSES},
    "redirect": "302 to a sign-in page; the argument is its URL (default: of this server)",
    "html": "an HTML sign-in page with status 200",
    "cut": "closes the connection after a part (argument, default 0.5) of the announced body",
    "truncated": "a complete answer whose JSON ends early (argument: the part sent, default 0.5)",
    "invalid_json": "200 with text that is not JSON",
    "no_list": "200 with a JSON object that has no List",
    "json_string": "200 with a bare JSON string",
    "empty": "200 with an empty body",
    "xml": "200 with XML whatever the Accept header asks for",
    "slow": "sends n bytes every x seconds (argument n/x, default 2000/0.05)",
    "stall": "says nothing for x seconds (argument, default 30), then answers",
    "drop": "closes the connection instead of an answer",
    "reset": "resets the connection (RST) instead of an answer",
}
WHEN = "3 (the third) | 3+4+9 | every:5 | p:0.1 (seeded) | from:4 | from:4-9"

_SPEC = re.compile(r"^(?P<kind>[a-z_0-9]+)(?:=(?P<argument>[^@]*))?@(?P<when>[a-z]*:?[-+0-9.]+)$")
_FORM = "(json|string|html|empty)?"
_PART, _NOTHING = r"(0?\.\d+|0)?", ""
_ARGUMENTS = {
    **dict.fromkeys(KINDS, _NOTHING),
    **dict.fromkeys(map(str, STATUSES), _FORM),
    "redirect": ".*",
    "cut": _PART,
    "truncated": _PART,
    "slow": r"([1-9]\d*/\d*\.?\d+)?",
    "stall": r"(\d*\.?\d+)?",
}


@dataclass(frozen=True)
class Fault:
    """One way to fail, and the requests (numbered from 1) that it strikes."""

    kind: str
    argument: str
    when: str

    def strikes(self, number: int, seed: int) -> bool:
        """Whether the request of this number fails."""
        rule, _, value = self.when.rpartition(":")
        if rule == "every":
            return number % int(value) == 0
        if rule == "p":
            return Dice(seed, f"fault {self.kind}", number).chance(float(value))
        if rule == "from":
            first, _, last = value.partition("-")
            return int(first) <= number <= int(last or number)
        return number in {int(n) for n in value.split("+")}


def parse_faults(text: str) -> tuple[Fault, ...]:
    """The faults of a text such as `503=html@every:5; drop@2`; ValueError says what is wrong."""
    return tuple(_parse(part.strip()) for part in text.split(";") if part.strip())


def _parse(text: str) -> Fault:
    match = _SPEC.match(text)
    if not match or match["kind"] not in KINDS:
        raise ValueError(
            f"fault {text!r}: want kind[=argument]@when, kinds: {', '.join(KINDS)}; when: {WHEN}"
        )
    fault = Fault(match["kind"], match["argument"] or "", match["when"])
    try:
        fault.strikes(1, 0)
    except (ValueError, ZeroDivisionError) as error:
        raise ValueError(f"fault {text!r}: when is one of {WHEN}") from error
    if not re.fullmatch(_ARGUMENTS[fault.kind], fault.argument):
        raise ValueError(f"fault {text!r}: {KINDS[fault.kind]}")
    return fault
