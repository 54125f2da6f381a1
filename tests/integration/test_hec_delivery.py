"""The packaged add-on against Tenzir, a real HEC receiver of another maker."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import PrivateCa
from tests.integration.hec_support import arrived, check_metadata, hec_site
from tests.integration.support import INPUT, SETTINGS, field
from tests.receivers.tenzir import TOKEN, Tenzir
from tests.standins.hec import HecServer, HecSwitches
from tests.standins.invicti_tenant import Switches
from tests.standins.proxies import PASSWORD, USER, proxy


def test_fifty_thousand_over_tls(
    package: Path, interpreter: Path, engine: Path, private_ca: PrivateCa, tmp_path: Path
) -> None:
    tls = (private_ca.certificate, private_ca.key)
    switches = Switches(records=50_000)
    with hec_site(package, interpreter, tmp_path, switches) as place:
        with Tenzir(engine, tmp_path / "receiver", tls) as receiver:
            place.point_to(receiver.url, ca_bundle=str(private_ca.bundle))
            summary = place.good_run()
            idle = place.good_run()
            new = place.tenant.grow(7)
            more = place.good_run()
        place.check_each_once(arrived(receiver))
        check_metadata(receiver.events(), "127.0.0.1")
        assert len(new) == 7
    assert (summary["accepted"], idle["accepted"], more["accepted"]) == ("50000", "0", "7")
    for told in (summary, more):
        assert (told["retries"], told["set_aside"], told["perhaps_doubled"]) == ("0", "0", "0")
    assert float(summary["compression_ratio"]) > 4
    assert int(summary["bytes"]) > 4 * int(summary["compressed_bytes"])
    assert 0 <= float(more["delivery_lag_seconds"]) < 3600


def test_two_receivers_take_turns_and_one_may_go(
    package: Path, interpreter: Path, engine: Path, tmp_path: Path
) -> None:
    with hec_site(package, interpreter, tmp_path, Switches(records=4_000)) as place:
        with Tenzir(engine, tmp_path / "one") as one, Tenzir(engine, tmp_path / "two") as two:
            place.point_to(f"{one.url},{two.url}")
            place.good_run()
            one.stop()
            place.tenant.grow(1_000)
            summary = place.good_run()
        place.check_each_once(arrived([one, two]))
        assert min(len(one.events()), len(two.events())) > 1_500
    assert summary["accepted"] == "1000"
    assert place.log.count("action=hec_receiver_failed") == 1


@pytest.mark.parametrize("kind", ["http", "socks5"])
def test_through_a_proxy_with_a_password(
    kind: str,
    package: Path,
    interpreter: Path,
    engine: Path,
    private_ca: PrivateCa,
    tmp_path: Path,
) -> None:
    tls = (private_ca.certificate, private_ca.key)
    with (
        hec_site(package, interpreter, tmp_path, Switches(records=1_000)) as place,
        Tenzir(engine, tmp_path / "receiver", tls) as receiver,
        proxy(kind, tmp_path / "proxy") as real,
    ):
        place.point_to(receiver.url, ca_bundle=str(private_ca.bundle))
        settings = {"proxy_enabled": "1", "proxy_type": kind, "proxy_url": "127.0.0.1"}
        secret = {"proxy_username": USER, "proxy_password": PASSWORD}
        port = str(real.port)
        place.place.splunkd.set_setting("proxy", proxy_port=port, **settings, **secret)
        place.good_run()
        receiver.stop()
        place.check_each_once(arrived(receiver))
        assert len([line for line in real.connections if f":{receiver.port}" in line]) == 1
        assert PASSWORD not in place.log


def test_a_certificate_that_nobody_vouches_for(
    package: Path, interpreter: Path, engine: Path, private_ca: PrivateCa, tmp_path: Path
) -> None:
    tls = (private_ca.certificate, private_ca.key)
    with hec_site(package, interpreter, tmp_path, Switches(records=10), interval="60") as place:
        with Tenzir(engine, tmp_path / "receiver", tls) as receiver:
            place.point_to(receiver.url)
            line = place.failing_run()
        assert receiver.events() == []
    assert "TLS failed" in line
    assert "HEC target's ca_bundle" in line


def test_refusals_of_the_token(
    package: Path, interpreter: Path, engine: Path, tmp_path: Path
) -> None:
    other = TOKEN.replace("1", "9")
    with hec_site(package, interpreter, tmp_path, Switches(records=400)) as place:
        with Tenzir(engine, tmp_path / "receiver") as receiver:
            place.point_to(receiver.url, other)
            line = place.failing_run()
            assert "HTTP 403 code 4 Invalid token" in line
            assert other not in line + place.log
            place.point_to(receiver.url, use_ack="1")
            assert "switch off use_ack" in place.failing_run()
            place.point_to(receiver.url)
            place.good_run()
        place.check_each_once(arrived(receiver))


def test_bad_targets_are_told_and_nothing_is_lost(
    package: Path, interpreter: Path, tmp_path: Path
) -> None:
    with hec_site(package, interpreter, tmp_path, Switches(records=400)) as place:
        rows = [
            ("splunk.example.com:8088", TOKEN, "malformed"),
            ("http://splunk.example.com:8088", TOKEN, "not https"),
            ("https://splunk.example.com:8088/api", TOKEN, "more in it"),
            ("https://splunk.example.com:8088", "se cret", "without blanks"),
        ]
        splunkd = place.place.splunkd
        for urls, token, words in rows:
            place.point_to(urls, token)
            assert words in place.failing_run()
            validation = splunkd.validate(INPUT, **SETTINGS, hec_target="there")
            assert validation.exit_code > 0
            assert words in str(validation.message)
        # Something else than an event collector answers: the tenant itself.
        place.point_to(place.place.server.base_url)
        assert "check the URLs of the HEC target" in place.failing_run()
        with HecServer(HecSwitches(token=TOKEN, indexes="main,summary")) as receiver:
            place.point_to(receiver.url)
            assert "HTTP 400 code 7 Incorrect index" in place.failing_run()
            receiver.collector.set(indexes="main,invicti")
            validation = splunkd.validate(INPUT, **SETTINGS, hec_target="there")
            assert (validation.exit_code, validation.message) == (0, None)
            place.good_run()
            place.check_each_once(arrived(receiver))


def test_a_target_that_was_deleted(package: Path, interpreter: Path, tmp_path: Path) -> None:
    with hec_site(package, interpreter, tmp_path, Switches(records=10)) as place:
        line = place.failing_run()
        assert "the HEC target there does not exist" in line
        validation = place.place.splunkd.validate(INPUT, **SETTINGS, hec_target="there")
        assert "does not exist" in str(validation.message)


def test_a_receiver_that_takes_little_at_a_time(
    package: Path, interpreter: Path, engine: Path, tmp_path: Path
) -> None:
    with hec_site(package, interpreter, tmp_path, Switches(records=2_000)) as place:
        with Tenzir(engine, tmp_path / "receiver", None, "max_request_size=20000") as receiver:
            place.point_to(receiver.url)
            summary = place.good_run()
        place.check_each_once(arrived(receiver))
    assert int(summary["requests"]) > 20
    assert (summary["set_aside"], summary["perhaps_doubled"]) == ("0", "0")


@contextlib.contextmanager
def slow_upload(port: int) -> Iterator[threading.Event]:
    """Another client's request that has begun and does not end until the event is set."""
    done = threading.Event()
    head = (
        "POST /services/collector/event HTTP/1.1\r\nHost: here\r\n"
        f"Authorization: Splunk {TOKEN}\r\nContent-Length: 1000\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port)) as upload:
        upload.sendall(head.encode() + b'{"event":"')

        def go_on() -> None:
            while not done.wait(0.2):
                upload.sendall(b" ")

        sender = threading.Thread(target=go_on)
        sender.start()
        try:
            yield done
        finally:
            done.set()
            sender.join()


def test_a_receiver_that_is_busy(
    package: Path, interpreter: Path, engine: Path, tmp_path: Path
) -> None:
    with hec_site(package, interpreter, tmp_path, Switches(records=1_000)) as place:
        with Tenzir(engine, tmp_path / "receiver", None, "max_connections=1") as receiver:
            place.point_to(receiver.url)
            with slow_upload(receiver.port):
                process = place.place.splunkd.start_input(INPUT)
                while process.running and "HTTP 503 code 9" not in place.log:
                    time.sleep(0.05)
            run = place.place.finish(process)
        assert (run.exit_code, run.event_count) == (0, 0)
        place.check_each_once(arrived(receiver))
    summary = place.summary()
    assert int(summary["retries"]) > 0
    assert (summary["accepted"], summary["perhaps_doubled"]) == ("1000", "0")
    assert "Server is busy" in field(place.log, "reason")[0]
