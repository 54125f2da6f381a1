"""How an answer is spoiled by a fault, and how it leaves: whole, slowly, in part, or not at all."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .answers import Answer
from .faults import STATUSES, Fault
from .negotiation import render

SIGN_IN_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Sign In - Invicti Enterprise</title></head>\n"
    b'<body><form action="/account/signin" method="post"><input name="Email">'
    b'<input name="Password" type="password">'
    b"</form></body></html>\n"
)
_REASONS = {
    400: "The request is invalid.",
    401: "Authorization has been denied for this request.",
    429: "Too many requests.",
    500: "An error has occurred.",
}


@dataclass(frozen=True)
class Delivery:
    """An answer and the way it is sent."""

    answer: Answer
    wait: float = 0.0
    part: float = 1.0
    chunk: int = 0
    pause: float = 0.0
    dropped: bool = False
    reset: bool = False


def error_answer(status: int, form: str = "json") -> Answer:
    """An error as JSON `{"Message"}`, bare JSON string, HTML or nothing (invicti-api.md 4)."""
    text = _REASONS.get(status, f"Status {status}.")
    if form == "html":
        page = f"<html><head><title>{status}</title></head><body><h1>{text}</h1></body></html>"
        return Answer(status, page.encode(), "text/html; charset=utf-8")
    if form == "empty":
        return Answer(status, b"", "text/plain")
    body = f'"{text}"' if form == "string" else f'{{"Message":"{text}"}}'
    return Answer(status, body.encode())


def replaces(fault: Fault) -> bool:
    """Whether the fault stands in for the answer, so that the tenant is not asked at all."""
    return fault.kind not in {"cut", "truncated", "slow", "stall", "xml"}


def instead(fault: Fault) -> Delivery:
    """The answer of a fault that stands in for the tenant's."""
    html = "text/html; charset=utf-8"
    if fault.kind.isdigit() and int(fault.kind) in STATUSES:
        return Delivery(error_answer(int(fault.kind), fault.argument or "json"))
    if fault.kind == "redirect":
        location = fault.argument or "/account/signin?ReturnUrl=%2Fapi%2F1.0%2Fauditlogs%2Flist"
        return Delivery(Answer(302, SIGN_IN_PAGE, html, {"Location": location}))
    if fault.kind in {"drop", "reset"}:
        return Delivery(Answer(0, b""), dropped=True, reset=fault.kind == "reset")
    bodies = {
        "html": Answer(200, SIGN_IN_PAGE, html),
        "invalid_json": Answer(200, b'{"List":[{"Id":"7d6b0c1e",}],,"TotalItemCount":NaN'),
        "no_list": Answer(200, b'{"IsValid":false,"ErrorMessage":"Something went wrong."}'),
        "json_string": Answer(200, b'"Something went wrong."'),
        "empty": Answer(200, b""),
    }
    return Delivery(bodies[fault.kind])


def spoil(fault: Fault, answer: Answer) -> Delivery:
    """The tenant's answer, spoiled."""
    if fault.kind == "cut":
        return Delivery(answer, part=float(fault.argument or 0.5))
    if fault.kind == "truncated":
        return Delivery(
            replace(
                answer, body=answer.body[: int(len(answer.body) * float(fault.argument or 0.5))]
            )
        )
    if fault.kind == "slow":
        chunk, _, pause = (fault.argument or "2000/0.05").partition("/")
        return Delivery(answer, chunk=int(chunk), pause=float(pause or 0.05))
    if fault.kind == "stall":
        return Delivery(answer, wait=float(fault.argument or 30))
    media = "application/xml; charset=utf-8"
    return Delivery(
        replace(
            answer, body=render(answer.body, media, "AuditLogPagedResultDto"), content_type=media
        )
    )
