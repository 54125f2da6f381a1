"""A person sets the add-on up, from an empty Splunk to events, and takes it down again."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.integration.conftest import PrivateCa
from tests.standins.hec import HecServer, HecSwitches
from tests.standins.invicti_tenant import TenantServer
from tests.standins.proxies import PASSWORD, USER, proxy
from tests.ui.person import Person
from tests.ui.site import RECORDS, TENANT, TOKEN, Site

HEC_TOKEN = "2f9d1c44-5b0e-4c55-9a61-7d6f0e5b8a13"  # noqa: S105 - of a stand-in
OTHER_TOKEN = "11111111-2222-3333-4444-555555555555"  # noqa: S105 - of a stand-in


def test_from_a_wrong_token_to_events(person: Person, site: Site) -> None:
    tenant, splunkd = site.tenant, site.splunkd
    person.open_accounts()
    person.begin("Add")
    account = {"Name": "acme", "Invicti URL": tenant.base_url, "User ID": tenant.user_id}
    person.fill({**account, "API token": "not-the-token"})
    assert "Check user ID and API token" in person.is_told()
    assert splunkd.configuration.resolve(splunkd.app, "ta_invicti_auditlogs_account") == {}

    person.fill({"API token": TOKEN})
    person.saves()
    told = person.cells("acme")
    assert (told["Invicti URL"], told["User ID"]) == (tenant.base_url, tenant.user_id)
    assert told["Last check"].endswith("works")

    person.fill_input("production", "acme")
    person.fill({"Start date": "all", "Interval": "600"})
    person.saves()
    told = person.cells("production")
    expected = ("acme", "This Splunk", "invicti", "600")
    columns = ("Account", "Destination", "Index", "Interval (s)")
    assert tuple(told[column] for column in columns) == expected
    expect(person.status("production")).to_have_text("Enabled")
    expect(person.cell("production", "progress")).to_have_text("No run yet")

    run = splunkd.run_input("production")
    assert (run.exit_code, run.stream_error) == (0, None)
    assert {event.index for event in run.events} == {"invicti"}
    assert len(run.events) == RECORDS


def test_an_input_is_edited_cloned_disabled_and_deleted(person: Person, site: Site) -> None:
    splunkd = site.splunkd
    site.set_account("acme")
    person.fill_input("first", "acme")
    person.begin_group("Advanced")
    person.choose_several("Endpoint types", "Web UI", "Background Task")
    person.saves()
    assert site.input("first")["endpoint_types"] == "Web,BackgroundTask"

    person.acts_on("first", "Edit")
    expect(person.field("Name")).to_be_disabled()
    person.fill({"Interval": "900"})
    person.saves("Update")
    assert person.cells("first")["Interval (s)"] == "900"
    assert site.input("first")["endpoint_types"] == "Web,BackgroundTask"

    person.acts_on("first", "Clone")
    person.fill({"Name": "second"})
    person.saves("Save")
    cloned = {**site.input("first")}
    assert site.input("second") == cloned

    person.row("second").get_by_role("switch").click()
    expect(person.status("second")).to_have_text("Disabled")
    assert splunkd.input_names() == ["first"]
    person.row("second").get_by_role("switch").click()
    expect(person.status("second")).to_have_text("Enabled")
    assert sorted(splunkd.input_names()) == ["first", "second"]

    person.acts_on("first", "Delete")
    person.saves("Delete")
    expect(person.row("first")).to_have_count(0)
    assert splunkd.input_names() == ["second"]


def test_an_account_is_edited_without_its_token_and_kept_while_it_is_used(
    person: Person, site: Site
) -> None:
    site.set_account("acme")
    site.splunkd.set_input("prod", account="acme", index="invicti", interval="300")
    person.open_accounts()
    person.acts_on("acme", "Edit")
    expect(person.field("API token")).to_have_value("******")
    person.choose_in_group("Advanced", "Date format", "ISO 8601")
    person.saves("Update")
    assert site.account("acme")["date_format"] == "ISO 8601"
    assert site.splunkd.run_input("prod").exit_code == 0, "the token is the old one"

    person.acts_on("acme", "Delete")
    assert "Inputs use this account: prod" in person.is_told("Delete")
    person.press("Cancel")

    person.acts_on("acme", "Edit")
    before = len(site.tenant.requests)
    person.fill({"Invicti URL": "http://127.0.0.1:9"})
    assert "stored secret is not sent to another address" in person.is_told("Update")
    assert len(site.tenant.requests) == before


def test_an_account_is_deleted(person: Person, site: Site) -> None:
    site.set_account("acme")
    person.open_accounts()
    person.acts_on("acme", "Delete")
    person.saves("Delete")
    expect(person.row("acme")).to_have_count(0)
    assert site.splunkd.configuration.layer(site.splunkd.app, "passwords") == {}


@pytest.mark.parametrize(("kind", "shown"), [("http", "HTTP"), ("socks5", "SOCKS5")])
def test_accounts_and_inputs_use_the_proxy(
    person: Person, site: Site, tmp_path: Path, kind: str, shown: str
) -> None:
    authority = PrivateCa(tmp_path)
    server = TenantServer(TENANT, tls_cert=authority.certificate, tls_key=authority.key)
    with proxy(kind, tmp_path / "proxy") as real, server as tenant:
        person.open_tab("Proxy")
        person.await_choices()
        person.form.get_by_role("checkbox", name="Use a proxy").click()
        person.choose("Type", shown)
        person.fill({"Host": "127.0.0.1", "Port": str(real.port)})
        person.fill({"User name": USER, "Password": "wrong"})
        person.saves("Save")
        person.open_accounts()
        person.begin("Add")
        person.fill({"Name": "acme", "Invicti URL": tenant.base_url})
        person.fill({"User ID": tenant.user_id, "API token": TOKEN})
        person.begin_group("Advanced")
        person.fill({"CA bundle": str(authority.bundle)})
        assert "proxy" in person.is_told().lower()
        assert tenant.requests == []

        person.open_tab("Proxy")
        person.await_choices()
        person.fill({"Password": PASSWORD})
        person.saves("Save")
        person.open_accounts()
        person.begin("Add")
        person.fill({"Name": "acme", "Invicti URL": tenant.base_url})
        person.fill({"User ID": tenant.user_id, "API token": TOKEN})
        person.begin_group("Advanced")
        person.fill({"CA bundle": str(authority.bundle)})
        person.saves()
        assert real.connections, "the trial went past the proxy"
        tried = len(real.connections)
        person.fill_input("prod", "acme")
        person.fill({"Start date": "all"})
        person.saves()
        assert len(site.splunkd.run_input("prod").events) == RECORDS
        assert len(real.connections) > tried, "the input went past the proxy"


def test_events_go_to_a_hec_target(person: Person, site: Site) -> None:
    site.set_account("acme")
    with HecServer(HecSwitches(token=HEC_TOKEN)) as receiver:
        person.open_tab("HEC targets")
        person.begin("Add")
        person.fill({"Name": "remote", "URLs": receiver.url, "Token": OTHER_TOKEN})
        assert "token" in person.is_told().lower()
        person.fill({"Token": HEC_TOKEN})
        person.saves()
        assert person.cells("remote")["URLs"] == receiver.url
        person.fill_input("prod", "acme")
        person.choose("HEC target", "remote")
        person.fill({"Start date": "all"})
        person.saves()
        assert person.cells("prod")["Destination"] == "remote"
        run = site.splunkd.run_input("prod")
        assert (run.exit_code, run.events) == (0, [])
        assert len(set(receiver.ids)) == RECORDS


def test_the_log_level_is_chosen(person: Person, site: Site) -> None:
    person.open_tab("Logging")
    person.await_choices()
    person.choose("Log level", "DEBUG")
    person.saves("Save")
    settings = site.splunkd.configuration.resolve(site.splunkd.app, "ta_invicti_auditlogs_settings")
    assert settings["logging"][1]["loglevel"] == "DEBUG"
