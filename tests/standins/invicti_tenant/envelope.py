"""The page envelope: names [V] and rules [I] of .NET PagedList (invicti-api.md 1.4)."""

from __future__ import annotations

from dataclasses import dataclass

from .refusal import invalid
from .shape import encode
from .switches import Switches

LARGEST = 200


@dataclass(frozen=True)
class Page:
    """An answer of the list: the envelope's fields around the encoded records."""

    items: bytes
    fields: dict[str, object]
    bare: bool = False

    def json(self) -> bytes:
        """The body; `List` stands between LastItemOnPage and PageCount, as in the swagger."""
        if self.bare:
            return b"[" + self.items + b"]"
        before = {name: value for name, value in self.fields.items() if name < "List"}
        after = {name: value for name, value in self.fields.items() if name > "List"}
        head, tail = encode(before)[:-1], encode(after)[1:]
        return (
            head
            + (b"," if before else b"")
            + b'"List":['
            + self.items
            + b"]"
            + (b"," if after else b"")
            + tail
        )


_FLAGS = {
    "HasNextPage": {"HasNextPage"},
    "IsLastPage": {"IsLastPage"},
    "PageCount": {"PageCount", "PageNumber"},
    "none": set[str](),
    "array": set[str](),
}


def page_numbers(
    query: dict[str, str], switches: Switches, default_size: int = 20
) -> tuple[int, int]:
    """The page and page size of a query; defaults of the swagger (invicti-api.md 1.1 [V])."""
    number = _integer("page", query.get("page", ""), 1)
    size = _integer("pageSize", query.get("pagesize", ""), default_size)
    if number < 1:
        raise invalid("page", "The page must be 1 or more.")
    if not 1 <= size <= LARGEST and switches.page_size_over_200 == "refuse":
        raise invalid("pageSize", "Page size can be any value between 1 and 200.")
    limit = LARGEST if switches.page_size_over_200 == "clamp" else size
    return number, max(1, min(size, limit))


def _integer(name: str, text: str, default: int) -> int:
    try:
        return int(text) if text else default
    except ValueError:
        raise invalid(name, f"The value '{text}' is not valid for Int32.") from None


def wrap(items: bytes, number: int, size: int, actual: int, total: int, switches: Switches) -> Page:
    """The envelope; `total` is what TotalItemCount says, `actual` the truth."""
    counted = total if switches.stale_paging else actual
    pages = -(-counted // size)
    fields: dict[str, object] = {
        "FirstItemOnPage": (number - 1) * size + 1 if counted else 0,
        "HasNextPage": number < pages,
        "HasPreviousPage": number > 1,
        "IsFirstPage": number == 1,
        "IsLastPage": number >= pages,
        "LastItemOnPage": min(number * size, counted),
        "PageCount": pages,
        "PageNumber": number,
        "PageSize": size,
        "TotalItemCount": total,
    }
    if switches.paging != "all":
        kept = _FLAGS[switches.paging] | {"TotalItemCount"}
        fields = {name: value for name, value in fields.items() if name in kept}
    if switches.total_item_count == "missing":
        fields.pop("TotalItemCount", None)
    return Page(items, fields, bare=switches.paging == "array")
