"""Switches of access, throttling and faults."""

from __future__ import annotations

from dataclasses import dataclass

from .faults import KINDS, WHEN
from .switch import switch


@dataclass(frozen=True)
class AccessSwitches:
    """Who gets in."""

    user_id: str = switch("5f2b8c1e9a7d4e3fb60412d8a1c97e35", "the API user's User ID", "api 3 [V]")
    api_token: str = switch(
        "ZmFrZS1zdGFuZC1pbi10b2tlbg+/fake==", "the API user's token; base64-like", "api 3 [V]"
    )
    access: str = switch(
        "ok",
        "401 for a revoked token; 403 for API access that is off, an address that is not allowed, "
        "or (audit logs only) a missing permission",
        "api 3 [V], statuses [I]",
        ("ok", "token_revoked", "api_disabled", "ip_restricted", "no_permission"),
    )
    list_available: bool = switch(
        default=True,
        about="off: an on-premises build before 2022 that has export only; 404",
        source="api 1 [V]",
    )
    no_accept_answers: str = switch(
        "json",
        "what a request without Accept, or with */*, gets",
        "api 1.3 [I]",
        ("json", "xml", "scim"),
    )


@dataclass(frozen=True)
class TroubleSwitches:
    """Throttling, faults, speed."""

    throttle_every: int = switch(
        0, "429 after every k-th list request", "api 2.3 [V] TooManyRequests, 4"
    )
    throttle_for: int = switch(1, "for so many requests", "api 4 [U]")
    throttle_until: int = switch(
        0, "only among the first so many list requests; 0: no end", "api 4 [U]"
    )
    retry_after: str = switch(
        "seconds",
        "Retry-After of a 429: seconds, HTTP date, or none",
        "api 4 [U]",
        ("seconds", "date", "none"),
    )
    retry_after_seconds: int = switch(1, "how long Retry-After asks to wait", "api 4 [U]")
    faults: str = switch(
        "",
        f"kind[=argument]@when, separated by ';'. Kinds: {', '.join(KINDS)}. When: {WHEN}",
        "api 4; design 9",
    )
    fault_scope: str = switch(
        "all", "requests that faults count and strike", "design 9", ("all", "list", "export", "me")
    )
    latency_ms: float = switch(0.0, "each answer comes so much later", "api 4: answers can be slow")
    latency_jitter_ms: float = switch(0.0, "and up to so much later still (seeded)", "api 4")
    latency_load_ms: float = switch(
        0.0, "and so much later for each other request under way", "api 4 [U]; issue 6"
    )
