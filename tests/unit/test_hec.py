"""The HEC destination against the stand-in: what is sent, refused, sent again, set aside."""

from __future__ import annotations

import gzip
from collections import Counter
from typing import Any

import pytest

from invicti_collector.destinations import hec_acks
from invicti_collector.errors import (
    AuthenticationError,
    CollectorError,
    ConfigurationError,
    LeaseLostError,
    PermanentError,
    TransientError,
)
from invicti_collector.shutdown import StoppedError
from tests.receivers.process import free_port
from tests.standins.hec import HecServer, HecSwitches
from tests.standins.hec.switches import TOKEN
from tests.unit.hec_sender import Sender, events


def names(count: int, *without: int) -> list[str]:
    return [str(n) for n in range(count) if n not in without]


def aside(sender: Sender) -> list[str]:
    """Ids that the log says were set aside."""
    found = [line for line in sender.lines if "action=event_set_aside" in line]
    assert all(line.startswith("ERROR") and 'error="' in line for line in found)
    return [line.partition('id="')[2].partition('"')[0] for line in found]


def test_a_page_is_one_request() -> None:
    with HecServer() as there:
        sender = Sender([there.url])
        sender.hec.deliver(events(200))
        sender.hec.deliver(events(200, first=200))
        assert there.ids == names(400)
        (path, _, size), _ = there.collector.calls
        assert path == "/services/collector/event"
        assert size < 200 * 20  # compressed: less than 20 bytes an event
        first = there.collector.taken[0].event
        assert first["time"] == 1_715_171_524.0
        assert (first["host"], first["index"]) == ("tenant.example.com", "audit")
        assert sender.assured == 2
    summary = sender.summary()
    told = ("accepted", "requests", "retries", "set_aside", "perhaps_doubled")
    assert [summary[name] for name in told] == ["400", "2", "0", "0", "0"]
    assert float(summary["compression_ratio"]) > 5
    assert int(summary["bytes"]) > int(summary["compressed_bytes"]) > 0


def test_requests_are_limited() -> None:
    with HecServer() as there:
        sender = Sender([there.url])
        sender.hec.deliver(events(2_500))
        assert Counter(taken.request for taken in there.collector.taken) == {
            1: 1000,
            2: 1000,
            3: 500,
        }
        there.collector.set()
        there.collector.taken.clear()
        sender.hec.deliver(events(5, characters=300_000))
        assert Counter(taken.request for taken in there.collector.taken) == {1: 3, 2: 2}


# --- refused events ------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["zero", "one", "none"])
@pytest.mark.parametrize("code", [6, 12, 13, 15])
@pytest.mark.parametrize("bad", [0, 1, 77, 199])
def test_one_refused_event_does_not_keep_the_others(number: str, code: int, bad: int) -> None:
    marker = f'Id\\": \\"{bad}\\"'
    switches = HecSwitches(number=number, refuse_containing=marker, refuse_code=code)
    with HecServer(switches) as there:
        sender = Sender([there.url])
        sender.hec.deliver(events(200))
        assert sorted(there.ids, key=int) == names(200, bad)
        assert aside(sender) == [str(bad)]
        assert sender.summary()["set_aside"] == "1"
        # With the right number one refusal more tells; halving takes two a level.
        assert len(there.collector.calls) <= (5 if number == "zero" else 20)


def test_nothing_is_lost_where_a_refusal_has_taken_those_before() -> None:
    switches = HecSwitches(partial="before", refuse_containing='Id\\": \\"77\\"')
    with HecServer(switches) as there:
        sender = Sender([there.url])
        sender.hec.deliver(events(200))
        assert sorted(set(there.ids), key=int) == names(200, 77)
        assert aside(sender) == ["77"]
        assert max(Counter(there.ids).values()) == 2


def test_many_refused_events_are_each_set_aside() -> None:
    with HecServer(HecSwitches(refuse_containing='7\\"', number="none")) as there:
        sender = Sender([there.url])
        sender.hec.deliver(events(200))
        bad = [n for n in range(200) if n % 10 == 7]
        assert sorted(there.ids, key=int) == names(200, *bad)
        assert sorted(aside(sender), key=int) == [str(n) for n in bad]


def test_a_receiver_that_refuses_everything_loses_nothing() -> None:
    with HecServer(HecSwitches(refuse_containing="Id")) as there:
        sender = Sender([there.url])
        for page in (events(200), events(2), events(1)):
            with pytest.raises(PermanentError, match="none of the events is taken"):
                sender.hec.deliver(page)
        assert aside(sender) == []
        assert len(there.collector.calls) < 100


def test_a_lone_event_is_set_aside_only_after_others_were_taken() -> None:
    with HecServer(HecSwitches(refuse_containing='Id\\": \\"7\\"')) as there:
        sender = Sender([there.url])
        with pytest.raises(PermanentError):
            sender.hec.deliver(events(1, first=7))
        sender.hec.deliver(events(1, first=6))
        sender.hec.deliver(events(1, first=7))
        assert there.ids == ["6"]
        assert aside(sender) == ["7"]


# --- size ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit_of", ["sent", "plain"])
def test_a_batch_that_is_too_large_is_halved(limit_of: str) -> None:
    page = events(200, characters=200)
    limit = 20_000 if limit_of == "plain" else len(gzip.compress(b"x" * 40_000)) + 300
    with HecServer(HecSwitches(max_content_length=limit, limit_of=limit_of)) as there:
        sender = Sender([there.url])
        sender.hec.deliver(page)
        assert sorted(there.ids, key=int) == names(200)
        refused = sum(status == 413 for _, status, _ in there.collector.calls)
        assert refused > 0
        # The size is remembered: the next page is not refused once more.
        sender.hec.deliver(events(200, first=200, characters=200))
        assert sum(status == 413 for _, status, _ in there.collector.calls) == refused
        assert len(set(there.ids)) == len(there.ids) == 400


@pytest.mark.parametrize("limit", [20_000, 6_000])
def test_a_limit_of_few_events_is_found_by_one_refusal_a_halving(limit: int) -> None:
    """Batches of a size that was refused are not tried: it would look as if none were taken."""
    with HecServer(HecSwitches(max_content_length=limit, limit_of="plain")) as there:
        sender = Sender([there.url])
        sender.hec.deliver(events(200, characters=4_500))
        assert sorted(there.ids, key=int) == names(200)
        assert sum(status == 413 for _, status, _ in there.collector.calls) <= 8


def test_one_event_that_is_too_large_is_set_aside() -> None:
    switches = HecSwitches(max_content_length=3_000_000, limit_of="plain")
    with HecServer(switches) as there:
        sender = Sender([there.url])
        page = events(200)
        page[50:50] = events(1, first=1_000, characters=5_000_000)
        sender.hec.deliver(page)
        assert there.ids == names(200)
        assert aside(sender) == ["1000"]


# --- proxies -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["http", "socks5"])
def test_the_token_reaches_no_proxy_in_clear(kind: str) -> None:
    """Each URL by itself: the proxy, which is not there, is asked to pass https only."""
    secure = f"https://127.0.0.1:{free_port()}"
    with HecServer() as there:
        sender = Sender([secure, there.url], proxy=f"{kind}://127.0.0.1:{free_port()}")
        sender.hec.deliver(events(10))
        assert there.ids == names(10)
    (line,) = [line for line in sender.lines if "action=hec_receiver_failed" in line]
    assert secure in line
    assert "the proxy 127.0.0.1 cannot be used" in line


# --- for a person to put right -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("switches", "kind"),
    [
        ({"token": "ffffffff-4f50-6172-8394-a5b6c7d8e9f0"}, AuthenticationError),
        ({"token_enabled": False}, AuthenticationError),
        ({"indexes": "main,summary"}, ConfigurationError),
        ({"use_ack": True}, ConfigurationError),
        ({"answers": "1:302"}, PermanentError),
        ({"answers": "1:404"}, PermanentError),
        ({"answers": "1:200"}, PermanentError),
    ],
)
def test_permanent_answers_end_at_once(
    switches: dict[str, object], kind: type[CollectorError]
) -> None:
    with HecServer(HecSwitches(**switches, echo_token=True)) as there:  # type: ignore[arg-type]
        sender = Sender([there.url])
        with pytest.raises(kind) as raised:
            sender.hec.deliver(events(200))
        assert len(there.collector.calls) == 1
        assert there.ids == []
        assert sender.pauses == []
        assert TOKEN not in str(raised.value) + sender.log
        assert there.url in raised.value.where


def test_the_token_does_not_follow_a_redirect() -> None:
    with HecServer() as other:
        location = f"{other.url}/services/collector/event"
        switches = HecSwitches(answers="1:307", location=location)
        with HecServer(switches) as there, pytest.raises(PermanentError, match="redirects"):
            Sender([there.url]).hec.deliver(events(10))
        assert other.collector.calls == []


# --- trying again --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["1-2:503/9", "1-2:429/26", "1-2:503/23", "1-2:408", "1-2:429/27"])
def test_a_busy_receiver_is_asked_again(text: str) -> None:
    with HecServer(HecSwitches(answers=text)) as there:
        sender = Sender([there.url])
        sender.hec.deliver(events(200))
        assert there.ids == names(200)
        assert len(sender.pauses) == 2
        summary = sender.summary()
        assert (summary["retries"], summary["perhaps_doubled"]) == ("2", "0")


def test_retry_after_is_obeyed() -> None:
    with HecServer(HecSwitches(answers="1:503/9", retry_after="20")) as there:
        sender = Sender([there.url])
        sender.hec.deliver(events(200))
        assert there.ids == names(200)
        (pause,) = sender.pauses
        assert 20 <= pause <= 21


def test_a_receiver_s_retry_after_is_nothing_that_the_tenant_asked_for() -> None:
    """One beyond the patience ends the run; the next carries on, be it with another target."""
    with HecServer(HecSwitches(answers="1:503/9", retry_after="7200")) as there:
        sender = Sender([there.url])
        with pytest.raises(TransientError, match="503") as raised:
            sender.hec.deliver(events(200))
        assert raised.value.retry_after is None
        assert sender.pauses == []
        sender.hec.deliver(events(200))
        assert there.ids == names(200)


def test_a_run_that_fails_within_a_page_sends_its_beginning_again() -> None:
    """A page of several requests is saved as a whole; what doubles, no run can count."""
    with HecServer(HecSwitches(answers="2:403/1")) as there:
        with pytest.raises(AuthenticationError):
            Sender([there.url]).hec.deliver(events(5, characters=300_000))
        sender = Sender([there.url])
        sender.hec.deliver(events(5, characters=300_000))
        assert Counter(there.ids) == {"0": 2, "1": 2, "2": 2, "3": 1, "4": 1}
        assert sender.summary()["perhaps_doubled"] == "0"


def test_patience_ends() -> None:
    with HecServer(HecSwitches(answers="1-1000:503/9")) as there:
        sender = Sender([there.url], patience=30.0)
        with pytest.raises(TransientError, match="503"):
            sender.hec.deliver(events(200))
        assert sum(sender.pauses) <= 30
        assert sender.summary()["accepted"] == "0"


@pytest.mark.parametrize(
    ("switches", "doubles"), [({"cut_answers": "1"}, 2), ({"answers": "1:502"}, 1)]
)
def test_an_uncertain_batch_is_sent_again_and_counted(
    switches: dict[str, str], doubles: int
) -> None:
    with HecServer(HecSwitches(**switches)) as there:  # type: ignore[arg-type]
        sender = Sender([there.url])
        sender.hec.deliver(events(200))
        assert Counter(there.ids) == dict.fromkeys(names(200), doubles)
        assert "WARNING action=hec_resend" in sender.log
        assert sender.summary()["perhaps_doubled"] == "200"


def test_another_copy_of_the_input_ends_the_trying() -> None:
    with HecServer() as there:
        sender = Sender([there.url])

        def lost() -> None:
            if sender.assured == 1:
                raise LeaseLostError("taken over", "lease", "none")

        sender.assure = lost
        with pytest.raises(LeaseLostError):
            sender.hec.deliver(events(200))
        assert there.ids == []


def test_a_crowded_receiver_is_given_time(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("invicti_collector.destinations.hec.time.sleep", slept.append)
    with HecServer(HecSwitches(crowded="1-3")) as there:
        sender = Sender([there.url])
        for first in (0, 200, 400):
            sender.hec.deliver(events(200, first=first))
        assert there.ids == names(600)
        assert len([pause for pause in slept if pause >= 1]) == 3
        assert sender.log.count("action=hec_crowded") == 1


# --- several receivers ---------------------------------------------------------------------------


def test_receivers_take_turns() -> None:
    with HecServer() as one, HecServer() as two, HecServer() as three:
        sender = Sender([one.url, two.url, three.url])
        for first in range(0, 1_800, 200):
            sender.hec.deliver(events(200, first=first))
        assert [len(each.ids) for each in (one, two, three)] == [600, 600, 600]
        assert sorted(one.ids + two.ids + three.ids, key=int) == names(1_800)


def test_one_that_fails_is_passed_over_and_tried_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [1_000.0]
    monkeypatch.setattr("invicti_collector.destinations.hec_client.time.monotonic", lambda: now[0])
    with HecServer(HecSwitches(answers="1:503/9")) as one, HecServer() as two:
        sender = Sender([one.url, two.url])
        for first in range(0, 800, 200):
            sender.hec.deliver(events(200, first=first))
        assert one.ids == []
        assert two.ids == names(800)
        assert sender.pauses == []
        now[0] += 60
        for first in range(800, 1_600, 200):
            sender.hec.deliver(events(200, first=first))
        assert [len(one.ids), len(two.ids)] == [400, 1_200]
        assert sender.log.count("action=hec_receiver_failed") == 1


def test_one_that_is_gone_is_passed_over() -> None:
    with HecServer() as there:
        sender = Sender([f"http://127.0.0.1:{free_port()}", there.url])
        sender.hec.deliver(events(200))
        assert there.ids == names(200)
        assert sender.summary()["perhaps_doubled"] == "0"


def test_all_are_gone() -> None:
    urls = [f"http://127.0.0.1:{free_port()}" for _ in range(2)]
    sender = Sender(urls, patience=30.0)
    with pytest.raises(TransientError, match="no connection"):
        sender.hec.deliver(events(1))
    assert sum(sender.pauses) <= 30
    assert sender.summary()["perhaps_doubled"] == "0"


AT_FAULT = [
    ({"token": "ffffffff-4f50-6172-8394-a5b6c7d8e9f0"}, "code 4", "check the token"),
    ({"token_enabled": False}, "code 1", "enable the token"),
    ({"indexes": "main"}, "code 7", "create the input's index"),
    ({"answers": "1-100:404"}, "HTTP 404", "check the URLs"),
]


@pytest.mark.parametrize(("switches", "reason", "remedy"), AT_FAULT)
@pytest.mark.parametrize("is_first", [True, False])
def test_one_that_a_person_has_to_put_right_is_passed_over_and_told_once(
    is_first: bool,
    switches: dict[str, Any],
    reason: str,
    remedy: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [1_000.0]
    monkeypatch.setattr("invicti_collector.destinations.hec_client.time.monotonic", lambda: now[0])
    with HecServer(HecSwitches(**switches)) as one, HecServer() as two:
        sender = Sender([one.url, two.url] if is_first else [two.url, one.url])
        for first in range(0, 2_000, 200):
            now[0] += 20
            sender.hec.deliver(events(200, first=first))
        assert (one.ids, two.ids) == ([], names(2_000))
        assert 3 <= len(one.collector.calls) <= 7, "it is asked again after each rest"
        assert sender.pauses == []
        assert sender.summary()["perhaps_doubled"] == "0"
    (line,) = [line for line in sender.lines if "action=hec_receiver_failed" in line]
    assert line.startswith("WARNING")
    assert one.url in line
    assert reason in line
    assert f'remedy="{remedy}' in line


def test_one_that_was_put_right_takes_turns_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr("invicti_collector.destinations.hec_client.time.monotonic", lambda: now[0])
    with HecServer(HecSwitches(token_enabled=False)) as one, HecServer() as two:
        sender = Sender([one.url, two.url])
        sender.hec.deliver(events(200))
        one.collector.set(token_enabled=True)
        now[0] += 31
        for first in range(200, 1_000, 200):
            sender.hec.deliver(events(200, first=first))
        assert [len(one.ids), len(two.ids)] == [400, 600]


def test_the_run_ends_when_all_are_to_be_put_right() -> None:
    with (
        HecServer(HecSwitches(token_enabled=False)) as one,
        HecServer(HecSwitches(indexes="main")) as two,
    ):
        sender = Sender([one.url, two.url])
        with pytest.raises(AuthenticationError, match="code 1") as raised:
            sender.hec.deliver(events(200))
        assert one.url in raised.value.where
        assert sender.pauses == []
        assert sender.log.count("action=hec_receiver_failed") == 2


@pytest.mark.parametrize("is_first", [True, False])
def test_where_another_only_fails_for_now_it_is_waited_for(is_first: bool) -> None:
    busy = HecSwitches(answers="1-3:503/9")
    with HecServer(HecSwitches(token_enabled=False)) as one, HecServer(busy) as two:
        sender = Sender([one.url, two.url] if is_first else [two.url, one.url])
        sender.hec.deliver(events(200))
        assert two.ids == names(200)
        assert len(sender.pauses) == 3
        assert len(one.collector.calls) == 1


def test_what_has_become_a_passing_fault_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr("invicti_collector.destinations.hec_client.time.monotonic", lambda: now[0])
    first, second = HecSwitches(answers="1-100:403"), HecSwitches(answers="1:404,2-3:503/9")
    with HecServer(first) as one, HecServer(second) as two:
        sender = Sender([one.url, two.url])
        with pytest.raises(PermanentError, match="HTTP 403"):
            sender.hec.deliver(events(200))
        now[0] += 31
        sender.hec.deliver(events(200))
        assert two.ids == names(200)


# --- acknowledgement -----------------------------------------------------------------------------


def acks(**switches: object) -> HecSwitches:
    return HecSwitches(use_ack=True, **switches)  # type: ignore[arg-type]


def test_delivered_means_acknowledged() -> None:
    with HecServer(acks(ack_after_polls=3)) as there:
        sender = Sender([there.url], use_ack="1")
        sender.hec.deliver(events(2_500))
        assert there.ids == names(2_500)
        paths = Counter(path for path, _, _ in there.collector.calls)
        assert paths == {"/services/collector/event": 3, "/services/collector/ack": 1 + 3}
        assert sender.summary()["accepted"] == "2500"


def test_what_is_not_acknowledged_is_sent_again() -> None:
    with HecServer(acks(ack_lost="2")) as there:
        sender = Sender([there.url], patience=2.0, use_ack="1")
        sender.hec.deliver(events(2_500))
        assert Counter(Counter(there.ids).values()) == {1: 1_500, 2: 1_000}
        summary = sender.summary()
        assert (summary["accepted"], summary["perhaps_doubled"]) == ("2500", "1000")


def test_without_any_acknowledgement_it_fails() -> None:
    with HecServer(acks(ack_after_polls=0)) as there:
        sender = Sender([there.url], patience=1.0, use_ack="1")
        with pytest.raises(TransientError, match="not acknowledged in time"):
            sender.hec.deliver(events(10))
        assert sender.summary()["accepted"] == "0"


def test_a_token_without_acknowledgement_is_told_before_anything_is_sent() -> None:
    with HecServer() as there:
        sender = Sender([there.url], use_ack="1")
        with pytest.raises(ConfigurationError, match="ACK is disabled"):
            sender.hec.deliver(events(10))
        assert there.ids == []


def test_a_token_whose_acknowledgement_is_switched_off_meanwhile_is_told() -> None:
    """What it takes then is acknowledged by nobody, so it does not count as delivered."""
    with HecServer(acks()) as there:
        sender = Sender([there.url], use_ack="1")
        sender.hec.deliver(events(10))
        there.collector.set(use_ack=False)
        with pytest.raises(ConfigurationError, match="without an acknowledgement") as raised:
            sender.hec.deliver(events(10, first=10))
        assert raised.value.where == there.url
        assert "switch off use_ack" in raised.value.remedy
        summary = sender.summary()
        assert (summary["accepted"], summary["perhaps_doubled"]) == ("10", "10")


@pytest.mark.parametrize(("restarts", "doubled"), [("2", 1_000), ("3", 2_000), ("2-3", 2_000)])
def test_a_restart_between_batches_loses_none(restarts: str, doubled: int) -> None:
    """The first after it is given the id of one from before, which was in the queues."""
    with HecServer(acks(restarts_before=restarts)) as there:
        sender = Sender([there.url], use_ack="1")
        sender.hec.deliver(events(2_500))
        assert sorted(there.ids, key=int) == names(2_500)
        assert "WARNING action=hec_resend" in sender.log
        assert "counts its acknowledgements anew" in sender.log
        summary = sender.summary()
        assert (summary["accepted"], summary["perhaps_doubled"]) == ("2500", str(doubled))


def test_receivers_count_their_acknowledgements_each_by_itself() -> None:
    with HecServer(acks(restarts_before="2")) as one, HecServer(acks()) as two:
        sender = Sender([one.url, two.url], use_ack="1")
        sender.hec.deliver(events(4_000))
        assert sorted(one.ids + two.ids, key=int) == names(4_000)
        assert sender.summary()["perhaps_doubled"] == "1000"


def test_one_that_always_counts_anew_is_sent_each_batch_in_the_end() -> None:
    with HecServer(acks(restarts_before="1-100")) as there:
        sender = Sender([there.url], use_ack="1")
        sender.hec.deliver(events(3_000))
        assert sorted(there.ids, key=int) == names(3_000)
        assert len(there.collector.calls) < 20
        assert sender.summary()["accepted"] == "3000"


@pytest.mark.parametrize("is_first", [True, False])
def test_one_without_acknowledgement_is_sent_nothing(is_first: bool) -> None:
    with HecServer() as one, HecServer(acks()) as two:
        sender = Sender([one.url, two.url] if is_first else [two.url, one.url], use_ack="1")
        sender.hec.deliver(events(3_000))
        assert (one.ids, sorted(two.ids, key=int)) == ([], names(3_000))
        assert sender.summary()["accepted"] == "3000"
    (line,) = [line for line in sender.lines if "action=hec_receiver_failed" in line]
    assert "code 14" in line
    assert "switch off use_ack" in line


def test_only_the_receiver_that_took_a_batch_is_asked() -> None:
    with HecServer(acks(ack_after_polls=2)) as one, HecServer(acks(ack_after_polls=2)) as two:
        sender = Sender([one.url, two.url], use_ack="1")
        sender.hec.deliver(events(2_000))
        assert sorted(one.ids + two.ids, key=int) == names(2_000)
        assert len(one.ids) == len(two.ids) == 1_000
        assert sender.summary()["perhaps_doubled"] == "0"


def test_pending_acknowledgements_are_settled_when_splunkd_asks_for_the_end() -> None:
    with HecServer(acks(ack_after_polls=5)) as there:
        sender = Sender([there.url], use_ack="1")
        sender.shutdown._requested = True
        sender.hec.deliver(events(10))
        assert sender.summary()["accepted"] == "10"


def test_the_end_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hec_acks, "GRACE", 0.3)
    with HecServer(acks(ack_after_polls=0)) as there:
        sender = Sender([there.url], use_ack="1")
        sender.shutdown._requested = True
        with pytest.raises(StoppedError):
            sender.hec.deliver(events(10))
        # Asked ten times a second: for the whole patience it would be 300 times.
        assert len(there.collector.calls) < 100
