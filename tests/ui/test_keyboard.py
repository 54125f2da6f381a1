"""Without a mouse: the keyboard alone is enough to add an account and an input."""

from __future__ import annotations

from tests.ui.person import Person
from tests.ui.site import TOKEN, Site


def test_an_account_and_an_input_are_added_by_keyboard(person: Person, site: Site) -> None:
    keyboard = person.page.keyboard
    person.open_accounts()
    person.tab_to(person.button("Add"))
    keyboard.press("Enter")
    person.await_form()
    person.types("Name", "acme")
    person.types("Invicti URL", site.tenant.base_url)
    person.types("User ID", site.tenant.user_id)
    person.types("API token", TOKEN)
    assert person.send_by(lambda: _press(person, "Add")) == ""
    assert site.account("acme")["user_id"] == site.tenant.user_id

    person.open_inputs()
    person.tab_to(person.button("Create New Input"))
    keyboard.press("Enter")
    person.await_form()
    person.types("Name", "prod")
    _choose(person, "Account", "acme")
    _choose(person, "Index", "invicti")
    assert person.send_by(lambda: _press(person, "Add")) == ""
    saved = site.input("prod")
    assert (saved["account"], saved["index"]) == ("acme", "invicti")


def _press(person: Person, button: str) -> None:
    person.tab_to(person.form.get_by_role("button", name=button, exact=True))
    person.page.keyboard.press("Enter")


def _choose(person: Person, label: str, option: str) -> None:
    """Opens a list, types to find the option, takes it."""
    person.tab_to(person.form.get_by_role("combobox", name=label, exact=True))
    person.page.keyboard.press("ArrowDown")
    person.page.get_by_role("option", name=option, exact=True).wait_for()
    person.page.keyboard.type(option)
    person.page.keyboard.press("Enter")
