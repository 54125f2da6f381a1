"""The table of bad values: each field of each page takes none of them, or stores it harmlessly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import PYTHONS, find_interpreter
from tests.fakes.event_collector import TOKEN, EventCollector, event_collector
from tests.integration.pages import (
    ACCOUNTS,
    HEC_TARGETS,
    INPUTS,
    PROGRESS,
    SETTINGS,
    Answer,
    Pages,
    account_form,
    input_form,
    pages,
    tenant,
)
from tests.standins.invicti_tenant import TenantServer

VALUES = {
    "empty": "",
    "too_long": "x" * 20_000,
    "script": "<script>alert(1)</script>",
    "parent": "../../../../etc/passwd",
    "newline": "a\n[evil]\nkey = value",
    "return": "a\rb",
    "nul": "a\0b",
    "escape": "\x1b[2J",
    "unicode": "Ünïcödé\u202e漢字",
    "brackets": "https://[",
    "format": "%s{0}${x}%00",
}
FIELDS = {
    ACCOUNTS: (
        "base_url",
        "user_id",
        "api_token",
        "date_format",
        "ca_bundle",
        "requests_at_once",
        "last_check",
    ),
    HEC_TARGETS: ("urls", "token", "ca_bundle", "use_ack"),
    f"{SETTINGS}/proxy": (
        "proxy_enabled",
        "proxy_type",
        "proxy_url",
        "proxy_port",
        "proxy_username",
        "proxy_password",
        "proxy_rdns",
    ),
    f"{SETTINGS}/logging": ("loglevel",),
    INPUTS: (
        "account",
        "index",
        "interval",
        "start_date",
        "endpoint_types",
        "exclude_types",
        "request_data",
        "hec_target",
    ),
}
# What may be stored as it is, since it is any text: shown by the pages as text.
FREE = {
    "exclude_types": {"script", "parent", "unicode", "brackets", "format"},
    "proxy_username": {"script", "parent", "unicode", "brackets", "format"},
    "proxy_password": {"script", "parent", "unicode", "brackets", "format"},
    "last_check": set(VALUES) - {"too_long", "newline", "return", "nul", "escape"},
}
# What may be left empty.
OPTIONAL = {
    "ca_bundle",
    "requests_at_once",
    "use_ack",
    "start_date",
    "endpoint_types",
    "exclude_types",
    "hec_target",
    "last_check",
    "proxy_enabled",
    "proxy_rdns",
}


class Configured:
    """A Splunk in which one object of each kind is set up, and works."""

    def __init__(self, place: Pages, server: TenantServer, collector: EventCollector) -> None:
        self.place = place
        self.new = {
            ACCOUNTS: account_form(server),
            HEC_TARGETS: {"urls": collector.url, "token": TOKEN, "use_ack": "0"},
            INPUTS: input_form(),
        }
        for path, form in self.new.items():
            answer = place.create(path, "main", **form)
            assert answer.status == 201, answer.text
        settings = {"proxy_enabled": "0", "proxy_url": "proxy.example.com", "proxy_port": "3128"}
        secrets = {"proxy_username": "user", "proxy_password": "password"}
        assert place.edit(SETTINGS, "proxy", **settings, **secrets).status == 200

    def send(self, page: str, field: str, value: str) -> Answer:
        """An edit of one field of the object that is there."""
        path = page if page.startswith(SETTINGS) else f"{page}/main"
        return self.place.call("POST", path, **{field: value})

    def stanzas(self) -> dict[str, set[str]]:
        """All stanzas of all conf files of the add-on."""
        configuration, app = self.place.splunkd.configuration, self.place.splunkd.app
        return {name: set(configuration.layer(app, name)) for name in configuration.files(app)}


@pytest.fixture(name="configured", scope="module", params=PYTHONS)
def _configured(
    request: pytest.FixtureRequest, package: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Configured]:
    interpreter = find_interpreter(request.param)
    if interpreter is None:
        pytest.skip(f"CPython {request.param} is missing")
    folder = tmp_path_factory.mktemp("values")
    with (
        tenant(records=50) as server,
        event_collector() as collector,
        pages(package, interpreter, folder) as place,
    ):
        yield Configured(place, server, collector)


# Each field on one of the Pythons: the table is long.
TABLE = [
    (PYTHONS[number % len(PYTHONS)], page, field)
    for page, fields in FIELDS.items()
    for number, field in enumerate(fields)
]


@pytest.mark.parametrize(("configured", "page", "field"), TABLE, indirect=["configured"])
def test_a_bad_value_is_refused_or_harmless(configured: Configured, page: str, field: str) -> None:
    before = configured.stanzas()
    for kind, value in VALUES.items():
        answer = configured.send(page, field, value)
        may_stay = kind in FREE.get(field, set()) or (kind == "empty" and field in OPTIONAL)
        if answer.status == 200:
            assert may_stay, f"{field} took {kind}"
        else:
            # proxy_username and proxy_password belong together, so empty alone is refused.
            assert answer.status == 400, f"{kind}: {answer.status} {answer.text}"
            assert 10 < len(answer.text) < 1000, answer.text
            assert "\n" not in answer.text
        # No value has become a stanza or a file of its own.
        assert configured.stanzas() == before, kind


@pytest.mark.parametrize(
    ("configured", "page"),
    [("3.9", ACCOUNTS), ("3.13", HEC_TARGETS), ("3.13", INPUTS)],
    indirect=["configured"],
)
def test_a_bad_name_is_refused(configured: Configured, page: str) -> None:
    before = configured.stanzas()
    for value in [*VALUES.values(), "a b", "a:b", "_a", "default", "a]b", "1a", "main\n"]:
        answer = configured.place.create(page, value, **configured.new[page])
        assert answer.status == 400, f"{value!r}: {answer.status}"
        assert configured.stanzas() == before, value


@pytest.mark.parametrize("configured", ["3.13"], indirect=True)
def test_a_bad_name_has_no_progress(configured: Configured) -> None:
    for name in ("%3Cscript%3E", "..%252F..%252Fetc", "%C3%9C", "a%20b", "default"):
        told = configured.place.read(PROGRESS, name)
        assert told.status == 200, told.text
        assert told.content["progress_exists"] == "0"
        assert configured.place.edit(PROGRESS, name, collect_from="all").status == 400


@pytest.mark.parametrize("configured", ["3.9"], indirect=True)
def test_bad_dates_collect_nothing_again(configured: Configured) -> None:
    for value in VALUES.values():
        answer = configured.place.edit(PROGRESS, "main", collect_from=value, confirm="1")
        assert answer.status == 400, value
