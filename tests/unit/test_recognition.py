"""recognition: each row that was collected stands for one record, and for no other later on."""

from __future__ import annotations

import hashlib
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from invicti_collector.recognition import Recognition
from invicti_collector.records import Record, id_digest, row_digest
from tests.fakes.tenant import NOON, guid


def record(number: int, content: int | None, second: int = 0) -> Record:
    name = guid(number)
    return Record(id_digest(name), float(NOON + second), {"Id": name}, name, None, content)


def rows(*contents: int) -> set[int]:
    """What is saved of rows that say this."""
    counts: Counter[int] = Counter()
    found = set()
    for content in contents:
        found.add(row_digest(content, counts[content]))
        counts[content] += 1
    return found


def save(recognition: Recognition, seen: set[int], records: list[Record]) -> list[Record]:
    """Saves what was recognised of a page; returns that."""
    known = [one for one in records if one.digest in recognition.marks]
    for one in known:
        seen.update((one.digest, recognition.marks[one.digest]))
    recognition.settle(records)
    assert not recognition.marks
    return known


@given(
    st.lists(st.integers(1, 3), max_size=12),
    st.lists(st.integers(1, 3), max_size=16),
    st.lists(st.booleans(), min_size=40, max_size=40),
    st.randoms(use_true_random=False),
    st.integers(1, 5),
)
def test_as_many_are_recognised_as_there_were_rows(
    collected: list[int], listed: list[int], ended: list[bool], order: object, size: int
) -> None:
    """However often pages are read, in whatever order, and by whichever run."""
    seen = rows(*collected)
    records = [record(number, content) for number, content in enumerate(listed)]
    recognition = Recognition(seen)
    recognised: set[str] = set()
    for end in ended:
        order.shuffle(records)  # type: ignore[attr-defined]
        page = records[:size]
        recognition.meet(page)
        recognition.meet(page[:1])
        if not end:
            recognised.update(one.name for one in save(recognition, seen, page))
        else:  # killed before that was saved
            recognition = Recognition(seen)
    recognition.meet(records)
    recognised.update(one.name for one in save(recognition, seen, records))
    found = Counter(one.row for one in records if one.name in recognised)
    assert found == Counter(listed) & Counter(collected)
    # From then on it is the `Id` that counts.
    more = [record(99, content) for content in (1, 2, 3)]
    assert all(one.digest in seen for one in records if one.name in recognised)
    left = Counter(collected) - Counter(listed)
    for one in more:
        again = Recognition(seen)
        again.meet([one])
        assert (one.digest in again.marks) == (one.row in left)


def test_the_oldest_were_there_before() -> None:
    recognition = Recognition(rows(5, 5))
    late, first, second = record(1, 5, 50), record(2, 5, 10), record(3, 5, 30)
    recognition.meet([late, first, second])
    assert recognition.marks.keys() == {first.digest, second.digest}


def test_marks_are_those_that_progress_has_saved() -> None:
    """Another mark after an update of the add-on would give each row away once more."""
    recognition = Recognition(rows(5))
    recognition.meet([one := record(1, 5)])
    text = f"taken {row_digest(5, 0)}".encode()
    (mark,) = recognition.marks.values()
    assert f"{mark:016x}" == hashlib.blake2b(text, digest_size=8).hexdigest()
    assert recognition.marks.keys() == {one.digest}


def test_what_was_no_row_is_not_recognised() -> None:
    recognition = Recognition(rows(0, 5))
    recognition.meet([record(1, None), record(2, 6)])
    assert not recognition.marks


def test_a_record_that_is_saved_takes_no_row() -> None:
    known = record(1, 5)
    seen = rows(5) | {known.digest}
    recognition = Recognition(seen)
    recognition.meet([known, other := record(2, 5)])
    assert recognition.marks.keys() == {other.digest}


def test_a_row_is_not_taken_twice_before_that_is_saved() -> None:
    recognition = Recognition(rows(5))
    recognition.meet([first := record(1, 5)])
    recognition.meet([record(2, 5), first])
    assert recognition.marks.keys() == {first.digest}
