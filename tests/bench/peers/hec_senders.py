"""Ways to send events to an event collector; which, and where to, is JSON on standard input.

Prints the seconds from the first event to the last answer.
"""

from __future__ import annotations

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
    from invicti_collector.ports import Event  # noqa: PLC0415
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
    for first in range(0, len(events), PAGE):
        page = [
            Event(BEGIN, json.dumps(event, separators=(",", ":")), event["Id"])
            for event in events[first : first + PAGE]
        ]
        hec.deliver(page)


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
    senders = {each.__name__: each for each in (ours, one_by_one, handler, forwarder)}
    events = records(order["events"])
    url = f"http://127.0.0.1:{order['port']}"
    began = time.perf_counter()
    senders[order["sender"]](url, order["port"], order["token"], events)
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main()
