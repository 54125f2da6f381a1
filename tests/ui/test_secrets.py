"""Everything that is written, sent or shown after a token was saved, searched for the token."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest
from playwright.sync_api import expect

from tests.ui.person import Person
from tests.ui.processes import PROC, watched
from tests.ui.site import TOKEN, Site

_STORAGES = "() => JSON.stringify([localStorage, sessionStorage, document.cookie])"


def spellings(token: str, user_id: str) -> list[bytes]:
    """The token as text, in URLs, in JSON, in HTML, and in the header that carries it."""
    texts = {token, quote(token, safe=""), quote(token), quote_plus(token), json.dumps(token)[1:-1]}
    texts |= {html.escape(token), escape(token)}
    texts |= {base64.b64encode(text.encode()).decode() for text in (token, f"{user_id}:{token}")}
    return [text.encode() for text in texts]


@pytest.mark.skipif(not PROC.is_dir(), reason="the process list is read from /proc")
def test_the_token_is_in_storage_passwords_and_nowhere_else(person: Person, site: Site) -> None:
    splunkd, tenant = site.splunkd, site.tenant
    hidden = spellings(TOKEN, tenant.user_id)
    splunkd.set_setting("logging", loglevel="DEBUG")
    with watched() as processes:
        person.add_account("acme", tenant.base_url, tenant.user_id, TOKEN)
        saved = len(site.web.exchanges)
        person.acts_on("acme", "Edit")
        expect(person.field("API token")).to_have_value("******")
        person.saves("Update")
        person.fill_input("prod", "acme")
        person.fill({"Start date": "all"})
        person.saves()
        run = splunkd.run_input("prod")
    assert run.events
    assert "DEBUG" in splunkd.log_text()

    written = {
        str(file): file.read_bytes() for file in splunkd.home.path.rglob("*") if file.is_file()
    }
    exchanges = site.web.exchanges
    shown = {
        "page": person.page.content().encode(),
        "storage of the browser": str(person.page.evaluate(_STORAGES)).encode(),
        "events": "".join(event.data for event in run.events).encode(),
        "error output": run.stderr.encode(),
    }
    sent = {f"{each.method} {each.target}": each.sent for each in exchanges[saved:]}
    received = {f"answer to {each.method} {each.target}": each.received for each in exchanges}
    listed = {f"process {number}": text for number, text in enumerate(processes.seen)}
    for place, content in {**written, **shown, **sent, **received, **listed}.items():
        assert not [word for word in hidden if word in content], place

    # What was searched is all there, and the token can be found by this search.
    assert any(b"ta_invicti_auditlogs_rh_account.py" in text for text in processes.seen)
    assert any(b"/bin/invicti_auditlogs.py" in text for text in processes.seen)
    assert any(word in each.sent for each in exchanges[:saved] for word in hidden)
    stanzas = splunkd.configuration.layer(splunkd.app, "passwords")
    clear = "".join(splunkd.passwords.clear(splunkd.app, stanza) for stanza in stanzas)
    assert json.dumps(TOKEN)[1:-1] in clear
