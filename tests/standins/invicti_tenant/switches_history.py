"""Switches of the history and of what happens to it between pages."""

from __future__ import annotations

from dataclasses import dataclass

from .switch import switch


@dataclass(frozen=True)
class HistorySwitches:
    """The seeded history."""

    records: int = switch(10_000, "records in the history at the start", "design 9", fixed=True)
    seed: int = switch(1, "the same seed gives the same tenant", "design 9", fixed=True)
    span_days: float = switch(
        730.0,
        "how far back the history reaches",
        "api 6 [V] back to the account's creation",
        fixed=True,
    )
    now: str = switch(
        "",
        "ISO time at which the tenant's clock starts; empty: the real time",
        "design 5 (clock)",
        fixed=True,
    )
    clock_speed: float = switch(
        1.0, "tenant seconds in a real second; 0: the clock stands still", "design 5 (clock)"
    )
    date_header: bool = switch(
        default=True, about="answers carry a Date header", source="design 5 (clock)"
    )
    growing: bool = switch(
        default=False,
        about="the history goes on at its own pace as the clock runs",
        source="design 9",
        fixed=True,
    )
    late_share: float = switch(
        0.0,
        "share of the history's records that appear after their CreatedAt",
        "api 6 [U] delay",
        fixed=True,
    )
    late_hours: float = switch(
        48.0,
        "such a record appears at most so many hours late",
        "design 5.4: up to 48 hours",
        fixed=True,
    )


@dataclass(frozen=True)
class ChangeSwitches:
    """Changes between pages."""

    insert_every: int = switch(0, "records are added after every k-th list request", "api 1.6")
    insert_count: int = switch(1, "so many each time", "api 1.6")
    insert_late_hours: float = switch(0.0, "their CreatedAt lies so far back", "api 6 [U]")
    insert_max: int = switch(0, "so many in all; 0: no end", "design 9")
    delete_every: int = switch(0, "records are deleted after every k-th list request", "design 9")
    delete_count: int = switch(1, "so many each time", "design 9")
    delete_where: str = switch("newest", "which ones", "design 9", ("newest", "oldest", "random"))
    delete_max: int = switch(0, "so many in all; 0: no end", "design 9")
