"""Each text field with what does not belong there: told on the form, or saved and harmless."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from tests.standins.hec import HecServer, HecSwitches
from tests.ui.person import Person
from tests.ui.site import TOKEN, Site
from tests.ui.test_setting_up import HEC_TOKEN

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
# A text field drops line breaks by itself; those are tested through REST.
VALUES = ("", "x" * 11_000, SCRIPT, "../../etc/passwd", "a\x00b", "Łódź ☃ \U0001d4b3 \u202e")
BUGS = ("Traceback", "Unexpected error", "Exception", "HTTP 500", "unknown error", "python handler")


@dataclass(frozen=True)
class Form:
    """Where a form is, and what it takes."""

    tab: str
    button: str
    valid: Mapping[str, str]


def _open(person: Person, form: Form) -> None:
    if form.tab == "Inputs":
        person.fill_input("first", "acme")
        person.begin_group("Advanced")
        return
    person.open_tab(form.tab)
    if form.button == "Add":
        person.begin("Add")
        if "CA bundle" in form.valid:
            person.begin_group("Advanced")
    person.await_choices()


def _everything_is_refused(person: Person, form: Form, labels: list[str]) -> None:
    """Tries each value in each field; the form stays open, since it is refused each time."""
    _open(person, form)
    for label in labels:
        for value in VALUES:
            person.fill({**form.valid, label: value})
            told = person.is_told(form.button)
            assert not [bug for bug in BUGS if bug in told], f"{label}={value[:50]!r}: {told}"
            assert len(told) > 15, told


def test_an_account(person: Person, site: Site) -> None:
    tenant = site.tenant
    valid = {"Name": "acme", "Invicti URL": tenant.base_url, "User ID": tenant.user_id}
    form = Form("Accounts", "Add", {**valid, "API token": TOKEN, "CA bundle": ""})
    _everything_is_refused(person, form, ["Name", "Invicti URL", "User ID", "API token"])
    for value in VALUES[1:]:
        person.fill({**form.valid, "CA bundle": value})
        told = person.is_told()
        assert re.search("CA bundle|ca_bundle|path", told), told


def test_a_hec_target(person: Person) -> None:
    with HecServer(HecSwitches(token=HEC_TOKEN)) as receiver:
        valid = {"Name": "remote", "URLs": receiver.url, "Token": HEC_TOKEN}
        form = Form("HEC targets", "Add", valid)
        _everything_is_refused(person, form, list(valid))


def test_an_input(person: Person, site: Site) -> None:
    site.set_account("acme")
    valid = {"Name": "first", "Interval": "300", "Start date": "2024-01-31"}
    form = Form("Inputs", "Add", valid)
    _everything_is_refused(person, form, ["Name", "Interval"])
    for value in VALUES[1:]:
        person.fill({**valid, "Start date": value})
        assert "date" in person.is_told().lower()
    for value in ("59", "-1", "1e3", "300.5", "0"):
        person.fill({**valid, "Interval": value})
        assert "interval" in person.is_told().lower()
    for value in ("2124-01-01", "2024-02-31"):
        person.fill({**valid, "Start date": value})
        assert "date" in person.is_told().lower()


def test_a_harmless_text_is_saved_and_shown_as_it_is(person: Person, site: Site) -> None:
    site.set_account("acme")
    person.fill_input("first", "acme")
    person.begin_group("Advanced")
    person.fill({"Leave out types": SCRIPT})
    person.saves()
    assert site.input("first")["exclude_types"] == SCRIPT
    person.open_inputs()
    details = person.expand("first")
    expect(details).to_contain_text(SCRIPT.partition(",")[0])
    assert details.locator("script, img").count() == 0


def test_a_proxy(person: Person) -> None:
    valid = {"Host": "proxy.example.com", "Port": "8080", "User name": "", "Password": ""}
    form = Form("Proxy", "Save", valid)
    _everything_is_refused(person, form, ["Host", "Port"])


@pytest.mark.parametrize("name", ["acme", "ACME"])
def test_a_name_that_is_taken(person: Person, site: Site, name: str) -> None:
    site.set_account("acme")
    person.open_accounts()
    person.begin("Add")
    person.fill({"Name": name, "Invicti URL": site.tenant.base_url})
    person.fill({"User ID": site.tenant.user_id, "API token": TOKEN})
    if name == "acme":
        assert "already in use" in person.is_told()
    else:
        person.saves()
        expect(person.row("ACME")).to_be_visible()
        expect(person.row("acme")).to_be_visible()
