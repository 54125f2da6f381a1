# SPDX-License-Identifier: Apache-2.0
"""Puts the parts together: one run, or one validation, of an input as splunkd asks for it."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solnlib import log as solnlib_log

from invicti_collector.collector import Collector
from invicti_collector.configuration import HecTarget, InputSettings, read_input
from invicti_collector.delivery import Tally
from invicti_collector.destinations.splunk_stream import SOURCETYPE, Metadata, SplunkStream
from invicti_collector.errors import CollectorError, place_of, quoted, trace_of
from invicti_collector.lease import InputLease
from invicti_collector.logs import input_log
from invicti_collector.patience import Patience
from invicti_collector.ports import Lease, ReportingStore
from invicti_collector.settings import APP, Settings, Splunkd
from invicti_collector.shutdown import Shutdown, StoppedError
from invicti_collector.standing import Success, tell_failure, tell_success
from invicti_collector.stores.opening import open_store
from invicti_collector.survey import Connection
from invicti_collector.tenant.audit_log import AuditLog
from invicti_collector.tenant.invicti_api import InvictiApi, Network
from invicti_collector.tenant.look_ahead import LookAhead
from invicti_collector.version import version

if TYPE_CHECKING:
    from invicti_collector.destinations.hec import Hec

SCHEME = "invicti_auditlogs"
_PATIENCE = (60, 600)

Values = Mapping[str, Any]


def splunkd_of(metadata: Mapping[str, str]) -> Splunkd:
    """Returns what splunkd hands over ahead of the stanzas.

    Arguments:
        metadata: As `splunklib.modularinput` parses it.
    """
    return Splunkd(
        metadata["server_host"],
        metadata["server_uri"],
        metadata["session_key"],
        Path(metadata["checkpoint_dir"]),
    )


def validate(splunkd: Splunkd, name: str, values: Values) -> None:
    """Passes an input that can run.

    Arguments:
        splunkd: As handed over.
        name: The input's name without the scheme.
        values: Its parameters.

    Raises:
        CollectorError: when it cannot, with the message for the administrator.
    """
    settings = Settings(splunkd)
    wanted = read_input(name, values, time.time())
    settings.account(wanted.account)
    settings.hec_target(wanted.hec_target)


class InputRun:
    """One run of one input.

    Arguments:
        splunkd: As handed over.
        name: The input's name without the scheme.
        values: Its parameters.
        shutdown: Listens to splunkd.
    """

    def __init__(self, splunkd: Splunkd, name: str, values: Values, shutdown: Shutdown) -> None:
        self._splunkd = splunkd
        self._name = name
        self._values = values
        self._shutdown = shutdown
        self._settings = Settings(splunkd)
        self._log = input_log(name)

    def run(self) -> int:
        """Collects.

        Returns:
            The exit code; on failure one line is in the log and on standard error.
        """
        try:
            self._log.setLevel(self._settings.log_level())
            self._run_alone()
        except StoppedError:
            self._log.info("action=stopped reason=%s", quoted("splunkd asked for it"))
        except CollectorError as fault:
            return self._fail(fault.label, str(fault))
        except Exception as fault:  # noqa: BLE001 - the last resort must tell splunkd and the log
            # Its own text may hold a secret.
            self._log.debug("action=crashed trace=%s", quoted(" ".join(trace_of(fault))))
            kind, where = type(fault).__name__, place_of(fault)
            return self._fail("Bug", f"error={quoted(kind)} where={quoted(where)}")
        return 0

    def _fail(self, label: str, text: str) -> int:
        self._log.error("exc_l=%s input=%s %s", quoted(label), quoted(self._name), text)
        sys.stderr.write(f"ERROR input={quoted(self._name)} {text}\n")
        return 1

    def _run_alone(self) -> None:
        """Collects unless another copy of the input does."""
        store = open_store(
            self._settings.service,
            self._splunkd.checkpoint_dir,
            self._name,
            self._log,
            self._shutdown.sleep,
        )
        lease = InputLease(store, self._splunkd.server_host)
        other = lease.acquire()
        if other is not None:
            self._tell_skipped(other)
            return
        self._log.info("action=started store=%s version=%s", quoted(store.name), version())
        try:
            self._collect(store, lease)
        except StoppedError:
            raise
        except Exception as fault:
            self._report(store, fault if isinstance(fault, CollectorError) else _bug(fault))
            raise
        finally:
            lease.release()

    def _report(self, store: ReportingStore, fault: CollectorError) -> None:
        """Leaves the error for the administrator to see; what matters more is the error itself."""
        try:
            tell_failure(store, time.time(), fault)
        except CollectorError as other:
            self._log.debug("action=not_reported %s", other)

    def _tell_skipped(self, other: Lease) -> None:
        self._log.info(
            "action=skipped reason=%s owner=%s expires=%d",
            quoted("another copy of this input runs"),
            quoted(other.owner),
            other.expires,
        )

    def _collect(self, store: ReportingStore, lease: InputLease) -> None:
        wanted = read_input(self._name, self._values, time.time())
        account = self._settings.account(wanted.account)
        target = self._settings.hec_target(wanted.hec_target)
        network = Network(self._settings.proxy(), _patience(wanted), f"{APP}/{version()}")
        api = InvictiApi(account, network, self._shutdown)
        patience = Patience(network.patience, self._shutdown.sleep)
        listed = LookAhead(api, account.requests_at_once, patience, self._shutdown)
        tenant = AuditLog(api, listed, self._log)
        metadata = Metadata(f"{SCHEME}://{self._name}", account.host, wanted.index)
        stream = SplunkStream(sys.stdout.buffer, metadata)
        hec = self._hec(target, network, metadata, lease) if target else None
        connection = Connection(account.connection, account.date_format)
        collector = Collector(wanted, connection, tenant, hec or stream, store, lease, self._log)
        began = time.monotonic()
        outcome = "unfinished"
        try:
            collector.run()
            outcome = "success"
        finally:
            self._tell_ingested(collector.tally, metadata, wanted.account)
            self._tell_ended(collector, tenant, time.monotonic() - began, wanted.interval, outcome)
            if hec:
                hec.tell_ended()
            stream.close()
        tell_success(store, Success(time.time(), collector.polled, collector.tally.events))

    def _hec(
        self, target: HecTarget, network: Network, metadata: Metadata, lease: InputLease
    ) -> Hec:
        # Only here, since an idle poll is mostly imports, and most inputs have no HEC target.
        from invicti_collector.destinations.hec import Hec  # noqa: PLC0415
        from invicti_collector.destinations.hec_client import Route  # noqa: PLC0415

        patience = Patience(network.patience, self._shutdown.sleep)
        route = Route(network.proxy, network.user_agent)
        return Hec(target, metadata, route, patience, self._shutdown, self._log, lease.assure)

    def _tell_ingested(self, tally: Tally, metadata: Metadata, account: str) -> None:
        """Logs what the monitoring dashboards of UCC-built add-ons read."""
        if tally.events:
            solnlib_log.events_ingested(
                self._log,
                metadata.stanza,
                SOURCETYPE,
                tally.events,
                metadata.index_name,
                account=account,
                host=metadata.host,
            )

    def _tell_ended(
        self,
        collector: Collector,
        tenant: AuditLog,
        seconds: float,
        interval: int,
        outcome: str,
    ) -> None:
        """Logs what the page Collection health reads."""
        tally = collector.tally
        self._log.info(
            "action=ended events=%d excluded=%d requests=%d retries=%d seconds=%.1f "
            "newest_event_age_seconds=%d backfill_left_seconds=%d interval_seconds=%d outcome=%s",
            tally.events,
            tally.excluded,
            tenant.requests,
            tenant.retries,
            seconds,
            max(time.time() - tally.newest, 0) if tally.newest else 0,
            collector.backfill_left,
            interval,
            outcome,
        )


def _bug(fault: Exception) -> CollectorError:
    """Returns what the administrator is told of a bug, whose own text may hold a secret."""
    return CollectorError(
        f"a bug of the add-on: {type(fault).__name__}",
        place_of(fault),
        'report it with the line of the log that has exc_l="Bug"',
    )


def _patience(wanted: InputSettings) -> float:
    """Returns how long a run tries: no longer than until the next would begin."""
    shortest, longest = _PATIENCE
    return min(max(wanted.interval, shortest), longest)
