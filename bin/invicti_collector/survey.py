# SPDX-License-Identifier: Apache-2.0
"""Once a day: the form of date that the tenant reads, which tenant it is, its clock."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, Callable, NamedTuple

from invicti_collector import timeline
from invicti_collector.clock import TenantClock
from invicti_collector.errors import AuthenticationError, quoted
from invicti_collector.ports import Tenant
from invicti_collector.probe import Finding, probe
from invicti_collector.progress import Progress, State
from invicti_collector.records import Record, normal_guid
from invicti_collector.timeline import EARLIEST, EVERYTHING, SLACK, ZONES, DateFormat

_NO_ACCOUNT = "0" * 32
"""The `Guid.Empty` of .NET, which says nothing of the tenant."""


class Connection(NamedTuple):
    """What the collector needs of the account.

    Attributes:
        digest: Changes with base URL or user.
        date_format: The account's setting.
    """

    digest: str
    date_format: str


class Survey:
    """Keeps what is known of the tenant up to date.

    Arguments:
        tenant: Is asked.
        connection: Of the account.
        progress: Where the findings are saved.
        clock: The tenant's.
        log: The add-on's log.
        new_state: Returns the state of an input that has collected nothing.
    """

    def __init__(
        self,
        tenant: Tenant,
        connection: Connection,
        progress: Progress,
        clock: TenantClock,
        log: logging.Logger,
        new_state: Callable[[], State],
    ) -> None:
        self._tenant = tenant
        self._connection = connection
        self._progress = progress
        self._clock = clock
        self._log = log
        self._new_state = new_state

    @property
    def date_format(self) -> DateFormat:
        """The form of date that the tenant reads, as far as is known."""
        found = self._progress.state.date_format
        return found or timeline.formats_to_try(self._connection.date_format)[0]

    def is_due(self) -> bool:
        """Tells whether a day has begun, or the account was changed, since the last survey."""
        state = self._progress.state
        same = (state.connection, state.date_setting) == self._connection
        return not same or state.probed_day != timeline.day_of(self._clock.now())

    def take(self) -> bool:
        """Asks the tenant and saves what was found.

        Returns:
            Whether the tenant has any record at all; without one there is nothing to save.

        Raises:
            AuthenticationError: when it has none although the input has collected before: days
                that show no records must not count as covered.
        """
        finding = probe(self._tenant.glance, self._connection.date_format)
        if not finding.sample.records:
            if self._progress.state.probed_day:
                raise _emptied()
            return False
        accounts = _account_ids(finding.sample.records)
        self._settle_tenant(accounts)
        self._tell(finding)
        self._progress.save(
            **self._shown(finding),
            connection=self._connection.digest,
            account_ids=tuple(sorted(accounts | self._known_accounts())),
            date_format=finding.date_format,
            date_setting=self._connection.date_format,
            probed_day=timeline.day_of(self._clock.now()),
            clock_offset=self._clock_offset(),
            notes=dict(self._tenant.notes),
        )
        return True

    def assure_shown(self) -> None:
        """Makes sure that the tenant shows any record at all, before days without one are covered.

        Raises:
            AuthenticationError: when it does not.
        """
        if not self._tenant.glance(EVERYTHING, DateFormat.NONE, 1).records:
            raise _emptied()
        # That may have found the list of a tenant that had none: it is read from here on.
        notes = dict(self._tenant.notes)
        if notes != self._progress.state.notes:
            self._progress.save(notes=notes)

    def _settle_tenant(self, accounts: frozenset[str]) -> None:
        """Starts anew when the account points to another tenant than the progress belongs to."""
        state = self._progress.state
        if state.connection == self._connection.digest:
            return
        if not state.connection:
            self._progress.start_anew(self._new_state())
            return
        if accounts & self._known_accounts():
            self._log.info("action=account_changed tenant=same")
            return
        self._log.warning(
            "action=account_changed tenant=other remedy=%s",
            quoted("none needed: the input starts anew for this tenant, from its start_date"),
        )
        self._progress.start_anew(self._new_state())

    def _known_accounts(self) -> frozenset[str]:
        return frozenset(map(normal_guid, self._progress.state.account_ids))

    def _shown(self, finding: Finding) -> dict[str, Any]:
        """Returns what to save where windows may show others than before.

        The filter's zone may be the user's, or the form's.
        """
        state = self._progress.state
        same_user = state.connection in ("", self._connection.digest)
        if same_user and state.date_format in (None, finding.date_format):
            return {}
        # Once back from where the last tile ended will do, whatever else changes.
        covered = max(state.covered - ZONES, min(state.forgotten + SLACK, state.covered), EARLIEST)
        # Nor does a count of before say how many of the live window's records were collected; the
        # run that is to read it whole may fail.
        live = state.live._replace(total=None) if state.live else None
        return {"covered": covered, "live": live}

    def _tell(self, finding: Finding) -> None:
        if finding.date_format is self._progress.state.date_format:
            return
        if finding.date_format is DateFormat.NONE:
            remedy = (
                "the tenant honours no form of date, so the whole list is read whenever it has "
                "changed; check the account's date_format, or ask Invicti's support"
            )
            self._log.warning("action=date_format found=none remedy=%s", quoted(remedy))
        elif finding.date_format is not None:
            self._log.info("action=date_format found=%s", quoted(finding.date_format.value))

    def _clock_offset(self) -> int:
        offset = self._clock.offset()
        if offset:
            self._log.warning(
                "action=clock_differs seconds=%d remedy=%s",
                offset,
                quoted("set this machine's clock; collecting goes by the tenant's meanwhile"),
            )
        return offset


def _account_ids(records: Iterable[Record]) -> frozenset[str]:
    found = (record.field("AccountId") for record in records)
    told = frozenset(normal_guid(account) for account in found if isinstance(account, str))
    return told - {"", _NO_ACCOUNT}


def _emptied() -> AuthenticationError:
    return AuthenticationError(
        "the activity log shows no records at all, although this input has collected some before",
        "auditlogs/list",
        "give the role of the API user the permission to see the activity of all members; nothing "
        "is lost, collecting goes on once there are records to be seen",
    )
