"""Ways to send events to an event collector; which, and where to, is JSON on standard input.

Prints the seconds from the first event to the last answer.
"""

from __future__ import annotations

import gzip
import json
import logging
import random
import sys
import time
from typing import Any

import requests

PAGE = 200
BEGIN = 1_715_171_524.0
SOURCETYPE = "invicti:enterprise:audit"
BEGAN: list[float] = []
"""When sending began; last once events that the collector would hand over were there."""


def records(count: int) -> list[dict[str, Any]]:
    """Audit records of about 530 bytes; text that compresses as theirs does, not better."""
    chance = random.Random(1)
    return [
        {
            "Number": number,
            "Id": f"{chance.getrandbits(128):032x}",
            "AccountId": "33eabd3d-291b-443f-b4ea-35de08c677bf",
            "UserId": f"{chance.getrandbits(128):032x}",
            "UserName": f"user{chance.randrange(500)}",
            "UserEmail": f"user{chance.randrange(500)}@example.com",
            "Type": chance.choice(("LoginSucceeded", "ScanLaunched", "WebsiteUpdated")),
            "EndpointType": "Web",
            "IpAddress": f"203.0.113.{chance.randrange(256)}",
            "CreatedAt": f"2024-05-08T12:32:{number % 60:02d}.{number % 10**7:07d}+00:00",
            "Message": "The website https://www.example.com was changed by the user.",
            "RequestData": f'{{"Name":"{chance.getrandbits(400):x}"}}',
        }
        for number in range(count)
    ]


def ours(url: str, port: int, token: str, events: list[dict[str, Any]]) -> None:
    """The add-on's destination, page by page as the collector delivers."""
    # Only this contestant needs the add-on's program.
    from invicti_collector.configuration import read_hec_target  # noqa: PLC0415
    from invicti_collector.destinations.hec import Hec  # noqa: PLC0415
    from invicti_collector.destinations.hec_client import Route  # noqa: PLC0415
    from invicti_collector.destinations.splunk_stream import Metadata  # noqa: PLC0415
    from invicti_collector.patience import Patience  # noqa: PLC0415
    from invicti_collector.shutdown import Shutdown  # noqa: PLC0415

    assert url.endswith(f":{port}")
    target = read_hec_target("bench", {"urls": url, "token": token})
    shutdown = Shutdown()
    hec = Hec(
        target,
        Metadata("invicti_auditlogs://bench", "www.netsparkercloud.com", "audit"),
        Route("", "bench"),
        Patience(60, shutdown.sleep),
        shutdown,
        logging.getLogger("bench"),
        lambda: None,
    )
    pages = _pages(events)
    BEGAN.append(time.perf_counter())
    for page in pages:
        hec.deliver(page)


def floor(url: str, _port: int, token: str, events: list[dict[str, Any]]) -> None:
    """The requests that ours makes, from one kept session: compressed as ours, then posted.

    The bodies are ready before the first event; `main` takes the time from then on.
    """
    # Only this contestant needs the form of the requests.
    from invicti_collector.destinations.hec import _LEVEL  # noqa: PLC0415
    from invicti_collector.destinations.hec_batches import Envelope  # noqa: PLC0415
    from invicti_collector.destinations.splunk_stream import Metadata  # noqa: PLC0415

    wrap = Envelope(Metadata("invicti_auditlogs://bench", "www.netsparkercloud.com", "audit")).wrap
    bodies = [b"".join(wrap(event).body for event in page) for page in _pages(events)]
    session = requests.Session()
    session.trust_env = False
    session.headers.update(
        {
            "Authorization": f"Splunk {token}",
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
        }
    )
    BEGAN.append(time.perf_counter())
    for body in bodies:
        packed = gzip.compress(body, _LEVEL, mtime=0)
        session.post(f"{url}/services/collector/event", data=packed, timeout=30).raise_for_status()


def _pages(events: list[dict[str, Any]]) -> list[list[Any]]:
    """The events as the collector delivers them."""
    # As above.
    from invicti_collector.ports import Event  # noqa: PLC0415

    delivered = [
        Event(BEGIN, json.dumps(event, separators=(",", ":")), event["Id"]) for event in events
    ]
    return [delivered[first : first + PAGE] for first in range(0, len(delivered), PAGE)]


def one_by_one(url: str, _port: int, token: str, events: list[dict[str, Any]]) -> None:
    """What scripts do: an event a request, each with a connection of its own."""
    for event in events:
        envelope = {"time": BEGIN, "sourcetype": SOURCETYPE, "event": event}
        answer = requests.post(
            f"{url}/services/collector/event",
            headers={"Authorization": f"Splunk {token}"},
            json=envelope,
            timeout=30,
        )
        answer.raise_for_status()


def handler(_url: str, port: int, token: str, events: list[dict[str, Any]]) -> None:
    """splunk-hec-handler."""
    # Only this contestant needs it.
    from splunk_hec_handler import SplunkHecHandler  # noqa: PLC0415

    log = logging.Logger("bench")
    log.addHandler(SplunkHecHandler("127.0.0.1", token, port=port, proto="http"))
    for event in events:
        log.info(event)


def forwarder(_url: str, port: int, token: str, events: list[dict[str, Any]]) -> None:
    """python-splunk-logging's batches: 100 events or 1 MiB."""
    # Only this contestant needs it.
    from splunk_logging.forwarders import BatchHecForwarder  # noqa: PLC0415

    with BatchHecForwarder("127.0.0.1", port, token, use_ssl=False) as sender:
        for event in events:
            sender.forward_event(event)


def main() -> None:
    """Sends as asked."""
    order = json.load(sys.stdin)
    senders = {each.__name__: each for each in (ours, floor, one_by_one, handler, forwarder)}
    events = records(order["events"])
    url = f"http://127.0.0.1:{order['port']}"
    BEGAN.append(time.perf_counter())
    senders[order["sender"]](url, order["port"], order["token"], events)
    print(time.perf_counter() - BEGAN[-1])


if __name__ == "__main__":
    main()
