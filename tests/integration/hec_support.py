"""What the HEC integration tests share: a site whose input sends to a HEC target."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.integration.support import INPUT, Site, collected, field, site
from tests.receivers.tenzir import TOKEN, Tenzir
from tests.standins.hec import HecServer
from tests.standins.invicti_tenant import Switches
from tests.standins.splunkd import Run

TARGET = "there"


class HecSite:
    """A tenant, a Splunk with the packaged add-on, and a HEC target.

    Args:
        place: The tenant and the Splunk.
    """

    def __init__(self, place: Site) -> None:
        self.place = place
        self.tenant = place.tenant

    def point_to(self, urls: str, token: str = TOKEN, **settings: str) -> None:
        """Sets the HEC target."""
        secret = {"token": token}
        self.place.splunkd.set_stanza("hec", TARGET, {"urls": urls, **settings}, secret)

    def run(self, **options: Any) -> Run:
        """One run, whatever becomes of it; nothing is written into the local Splunk."""
        run = self.place.run(**options)
        assert run.event_count == 0
        return run

    def good_run(self) -> dict[str, str]:
        """One run that succeeds; returns the fields of its summary."""
        run = self.place.good_run()
        assert run.event_count == 0
        return self.summary()

    def failing_run(self) -> str:
        """One run that fails with one clear line and leaves progress where it was."""
        before = self._seen()
        line = self.place.failing_run()
        assert self._seen() == before
        assert self.place.texts == []
        assert TOKEN not in self.log + line
        return line

    def _seen(self) -> list[dict[str, Any]]:
        """The progress that says which records need not be sent any more."""
        return [each for each in self.place.progress if each["kind"] == "ids"]

    @property
    def log(self) -> str:
        """The add-on's log."""
        return self.place.log

    def summary(self) -> dict[str, str]:
        """The fields of the last run's summary."""
        line = [line for line in self.log.splitlines() if "action=hec_ended" in line][-1]
        names = ("accepted", "requests", "retries", "set_aside", "perhaps_doubled")
        sizes = ("bytes", "compressed_bytes", "compression_ratio", "delivery_lag_seconds")
        return {name: field(line, name)[0] for name in (*names, *sizes)}

    def set_aside(self) -> list[str]:
        """Ids that the log says were set aside, normalised."""
        lines = [line for line in self.log.splitlines() if "action=event_set_aside" in line]
        return [field(line, "id")[0].lower().replace("-", "") for line in lines]

    def check_each_once(self, arrived: Counter[str], *without: str) -> None:
        """Every record of the tenant arrived once, save some."""
        wanted = self.tenant.ids() - set(without)
        lost, invented = wanted - arrived.keys(), arrived.keys() - wanted
        assert (len(lost), len(invented)) == (0, 0)
        assert set(arrived.values()) == {1}


@contextmanager
def hec_site(
    package: Path, python: Path, folder: Path, switches: Switches | None = None, **settings: str
) -> Iterator[HecSite]:
    """A site whose input sends to the HEC target, which is still to be set."""
    with site(package, python, folder, switches, None, hec_target=TARGET, **settings) as place:
        yield HecSite(place)


def arrived(receiver: Tenzir | HecServer | Iterable[Tenzir]) -> Counter[str]:
    """How often each `Id` arrived; of Tenzir only once it is stopped."""
    if isinstance(receiver, HecServer):
        return collected(taken.event["event"] for taken in receiver.collector.taken)
    receivers = [receiver] if isinstance(receiver, Tenzir) else receiver
    return collected(event["event"] for each in receivers for event in each.events())


def check_metadata(events: Iterable[dict[str, Any]], host: str) -> None:
    """Each event says where it comes from and when it was."""
    for event in events:
        told = {name: event[name] for name in ("host", "source", "sourcetype", "index")}
        assert told == {
            "host": host,
            "source": f"invicti_auditlogs://{INPUT}",
            "sourcetype": "invicti:enterprise:audit",
            "index": "invicti",
        }
        created = json.loads(event["event"])["CreatedAt"]
        assert abs(_seconds(event["time"]) - _seconds(created)) < 0.002


def _seconds(text: str) -> float:
    """Seconds since the epoch of an ISO date in UTC, to the microsecond."""
    whole, fraction = text[:19], text[19:].partition("+")[0].rstrip("Z")
    moment = datetime.strptime(whole + "+0000", "%Y-%m-%dT%H:%M:%S%z")
    return moment.timestamp() + float(f"0{fraction or '.0'}")
