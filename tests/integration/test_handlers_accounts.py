"""Accounts by REST: tried when saved, each failure told apart, edits of single fields."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import PrivateCa
from tests.integration.pages import (
    ACCOUNTS,
    INPUTS,
    SETTINGS,
    Pages,
    account_form,
    input_form,
    pages,
    tenant,
)
from tests.standins.invicti_tenant import TenantServer
from tests.standins.proxies import PASSWORD, USER, proxy


@pytest.fixture(name="server")
def _server() -> Iterator[TenantServer]:
    with tenant() as server:
        yield server


@pytest.fixture(name="place")
def _place(package: Path, interpreter: Path, tmp_path: Path) -> Iterator[Pages]:
    with pages(package, interpreter, tmp_path) as place:
        yield place


def stored(place: Pages) -> dict[str, dict[str, str]]:
    return place.splunkd.configuration.layer(place.splunkd.app, ACCOUNTS)


def test_only_who_may_save_an_account_may_have_it_tried(place: Pages, server: TenantServer) -> None:
    """Else anybody who can sign in could have this machine ask an address of his choice."""
    place.splunkd.set(roles=("user",))
    answer = place.create(ACCOUNTS, "main", **account_form(server))
    assert answer.status == 400
    assert server.requests == []
    assert "Your role in Splunk may not do this. Ask someone with the" in answer.text
    assert stored(place) == {}


def test_only_who_may_save_an_account_is_told_of_files(place: Pages, server: TenantServer) -> None:
    """Else anybody who can sign in could see which there are, and have a device read."""
    place.splunkd.set(roles=("user",))
    for path in ("/etc/passwd", "/nonexistent/ca.pem"):
        answer = place.create(ACCOUNTS, "main", **account_form(server, ca_bundle=path))
        assert (answer.status, server.requests) == (400, [])
        assert "Your role in Splunk may not do this." in answer.text
        assert path not in answer.text


def test_an_account_is_made_changed_and_deleted(place: Pages, server: TenantServer) -> None:
    made = place.create(ACCOUNTS, "main", **account_form(server))
    assert made.status == 201, made.text
    assert made.content["api_token"] == "******"  # noqa: S105
    assert made.content["last_check"].endswith(": works")
    assert server.api_token not in made.body

    assert place.create(ACCOUNTS, "main", **account_form(server)).status == 409
    # Only what has changed is sent; the stored token is tried.
    before = len(server.requests)
    edited = place.edit(ACCOUNTS, "main", date_format="ISO 8601")
    assert edited.status == 200, edited.text
    assert {request.status for request in server.requests[before:]} == {200}
    assert stored(place)["main"]["date_format"] == "ISO 8601"
    assert stored(place)["main"]["base_url"] == server.base_url

    assert list(place.read(ACCOUNTS).entries) == ["main"]
    assert place.delete(ACCOUNTS, "main").status == 200
    assert place.read(ACCOUNTS).entries == {}
    assert place.splunkd.configuration.layer(place.splunkd.app, "passwords") == {}
    for answer in (
        place.read(ACCOUNTS, "main"),
        place.edit(ACCOUNTS, "main", date_format="auto"),
        place.delete(ACCOUNTS, "main"),
    ):
        assert answer.status == 404


REASONS = [
    ({"access": "token_revoked"}, "HTTP 401", "Check user ID and API token"),
    ({"access": "api_disabled"}, "HTTP 403", "switch API access on"),
    ({"access": "ip_restricted"}, "HTTP 403", "under IP restrictions"),
    ({"access": "no_permission"}, "HTTP 403", "The user ID and the token are right"),
    ({"faults": "redirect@from:1"}, "redirects", "single sign-on"),
    ({"faults": "html@from:1"}, "text/html", "base URL"),
    ({"faults": "404@from:1"}, "HTTP 404", "base URL"),
    ({"faults": "503@from:1"}, "HTTP 503", "passes"),
    ({"faults": "stall=40@from:1"}, "No answer in time", "passes"),
]


@pytest.mark.parametrize("interpreter", ["3.13"], indirect=True)
def test_each_failure_has_its_reason_and_remedy(place: Pages, server: TenantServer) -> None:
    for switches, reason, remedy in REASONS:
        server.set(**{"access": "ok", "faults": "", **switches})
        answer = place.create(ACCOUNTS, "main", **account_form(server))
        assert answer.status == 400
        assert reason in answer.text, switches
        assert remedy in answer.text, switches
        assert server.api_token not in answer.body
        assert stored(place) == {}
        assert place.splunkd.configuration.layer(place.splunkd.app, "passwords") == {}


def test_a_wrong_token_is_told_and_then_put_right(place: Pages, server: TenantServer) -> None:
    wrong = place.create(ACCOUNTS, "main", **account_form(server, api_token="wrong"))  # noqa: S106
    assert (wrong.status, "HTTP 401" in wrong.text) == (400, True)
    right = place.create(ACCOUNTS, "main", **account_form(server))
    assert right.status == 201, right.text


def test_a_build_that_only_exports_csv_is_saved_and_told(
    place: Pages, server: TenantServer
) -> None:
    server.set(list_available=False)
    made = place.create(ACCOUNTS, "main", **account_form(server))
    assert made.status == 201, made.text
    assert ": works; this build only exports CSV" in made.content["last_check"]


def test_a_user_that_sees_only_its_own_records_is_saved_with_a_warning(
    place: Pages, server: TenantServer
) -> None:
    server.set(own_records_only=True)
    made = place.create(ACCOUNTS, "main", **account_form(server))
    assert made.status == 201, made.text
    assert "every record seen is the API user's own" in made.content["last_check"]
    assert "every record seen is the API user's own" in place.splunkd.log_text()
    server.set(own_records_only=False)
    assert place.edit(ACCOUNTS, "main", date_format="auto").content["last_check"].endswith("works")


def test_what_the_trial_found_cannot_be_made_up(place: Pages, server: TenantServer) -> None:
    form = account_form(server, last_check="<b>trust me</b>")
    assert place.create(ACCOUNTS, "main", **form).content["last_check"].endswith(": works")


@pytest.mark.parametrize("token", [{}, {"api_token": "******"}, {"api_token": "********"}])
@pytest.mark.parametrize("interpreter", ["3.9"], indirect=True)
def test_a_stored_token_never_goes_to_another_url(
    place: Pages, server: TenantServer, token: dict[str, str]
) -> None:
    place.create(ACCOUNTS, "main", **account_form(server))
    with tenant() as other:
        refused = place.edit(ACCOUNTS, "main", base_url=other.base_url, **token)
        assert refused.status == 400
        assert "Enter API token (api_token) again" in refused.text
        assert other.requests == []
        assert stored(place)["main"]["base_url"] == server.base_url
        moved = place.edit(ACCOUNTS, "main", **account_form(other))
        assert moved.status == 200, moved.text


def test_asterisks_are_no_token(place: Pages, server: TenantServer) -> None:
    """A clone brings the placeholder along."""
    answer = place.create(ACCOUNTS, "copy", **account_form(server, api_token="******"))  # noqa: S106
    assert answer.status == 400
    assert "only asterisks" in answer.text
    assert server.requests == []


def test_a_token_that_was_lost_is_asked_for(place: Pages, server: TenantServer) -> None:
    place.create(ACCOUNTS, "main", **account_form(server))
    splunkd = place.splunkd
    for stanza in list(splunkd.configuration.layer(splunkd.app, "passwords")):
        splunkd.configuration.remove(splunkd.app, "passwords", stanza)
    before = len(server.requests)
    answer = place.edit(ACCOUNTS, "main", date_format="auto")
    assert answer.status == 400
    assert "API token (api_token) is missing" in answer.text
    assert len(server.requests) == before


def test_an_account_that_an_input_uses_stays(place: Pages, server: TenantServer) -> None:
    place.create(ACCOUNTS, "main", **account_form(server))
    assert place.create(INPUTS, "prod", **input_form()).status == 201
    refused = place.delete(ACCOUNTS, "main")
    assert (refused.status, "prod" in refused.text) == (400, True)
    assert place.delete(INPUTS, "prod").status == 200
    assert place.delete(ACCOUNTS, "main").status == 200


@pytest.mark.parametrize("kind", ["http", "socks5"])
@pytest.mark.parametrize("interpreter", ["3.13"], indirect=True)
def test_the_trial_goes_through_the_proxy_of_the_settings(
    kind: str, place: Pages, private_ca: PrivateCa, tmp_path: Path
) -> None:
    with proxy(kind, tmp_path / "proxy") as real, tenant(private_ca) as server:
        account = account_form(server, ca_bundle=str(private_ca.bundle))
        form = {
            "proxy_enabled": "1",
            "proxy_type": kind,
            "proxy_url": "127.0.0.1",
            "proxy_port": str(real.port),
            "proxy_username": USER,
        }
        wrong = place.edit(SETTINGS, "proxy", **form, proxy_password="wrong")  # noqa: S106
        assert wrong.status == 200, wrong.text
        refused = place.create(ACCOUNTS, "main", **account)
        assert refused.status == 400
        assert "The proxy " in refused.text
        assert "password" in refused.text
        assert server.requests == []

        assert place.edit(SETTINGS, "proxy", proxy_password=PASSWORD).status == 200
        made = place.create(ACCOUNTS, "main", **account)
        assert made.status == 201, made.text
        assert real.connections
        assert PASSWORD not in made.body
    gone = place.edit(ACCOUNTS, "main", date_format="auto")
    assert gone.status == 400
    assert "The proxy 127.0.0.1 cannot be used" in gone.text


def test_no_kvstore_no_network_no_stack_trace(place: Pages, server: TenantServer) -> None:
    place.create(ACCOUNTS, "main", **account_form(server))
    unreachable = place.edit(
        ACCOUNTS, "main", base_url="https://name.invalid", api_token=server.api_token
    )
    assert unreachable.status == 400
    assert "No connection" in unreachable.text
    assert "host name, firewall and proxy" in unreachable.text


@pytest.mark.parametrize("interpreter", ["3.13"], indirect=True)
def test_a_session_that_ends_meanwhile_is_told_in_a_line(
    place: Pages, server: TenantServer
) -> None:
    """As the framework finds out which splunkd it is, and as the name is looked up."""
    for requests, status, told in (
        (1, 503, "Splunk could not read or write its settings"),
        (4, 400, "Call not properly authenticated"),
    ):
        place.splunkd.set(session_expires_after_requests=requests)
        answer = place.create(ACCOUNTS, "main", **account_form(server))
        place.splunkd.set(session_expires_after_requests=None)
        assert (answer.status, told in answer.text) == (status, True), answer.text
        assert stored(place) == {}
        assert server.requests == []
