"""Switches of the CSV export, of which hardly anything is documented (invicti-api.md 1.2, 2.2)."""

from __future__ import annotations

from dataclasses import dataclass

from .switch import switch


@dataclass(frozen=True)
class ExportSwitches:
    """The CSV export."""

    csv_headers: str = switch(
        "ui",
        "columns: those of the web page (the same in lower case, or in another order and spelling "
        "with more of them), or those of the JSON list without ids",
        "api 2.2 [U]",
        ("ui", "lower", "more", "json"),
    )
    csv_header_on: str = switch(
        "every", "pages that begin with the header line", "api 2.2 [U]", ("every", "first")
    )
    csv_values: str = switch(
        "display",
        "actions and endpoint types: as on the web page, or as in the list",
        "api 2.2 [U]; endpoint types [V]",
        ("display", "list"),
    )
    csv_time: str = switch(
        "minutes12",
        "times of day: 03:30 PM (the swagger's example), 15:30, or these with seconds",
        "api 2.1 [V] form, 2.2 [U] in the CSV",
        ("minutes12", "minutes24", "seconds12", "seconds24"),
    )
    csv_separator: str = switch(
        "asked",
        "the separator: as asked for, or the same whatever is asked",
        "api 1.2 [V] as asked",
        ("asked", "Comma", "Semicolon", "Pipe", "Tab"),
    )
    csv_bom: bool = switch(
        default=True, about="the CSV starts with a byte order mark", source="api 1.3 [U]"
    )
    csv_encoding: str = switch(
        "utf-8",
        "encoding of the CSV; what windows-1252 does not have becomes a question mark",
        "api 1.3 [U]",
        ("utf-8", "utf-16", "windows-1252"),
    )
    csv_charset: bool = switch(
        default=False, about="Content-Type names the encoding", source="api 1.3 [U]"
    )
    csv_last_break: bool = switch(
        default=True, about="a line break ends the last line, too", source="api 2.2 [U]"
    )
    csv_empty: str = switch(
        "not_found",
        "an export without rows: 404, or the header line",
        "api 1.2 [U]",
        ("not_found", "header"),
    )
    csv_pages: bool = switch(
        default=True, about="the export honours page and pageSize", source="api 1.2 [I]"
    )
    csv_content_type: str = switch(
        "text/csv",
        "Content-Type of the CSV",
        "api 1.3 [U]",
        ("text/csv", "application/octet-stream"),
    )
    export_available: bool = switch(
        default=True, about="off: 404, as behind a wrong base URL", source="api 1 [V] always there"
    )
    me_available: bool = switch(
        default=True, about="off: 404, as behind a wrong base URL", source="api 3 [V] always there"
    )
