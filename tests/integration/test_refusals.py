"""A tenant that refuses, or is not the API at all: one line that names the likely cause."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.integration.support import COLLECTION, Site, field, in_turn, site
from tests.standins.invicti_tenant import Switches


class Refusal(NamedTuple):
    """How the tenant refuses.

    Attributes:
        switches: What is set.
        said: What the line has to say.
    """

    switches: dict[str, Any]
    said: tuple[str, ...]

    def __str__(self) -> str:
        return ",".join(f"{name}={value}" for name, value in self.switches.items())


LASTING = (
    Refusal({"access": "token_revoked"}, ("HTTP 401", "API token", "reset")),
    Refusal({"api_token": "YW5vdGhlcg=="}, ("HTTP 401", "API token")),
    Refusal({"user_id": "0123456789abcdef0123456789abcdef"}, ("HTTP 401", "user ID")),
    Refusal({"access": "api_disabled"}, ("HTTP 403", "API access is disabled", "API")),
    Refusal({"access": "ip_restricted"}, ("HTTP 403", "203.0.113.7", "IP restriction")),
    Refusal({"access": "no_permission"}, ("HTTP 403", "permission")),
    Refusal(
        {"list_available": False, "export_available": False, "me_available": False},
        ("HTTP 404", "base URL", "before 2022"),
    ),
    Refusal({"faults": "html@from:1"}, ("text/html", "sign-in page")),
    Refusal({"faults": "redirect@from:1"}, ("redirects (HTTP 302)", "single sign-on")),
    Refusal({"faults": "redirect=https://idp.example/x@from:1"}, ("redirects (HTTP 302)",)),
    Refusal({"faults": "no_list@from:1"}, ("JSON without a list", "ErrorMessage", "base URL")),
    Refusal({"faults": "json_string@from:1"}, ("JSON without a list", "base URL")),
    Refusal({"faults": "xml@from:1"}, ("application/xml", "not JSON")),
    Refusal({"faults": "400=string@from:1"}, ("HTTP 400", "The request is invalid")),
    Refusal({"faults": "401=html@from:1"}, ("HTTP 401",)),
    Refusal({"faults": "403=empty@from:1"}, ("HTTP 403",)),
)


@pytest.fixture(scope="module")
def place(
    interpreter: Path, package: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A site that has collected."""
    folder = tmp_path_factory.mktemp("site")
    with site(package, interpreter, folder, Switches(records=500)) as made:
        made.good_run()
        yield made


def _refused(place: Site, refusal: Refusal) -> str:
    before = place.server.tenant.switches
    place.server.set(**refusal.switches)
    progress = place.progress
    line = place.failing_run()
    assert place.progress == progress
    assert 'remedy="' in line
    for words in refusal.said:
        assert words in line
    place.server.set(**{name: getattr(before, name) for name in refusal.switches})
    return line


@in_turn("refusal", LASTING)
def test_a_lasting_refusal_ends_the_run_at_once(refusal: Refusal, place: Site) -> None:
    asked = len(place.server.requests)
    line = _refused(place, refusal)

    assert len(place.server.requests) - asked <= 3
    assert place.server.api_token not in line


@pytest.mark.parametrize("interpreter", ["3.13"], indirect=True)
def test_a_server_that_goes_on_failing_ends_the_run_when_its_patience_ends(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    switches = Switches(records=500)
    with site(package, interpreter, tmp_path, switches, interval="60") as place:
        place.good_run()
        began = time.monotonic()
        _refused(place, Refusal({"faults": "truncated@from:1"}, ("not valid JSON, or was cut",)))
        assert 20 < time.monotonic() - began < 75


def test_retry_after_beyond_the_run_ends_it_and_is_obeyed_by_the_next(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    with site(package, interpreter, tmp_path, Switches(records=500)) as place:
        place.good_run()
        place.tenant.grow(30)
        place.server.set(throttle_every=1, throttle_for=100, retry_after_seconds=3600)
        place.requests_of()  # the one that is answered
        assert "HTTP 429" in place.failing_run()
        place.server.set(throttle_every=0)
        assert place.requests_of() == []
        assert "action=throttled wait_seconds=3" in place.log

        _let_an_hour_pass(place)
        place.tenant.grow(30)
        place.good_run()
        place.assert_complete()


def _let_an_hour_pass(place: Site) -> None:
    state = next(document for document in place.progress if document["kind"] == "state")
    fields = json.loads(state["state"])
    assert 0 < fields["not_before"] - time.time() <= 3600
    earlier = json.dumps({**fields, "not_before": fields["not_before"] - 3600})
    documents = [{**state, "state": earlier}]
    place.splunkd.kvstore.save(place.splunkd.app, COLLECTION, "nobody", documents)


def test_after_all_refusals_the_input_goes_on(place: Site) -> None:
    place.tenant.grow(30)
    place.good_run()

    place.assert_complete()


def test_the_log_tells_a_run_that_succeeded_from_one_that_did_not(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    """What the page Collection health takes a success and a silent input from."""
    with site(package, interpreter, tmp_path, Switches(records=20)) as place:
        place.good_run()
        assert field(place.log, "outcome") == ["success"]
        assert field(place.log, "interval_seconds") == ["300"]
        place.server.set(access="token_revoked")
        place.failing_run()
        assert field(place.log, "outcome") == ["success", "unfinished"]
