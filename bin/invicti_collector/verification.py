# SPDX-License-Identifier: Apache-2.0
"""Tries an account or a HEC target while the person who saves it waits.

Can the account read the log, and all of it? Does the target take events with this token?
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from concurrent.futures import Future, TimeoutError  # noqa: A004 - before 3.11 not the built-in one
from functools import partial
from typing import Any, Callable, TypeVar

import requests

from invicti_collector.configuration import Account, HecTarget
from invicti_collector.destinations.hec_answers import Asked, read_acks, read_answer
from invicti_collector.destinations.hec_client import (
    ACK_PATH,
    EVENT_PATH,
    HecClient,
    Receiver,
    Route,
)
from invicti_collector.errors import (
    AuthenticationError,
    CollectorError,
    NotThereError,
    ServerError,
    TransientError,
)
from invicti_collector.pages import PAGE_SIZE, Page
from invicti_collector.records import Record
from invicti_collector.shutdown import Shutdown
from invicti_collector.tenant.audit_log import export_page
from invicti_collector.tenant.csv_export import CsvExport
from invicti_collector.tenant.invicti_api import InvictiApi, Network
from invicti_collector.timeline import EVERYTHING, DateFormat

TRIAL_SECONDS = 20.0
"""For all of a trial. Splunk Web gives up on splunkd after 30 (`splunkdConnectionTimeout` in its
web.conf.spec), and what is done before and after takes its time."""

HEALTH_PATH = "/services/collector/health"
_FAR_PAGE = 10
_HEC_SECONDS = (6.0, 8.0)
_NO_DATA = 5

T = TypeVar("T")

OWN_RECORDS_ONLY = (
    "works, but every record seen is the API user's own: unless nobody else uses this tenant, give "
    "the role of the API user the permission to see the activity of all members"
)
WORKS = "works"
WORKS_EMPTY = "works; the activity log is empty"
WORKS_BY_EXPORT = (
    "works; this build only exports CSV: records have no Id and are told apart by what they say"
)

_NO_PERMISSION = (
    "the user ID and the token are right; in Invicti, give the role of the API user the permission "
    "to see the activity log"
)


def trial(proxy: str, user_agent: str) -> Network:
    """Returns how a tenant is reached while a person waits: without a second try.

    Arguments:
        proxy: URL of the proxy with its credentials; empty = none.
        user_agent: Names the add-on and its version.
    """
    return Network(proxy, 0.0, user_agent, TRIAL_SECONDS)


def verify_account(account: Account, network: Network) -> str:
    """Asks the tenant who the API user is, then for a record of the log.

    Arguments:
        account: What is to be saved.
        network: How the tenant is reached; see `trial`.

    Returns:
        What was found, in a person's words: `WORKS`, `WORKS_BY_EXPORT`, or a warning.

    Raises:
        CollectorError: when the account does not work, with the remedy.
    """
    return _before(
        time.monotonic() + TRIAL_SECONDS,
        account.base_url,
        lambda: _try_account(InvictiApi(account, network, Shutdown())),
    )


def _before(until: float, url: str, attempt: Callable[[], T]) -> T:
    """Returns what an attempt does, or leaves it alone.

    In a thread, since the search for a name's addresses has no limit of its own, and connecting
    has one for each address.

    Arguments:
        until: By the monotonic clock.
        url: Of the server that it is made at.
        attempt: What a server is asked.
    """
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(attempt())
        except BaseException as fault:  # noqa: BLE001 - raised where it is waited for
            outcome.set_exception(fault)

    threading.Thread(target=run, daemon=True).start()
    try:
        return outcome.result(max(until - time.monotonic(), 0.0))
    except TimeoutError:
        raise TransientError(
            f"no answer in time: a trial may take {TRIAL_SECONDS:.0f} seconds",
            url,
            "none needed if it passes; else check host name, firewall and proxy",
        ) from None


def _try_account(api: InvictiApi) -> str:
    caller = api.caller()
    try:
        first = api.page(EVERYTHING, DateFormat.NONE, 1, size=1)
    except AuthenticationError as fault:
        if caller is None:
            raise
        raise AuthenticationError(fault.error, fault.where, _NO_PERMISSION) from fault
    except NotThereError as fault:
        return _verify_export(api, caller, fault)
    if not first.records:
        return WORKS_EMPTY
    return OWN_RECORDS_ONLY if _sees_own_only(api, first, _addresses(caller)) else WORKS


def _verify_export(api: InvictiApi, caller: dict[str, Any] | None, fault: NotThereError) -> str:
    """Tries the CSV export of a build that has no list."""
    export = CsvExport(api, ())
    page = export_page(api, export, fault, trial=True)
    if not page.records:
        return WORKS_EMPTY
    # Neither its end nor the size of its pages is told; this is far enough from the collecting
    # user's own latest sign-ins.
    later = export.glance(EVERYTHING, DateFormat.NONE, _FAR_PAGE, trial=True)
    own = _addresses(caller) | {_address((caller or {}).get("DisplayName"))} - {""}
    shown = [*page.records, *(later.records if later else [])]
    return OWN_RECORDS_ONLY if all(_who(record) in own for record in shown) else WORKS_BY_EXPORT


def _who(record: Record) -> str:
    return _address(record.field("UserEmail")) or _address(record.field("UserName"))


def _sees_own_only(api: InvictiApi, first: Page, own: frozenset[str]) -> bool:
    """Tells whether no record of another user shows at either end of the list.

    Both ends, since a tenant's latest records may well be the collecting user's own sign-ins.
    """
    if not _are_own(first, own):
        return False
    newest = api.page(EVERYTHING, DateFormat.NONE, 1, size=PAGE_SIZE)
    if not _are_own(newest, own):
        return False
    last = newest.last_number or 1
    return last == 1 or _are_own(api.page(EVERYTHING, DateFormat.NONE, last), own)


def _are_own(page: Page, own: frozenset[str]) -> bool:
    return all(_address(record.field("UserEmail")) in own for record in page.records)


def _addresses(caller: dict[str, Any] | None) -> frozenset[str]:
    """Returns the API user's own e-mail addresses; none where the tenant does not tell them."""
    told = caller or {}
    found = {_address(told.get(name)) for name in ("Email", "AlternateLoginEmail")}
    return frozenset(found - {""})


def _address(value: Any) -> str:
    return value.strip().lower() if isinstance(value, str) else ""


def verify_hec_target(target: HecTarget, network: Network) -> None:
    """Asks each event collector how it is, then sends it a request that indexes nothing.

    Arguments:
        target: What is to be saved.
        network: How it is reached; see `trial`.

    Raises:
        CollectorError: when one of them does not work, with the remedy.
    """
    client = HecClient(target, Route(network.proxy, network.user_agent, _HEC_SECONDS), _say_nothing)
    # As events are sent: a token with acknowledgement takes none without a channel.
    channel = {"X-Splunk-Request-Channel": str(uuid.uuid4())} if target.use_ack else {}

    def attempt(receiver: Receiver) -> None:
        client.ask(receiver, HEALTH_PATH, None, {}, _read_health)
        client.ask(receiver, EVENT_PATH, b"", channel, _read_trial)
        if target.use_ack:
            client.ask(receiver, ACK_PATH, json.dumps({"acks": [0]}).encode(), channel, read_acks)

    until = time.monotonic() + TRIAL_SECONDS
    for url in target.urls:
        _before(until, url, partial(attempt, Receiver(url)))


def _say_nothing(_url: str, _fault: CollectorError) -> None:
    """The error itself is told to who waits."""


def _read_health(answer: requests.Response, _body: bytes, asked: Asked) -> None:
    """Passes unless the collector says that it cannot take events.

    "services/collector/health" in Splunk's "HTTP Event Collector REST API endpoints": 503 when its
    queues are full. Whatever else stands on this path, the trial decides.
    """
    if answer.status_code == 503:
        raise ServerError(
            "the event collector is not healthy: HTTP 503",
            asked.where,
            "try again when its queues have room; if it lasts, look at the receiving Splunk",
        )


def _read_trial(answer: requests.Response, body: bytes, asked: Asked) -> None:
    """Passes the complaint that there is no data: the token is good and nothing was indexed.

    "Possible error codes" in Splunk's "Troubleshoot HTTP Event Collector": an unknown token is 403
    with code 4, a good one without data 400 with code 5.
    """
    if answer.status_code == 400 and _code(body) == _NO_DATA:
        return
    read_answer(answer, body, asked)


def _code(body: bytes) -> Any:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return told.get("code") if isinstance(told, dict) else None
