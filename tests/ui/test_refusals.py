"""An account is tried when it is saved: each thing that can be wrong is told apart at the form."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ui.person import Person
from tests.ui.site import TOKEN, Site

# What the tenant does, and words of the remedy that no other case has (design, section 7).
REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "token revoked": ({"access": "token_revoked"}, "a token that was reset in Invicti is void"),
    "API access off": ({"access": "api_disabled"}, "switch API access on"),
    "IP restriction": ({"access": "ip_restricted"}, "under IP restrictions"),
    "no permission": ({"access": "no_permission"}, "permission to see the activity log"),
    "single sign-on": ({"faults": "redirect@from:1"}, "single sign-on"),
    "another page": ({"faults": "html@from:1"}, "text/html"),
    "server failing": ({"faults": "503@from:1"}, "HTTP 503"),
}


def _fill_account(person: Person, site: Site, url: str) -> None:
    person.open_accounts()
    person.begin("Add")
    values = {"Name": "acme", "Invicti URL": url, "User ID": site.tenant.user_id}
    person.fill({**values, "API token": TOKEN})


@pytest.mark.parametrize("case", REFUSALS)
def test_what_is_wrong_is_told_apart(person: Person, site: Site, case: str) -> None:
    switches, words = REFUSALS[case]
    site.tenant.set(**switches)
    _fill_account(person, site, site.tenant.base_url)
    told = person.is_told()
    assert words in told
    others = [other for name, (_, other) in REFUSALS.items() if name != case]
    assert not any(other in told for other in others), told

    site.tenant.set(access="ok", faults="")
    person.saves()
    assert person.cells("acme")["Last check"].endswith("works")


def test_a_server_without_tls_is_told(person: Person, site: Site) -> None:
    _fill_account(person, site, site.tenant.base_url.replace("http://", "https://"))
    assert "TLS failed" in person.is_told()


def test_a_user_who_sees_only_its_own_records_is_saved_with_a_warning(
    person: Person, site: Site
) -> None:
    site.tenant.tenant.grow(5, own=True)
    site.tenant.set(own_records_only=True)
    _fill_account(person, site, site.tenant.base_url)
    person.saves()
    assert "every record seen is the API user's own" in person.cells("acme")["Last check"]
