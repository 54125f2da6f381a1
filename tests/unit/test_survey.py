"""survey: once a day, and whenever the account was changed."""

from __future__ import annotations

import pytest

from invicti_collector.clock import TenantClock
from invicti_collector.errors import ProgressUnreachableError, ServerError
from invicti_collector.progress import Progress, State, new_state
from invicti_collector.survey import Connection, Survey
from invicti_collector.timeline import DateFormat
from tests.fakes.ports import MemoryStore
from tests.fakes.tenant import ACCOUNT, DAY, NOON, Clock, FakeTenant
from tests.unit.bench import LOG


class Place:
    """A survey with all around it."""

    def __init__(self, connection: str = "c", account: str = ACCOUNT) -> None:
        self.clock = Clock()
        self.tenant = FakeTenant(self.clock, account=account, seconds=0)
        self.store = MemoryStore()
        self.progress = Progress(self.store, State("", 0, 0, 7))
        self.connect(connection)

    def connect(self, connection: str, setting: str = "auto") -> None:
        """Has the input use another connection."""
        clock = TenantClock(self.tenant, self.clock.local)
        self.survey = Survey(
            self.tenant,
            Connection(connection, setting),
            self.progress,
            clock,
            LOG,
            lambda: new_state(connection, NOON),
        )


def test_it_is_due_once_a_day_and_for_another_connection() -> None:
    place = Place()
    place.tenant.fill(3, NOON - DAY, NOON)
    assert place.survey.is_due()
    assert place.survey.take()
    assert not place.survey.is_due()
    place.clock.time += DAY / 2  # past midnight in UTC
    assert place.survey.is_due()
    place.survey.take()
    assert not place.survey.is_due()
    place.connect("other")
    assert place.survey.is_due()


def test_what_was_found_is_saved() -> None:
    place = Place()
    place.tenant.fill(3, NOON - DAY, NOON)
    place.clock.local_error = -1000
    place.survey.take()
    state = place.progress.state
    assert state.connection == "c"
    assert state.start == NOON
    assert state.account_ids == (ACCOUNT,)
    assert state.date_format is place.survey.date_format is DateFormat.US
    assert state.probed_day == NOON // DAY * DAY
    assert state.clock_offset == 1000


def test_of_an_empty_tenant_nothing_is_saved() -> None:
    place = Place()
    assert not place.survey.take()
    assert place.store.writes == 0
    assert place.survey.is_due()


def test_before_anything_is_known_the_documented_form_is_used() -> None:
    place = Place()
    assert place.survey.date_format is DateFormat.US
    iso = Place()
    iso.connect("c", "ISO 8601")
    assert iso.survey.date_format is DateFormat.ISO


@pytest.mark.parametrize(
    ("account", "same"), [(ACCOUNT, True), (ACCOUNT.upper(), True), ("other", False)]
)
def test_a_changed_account_starts_anew_only_for_another_tenant(account: str, *, same: bool) -> None:
    place = Place()
    place.tenant.fill(3, NOON - DAY, NOON)
    place.survey.take()
    place.progress.save(covered=NOON + 5)
    for item in place.tenant.items:
        item.body["AccountId"] = account
    place.connect("changed")
    place.survey.take()
    state = place.progress.state
    assert state.connection == "changed"
    assert (state.covered == NOON + 5) is same
    assert state.account_ids == (account.lower(),)


def test_a_failure_in_between_changes_nothing_for_good() -> None:
    place = Place()
    place.tenant.fill(3, NOON - DAY, NOON)
    place.survey.take()
    saved = place.progress.state

    def fail(_: int) -> None:
        raise ServerError("HTTP 503", "fake tenant", "none")

    place.tenant.before = fail
    place.connect("changed")
    with pytest.raises(ServerError):
        place.survey.take()
    assert place.progress.state == saved
    place.tenant.before = lambda _: None
    place.store.fail_on_write = place.store.writes + 1
    with pytest.raises(ProgressUnreachableError):
        place.survey.take()
    assert place.store.state is not None
    place.survey.take()
    assert place.progress.state.connection == "changed"
