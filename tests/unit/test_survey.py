"""survey: once a day, and whenever the account was changed."""

from __future__ import annotations

import logging

import pytest

from invicti_collector.clock import TenantClock
from invicti_collector.errors import AuthenticationError, ProgressUnreachableError, ServerError
from invicti_collector.progress import State, new_state
from invicti_collector.survey import Connection, Survey
from invicti_collector.timeline import DateFormat
from tests.fakes.ports import MemoryStore, progress_of
from tests.fakes.tenant import ACCOUNT, DAY, NOON, Clock, FakeTenant
from tests.unit.bench import LOG


class Place:
    """A survey with all around it."""

    def __init__(self, connection: str = "c", account: str = ACCOUNT) -> None:
        self.clock = Clock()
        self.tenant = FakeTenant(self.clock, account=account, seconds=0)
        self.store = MemoryStore()
        self.progress = progress_of(self.store, State("", 0, 0, 7))
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


def test_it_is_due_for_another_setting_of_the_form_of_date() -> None:
    """The log asks for one where no form is honoured; until then the whole list is read."""
    place = Place()
    place.tenant.reads = frozenset({DateFormat.US})
    place.tenant.fill(3, NOON - DAY, NOON)
    for setting, found in (("ISO 8601", DateFormat.NONE), ("auto", DateFormat.US)):
        place.connect("c", setting)
        assert place.survey.is_due()
        place.survey.take()
        assert place.survey.date_format is found
        assert not place.survey.is_due()


def test_what_was_found_is_saved() -> None:
    place = Place()
    place.tenant.fill(3, NOON - DAY, NOON)
    place.clock.local_error = -1000
    place.survey.take()
    state = place.progress.state
    assert state.connection == "c"
    assert state.start == NOON
    assert state.account_ids == (ACCOUNT.replace("-", ""),)
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
    ("account", "same"),
    [
        (ACCOUNT, True),
        (ACCOUNT.upper(), True),
        (ACCOUNT.replace("-", ""), True),
        ("other", False),
        ("", False),
    ],
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
    # Of the same tenant it goes on, earlier by 26 hours: the filter's zone may be the user's.
    assert state.covered == NOON + (5 - 26 * 3600 if same else -14 * 3600)
    assert state.account_ids == tuple(filter(None, [account.lower().replace("-", "")]))


def test_it_goes_back_once_from_where_the_last_tile_ended() -> None:
    """Ids are kept for that, and it holds for whatever zone comes next."""
    place = Place()
    place.tenant.fill(3, NOON - DAY, NOON)
    place.survey.take()
    place.progress.close_tile(NOON, 7)
    for connection in ("second", "third", "fourth"):
        place.connect(connection)
        place.survey.take()
        assert place.progress.state.covered == NOON - 26 * 3600


def test_an_empty_tenant_is_told_only_of_an_input_that_has_collected() -> None:
    place = Place()
    place.progress.save(connection="c")  # as after "collect again"
    assert not place.survey.take()
    place.tenant.fill(3, NOON - DAY, NOON)
    assert place.survey.take()
    place.tenant.items.clear()
    for _ in range(2):
        with pytest.raises(AuthenticationError, match="although this input has collected some"):
            place.survey.take()


def test_the_empty_account_id_tells_no_tenants_apart() -> None:
    place = Place(account="00000000-0000-0000-0000-000000000000")
    place.tenant.fill(3, NOON - DAY, NOON)
    place.survey.take()
    assert place.progress.state.account_ids == ()
    place.progress.save(covered=NOON + 5)
    place.connect("changed")
    place.survey.take()
    assert place.progress.state.covered == NOON - 14 * 3600


def test_account_ids_of_before_are_recognised() -> None:
    """An earlier version saved them as the tenant wrote them."""
    place = Place()
    place.tenant.fill(3, NOON - DAY, NOON)
    place.survey.take()
    place.progress.save(account_ids=(ACCOUNT.lower(),), covered=NOON + 5)
    place.connect("changed")
    place.survey.take()
    assert place.progress.state.covered == NOON + 5 - 26 * 3600
    assert place.progress.state.account_ids == (ACCOUNT.replace("-", ""),)


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


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """Level and text of each line since the last time."""
    lines = [(record.levelname, record.getMessage()) for record in caplog.records]
    caplog.clear()
    return lines


def test_what_was_found_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """In the words that the health page and the alerts search for."""
    caplog.set_level(logging.INFO)
    place = Place()
    place.tenant.fill(3, NOON - DAY, NOON)
    place.survey.take()
    assert told(caplog) == [("INFO", 'action=date_format found="MM/dd/yyyy HH:mm:ss"')]
    place.survey.take()
    assert told(caplog) == []
    place.connect("by another user")
    place.survey.take()
    assert told(caplog) == [("INFO", "action=account_changed tenant=same")]
    for item in place.tenant.items:
        item.body["AccountId"] = "other"
    place.connect("of another tenant")
    place.survey.take()
    (changed, _) = told(caplog)
    assert changed[0] == "WARNING"
    assert changed[1].startswith('action=account_changed tenant=other remedy="none needed: ')
    assert "from its start_date" in changed[1]


def test_a_tenant_that_reads_no_dates_is_told_with_what_to_do(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    place = Place()
    place.tenant.fill(3, NOON - DAY, NOON)
    place.tenant.reads = frozenset()
    place.survey.take()
    ((level, text),) = told(caplog)
    assert level == "WARNING"
    assert text.startswith('action=date_format found=none remedy="')
    assert "date_format, or ask Invicti's support" in text
    place.survey.take()
    assert told(caplog) == []


def test_a_clock_that_differs_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    place = Place()
    place.tenant.fill(3, NOON - DAY, NOON)
    place.clock.local_error = -1000
    place.survey.take()
    ((_, text),) = told(caplog)
    assert text.startswith("action=clock_differs seconds=1000 remedy=\"set this machine's clock")
    place.clock.local_error = 0
    place.survey.take()
    assert told(caplog) == []
