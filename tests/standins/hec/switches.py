"""Every switch of the stand-in; the command line is made from them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from typing import TypeVar

T = TypeVar("T")
TOKEN = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"  # noqa: S105 - opens nothing but this stand-in
_ANSWERS = re.compile(r"(\d+)(?:-(\d+))?:(\d{3})(?:/(\d+))?")


def switch(default: T, about: str, source: str, choices: tuple[str, ...] = ()) -> T:
    """A field that knows its help text, source and choices."""
    return field(default=default, metadata={"help": about, "source": source, "choices": choices})


@dataclass(frozen=True)
class HecSwitches:
    """State and faults; ValueError for a value that makes no sense."""

    token: str = switch(TOKEN, "the token", "doc")
    token_enabled: bool = switch(default=True, about="else code 1", source="doc")
    indexes: str = switch("", "indexes of the token, comma-separated; empty: any", "doc: code 7")
    use_ack: bool = switch(default=False, about="the token has acknowledgement on", source="doc")
    max_content_length: int = switch(838_860_800, "bytes of a body as sent", "doc: inputs.conf")
    limit_of: str = switch(
        "sent", "what that limits: the body as sent, or decompressed", "unknown", ("sent", "plain")
    )
    number: str = switch(
        "zero",
        "invalid-event-number: counts from zero or one, or is left out",
        "unknown; python-splunk-logging 1.2.0 reads it from 0",
        ("zero", "one", "none"),
    )
    partial: str = switch(
        "none",
        "of a batch refused for one event: none is taken, or those before it are",
        "unknown",
        ("none", "before"),
    )
    refuse_containing: str = switch("", "an event with this text in it is refused", "design 11")
    refuse_code: int = switch(6, "the code it is refused with", "doc")
    ack_after_polls: int = switch(1, "an id is acknowledged from this question on; 0: never", "doc")
    ack_told_once: bool = switch(
        default=True, about="an acknowledgement is forgotten once told", source="doc"
    )
    ack_lost: str = switch("", "numbers of requests never acknowledged: 1,3", "doc: resend")
    restarts_before: str = switch(
        "",
        "numbers of requests before which it restarts: what was not acknowledged is lost, and ids "
        "begin at 0 again",
        "doc: ids are of a channel, which is kept in memory",
    )
    answers: str = switch(
        "",
        "answers instead of the usual to requests with events: 3:503/9,5-7:429/26,9:500",
        "doc: possible error codes",
    )
    retry_after: str = switch("", "Retry-After of such an answer", "RFC 9110")
    location: str = switch("", "Location of such an answer, where its status is 3xx", "RFC 9110")
    crowded: str = switch(
        "", "numbers of requests that are taken with code 24", "doc: approaching capacity"
    )
    cut_answers: str = switch("", "numbers of requests taken whose answer is lost", "design 5.1")
    html_errors: bool = switch(
        default=False, about="errors are HTML pages, as a load balancer's", source="seen"
    )
    echo_token: bool = switch(
        default=False, about="error texts repeat the token", source="design 7: never shown"
    )

    def __post_init__(self) -> None:
        for item in fields(self):
            value, choices = getattr(self, item.name), item.metadata["choices"]
            if choices and value not in choices:
                raise ValueError(f"{item.name}={value!r}: one of {', '.join(choices)}")
        for text in (self.ack_lost, self.restarts_before, self.crowded, self.cut_answers):
            numbers(text)
        forced(self.answers)


def numbers(text: str) -> set[int]:
    """The numbers of a list like `1,3,5-7`."""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def forced(text: str) -> dict[int, tuple[int, int | None]]:
    """Status and code by the request's number, of a list like `3:503/9,5-7:429/26`."""
    found: dict[int, tuple[int, int | None]] = {}
    for part in filter(None, text.split(",")):
        match = _ANSWERS.fullmatch(part)
        if match is None:
            raise ValueError(f"answers {part!r}: want number:status/code")
        first, last, status, code = match.groups()
        for number in range(int(first), int(last or first) + 1):
            found[number] = (int(status), int(code) if code else None)
    return found
