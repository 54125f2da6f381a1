"""pages: the envelope, whether another page follows, and the order a page shows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invicti_collector.errors import UnexpectedAnswerError
from invicti_collector.pages import Order, read_page

RECORD = {"Id": "7d6b0c1e", "CreatedAt": "2024-05-08T12:32:04Z"}
ABSENT = object()
NOT_FLAGS = (ABSENT, None, "true", 1)
NOT_COUNTS = (ABSENT, None, -1, "3", 2.0, True)


def envelope(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not ABSENT}


@pytest.mark.parametrize("has_next", [True, False, *NOT_FLAGS])
@pytest.mark.parametrize("is_last", [True, False, *NOT_FLAGS])
@pytest.mark.parametrize("page_count", [0, 1, 2, 3, *NOT_COUNTS])
@pytest.mark.parametrize("items", [[RECORD], []])
def test_paging_stops_on_the_first_field_that_tells(
    has_next: Any, is_last: Any, page_count: Any, items: list[Any]
) -> None:
    # Design section 5: HasNextPage, else IsLastPage, else PageNumber < PageCount, else empty page.
    body = envelope(HasNextPage=has_next, IsLastPage=is_last, PageCount=page_count, List=items)
    if has_next is True or has_next is False:
        expected = has_next
    elif is_last is True or is_last is False:
        expected = not is_last
    elif type(page_count) is int and page_count >= 0:
        expected = page_count > 2
    else:
        expected = bool(items)
    assert read_page(body, 2).has_next is expected


@pytest.mark.parametrize(
    ("fields", "last"),
    [
        ({"PageCount": 7}, 7),
        ({"PageCount": 0}, 1),
        ({"PageCount": 7, "TotalItemCount": 5000}, 7),
        ({"TotalItemCount": 0}, 1),
        ({"TotalItemCount": 200}, 1),
        ({"TotalItemCount": 201}, 2),
        ({"TotalItemCount": 201, "PageSize": 100}, 3),
        ({"TotalItemCount": 201, "PageSize": 0}, 2),
        ({}, None),
        ({"PageCount": "7", "TotalItemCount": "5000"}, None),
    ],
)
def test_the_last_page_is_told_by_count_or_total(fields: dict[str, Any], last: int | None) -> None:
    assert read_page({"List": [RECORD], **fields}, 1).last_number == last


@pytest.mark.parametrize("value", [5, 0, *NOT_COUNTS])
def test_a_total_that_is_no_count_is_no_total(value: Any) -> None:
    expected = value if type(value) is int and value >= 0 else None
    assert read_page(envelope(List=[], TotalItemCount=value), 1).total == expected


def test_a_bare_array_is_a_page() -> None:
    page = read_page([RECORD, RECORD], 3)
    assert (page.number, len(page.records), page.total, page.has_next) == (3, 2, None, True)
    assert not read_page([], 3).has_next


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"List": None},
        {"List": {}},
        {"List": "text"},
        {"list": []},
        {"IsValid": False, "ErrorMessage": "secret"},
        "Something went wrong.",
        5,
        None,
        True,
    ],
)
def test_an_answer_without_a_list_is_an_error_that_tells_its_shape_only(body: Any) -> None:
    with pytest.raises(UnexpectedAnswerError) as caught:
        read_page(body, 4)
    text = str(caught.value)
    assert "without a list" in text
    assert "page 4" in caught.value.where
    assert "base URL" in caught.value.remedy
    for content in ("secret", "Something"):
        assert content not in text


@pytest.mark.parametrize(
    ("body", "shape"),
    [
        ("Something went wrong.", "(it is a str)"),
        (None, "(it is a NoneType)"),
        ({}, "(it is an object with 0 fields)"),
        ({"é": 1, "a b": 2}, "(it is an object with 2 fields)"),
        ({"Errors": 1, "Code": 2, "x-secret": 3}, "(it is an object with Code, Errors)"),
    ],
)
def test_the_shape_is_told_in_words(body: Any, shape: str) -> None:
    with pytest.raises(UnexpectedAnswerError) as caught:
        read_page(body, 1)
    assert caught.value.error.endswith(shape)


def test_a_page_of_far_too_many_records_is_an_error() -> None:
    assert len(read_page([RECORD] * 20_000, 1).records) == 20_000
    with pytest.raises(UnexpectedAnswerError) as caught:
        read_page([RECORD] * 20_001, 7)
    assert "20001 records although 200 are the most" in caught.value.error
    assert caught.value.where.endswith("page 7")
    assert caught.value.remedy.startswith("ask who runs the tenant")


def page_of(*times: str | None) -> Order:
    return read_page([{"Id": str(n), "CreatedAt": time} for n, time in enumerate(times)], 1).order


def test_the_order_is_recognised() -> None:
    first, second, third = (f"2024-05-0{day}T00:00:00Z" for day in (1, 2, 3))
    assert page_of(third, second, second, first) is Order.NEWEST_FIRST
    assert page_of(first, first, third) is Order.OLDEST_FIRST
    assert page_of(first, None, third) is Order.OLDEST_FIRST
    assert page_of(first, third, second) is Order.UNKNOWN
    assert page_of(first, third, first) is Order.UNKNOWN
    for alone in ((), (first,), (first, first), (None, first), (None, None)):
        assert page_of(*alone) is Order.UNKNOWN


def test_the_window_size_is_announced_by_whatever_is_told() -> None:
    assert read_page({"List": [], "TotalItemCount": 12_345, "PageCount": 2}, 1).announced == 12_345
    assert read_page({"List": [RECORD] * 100, "PageCount": 30}, 1).announced == 3000
    assert read_page([RECORD] * 100, 1).announced == 100
    assert read_page([], 1).announced == 0


@given(st.lists(st.integers(0, 50), unique=True, max_size=8), st.randoms())
def test_the_fingerprint_tells_records_and_order(numbers: list[int], chance: Any) -> None:
    items = [{"Id": str(number)} for number in numbers]
    again = list(items)
    chance.shuffle(again)
    same = read_page(items, 1).fingerprint == read_page(again, 2).fingerprint
    assert same is (items == again)
    assert read_page([*items, {"Id": "new"}], 1).fingerprint != read_page(items, 1).fingerprint
