"""The soak's own checks: its plan is whole, and each broken promise is found."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.soak.books import Books, Wanted
from tests.soak.life import plan_of
from tests.soak.memory import Peak, check_memory
from tests.soak.plan import CHANCY, KINDS, LASTING, STRIKING
from tests.soak.rows import RowsWitness
from tests.soak.witness import PAGE, SoakError, Witness
from tests.standins.invicti_tenant import Switches, Tenant
from tests.standins.invicti_tenant.shape import encode

NOW = "2025-11-24T00:20:00Z"
MIDNIGHT = 1_763_942_400  # 2025-11-24T00:00:00Z
ALL = Wanted(0)


def tenant(**switches: Any) -> Tenant:
    base = Switches(records=900, seed=3, span_days=9.0, now=NOW, clock_speed=0.0, growing=True)
    made = Tenant(base)
    made.change(**switches)
    return made


def books_of(of: Tenant) -> Books:
    books = Books(of)
    books.read()
    books.read()  # nothing has come in between
    return books


def texts(of: Tenant, count: int) -> list[str]:
    return [encode(of.record_of(number)).decode() for number in range(count)]


def line(start: int, end: int, server: int, collected: int, missing: int) -> str:
    bounds = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment)) for moment in (start, end)]
    return (
        f"x | action=reconciliation scope=live from={bounds[0]} to={bounds[1]} "
        f'server_count={server} collected_count={collected} missing={missing} remedy="none needed"'
    )


@pytest.mark.parametrize("days", [10, 11, 30, 90])
@pytest.mark.parametrize("seed", range(5))
def test_a_plan_has_every_hazard_and_leaves_time_to_recover(days: int, seed: int) -> None:
    plan = plan_of(days, seed)
    assert {hazard.kind for hazard in plan.hazards} >= KINDS.keys() - CHANCY
    assert all(0 <= hazard.day < days for hazard in plan.hazards)
    lasting, striking = ({kind.name for kind in kinds} for kinds in (LASTING, STRIKING))
    held = [
        hazard.day + more
        for hazard in plan.hazards
        if hazard.kind in lasting
        for more in range(hazard.size)
    ]
    assert len(held) == len(set(held))
    assert min(held) >= 2
    assert max(held) < days - 1
    brief = {hazard.day for hazard in plan.hazards if hazard.kind not in lasting}
    assert not brief.intersection(held)
    moments = [(each.day, each.hour) for each in plan.hazards if each.kind in striking]
    assert len(moments) == len(set(moments))


def test_the_same_seed_gives_the_same_plan_and_another_seed_another() -> None:
    assert plan_of(90, 4).hazards == plan_of(90, 4).hazards
    assert plan_of(90, 4).hazards != plan_of(90, 5).hazards


def test_a_soak_too_short_for_its_hazards_is_refused() -> None:
    with pytest.raises(ValueError, match="10 days"):
        plan_of(9, 1)


def test_the_books_know_what_is_due() -> None:
    of = tenant()
    books = books_of(of)
    assert books.due(ALL) == of.ids()
    recent = books.due(Wanted(MIDNIGHT - 3 * 86_400))
    assert 0 < len(recent) < 900
    web = books.due(Wanted(0, frozenset({"Web"})))
    rest = books.due(Wanted(0, frozenset({"Api", "BackgroundTask"})))
    assert web | rest == of.ids()
    assert not web & rest
    without = books.due(Wanted(0, excluded=frozenset({"scanstarted"})))
    assert 0 < len(without) < 900


def test_the_books_count_as_the_list_does_in_its_own_zone() -> None:
    of = tenant(filter_zone=3.0)
    books = books_of(of)
    query = {"startdate": "11/20/2025 00:00:00", "enddate": "11/22/2025 00:00:00"}
    start, end = MIDNIGHT - 4 * 86_400, MIDNIGHT - 2 * 86_400
    count = of.page(query).fields["TotalItemCount"]
    assert count
    assert books.count(start, end) == (count, count)
    of.grow(7)
    books.read()
    least, most = books.count(start, end + 10 * 86_400)
    assert most - least == 7


def test_a_double_needs_a_run_that_was_cut_off() -> None:
    first, second = texts(tenant(), 2)
    witness = Witness(ALL)
    witness.take([first, second], cut_off=True)
    witness.take([first], cut_off=False)
    assert witness.doubled == 1
    with pytest.raises(SoakError, match="without a cause"):
        witness.take([first], cut_off=False)
    with pytest.raises(SoakError, match="without a cause"):
        Witness(ALL).take([first, first], cut_off=True)


def test_a_cut_off_run_doubles_a_page_at_most() -> None:
    many = texts(tenant(), PAGE + 1)
    witness = Witness(ALL)
    witness.take(many, cut_off=True)
    witness.take(many[:PAGE], cut_off=False)
    with pytest.raises(SoakError, match="more than a page"):
        witness.take(many[PAGE:], cut_off=False)


def test_a_double_is_the_same_event() -> None:
    (text,) = texts(tenant(), 1)
    witness = Witness(ALL)
    witness.take([text], cut_off=True)
    with pytest.raises(SoakError, match="another content"):
        witness.take([text.replace('"Type":"', '"Type":"New')], cut_off=False)


def test_missing_and_uncalled_for_records_are_found() -> None:
    of = tenant()
    due = books_of(of).due(ALL)
    witness = Witness(ALL)
    witness.take(texts(of, 899), cut_off=False)
    with pytest.raises(SoakError, match="1 missing"):
        witness.check_ids(due, due)
    witness.check_ids(set(), due)
    with pytest.raises(SoakError, match="1 not due"):
        witness.check_ids(set(), due - {next(iter(witness.ids))})


def test_a_record_delivered_with_another_content_is_found() -> None:
    of = tenant()
    witness = Witness(ALL)
    witness.take(texts(of, 5), cut_off=False)
    witness.check_contents(of)
    witness.take([texts(of, 6)[5].replace('"EndpointType":"', '"EndpointType":"x')], cut_off=False)
    with pytest.raises(SoakError, match="another content"):
        witness.check_contents(of)


def test_a_line_that_is_not_true_is_found() -> None:
    books = books_of(tenant())
    start, end = MIDNIGHT - 2 * 86_400, MIDNIGHT
    count = books.count(start, end)[0]
    assert Witness(ALL).check_lines(line(start, end, count, count, 0), books)
    assert not Witness(ALL).check_lines(line(start, end, count, count - 2, 2), books)
    for server, collected, missing in (
        (count + 1, count + 1, 0),
        (count - 1, count - 1, 0),
        (count, count - 1, 0),
    ):
        with pytest.raises(SoakError):
            Witness(ALL).check_lines(line(start, end, server, collected, missing), books)
    with pytest.raises(SoakError, match="not to be understood"):
        Witness(ALL).check_lines("action=reconciliation scope=live from=any", books)


def peaks(days: int, daily_growth: float, *, backfill: int = 60_000) -> list[Peak]:
    """A poll and a catch-up a day, which takes 4 MiB more; but few at first catch up."""
    polls = [Peak(day, "polls", int(36_000 * (1 + day * daily_growth))) for day in range(2, days)]
    ahead = [Peak(day, "catch-ups", int(40_000 * (1 + day * daily_growth))) for day in (3, 4)]
    ahead += [
        Peak(day, "catch-ups", int(40_000 * (1 + day * daily_growth)))
        for day in range(days // 2, days)
    ]
    return [Peak(0, "catch-ups", backfill), *sorted([*polls, *ahead])]


@pytest.mark.parametrize("days", [10, 90])
def test_runs_that_catch_up_are_no_growth(days: int) -> None:
    check_memory({"one": peaks(days, 0.0), "other": peaks(days, 0.0)})


@pytest.mark.parametrize("days", [10, 90])
def test_memory_that_grows_is_found(days: int) -> None:
    """By 30 % over the days, in one input of two."""
    growing = peaks(days, 0.3 / days)
    with pytest.raises(SoakError, match=r"memory of other, .* grew"):
        check_memory({"one": peaks(days, 0.0), "other": growing})


@pytest.mark.parametrize("kind", ["polls", "catch-ups"])
def test_memory_of_one_kind_of_run_is_enough(kind: str) -> None:
    flat, growing = peaks(20, 0.0), peaks(20, 0.02)
    mixed = [new if new.kind == kind else old for old, new in zip(flat, growing)]
    with pytest.raises(SoakError, match=f"memory of one, {kind}, grew"):
        check_memory({"one": mixed})


def test_a_single_run_that_takes_much_is_found() -> None:
    runs = [*peaks(20, 0.0), Peak(20, "polls", 67_000)]
    with pytest.raises(SoakError, match="a run took 67000 KiB, the backfill 60000"):
        check_memory({"one": runs})


def test_nothing_to_compare_memory_by_is_found() -> None:
    with pytest.raises(SoakError, match="no good runs"):
        check_memory({"one": peaks(20, 0.0)[:4]})


def rows(of: Tenant, count: int) -> list[str]:
    """What the export shows of the oldest records."""
    query = {"page": "1", "pagesize": "200"}
    found = []
    for number, key in enumerate(of.export_keys(query, 1, 200)[:count]):
        record = of.record_of(key)
        kept = {name: record[name] for name in ("UserName", "Type", "EndpointType")}
        moment = record["CreatedAt"][:16] + ":00Z"
        found.append(json.dumps({**kept, "CreatedAt": moment, "RowId": f"{number:016x}"}))
    return found


def test_rows_are_counted_by_what_they_say() -> None:
    of = tenant(order="oldest")
    due = {record.identity for record in sorted(of.made(), key=lambda made: made.created)[:20]}
    witness = RowsWitness(ALL, of)
    witness.take(rows(of, 20), cut_off=False)
    witness.check_ids(due, due)
    with pytest.raises(SoakError, match="1 not due"):
        witness.check_ids(set(), set(list(due)[1:]))
    fewer = RowsWitness(ALL, of)
    fewer.take(rows(of, 19), cut_off=False)
    with pytest.raises(SoakError, match="1 missing"):
        fewer.check_ids(due, due)


def test_a_record_that_comes_as_a_row_and_again_with_its_id_is_found() -> None:
    of = tenant(order="oldest")
    due = {record.identity for record in of.made()}
    witness = RowsWitness(ALL, of)
    witness.take(rows(of, 20), cut_off=False)
    witness.take(texts(of, 900)[20:], cut_off=False)
    witness.check_ids(due, due)
    witness.check_contents(of)
    witness.take(texts(of, 1), cut_off=False)
    with pytest.raises(SoakError, match="1 not due"):
        witness.check_ids(due, due)


def test_a_row_is_doubled_as_a_record_is() -> None:
    of = tenant(order="oldest")
    witness = RowsWitness(ALL, of)
    witness.take(rows(of, 2), cut_off=True)
    witness.take(rows(of, 1), cut_off=False)
    with pytest.raises(SoakError, match="without a cause"):
        witness.take(rows(of, 1), cut_off=False)


def test_a_row_of_a_cut_off_run_may_come_again_with_its_id_but_once() -> None:
    of = tenant(order="oldest")
    due = {record.identity for record in of.made()}
    witness = RowsWitness(ALL, of)
    witness.take(rows(of, 10), cut_off=False)
    witness.take(
        [json.dumps({**json.loads(row), "RowId": "b"}) for row in rows(of, 11)[10:]], cut_off=True
    )
    witness.take(texts(of, 900)[11:], cut_off=False)
    witness.check_ids(due, due)
    witness.take(texts(of, 11)[10:], cut_off=False)
    witness.check_ids(due, due)
    assert witness.doubled == 1
    witness.check_contents(of)
    with pytest.raises(SoakError, match="without a cause"):
        witness.take(texts(of, 11)[10:], cut_off=False)
    # What came in a run that was not cut off must not come again at all.
    witness.take(texts(of, 1), cut_off=False)
    with pytest.raises(SoakError, match="1 not due"):
        witness.check_ids(due, due)


def test_a_page_of_rows_at_most_comes_again_with_ids() -> None:
    of = tenant()
    records = [json.loads(text) for text in texts(of, PAGE + 1)]
    shown = [{**record, "Id": None, "RowId": f"{n:x}"} for n, record in enumerate(records)]
    witness = RowsWitness(ALL, of)
    witness.take(map(json.dumps, shown), cut_off=True)
    witness.take(texts(of, 900)[PAGE + 1 :], cut_off=False)
    witness.take(texts(of, PAGE), cut_off=False)
    with pytest.raises(SoakError, match="more than a page"):
        witness.take(texts(of, PAGE + 1)[PAGE:], cut_off=False)


def test_no_record_comes_twice_for_another_that_says_the_same() -> None:
    of = tenant(null_fields="UserName")
    grown = [encode(of.record(name)).decode() for name in of.grow(100, spread_seconds=1.0)]
    witness = RowsWitness(ALL, of)
    witness.take([*texts(of, 900), *grown[1:]], cut_off=False)
    with pytest.raises(SoakError, match="without a cause"):
        witness.take([grown[1]], cut_off=False)


def test_a_reading_of_rows_without_a_count_proves_nothing() -> None:
    of = tenant()
    books = books_of(of)
    start, end = MIDNIGHT - 2 * 86_400, MIDNIGHT
    count = books.count(start, end)[0]
    good = line(start, end, count, count, 0)
    unknown = good.replace(f"server_count={count}", "server_count=unknown")
    assert RowsWitness(ALL, of).check_lines(good, books)
    assert not RowsWitness(ALL, of).check_lines(f"{good}\n{unknown}", books)
    with pytest.raises(SoakError, match="not to be understood"):
        Witness(ALL).check_lines(unknown, books)
