"""An administrator sees where an input stands, and makes it collect again."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.ui.person import Person
from tests.ui.site import RECORDS, Site


def _prepare(site: Site) -> None:
    site.set_account("acme")
    settings = {"account": "acme", "index": "invicti", "interval": "300", "start_date": "all"}
    site.splunkd.set_input("prod", **settings)


def test_collecting_again_is_warned_of_and_doubles_events(person: Person, site: Site) -> None:
    _prepare(site)
    assert len(site.splunkd.run_input("prod").events) == RECORDS
    assert site.splunkd.run_input("prod").events == []

    person.open_inputs()
    expect(person.cell("prod", "progress")).to_contain_text("Up to 20")
    details = person.expand("prod")
    expect(details).to_contain_text("Collected up to")
    expect(details).to_contain_text("All that the tenant has")
    details.get_by_role("button", name="Collect again from…").click()
    expect(details).to_contain_text("already in the index will be there twice")
    again = details.get_by_role("button", name="Collect again", exact=True)
    date = details.get_by_role("textbox", name="Collect again from (UTC)")
    date.fill("tomorrow")
    again.click()
    expect(details.get_by_role("alert")).to_contain_text("tomorrow cannot be read")
    date.fill("all")
    again.click()
    expect(details.get_by_role("status")).to_have_text("The next run begins anew.")
    assert len(site.splunkd.run_input("prod").events) == RECORDS


def test_a_failing_input_says_why_and_what_to_do(person: Person, site: Site) -> None:
    _prepare(site)
    site.tenant.set(access="token_revoked")
    assert site.splunkd.run_input("prod").exit_code != 0
    person.open_inputs()
    expect(person.cell("prod", "progress")).to_contain_text("Failing")
    details = person.expand("prod")
    expect(details).to_contain_text("What to do")
    expect(details).to_contain_text("token")


def test_progress_is_deleted_with_its_input(person: Person, site: Site) -> None:
    _prepare(site)
    assert site.splunkd.run_input("prod").events
    person.open_inputs()
    person.acts_on("prod", "Delete")
    person.saves("Delete")
    person.begin("Create New Input")
    with person.page.expect_response("**/ta_invicti_auditlogs_progress/prod?*"):
        person.fill({"Name": "prod"})
    person.choose("Account", "acme")
    expect(person.form).not_to_contain_text("was here before")


def test_a_new_input_of_an_old_name_is_told_of_the_old_progress(person: Person, site: Site) -> None:
    _prepare(site)
    assert site.splunkd.run_input("prod").events
    splunkd = site.splunkd
    splunkd.configuration.remove(splunkd.app, "inputs", f"{splunkd.scheme_name}://prod")
    person.open_inputs()
    person.begin("Create New Input")
    person.fill({"Name": "prod"})
    expect(person.form).to_contain_text("An input of this name was here before")
    person.fill({"Name": "other"})
    expect(person.form).not_to_contain_text("was here before")
