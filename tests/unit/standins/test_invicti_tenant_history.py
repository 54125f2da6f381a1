"""The seeded history: reproducible, realistic, and never held in memory."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.standins.invicti_tenant import Switches, Tenant
from tests.standins.invicti_tenant.catalogue import KINDS
from tests.standins.invicti_tenant.clock import TICKS, to_ticks
from tests.standins.invicti_tenant.dice import Permutation, scramble, unscramble
from tests.standins.invicti_tenant.flow import GROWN, Flow
from tests.unit.standins.invicti_tenant_client import NOW, quiet

END = to_ticks(datetime(2024, 6, 12, 15, tzinfo=timezone.utc))
TWO_YEARS = 730 * 86400 * TICKS


def records_of(tenant: Tenant, numbers: range) -> list[dict[str, object]]:
    return [tenant.record_of(number) for number in numbers]


@pytest.fixture(scope="module")
def history() -> list[dict[str, object]]:
    tenant = Tenant(Switches(records=10_000, seed=3, now=NOW))
    return records_of(tenant, range(10_000))


def test_the_same_seed_gives_the_same_history_and_another_seed_another() -> None:
    first, again, other = (
        records_of(Tenant(quiet(seed=seed)), range(200)) for seed in (11, 11, 12)
    )
    assert first == again
    assert not {r["Id"] for r in first} & {r["Id"] for r in other}
    assert [r["CreatedAt"] for r in first] != [r["CreatedAt"] for r in other]


def test_the_history_fills_its_span_and_ends_now() -> None:
    tenant = Tenant(quiet(records=5_000, span_days=100.0))
    first, last = (str(tenant.record_of(n)["CreatedAt"]) for n in (0, 4_999))
    assert "2024-03-04" <= first < "2024-03-06"
    assert "2024-06-12" <= last < "2024-06-12T15:00:00"
    assert tenant.count() == 5_000


@given(
    seed=st.integers(0, 1 << 40),
    count=st.integers(1, 10_000_000),
    data=st.data(),
)
def test_created_never_falls_and_counting_agrees_with_it(
    seed: int, count: int, data: st.DataObject
) -> None:
    flow = Flow(seed, count, END - TWO_YEARS, END)
    number = data.draw(st.integers(0, count - 1))
    created = flow.created(number)
    assert END - TWO_YEARS <= created <= END
    if number:
        assert flow.created(number - 1) <= created
    until = flow.count_until(created)
    assert until > number
    assert flow.created(until - 1) == created
    assert until == count or flow.created(until) > created
    assert flow.count_until(created - 1) <= number


@given(seed=st.integers(0, 1 << 40), number=st.integers(0, GROWN + 1_000_000))
def test_an_id_is_a_version_4_uuid_that_leads_back_to_its_record(seed: int, number: int) -> None:
    flow = Flow(seed, 10, END - TWO_YEARS, END)
    identity = flow.identity(number)
    assert identity.version == 4
    assert flow.number(identity) == number


@given(st.integers(0, (1 << 62) - 1))
def test_scramble_has_an_inverse(number: int) -> None:
    assert unscramble(scramble(number)) == number


@given(size=st.integers(1, 3_000), key=st.integers(0, 1 << 40))
@settings(max_examples=40)
def test_a_permutation_is_one(size: int, key: int) -> None:
    permutation = Permutation(size, key)
    places = [permutation.forward(n) for n in range(size)]
    assert sorted(places) == list(range(size))
    assert [permutation.back(p) for p in places] == list(range(size))
    if size > 100:
        assert places != sorted(places)


def test_ten_million_records_cost_neither_memory_nor_time() -> None:
    tenant = Tenant(quiet(records=10_000_000, span_days=730.0))
    query = {
        "startdate": "03/01/2024 00:00:00",
        "enddate": "03/31/2024 23:59:59",
        "pagesize": "200",
    }
    tenant.page(query)
    tracemalloc.start()
    started = time.process_time()
    pages = [tenant.page({**query, "page": str(number)}) for number in (1, 700, 1_500)]
    spent = time.process_time() - started
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    total = json.loads(pages[0].json())["TotalItemCount"]
    assert 380_000 < total < 470_000  # a month of two years
    assert all(len(json.loads(page.json())["List"]) == 200 for page in pages)
    assert peak < 4 << 20
    assert spent < 1.0  # 30 times the usual: tracing slows it


def test_counting_a_window_of_ten_million_records_takes_milliseconds() -> None:
    tenant = Tenant(quiet(records=10_000_000, span_days=730.0, order="shuffled"))
    started = time.process_time()
    for day in range(1, 21):
        tenant.page({"startdate": f"05/{day:02d}/2023", "pagesize": "1"})
    assert (time.process_time() - started) / 20 < 0.02


def test_every_type_of_the_swagger_occurs(history: list[dict[str, object]]) -> None:
    reference = Path(__file__).resolve().parents[3] / "lookups" / "invicti_audit_types.csv"
    counts = Counter(record["Type"] for record in history)
    assert len(KINDS) == len(counts) == 107
    assert counts["ScanStarted"] > 50 * counts["DeleteAccount"]
    assert counts["LoginAttemptFailed"] > 100
    if reference.exists():
        listed = {line.split(",")[0] for line in reference.read_text("utf-8").splitlines()[1:]}
        assert counts.keys() <= {name.strip('"') for name in listed}


def test_nights_and_weekends_are_quiet(history: list[dict[str, object]]) -> None:
    web = [
        datetime.fromisoformat(str(r["CreatedAt"])[:19])
        for r in history
        if r["EndpointType"] == "Web"
    ]
    weekday = Counter(moment.weekday() for moment in web)
    hour = Counter(moment.hour for moment in web)
    assert weekday[5] + weekday[6] < weekday[1] / 2
    assert hour[4] < hour[9] / 5
    endpoints = Counter(r["EndpointType"] for r in history)
    assert min(endpoints["Web"], endpoints["Api"], endpoints["BackgroundTask"]) > 1_500


def test_some_records_share_an_instant_and_bursts_occur(history: list[dict[str, object]]) -> None:
    counts = Counter(record["CreatedAt"] for record in history)
    assert max(counts.values()) >= 3


def test_names_are_of_the_whole_world_and_texts_look_right(
    history: list[dict[str, object]],
) -> None:
    names = {record["UserName"] for record in history}
    assert {"José García", "Zoë Baker", "山田太郎", "Łukasz Wójcik"} <= names
    messages = [r["Message"] for r in history]
    assert None in messages
    assert not [m for m in messages if m is not None and ("{" in str(m) or not m)]
    failed = [r for r in history if r["Type"] == "LoginAttemptFailed" and r["Message"]]
    assert all(str(r["UserEmail"]) in str(r["Message"]) for r in failed if r["UserEmail"])
    assert any(r["UserId"] is None for r in failed)


def test_request_data_comes_in_three_forms_with_secrets_in_them(
    history: list[dict[str, object]],
) -> None:
    texts = [str(r["RequestData"]) for r in history if r["RequestData"]]
    as_json = [t for t in texts if t.startswith("{")]
    headers = [t for t in texts if t.startswith("POST ")]
    forms = [t for t in texts if t not in as_json and t not in headers]
    assert min(len(as_json), len(headers), len(forms)) > 300
    assert all(isinstance(json.loads(t), dict) for t in as_json)
    assert all("\r\nAuthorization: " in t or "\r\nCookie: " in t for t in headers)
    assert all("=" in t for t in forms)
    assert any("Password=Fake-" in t for t in forms)
    assert any("SecretAccessKey" in t for t in texts)
    assert sum(r["RequestData"] is None for r in history) > 1_000


def test_growing_goes_on_at_the_same_pace_as_the_clock_runs() -> None:
    tenant = Tenant(quiet(records=6_000, growing=True))
    before = tenant.ids()
    assert len(before) == pytest.approx(6_000, abs=8)
    tenant.advance(7 * 86400)
    after = tenant.ids()
    assert before < after
    assert len(after) - len(before) == pytest.approx(700, abs=80)


def test_the_clock_runs_at_its_speed() -> None:
    tenant = Tenant(Switches(records=1, now=NOW, clock_speed=1000.0))
    first = tenant.now
    time.sleep(0.05)
    assert timedelta(seconds=40) < tenant.now - first < timedelta(seconds=2_000)
    tenant.change(clock_speed=0.0)
    stopped = tenant.now
    time.sleep(0.01)
    assert tenant.now == stopped
    tenant.advance(90)
    assert tenant.now == stopped + timedelta(seconds=90)
