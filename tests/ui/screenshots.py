"""Pictures of every page, form and message in both themes: ``python -m tests.ui.screenshots``."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

from playwright.sync_api import Browser, expect

from tests.demo.package import ROOT, build_package
from tests.standins.splunk_web.site import THEMES
from tests.ui.chromium import find_chromium, launched
from tests.ui.person import WAIT_MILLISECONDS, Person
from tests.ui.site import Site, running
from tests.ui.test_refusals import REFUSALS

FOLDER = ROOT / ".build" / "screenshots"
URL = "https://www.netsparkercloud.com"
USER_ID = "5f2b8c1e9a7d4e3fb60412d8a1c97e35"
HEC_TOKEN = "2f9d1c44-5b0e-4c55-9a61-7d6f0e5b8a13"  # noqa: S105 - of a stand-in
MISTAKEN = "not-the-token"


class Camera:
    """Takes pictures of what a person sees.

    Args:
        person: At the pages.
        site: What is behind them.
        folder: Where the pictures go.
        theme: Of the user; part of their names.
    """

    def __init__(self, person: Person, site: Site, folder: Path, theme: str) -> None:
        self.person = person
        self.site = site
        self._folder = folder
        self._theme = theme

    def show(self, label: str, value: str) -> None:
        """Shows a value in a text field in place of a stand-in's; the form does not notice."""
        self.person.field(label).evaluate("(field, value) => { field.value = value; }", value)

    def take(self, name: str) -> None:
        """A picture of the window, the cursor apart."""
        self.person.page.mouse.move(0, 0)
        file = self._folder / f"{name}-{self._theme}.png"
        self.person.page.screenshot(path=file, animations="disabled", caret="hide")
        print(file)


def _accounts(camera: Camera) -> None:
    person, site = camera.person, camera.site
    person.open_accounts()
    camera.take("accounts-empty")
    person.begin("Add")
    camera.take("account-form")
    person.fill({"Name": "acme", "Invicti URL": URL + "/signin", "User ID": USER_ID})
    person.fill({"API token": MISTAKEN})
    person.is_told()
    camera.take("account-malformed-url")
    person.fill({"Invicti URL": site.tenant.base_url})
    person.is_told()
    person.begin_group("Advanced")
    camera.show("Invicti URL", URL)
    camera.take("account-wrong-token")
    person.page.get_by_text("Requests at once").scroll_into_view_if_needed()
    camera.take("account-form-advanced")
    for name in ("acme", "subsidiary"):
        site.set_account(name, last_check="2026-11-22: works")
    person.open_accounts()
    camera.take("accounts")
    person.acts_on("acme", "Edit")
    camera.take("account-edit")
    person.open_accounts()
    person.acts_on("acme", "Delete")
    camera.take("account-delete")


def _refusals(camera: Camera) -> None:
    """What an account is refused for, and the one that is saved with a warning."""
    person, tenant = camera.person, camera.site.tenant
    person.open_accounts()
    person.begin("Add")
    values = {"Name": "refused", "Invicti URL": tenant.base_url, "User ID": tenant.user_id}
    person.fill({**values, "API token": tenant.api_token})
    for case, (switches, _) in REFUSALS.items():
        tenant.set(**switches)
        person.is_told()
        camera.take("account-refused-" + case.lower().replace(" ", "-"))
        tenant.set(access="ok", faults="")
    person.fill({"Invicti URL": tenant.base_url.replace("http://", "https://")})
    person.is_told()
    camera.take("account-refused-tls")
    tenant.tenant.grow(5, own=True)
    tenant.set(own_records_only=True)
    person.fill({"Invicti URL": tenant.base_url})
    person.saves()
    camera.take("accounts-own-records-only")
    tenant.set(own_records_only=False)


def _tabs(camera: Camera) -> None:
    person = camera.person
    person.open_tab("HEC targets")
    person.begin("Add")
    person.begin_group("Advanced")
    camera.take("hec-target-form")
    urls = "https://indexer1.example.com:8088, https://indexer2.example.com:8088"
    settings = {"urls": urls, "use_ack": "0", "ca_bundle": ""}
    camera.site.splunkd.set_hec_target("indexers", token=HEC_TOKEN, **settings)
    person.open_tab("HEC targets")
    camera.take("hec-targets")
    for tab in ("Proxy", "Logging"):
        person.open_tab(tab)
        person.await_choices()
        camera.take(tab.lower())
    person.open_tab("Proxy")
    person.fill({"Host": "http://proxy", "Port": "8080"})
    person.is_told("Save")
    camera.take("proxy-malformed-host")


def _inputs(camera: Camera) -> None:
    person, site = camera.person, camera.site
    person.fill_input("production", "acme")
    camera.take("input-form")
    person.fill({"Start date": "31.01.2026"})
    person.is_told()
    camera.take("input-malformed-date")
    person.fill({"Start date": "all"})
    person.begin_group("Advanced")
    person.choose_several("Endpoint types", "Web UI", "API")
    camera.take("input-form-advanced")
    person.saves()
    site.splunkd.run_input("production")
    site.tenant.set(access="token_revoked")
    for name, disabled in (("failing", "0"), ("disabled", "1")):
        settings = {"account": "subsidiary", "index": "invicti", "interval": "3600"}
        site.splunkd.set_input(name, disabled=disabled, request_data="mask", **settings)
    site.splunkd.run_input("failing")
    person.open_inputs()
    expect(person.cell("production", "progress")).to_contain_text("Up to")
    camera.take("inputs")
    person.acts_on("disabled", "Delete")
    camera.take("input-delete")
    person.open_inputs()
    expect(person.cell("production", "progress")).to_contain_text("Up to")
    details = person.expand("production")
    expect(details).to_contain_text("Collected up to")
    details.get_by_role("button", name="Collect again from…").click()
    camera.take("input-collect-again")
    expect(person.expand("failing")).to_contain_text("What to do")
    camera.take("input-failing")
    splunkd = site.splunkd
    splunkd.configuration.remove(splunkd.app, "inputs", f"{splunkd.scheme_name}://production")
    person.open_inputs()
    person.begin("Create New Input")
    person.fill({"Name": "production"})
    expect(person.form).to_contain_text("was here before")
    camera.take("input-old-progress")


SERIES: tuple[Callable[[Camera], None], ...] = (_accounts, _refusals, _tabs, _inputs)


@contextlib.contextmanager
def _camera(browser: Browser, package: Path, folder: Path, theme: str) -> Iterator[Camera]:
    with running(package, theme=theme) as site:
        context = browser.new_context(
            viewport={"width": 1280, "height": 800}, reduced_motion="reduce"
        )
        person = Person(context.new_page(), site.web)
        yield Camera(person, site, folder, theme)
        context.close()


def main(words: list[str] | None = None) -> int:
    """Returns 0 when all pictures were taken."""
    parser = argparse.ArgumentParser(prog="python -m tests.ui.screenshots", description=__doc__)
    parser.add_argument("--output", type=Path, default=FOLDER, help="default: .build/screenshots")
    parser.add_argument("--package", type=Path, help="default: one is built of this tree")
    arguments = parser.parse_args(words)
    chromium = find_chromium()
    if chromium is None:
        print("Chromium is missing: `.ci/install-browser` installs it", file=sys.stderr)
        return 1
    package = arguments.package or build_package()
    arguments.output.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=WAIT_MILLISECONDS)
    with launched(chromium) as browser:
        for theme in THEMES:
            with _camera(browser, package, arguments.output, theme) as camera:
                for series in SERIES:
                    series(camera)
    return 0


if __name__ == "__main__":
    sys.exit(main())
