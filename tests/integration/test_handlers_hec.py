"""HEC targets by REST: tried when saved, without indexing anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.event_collector import TOKEN, EventCollector, event_collector
from tests.integration.conftest import PrivateCa
from tests.integration.pages import HEC_TARGETS, SETTINGS, Pages, pages
from tests.standins.proxies import PASSWORD, USER, proxy


@pytest.fixture(name="collector")
def _collector() -> Iterator[EventCollector]:
    with event_collector() as collector:
        yield collector


@pytest.fixture(name="place")
def _place(package: Path, interpreter: Path, tmp_path: Path) -> Iterator[Pages]:
    with pages(package, interpreter, tmp_path) as place:
        yield place


def form(*collectors: EventCollector, **changes: str) -> dict[str, str]:
    urls = ", ".join(collector.url for collector in collectors)
    return {"urls": urls, "token": TOKEN, "use_ack": "0", **changes}


def test_a_target_is_made_changed_and_deleted(place: Pages, collector: EventCollector) -> None:
    made = place.create(HEC_TARGETS, "central", **form(collector))
    assert made.status == 201, made.text
    assert made.content["token"] == "******"  # noqa: S105
    assert TOKEN not in made.body
    assert collector.asked == [
        ("GET", "/services/collector/health", 0),
        ("POST", "/services/collector/event", 0),
    ]
    with event_collector() as second:
        urls = f"{collector.url},{second.url}"
        assert place.edit(HEC_TARGETS, "central", urls=urls).status == 400  # not without the token
        assert second.asked == []
        both = place.edit(HEC_TARGETS, "central", urls=urls, token=TOKEN)
        assert both.status == 200, both.text
        assert len(second.asked) == 2
    gone = place.edit(HEC_TARGETS, "central", use_ack="0")
    assert (gone.status, "No connection" in gone.text) == (400, True)
    assert place.delete(HEC_TARGETS, "central").status == 200
    assert place.splunkd.configuration.layer(place.splunkd.app, "passwords") == {}


@pytest.mark.parametrize("interpreter", ["3.13"], indirect=True)
def test_only_who_may_save_a_target_has_it_tried(place: Pages, collector: EventCollector) -> None:
    place.splunkd.set(roles=("user",))
    trials = (form(collector), form(collector, ca_bundle="/nonexistent/ca.pem"))
    for tried in trials:
        answer = place.create(HEC_TARGETS, "central", **tried)
        assert (answer.status, collector.asked) == (400, [])
        assert "Your role in Splunk may not do this." in answer.text


@pytest.mark.parametrize("interpreter", ["3.13"], indirect=True)
def test_each_failure_has_its_reason_and_remedy(place: Pages, collector: EventCollector) -> None:
    other = TOKEN[:-1] + "1"
    wrong = place.create(HEC_TARGETS, "central", **form(collector, token=other))
    assert (wrong.status, "code 4" in wrong.text) == (400, True)
    assert "Check the token" in wrong.text
    assert other not in wrong.body

    collector.enabled = False
    disabled = place.create(HEC_TARGETS, "central", **form(collector))
    assert (disabled.status, "code 1" in disabled.text) == (400, True)
    assert "Enable the token" in disabled.text

    collector.enabled, collector.healthy = True, False
    full = place.create(HEC_TARGETS, "central", **form(collector))
    assert (full.status, "not healthy" in full.text) == (400, True)

    collector.healthy = True
    no_ack = place.create(HEC_TARGETS, "central", **form(collector, use_ack="1"))
    assert (no_ack.status, "code 14" in no_ack.text) == (400, True)
    assert "use_ack" in no_ack.text

    malformed = place.create(HEC_TARGETS, "central", **form(collector, token="no ne"))  # noqa: S106
    assert (malformed.status, "without blanks" in malformed.text) == (400, True)
    assert place.read(HEC_TARGETS).entries == {}


def test_acknowledgement_is_tried_where_it_is_wanted(
    place: Pages, collector: EventCollector
) -> None:
    collector.acknowledges = True
    made = place.create(HEC_TARGETS, "central", **form(collector, use_ack="1"))
    assert made.status == 201, made.text
    assert collector.asked[-1][:2] == ("POST", "/services/collector/ack")


@pytest.mark.parametrize("kind", ["http", "socks5"])
@pytest.mark.parametrize("interpreter", ["3.9"], indirect=True)
def test_the_trial_goes_through_the_proxy(
    kind: str, place: Pages, private_ca: PrivateCa, tmp_path: Path
) -> None:
    tls = (private_ca.certificate, private_ca.key)
    with proxy(kind, tmp_path / "proxy") as real, event_collector(tls) as collector:
        settings = {
            "proxy_enabled": "1",
            "proxy_type": kind,
            "proxy_url": "127.0.0.1",
            "proxy_port": str(real.port),
            "proxy_username": USER,
            "proxy_password": PASSWORD,
        }
        assert place.edit(SETTINGS, "proxy", **settings).status == 200
        trusted = form(collector, ca_bundle=str(private_ca.bundle))
        made = place.create(HEC_TARGETS, "central", **trusted)
        assert made.status == 201, made.text
        assert real.connections
