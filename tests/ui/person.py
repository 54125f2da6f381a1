"""What a person does on the pages, and sees there. Fields are found by their labels alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Callable

from playwright.sync_api import Dialog, Locator, Page, Response, expect

from tests.standins.splunk_web import SplunkWeb

_LIST = '[data-test="popover"]'
_MESSAGE = '[data-test="message"]:visible'
_DIALOG_IS_DONE = """() => document.querySelector('[data-test="message"]')
    || !document.querySelector('[role="dialog"]')"""
_TAB_IS_DONE = """() => document.querySelector('[data-test="message"]')
    || document.querySelector('[data-test="toast-message"]')"""
_MOST_TABS = 60
WAIT_MILLISECONDS = 20_000.0
"""For a request: the handler is a process that is started, and the machine may be busy."""


class Person:
    """Someone at a browser.

    Args:
        page: An empty tab.
        web: The site.
    """

    def __init__(self, page: Page, web: SplunkWeb) -> None:
        self.page = page
        self.faults: list[str] = []
        self._web = web
        page.set_default_timeout(WAIT_MILLISECONDS)
        page.on("pageerror", lambda error: self.faults.append(f"script error: {error}"))
        page.on("dialog", self._note_dialog)
        page.on("response", self._note_response)

    def _note_dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"a script opened a window: {dialog.message}")
        dialog.dismiss()

    def _note_response(self, response: Response) -> None:
        missing = response.status == 404 and "/splunkd/__raw/" not in response.url
        if response.status >= 500 or missing:
            self.faults.append(f"HTTP {response.status}: {response.url}")

    # -- pages -----------------------------------------------------------------------------------

    def open_accounts(self) -> None:
        """The page Configuration, which begins with the accounts."""
        self.page.goto(self._web.page("configuration"))
        expect(self.button("Add")).to_be_visible()

    def open_tab(self, name: str) -> None:
        """Another tab of the page Configuration."""
        self.page.goto(self._web.page("configuration"))
        self.page.get_by_role("tab", name=name).click()
        expect(self.button("Add").or_(self.button("Save"))).to_be_visible()

    def open_inputs(self) -> None:
        """The page Inputs."""
        self.page.goto(self._web.page("inputs"))
        expect(self.button("Create New Input")).to_be_visible()

    def button(self, name: str) -> Locator:
        """A button of the page, hidden tabs apart."""
        return self.page.get_by_role("button", name=name, exact=True)

    # -- forms -----------------------------------------------------------------------------------

    @property
    def form(self) -> Locator:
        """The open dialog, or else the form of the tab that is shown."""
        dialog = self.page.get_by_role("dialog")
        return dialog if dialog.count() else self.page.locator('[id$="Tab"]:visible')

    def begin(self, button: str) -> None:
        """Opens a form that a button of the page leads to."""
        self.button(button).click()
        self.await_form()

    def await_form(self) -> None:
        """Waits until a dialog is there, with the lists of its fields."""
        expect(self.page.get_by_role("dialog")).to_be_visible()
        self.await_choices()

    def await_choices(self) -> None:
        """Waits until the lists of the form have been fetched."""
        loading = self.form.locator('[data-test-loading="true"], [data-test="wait-spinner"]')
        expect(loading).to_have_count(0)

    def field(self, label: str) -> Locator:
        """A text field by its label."""
        return self.form.get_by_role("textbox", name=label, exact=True)

    def fill(self, values: Mapping[str, str]) -> None:
        """Types into text fields."""
        for label, value in values.items():
            self.field(label).fill(value)

    def choose(self, label: str, option: str) -> None:
        """Picks an option of a list, which closes."""
        self._open_list(label)
        self._pick(option)
        expect(self.page.locator(_LIST)).to_have_count(0)

    def choose_several(self, label: str, *options: str) -> None:
        """Picks options of a list that stays open meanwhile."""
        self._open_list(label)
        for option in options:
            self._pick(option)
        self.page.keyboard.press("Tab")
        expect(self.page.locator(_LIST)).to_have_count(0)

    def _open_list(self, label: str) -> None:
        self.form.get_by_role("combobox", name=label, exact=True).click()

    def _pick(self, option: str) -> None:
        self.page.get_by_role("option", name=option, exact=True).click()

    def begin_group(self, name: str) -> None:
        """Opens a group of fields that is folded."""
        self.form.get_by_role("button", name=name, exact=True).click()

    def choose_in_group(self, group: str, label: str, option: str) -> None:
        """Picks an option of a list in a folded group."""
        self.begin_group(group)
        self.choose(label, option)

    def press(self, button: str) -> None:
        """A button of the form."""
        self.form.get_by_role("button", name=button, exact=True).click()

    def saves(self, button: str = "Add") -> None:
        """Saves a form that is accepted: it closes, or on a tab says "Updated"."""
        message = self.send(button)
        assert message == "", message

    def is_told(self, button: str = "Add") -> str:
        """Saves a form that is refused, and returns what the message says."""
        message = self.send(button)
        assert message, "nothing was said"
        return message

    def send(self, button: str) -> str:
        """Saves a form and returns what its message says; empty when it was accepted."""
        return self.send_by(lambda: self.press(button))

    def send_by(self, act: Callable[[], None]) -> str:
        """The same, in another way than by pressing a button.

        A message goes as soon as a field is changed or the form is sent again.
        """
        done = _DIALOG_IS_DONE if self.page.get_by_role("dialog").count() else _TAB_IS_DONE
        act()
        self.page.wait_for_function(done)
        message = self.page.locator(_MESSAGE)
        return message.inner_text().replace("Alert\n", "", 1) if message.count() else ""

    # -- by keyboard -----------------------------------------------------------------------------

    def tab_to(self, target: Locator) -> None:
        """Presses the tabulator until an element has the focus."""
        for _ in range(_MOST_TABS):
            if target.evaluate("(element) => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{target} cannot be reached with the tabulator")

    def types(self, label: str, value: str) -> None:
        """Goes to a text field and types."""
        self.tab_to(self.field(label))
        self.page.keyboard.type(value)

    # -- tables ----------------------------------------------------------------------------------

    def row(self, name: str) -> Locator:
        """A line of the table by its first column."""
        return self.page.get_by_role("row", name=f"row-{name}", exact=True)

    def cells(self, name: str) -> dict[str, str]:
        """A line of the table: what stands under each heading."""
        table = self.page.get_by_role("table").filter(has=self.row(name))
        heads = table.get_by_role("columnheader").all_inner_texts()
        values = self.row(name).get_by_role("cell").all_inner_texts()
        return {_flat(head): _flat(value) for head, value in zip(heads, values) if _flat(head)}

    def status(self, name: str) -> Locator:
        """The word beside the switch of a line."""
        return self.row(name).locator('[data-test="status"]')

    def cell(self, name: str, column: str) -> Locator:
        """A cell of a line, by the name of its field."""
        return self.row(name).locator(f'[data-column="{column}"]')

    def expand(self, name: str) -> Locator:
        """Opens the details of a line."""
        self.button(f"Expand row - {name}").click()
        return self.page.locator("tr:has(dl)")

    def acts_on(self, name: str, action: str) -> None:
        """Edit, Clone or Delete of a line: opens a dialog."""
        self.row(name).get_by_role("button", name=action, exact=True).click()
        self.await_form()

    def add_account(self, name: str, url: str, user_id: str, token: str) -> None:
        """Fills in and saves the form of an account."""
        self.open_accounts()
        self.begin("Add")
        values = {"Name": name, "Invicti URL": url, "User ID": user_id, "API token": token}
        self.fill(values)
        self.saves()

    def fill_input(self, name: str, account: str, index: str = "invicti") -> None:
        """Opens the form of an input and fills in what is required."""
        self.open_inputs()
        self.begin("Create New Input")
        self.fill({"Name": name})
        self.choose("Account", account)
        self.choose("Index", index)


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
