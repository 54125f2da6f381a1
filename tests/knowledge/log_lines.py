"""Lines of the add-on's own log, written by the packaged add-on between the stand-ins.

Made once for all tests of a process. `moved` gives a line another time; nothing else of it changes.
"""

from __future__ import annotations

import re
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from tests.integration.support import INPUT, Site, site
from tests.knowledge.spl import Event
from tests.standins.invicti_tenant import Switches

LOG = "invicti:auditlogs:log"
SOURCE = f"/opt/splunk/var/log/splunk/ta_invicti_auditlogs_{INPUT}.log"


class Lines(NamedTuple):
    """What runs wrote.

    Attributes:
        good: A run that collected.
        differing: A run in which the tenant counted one record more than it listed.
        mended: A run after that in which it counted right again.
        refused: A run with a token that was reset.
        told_to_wait: A run that ended since the tenant asked for an hour of silence.
        waiting: A run within that hour.
        skipping: A run while another copy of the input runs.
    """

    good: list[str]
    differing: list[str]
    mended: list[str]
    refused: list[str]
    told_to_wait: list[str]
    waiting: list[str]
    skipping: list[str]


def write_lines(package: Path, python: Path, folder: Path) -> Lines:
    """Run the packaged add-on and return what it wrote."""
    switches = Switches(
        records=61, span_days=2.0, total_item_count="stale", total_stale_seconds=600.0
    )
    with site(package, python, folder, switches) as place:
        place.tenant.delete(1)
        differing = _lines_of(place)
        place.server.set(total_item_count="ok")
        mended = _lines_of(place)
        place.tenant.grow(7)
        good = _lines_of(place)
        skipping = _lines_of_second_copy(place)
        place.server.set(access="token_revoked")
        refused = _lines_of(place)
        place.server.set(access="ok", throttle_every=1, throttle_for=99, retry_after_seconds=3600)
        place.run()  # after its request, the next are throttled
        told_to_wait = _lines_of(place)
        place.server.set(throttle_every=0)
        waiting = _lines_of(place)
        return Lines(good, differing, mended, refused, told_to_wait, waiting, skipping)


def _lines_of(place: Site) -> list[str]:
    before = len(place.log)
    place.run()
    return place.log[before:].splitlines()


def _lines_of_second_copy(place: Site) -> list[str]:
    before = len(place.log)
    place.server.set(latency_ms=8000.0)
    first = place.splunkd.start_input(INPUT)
    while "action=started" not in place.log[before:]:
        time.sleep(0.05)
    first.kill()  # its lease stays, and another member cannot tell that it is gone
    first.wait()
    place.server.set(latency_ms=0.0)
    here = place.splunkd.switches.server_host
    place.splunkd.set(server_host="another-member")
    place.good_run()
    place.splunkd.set(server_host=here)
    return [line for line in place.log[before:].splitlines() if "action=skipped" in line]


def events_at(lines: list[str], moment: float, name: str = INPUT, host: str = "hf1") -> list[Event]:
    """Return the lines as events of which the first is written at `moment`.

    Args:
        lines: Of one run.
        moment: In seconds since the epoch.
        name: Of an input, whose log file the lines are in.
        host: Of the forwarder.
    """
    source = SOURCE.replace(INPUT, name)
    first = _moment(lines[0])
    # So that the first is written at the moment itself, not a rounding beside it.
    moments = [moment + (_moment(line) - first) for line in lines]
    return [
        Event(LOG, _moved(line, written), written, source, host, "_internal")
        for line, written in zip(lines, moments)
    ]


def _moment(line: str) -> float:
    text = re.match(r"(\S+ \S+),(\d{3}) ", line)
    assert text, line
    whole = datetime.strptime(f"{text[1]}+0000", "%Y-%m-%d %H:%M:%S%z").timestamp()
    return whole + int(text[2]) / 1000


def _moved(line: str, moment: float) -> str:
    stamp = datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%d %H:%M:%S,%f")[:-3]
    return re.sub(r"^\S+ \S+", stamp, line)
