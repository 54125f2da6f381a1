"""Switches of what the list answers and of how a record looks."""

from __future__ import annotations

from dataclasses import dataclass

from .switch import switch

CREATED_AT_FORMS = (
    "offset7",
    "offset_trimmed",
    "offset_other",
    "z",
    "z_ms",
    "naive",
    "no_fraction",
    "user_format",
)
BAD_KINDS = ("no_id", "bad_date", "huge", "not_object", "illegal_xml", "deep")
USER_ZONES = (
    "UTC",
    "GMT Standard Time",
    "W. Europe Standard Time",
    "Eastern Standard Time",
    "Tokyo Standard Time",
    "(UTC-08:00) Pacific Time (US & Canada)",
    "(UTC+10:00) Canberra, Melbourne, Sydney",
)
PAGING = ("all", "HasNextPage", "IsLastPage", "PageCount", "none", "array")


@dataclass(frozen=True)
class ListSwitches:
    """What the list answers; each default is the most likely reading of the reference."""

    order: str = switch(
        "newest",
        "order of the list; reshuffled: another one for each request",
        "api 1.6 [U]",
        ("newest", "oldest", "shuffled", "reshuffled"),
    )
    filter_zone: float = switch(
        0.0, "hours from UTC in which startDate and endDate are read", "api 1.5 [U]"
    )
    filter_ignored: bool = switch(
        default=False, about="startDate and endDate have no effect", source="api 8.3"
    )
    filter_precision: str = switch(
        "exact",
        "a bound is the exact instant, or its whole second, or its whole day",
        "api 1.5 [U] sub-second",
        ("exact", "second", "day"),
    )
    day_month_swapped: bool = switch(
        default=False, about="a date with slashes is read as dd/MM/yyyy", source="api 1.5, 8.3"
    )
    swap_invalid: str = switch(
        "refuse",
        "what a date whose swapped form does not exist leads to",
        "design 9",
        ("refuse", "ignore"),
    )
    us_dates: str = switch(
        "ok",
        "dates MM/dd/yyyy: read, refused with 400, or the bound is ignored",
        "api 1.5 [V]",
        ("ok", "refuse", "ignore"),
    )
    iso_dates: str = switch(
        "ok",
        "ISO 8601 dates: read, refused with 400, or the bound is ignored",
        "api 1.5 [I]",
        ("ok", "refuse", "ignore"),
    )
    iso_offset: str = switch(
        "honoured",
        "offset or Z of an ISO date: honoured, or its clock time read in filter_zone",
        "api 1.5 [I]",
        ("honoured", "dropped"),
    )
    page_size_over_200: str = switch(
        "refuse",
        "pageSize outside 1..200: 400, the nearest limit, or as asked",
        "api 1.4 [U]",
        ("refuse", "clamp", "honour"),
    )
    page_beyond_end: str = switch(
        "empty",
        "a page after the last: 200 with an empty List, 404, or the last page",
        "api 1.4 [U]",
        ("empty", "not_found", "last"),
    )
    total_item_count: str = switch(
        "ok",
        "TotalItemCount: right, left out, or old",
        "api 1.4 [V]; design 5.5",
        ("ok", "missing", "stale"),
    )
    total_stale_seconds: float = switch(0.0, "stale: the count of so many seconds ago", "design 9")
    total_stale_every: int = switch(
        0, "stale: counted only at every k-th list request of a window", "design 9"
    )
    stale_paging: bool = switch(
        default=True,
        about="an old count also makes PageCount, HasNextPage and IsLastPage",
        source="api 1.4 [I] PagedList",
    )
    paging: str = switch(
        "all", "which paging fields there are; array: a bare JSON array", "api 1.4, 8.1", PAGING
    )
    own_records_only: bool = switch(
        default=False,
        about="the API user lacks the permission: sees only its own records",
        source="api 3 [I]",
    )


@dataclass(frozen=True)
class RecordSwitches:
    """How a record looks."""

    guid_form: str = switch(
        "hyphens",
        "form of Id, AccountId and UserId",
        "api 2.1 [V] both exist",
        ("hyphens", "compact", "upper"),
    )
    created_at_form: str = switch("offset7", "form of CreatedAt", "api 2.1 [I]", CREATED_AT_FORMS)
    created_at_zone: float = switch(
        3.0, "hours from UTC of created_at_form offset_other", "api 2.1"
    )
    user_zone: float = switch(
        0.0,
        "the API user's own zone in hours from UTC, instead of user_zone_id",
        "api 1.5, 3 [V]",
    )
    user_zone_id: str = switch(
        "UTC",
        "the API user's own zone, as account/me tells it; created_at_form user_format, CSV: with "
        "its daylight saving time",
        "api 3 [V] ids, of which GMT Standard Time is the tenant's default; [U] the display form",
        USER_ZONES,
    )
    user_date_format: str = switch(
        "dd/MM/yyyy", "the API user's date format", "api 3 [V]", ("dd/MM/yyyy", "MM/dd/yyyy")
    )
    nulls: str = switch(
        "null",
        "a field without a value: null, left out, or an empty string",
        "api 2.1 [U]",
        ("null", "missing", "empty"),
    )
    null_fields: str = switch(
        "",
        "fields (comma-separated) without a value in every record",
        "api 3 (sensitive information) [I]",
    )
    extra_fields: bool = switch(
        default=False,
        about="records carry fields that the swagger does not know",
        source="api 2.1 [V absence]",
    )
    unknown_types: float = switch(
        0.0, "share of records whose Type is new", "api 2.3 [V] the enum grows"
    )
    unknown_type_form: str = switch(
        "name", "a new Type is a name, or a number", "api 2.3", ("name", "number")
    )
    upgraded_at: str = switch(
        "",
        "ISO time; null forms, extra fields and new types only in records created since; empty: in "
        "all",
        "api 2.3 [V] the enum grows",
    )
    bad_records: str = switch(
        "",
        f"kind@place, comma-separated; kinds: {', '.join(BAD_KINDS)}; place: number of the record "
        "from the oldest (0), from the newest (-1), or of those added while running (+0)",
        "design 11",
    )
