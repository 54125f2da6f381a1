"""The stand-in for Splunk Web refuses what Splunk Web refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.ui.site import Site, running

ACCOUNTS = (
    "/en-US/splunkd/__raw/servicesNS/nobody/TA-invicti-auditlogs/ta_invicti_auditlogs_account"
)
CREDENTIALS = "/en-US/splunkd/__raw/servicesNS/nobody/TA-invicti-auditlogs/storage/passwords"


@pytest.fixture(scope="module")
def site(package: Path) -> Iterator[Site]:
    with running(package) as stand_ins:
        yield stand_ins


@pytest.fixture
def origin(site: Site) -> str:
    parts = urlsplit(site.web.url)
    return f"{parts.scheme}://{parts.netloc}"


@pytest.fixture
def session(site: Site) -> Iterator[requests.Session]:
    """Logged in, as whoever has opened a page."""
    with requests.Session() as visitor:
        assert visitor.get(site.web.url).status_code == 200
        yield visitor


def test_the_home_of_the_app_is_its_default_page(site: Site, session: requests.Session) -> None:
    assert session.get(site.web.url).url == site.web.page("invicti_activity_logs")


def test_rest_needs_a_login(origin: str, session: requests.Session) -> None:
    assert requests.get(origin + ACCOUNTS, timeout=30).status_code == 401
    assert session.get(origin + ACCOUNTS).status_code == 200


def test_a_change_needs_the_form_key(origin: str, session: requests.Session) -> None:
    refused = session.post(origin + ACCOUNTS + "?output_mode=json", data={"name": "a"})
    assert refused.status_code == 401
    assert "CSRF" in refused.text
    key = next(value for name, value in session.cookies.items() if "csrf" in name)
    headers = {"X-Splunk-Form-Key": key}
    asked = session.post(origin + ACCOUNTS, data={"name": "a"}, headers=headers)
    assert asked.status_code == 400


def test_only_exposed_endpoints_are_reached(
    site: Site, origin: str, session: requests.Session
) -> None:
    site.splunkd.set(delay_seconds=0)
    assert session.get(origin + CREDENTIALS).status_code == 404
    assert site.splunkd.requests == []


@pytest.mark.parametrize(
    "path",
    [
        "/en-US/app/TA-invicti-auditlogs/nothing",
        "/en-US/app/other/configuration",
        "/en-US/static/app/TA-invicti-auditlogs/../../default/app.conf",
        "/en-US/static/app/TA-invicti-auditlogs/%2e%2e/%2e%2e/default/app.conf",
        "/en-US/account/login",
    ],
)
def test_what_is_not_there_is_404(origin: str, path: str) -> None:
    request = requests.Request("GET", origin + path).prepare()
    request.url = origin + path  # as it stands, the dots too
    with requests.Session() as visitor:
        assert visitor.send(request, timeout=30).status_code == 404
