"""Faults between the add-on and a real receiver, made by a real proxy: nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.hec_support import arrived, hec_site
from tests.receivers.mitm import Mitm
from tests.receivers.tenzir import Tenzir
from tests.standins.hec import HecServer, HecSwitches
from tests.standins.hec.switches import TOKEN
from tests.standins.invicti_tenant import Switches

RECORDS = 3_000


@contextmanager
def spoiled(
    engine: Path, tools: Path, folder: Path, faults: list[dict[str, Any]], *options: str
) -> Iterator[tuple[Tenzir, Mitm]]:
    """A receiver, and the proxy in front of it."""
    with (
        Tenzir(engine, folder / "receiver", None, *options) as receiver,
        Mitm(tools, folder / "proxy", receiver.url, *faults) as proxy,
    ):
        yield receiver, proxy


def test_cut_and_busy(
    package: Path, interpreter: Path, engine: Path, hec_tools: Path, tmp_path: Path
) -> None:
    """A connection killed in mid-body, 503 with Retry-After and without: none lost, none twice."""
    faults: list[dict[str, Any]] = [
        {"kind": "cut_request", "at": [2, 5, 6]},
        {"kind": "status", "at": [8], "status": 503, "retry_after": "2"},
        {"kind": "status", "at": [10, 11], "status": 503},
        {"kind": "status", "at": [13], "status": 429},
    ]
    with hec_site(package, interpreter, tmp_path, Switches(records=RECORDS)) as place:
        with spoiled(engine, hec_tools, tmp_path, faults) as (receiver, proxy):
            place.point_to(proxy.url)
            summary = place.good_run()
            seen = proxy.seen
        place.check_each_once(arrived(receiver))
    assert [each["fault"] for each in seen].count("status") == 4
    assert {each["encoding"] for each in seen} == {"gzip"}
    assert int(summary["retries"]) >= 3 + 4
    assert summary["set_aside"] == "0"


def test_lost_answers_double_and_are_counted(
    package: Path, interpreter: Path, engine: Path, hec_tools: Path, tmp_path: Path
) -> None:
    fault = {"kind": "lose_answer", "at": [3, 7]}
    with hec_site(package, interpreter, tmp_path, Switches(records=RECORDS)) as place:
        with spoiled(engine, hec_tools, tmp_path, [fault]) as (receiver, proxy):
            place.point_to(proxy.url)
            summary = place.good_run()
        found = arrived(receiver)
        assert found.keys() == place.tenant.ids()
        texts = Counter(event["event"] for event in receiver.events())
    doubled = sum(times - 1 for times in found.values())
    assert 0 < doubled <= 400
    assert int(summary["perhaps_doubled"]) == doubled
    # A double is the same event, byte for byte.
    assert sum(times - 1 for times in texts.values()) == doubled
    assert place.log.count("action=hec_resend") == 2


def test_delivered_means_acknowledged(
    package: Path, interpreter: Path, engine: Path, hec_tools: Path, tmp_path: Path
) -> None:
    """Tenzir 6.20.0 acknowledges nothing by itself: the proxy turns the third answer true."""
    with hec_site(package, interpreter, tmp_path, Switches(records=RECORDS)) as place:
        fault = {"kind": "acknowledge", "after": 3}
        with spoiled(engine, hec_tools, tmp_path, [fault], "ack=true") as (receiver, proxy):
            place.point_to(proxy.url, use_ack="1")
            summary = place.good_run()
            seen = proxy.seen
        place.check_each_once(arrived(receiver))
    assert (summary["accepted"], summary["perhaps_doubled"]) == (str(RECORDS), "0")
    assert len({each["channel"] for each in seen}) == 1
    asked = [each for each in seen if each["path"].endswith("/ack")]
    assert len(asked) >= 1 + 3 * (len(seen) - len(asked))


@pytest.mark.parametrize("interpreter", ["3.13"], indirect=True)
def test_what_is_never_acknowledged_is_not_progress(
    package: Path, interpreter: Path, engine: Path, tmp_path: Path
) -> None:
    with hec_site(package, interpreter, tmp_path, Switches(records=100), interval="60") as place:
        with Tenzir(engine, tmp_path / "receiver", None, "ack=true") as receiver:
            place.point_to(receiver.url, use_ack="1")
            line = place.failing_run()
        assert "not acknowledged in time" in line
        assert arrived(receiver).keys() <= place.tenant.ids()
        assert int(place.summary()["perhaps_doubled"]) > 0
        with HecServer(HecSwitches(token=TOKEN)) as other:
            place.point_to(other.url, TOKEN)
            place.good_run()
            place.check_each_once(arrived(other))


def test_a_receiver_that_is_down_for_longer_than_a_run(
    package: Path, interpreter: Path, engine: Path, tmp_path: Path
) -> None:
    with hec_site(
        package, interpreter, tmp_path, Switches(records=RECORDS), interval="60"
    ) as place:
        with Tenzir(engine, tmp_path / "receiver") as receiver:
            place.point_to(receiver.url)
            place.good_run()
            receiver.stop()
            place.tenant.grow(500)
            assert "no connection" in place.failing_run()
            receiver.start()
            assert place.good_run()["accepted"] == "500"
        place.check_each_once(arrived(receiver))


def test_one_record_that_is_too_large(
    package: Path, interpreter: Path, engine: Path, tmp_path: Path
) -> None:
    """5 MB among 2,000; compressed it would pass, so the receiver's limit is set below that."""
    switches = Switches(records=2_000, bad_records="huge@777")
    settings = {"request_data": "keep"}
    with hec_site(package, interpreter, tmp_path, switches, **settings) as place:
        with Tenzir(engine, tmp_path / "receiver", None, "max_request_size=1000000") as receiver:
            place.point_to(receiver.url)
            summary = place.good_run()
            place.tenant.grow(10)
            assert place.good_run()["accepted"] == "10"
        (poison,) = place.set_aside()
        place.check_each_once(arrived(receiver), poison)
    assert (summary["accepted"], summary["set_aside"]) == ("1999", "1")


@pytest.mark.parametrize("number", ["zero", "none"])
def test_one_record_that_the_receiver_refuses(
    number: str, package: Path, interpreter: Path, tmp_path: Path
) -> None:
    with hec_site(package, interpreter, tmp_path, Switches(records=2_000)) as place:
        poison = sorted(place.tenant.ids())[777]
        text = place.tenant.record(poison)["Id"]
        switches = HecSwitches(token=TOKEN, number=number, refuse_containing=text)
        with HecServer(switches) as receiver:
            place.point_to(receiver.url, TOKEN)
            summary = place.good_run()
            assert place.set_aside() == [poison]
            place.check_each_once(arrived(receiver), poison)
            assert (summary["accepted"], summary["set_aside"]) == ("1999", "1")
            # It counts as seen: the next run says nothing of it.
            place.tenant.grow(10)
            assert place.good_run()["set_aside"] == "0"
