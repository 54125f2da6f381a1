"""Each dashboard as a person sees it: drawn by Splunk's renderer from a week of two inputs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.knowledge.dashboards.computing import computing
from tests.knowledge.dashboards.definitions import Dashboard
from tests.knowledge.dashboards.drawing import Canvas, canvas
from tests.knowledge.dashboards.installing import renderer
from tests.knowledge.dashboards.test_definitions import DASHBOARDS, each_dashboard
from tests.knowledge.spl import Event
from tests.receivers.installing import or_skip

THEMES = ("light", "dark")
LOG = "invicti:auditlogs:log"
_NOTHING = ("No data", "Waiting for", "N/A")
# What of a text does not fit: cut off, ended by an ellipsis, or a word broken in two.
_CUT = """() => [...document.querySelectorAll('#dashboard *')].flatMap(each => {
    const own = [...each.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    const style = getComputedStyle(each);
    if (each.closest('[data-test=screen-reader-content]') || style.clip !== 'auto') return [];
    const table = each.dataset.test === 'scroll-container';
    const wide = each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 1;
    if (table && wide) return ['a table is wider than its panel: ' + each.innerText.slice(0, 60)];
    if (own && wide && style.overflowX !== 'visible') return [each.innerText];
    if (each.tagName === 'text' && each.textContent.includes('…')) return [each.textContent];
    return [];
}).concat([...document.querySelectorAll('[data-test=head-cell]')].filter(each => {
    const texts = document.createTreeWalker(each, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    while (texts.nextNode()) {
        range.selectNodeContents(texts.currentNode);
        const oneWord = /^\\S+$/.test(range.toString().trim());
        if (oneWord && range.getClientRects().length > 1) return true;
    }
    return false;
}).map(each => 'broken: ' + each.innerText))"""
_PANELS = """() => [...document.querySelectorAll('[data-test=grid-item]')].map(each => {
    const box = each.getBoundingClientRect();
    return {text: each.innerText, x: box.x, y: box.y, w: box.width, h: box.height};
})"""


def _panels(page: Page) -> list[dict[str, Any]]:
    return [each for each in page.evaluate(_PANELS) if each["w"] and each["h"]]


def _hidden_without_data(dashboard: Dashboard) -> set[str]:
    shown = dashboard.definition["visualizations"]
    return {name for name, each in shown.items() if each.get("hideWhenNoData")}


@each_dashboard
@pytest.mark.parametrize("theme", THEMES)
def test_every_panel_shows_data(sheet: Canvas, dashboard: Dashboard, theme: str) -> None:
    sheet.draw(dashboard, theme)
    assert sheet.faults == []
    panels = _panels(sheet.page)
    visible = dashboard.definition["visualizations"].keys() - _hidden_without_data(dashboard)
    assert len(panels) == len(visible)
    for panel in panels:
        assert not any(words in panel["text"] for words in _NOTHING), panel["text"]
    for name in visible:
        title = dashboard.definition["visualizations"][name]["title"]
        expect(sheet.page.get_by_text(title, exact=True).first).to_be_visible()


@each_dashboard
def test_nothing_is_cut_and_nothing_overlaps(sheet: Canvas, dashboard: Dashboard) -> None:
    sheet.draw(dashboard, "light")
    assert sheet.page.evaluate(_CUT) == []
    panels = _panels(sheet.page)
    width = sheet.page.evaluate("() => document.documentElement.clientWidth")
    for number, one in enumerate(panels):
        assert one["x"] >= 0
        assert one["x"] + one["w"] <= width
        for other in panels[:number]:
            beside = (
                one["x"] + one["w"] <= other["x"] + 1 or other["x"] + other["w"] <= one["x"] + 1
            )
            above = one["y"] + one["h"] <= other["y"] + 1 or other["y"] + other["h"] <= one["y"] + 1
            assert beside or above, (one["text"][:40], other["text"][:40])


def _named(name: str) -> Dashboard:
    return next(each for each in DASHBOARDS if each.name == name)


def _cells(page: Page, title: str) -> list[list[str]]:
    """The rows of the table of that title."""
    panel = page.locator("[data-test=grid-item]").filter(has_text=title)
    rows: list[list[str]] = panel.evaluate(
        """panel => [...panel.querySelectorAll('[data-test=body] [data-test=row]')].map(row =>
            [...row.querySelectorAll('[data-test=cell]')].map(cell => cell.innerText.trim()))"""
    )
    return rows


def test_a_click_on_a_user_opens_the_details_and_another_closes_them(sheet: Canvas) -> None:
    sheet.draw(_named("invicti_activity_logs"), "light")
    when, who, what, *_ = _cells(sheet.page, "Activity, newest first")[2]
    assert len(_panels(sheet.page)) == 2
    row = sheet.page.locator("[data-test=body] [data-test=row]").nth(2)
    sheet.after(row.get_by_text(who).click)
    record = dict(_cells(sheet.page, "The record"))
    assert record["When"].startswith(when)
    assert (record["Who"], record["What"]) == (who, what)
    assert record["Meaning"]
    assert record["Record Id"]
    did = {row[0]: int(row[1]) for row in _cells(sheet.page, f"What {who} did")}
    assert what in did
    assert who in {row[0] for row in _cells(sheet.page, f"Who else: {what}")}
    assert sheet.page.evaluate(_CUT) == []
    sheet.after(sheet.page.get_by_text("Meaning", exact=True).click)
    assert len(_panels(sheet.page)) == 2
    assert sheet.faults == []


@pytest.mark.parametrize(
    ("typed", "matches"),
    [
        ("RETEST requested", True),
        ("Password Reset*", True),
        ('say "nothing" of $this$ | delete', False),
        ("no such \\", False),
    ],
)
def test_a_text_that_is_typed_filters_and_does_nothing_else(
    sheet: Canvas, typed: str, matches: bool
) -> None:
    sheet.draw(_named("invicti_activity_logs"), "light")
    everything = len(_cells(sheet.page, "Activity, newest first"))
    sheet.page.get_by_role("textbox").fill(typed)
    sheet.after(lambda: sheet.page.get_by_role("textbox").press("Enter"))
    rows = _cells(sheet.page, "Activity, newest first") if matches else []
    assert bool(rows) is matches
    assert len(rows) < everything
    assert all(typed.strip("*").lower() in " ".join(row).lower() for row in rows)
    if not matches:
        expect(sheet.page.get_by_text("No data!").first).to_be_visible()
    assert sheet.faults == []


@pytest.mark.parametrize(("title", "column"), [("User", 1), ("Action", 2), ("Endpoint type", 3)])
def test_a_choice_filters(sheet: Canvas, title: str, column: int) -> None:
    sheet.draw(_named("invicti_activity_logs"), "light")
    wanted = _cells(sheet.page, "Activity, newest first")[0][column]
    field = sheet.page.locator("[data-test=input-item]").filter(has_text=title)
    field.get_by_role("combobox").or_(field.locator("[data-test=select]")).first.click()
    sheet.after(sheet.page.get_by_role("option", name=wanted, exact=True).click)
    found = {row[column] for row in _cells(sheet.page, "Activity, newest first")}
    assert found == {wanted}
    assert sheet.faults == []


def test_the_health_page_tells_the_failing_input_from_the_good_one(sheet: Canvas) -> None:
    """The subsidiary's token was reset in the last days of the week."""
    sheet.draw(_named("invicti_collection_health"), "light")
    states = {row[0]: row[1] for row in _cells(sheet.page, "Ago: since the last run")}
    assert states == {"subsidiary": "Failing", "production": "Collecting"}
    remedies = " ".join(" ".join(row) for row in _cells(sheet.page, "with their remedy"))
    assert "check user ID and API token" in remedies
    assert "429" in remedies
    windows = _cells(sheet.page, "Reconciliation: ")
    assert {row[6] for row in windows} == {"complete"}
    assert all(row[3] == row[4] and row[5] == "0" for row in windows)
    unknown = {row[0] for row in _cells(sheet.page, "a newer add-on may know them")}
    assert "AiAssistantEnabled" in unknown


@each_dashboard
def test_an_empty_page_says_what_to_do(
    browser: Browser, app_folder: Path, dashboard: Dashboard
) -> None:
    with canvas(browser, or_skip(renderer), computing(app_folder, [])) as sheet:
        sheet.draw(dashboard, "light")
        # The renderer warns of single values without a number.
        assert [fault for fault in sheet.faults if not fault.startswith("warning")] == []
        help_text = " ".join(" ".join(row) for row in _cells(sheet.page, "What to do:"))
        assert "Configuration" in help_text
        assert "Inputs" in help_text
        assert sheet.page.evaluate(_CUT) == []


@pytest.mark.parametrize("name", ["invicti_activity_logs", "invicti_security_overview"])
def test_a_page_whose_macro_misses_the_index_names_the_index(
    browser: Browser, app_folder: Path, events: list[Event], name: str
) -> None:
    elsewhere = [
        replace(each, raw=each.raw.replace("event_index=invicti", "event_index=audit_trail"))
        if each.sourcetype == LOG
        else replace(each, index="audit_trail")
        for each in events
    ]
    with canvas(browser, or_skip(renderer), computing(app_folder, elsewhere)) as sheet:
        sheet.draw(_named(name), "light")
        help_text = " ".join(" ".join(row) for row in _cells(sheet.page, "What to do:"))
        assert "invicti_auditlogs_index to (index=audit_trail)" in help_text


def test_a_click_on_a_user_leads_to_what_that_user_did(sheet: Canvas) -> None:
    sheet.draw(_named("invicti_security_overview"), "light")
    user = _cells(sheet.page, "Most active users")[0][0]
    sheet.page.locator("[data-test=grid-item]").filter(has_text="Most active users").get_by_text(
        user
    ).click()
    sheet.page.wait_for_url("**/app/TA-invicti-auditlogs/invicti_activity_logs?**")
    asked = parse_qs(urlsplit(sheet.page.url).query)
    expected = {"form.user": user, "form.when.earliest": "-7d@d", "form.when.latest": "now"}
    assert {name: values[0] for name, values in asked.items()} == expected
