"""What cannot work is refused with a message that helps, when saved and when run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.integration.support import INPUT, SETTINGS, Site, in_turn, site
from tests.standins.invicti_tenant import Switches

TOMORROW = (datetime.now(timezone.utc) + timedelta(days=1)).strftime("%Y-%m-%d")


class Bad(NamedTuple):
    """A setting that cannot work.

    Attributes:
        name: Of the setting.
        value: What it is set to.
        error: What the message has to say.
    """

    name: str
    value: str
    error: str

    def __str__(self) -> str:
        return f"{self.name}={'tomorrow' if self.value == TOMORROW else self.value[:24]}"


INPUTS = (
    Bad("account", "", "account is missing"),
    Bad("account", "nope", "the account nope does not exist"),
    Bad("index", "", "index is missing or malformed"),
    Bad("index", "default", "index is missing or malformed"),
    Bad("index", "bad index!", "index is missing or malformed"),
    Bad("interval", "59", "interval 59 is not a number of seconds from 60 on"),
    Bad("interval", "0 * * * *", "interval 0 * * * * is not a number of seconds"),
    Bad("interval", "-300", "interval -300 is not a number of seconds"),
    Bad("start_date", TOMORROW, f"start_date {TOMORROW} is in the future"),
    Bad("start_date", "01/02/2026", "start_date 01/02/2026 cannot be read"),
    Bad("start_date", "2026-02-30", "start_date 2026-02-30 cannot be read"),
    Bad("endpoint_types", "Web,Desktop", "endpoint_types Desktop is not known"),
    Bad("request_data", "encrypt", "request_data encrypt is not known"),
    Bad("hec_target", "nope", "the HEC target nope does not exist"),
)
ACCOUNTS = (
    Bad("base_url", "", "the base URL is missing or malformed"),
    Bad("base_url", "http://www.netsparkercloud.com", "the base URL is not https"),
    Bad("base_url", "https://www.netsparkercloud.com/api/1.0", "more in it than scheme and host"),
    Bad("base_url", "https://www.netsparkercloud.com/?a=b", "more in it than scheme and host"),
    Bad("base_url", "https://user:word@www.netsparkercloud.com", "more in it than scheme and host"),
    Bad("base_url", "https://[::1", "the base URL is malformed"),
    Bad("base_url", "ftp://www.netsparkercloud.com", "the base URL is not https"),
    Bad("user_id", "", "user_id is missing"),
    Bad("api_token", "", "api_token is missing"),
    Bad("ca_bundle", "/nonexistent/ca.pem", "the CA bundle /nonexistent/ca.pem cannot be read"),
    Bad("date_format", "dd.MM.yyyy", "date_format dd.MM.yyyy is not known"),
    Bad("requests_at_once", "5", "requests_at_once 5 is not known"),
)


def _assert_one_helpful_line(message: str, bad: Bad) -> None:
    assert "\n" not in message
    assert bad.error in message
    assert 'where="' in message
    assert 'remedy="' in message


@pytest.fixture(scope="module")
def place(
    interpreter: Path, package: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A site that has collected, for tests that must not change its progress."""
    folder = tmp_path_factory.mktemp("site")
    with site(package, interpreter, folder, Switches(records=500)) as made:
        made.good_run()
        yield made


@in_turn("bad", INPUTS)
def test_an_input_that_cannot_run(bad: Bad, place: Site) -> None:
    settings = {**SETTINGS, bad.name: bad.value}

    outcome = place.splunkd.validate(INPUT, **settings)

    assert outcome.exit_code == 1
    _assert_one_helpful_line(outcome.message or "", bad)
    assert outcome.stderr == ""

    progress, asked = place.progress, len(place.server.requests)
    place.splunkd.set_input(INPUT, **settings)
    _assert_one_helpful_line(place.failing_run(), bad)
    assert place.progress == progress
    assert len(place.server.requests) == asked


@in_turn("bad", ACCOUNTS)
def test_an_account_that_cannot_work(bad: Bad, place: Site) -> None:
    good = {
        "base_url": place.server.base_url,
        "user_id": place.server.user_id,
        "api_token": place.server.api_token,
    }
    place.splunkd.set_input(INPUT, **SETTINGS)
    place.splunkd.set_account("main", **{**good, bad.name: bad.value})

    outcome = place.splunkd.validate(INPUT, **SETTINGS)

    assert outcome.exit_code == 1
    _assert_one_helpful_line(outcome.message or "", bad)
    progress, asked = place.progress, len(place.server.requests)
    _assert_one_helpful_line(place.failing_run(), bad)
    assert place.progress == progress
    assert len(place.server.requests) == asked
    place.splunkd.set_account("main", **good)


def test_what_is_right_is_accepted(place: Site) -> None:
    place.point_to(place.server)
    for changes in (
        {},
        {"start_date": "2026-02-03"},
        {"start_date": "2026-02-03T04:05:06Z"},
        {"start_date": ""},
        {"interval": "60"},
        {"endpoint_types": "Web,Api", "exclude_types": "Signin", "request_data": "drop"},
    ):
        outcome = place.splunkd.validate(INPUT, **{**SETTINGS, **changes})
        assert (outcome.exit_code, outcome.message, outcome.stderr) == (0, None, "")


def test_an_account_without_its_secret(place: Site) -> None:
    place.splunkd.set_input(INPUT, **SETTINGS)
    place.splunkd.set_stanza(
        "account",
        "main",
        {
            "base_url": place.server.base_url,
            "user_id": place.server.user_id,
            "api_token": "******",
        },
        {},
    )
    progress = place.progress
    line = place.failing_run()
    place.point_to(place.server)

    assert 'remedy="' in line
    assert place.progress == progress
