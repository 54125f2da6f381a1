"""What splunkd reads: well-formed whatever the records hold, and nothing of them changed."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from invicti_collector.destinations.splunk_stream import Metadata, SplunkStream
from invicti_collector.ports import Event
from invicti_collector.records import event_json, read_records
from tests.integration.support import SOURCE, collected, site
from tests.standins.invicti_tenant import Switches
from tests.standins.splunkd import Event as Received
from tests.standins.splunkd.stream import StreamReader
from tests.standins.splunkd.switches import EVENT_FIELDS

BAD = "no_id@5,bad_date@17,huge@100,not_object@300,illegal_xml@301,deep@400,bad_date@-1,no_id@-2"


def test_records_of_every_bad_kind(interpreter: Path, package: Path, tmp_path: Path) -> None:
    switches = Switches(records=600, bad_records=BAD)
    with site(package, interpreter, tmp_path, switches) as place:
        place.good_run()
        place.good_run()

        assert len(place.texts) == 600
        place.assert_complete()
        flawed = [line for line in place.log.splitlines() if "action=record_flawed" in line]
        flaws = sorted(line.partition("flaws=")[2].split()[0] for line in flawed)
        assert [flaw for flaw in flaws if "no_id" in flaw] == ["no_id", "no_id"]
        assert flaws.count("not_an_object") == 1
        assert flaws.count("oversized") == 1
        assert flaws.count("unreadable_created_at") == 2
        assert max(map(len, place.texts)) > 4_000_000
        assert [text for text in place.texts if not isinstance(json.loads(text), dict)]


def test_events_are_the_records(interpreter: Path, package: Path, tmp_path: Path) -> None:
    switches = Switches(records=400, bad_records="illegal_xml@7,deep@9", extra_fields=True)
    with site(package, interpreter, tmp_path, switches, request_data="keep") as place:
        run = place.good_run()
        for name in place.tenant.ids():
            place.tenant.record(name)  # every one of them is there

        sent = {_key(record): record for record in _records_of(place.server)}
        for event in run.events:
            record = json.loads(event.data)
            assert record == sent[_key(record)]
            assert list(record) == list(sent[_key(record)])
            assert "\n" not in event.data
            assert (event.source, event.stanza) == (SOURCE, SOURCE)
            assert event.sourcetype == "invicti:enterprise:audit"
            assert (event.index, event.host) == ("invicti", "127.0.0.1")


def _records_of(server: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number in (1, 2):
        page = server.tenant.page({"page": str(number), "pagesize": "200"})
        found += json.loads(page.json())["List"]
    return found


def _key(record: dict[str, Any]) -> str:
    return str(record["Id"])


def test_text_that_is_not_ascii_stays_readable(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    with site(package, interpreter, tmp_path, Switches(records=2_000)) as place:
        place.good_run()

        names = {str(json.loads(text)["UserName"]) for text in place.texts}
        foreign = [name for name in names if not name.isascii()]
        assert foreign
        for name in foreign:
            assert any(f'"UserName":"{name}"' in text for text in place.texts)


def test_a_locale_without_utf8(interpreter: Path, package: Path, tmp_path: Path) -> None:
    """A service under systemd has no LANG at all."""
    with site(package, interpreter, tmp_path, Switches(records=500)) as place:
        for lang in (None, "C", "POSIX"):
            place.splunkd.set(lang=lang)
            place.tenant.grow(100)
            place.good_run()

        assert any(not text.isascii() for text in place.texts)
        place.assert_complete()


def test_the_time_of_an_event_is_its_created_at(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    switches = Switches(records=300, created_at_form="offset_other", created_at_zone=-9.5)
    with site(package, interpreter, tmp_path, switches) as place:
        for event in place.good_run().events:
            created = read_records([json.loads(event.data)])[0].created
            assert created is not None
            assert abs((event.time or 0) - created) < 0.001
        assert len(collected(place.texts)) == 300


TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=500)
@given(items=st.lists(JSON, min_size=1, max_size=5))
def test_any_json_comes_through_a_strict_parser(items: list[Any]) -> None:
    received: list[Received] = []
    out = io.BytesIO()
    stream = SplunkStream(out, Metadata(SOURCE, "tenant.example", "main"))
    stream.deliver([Event(1.5, event_json(record, "keep"), "") for record in read_records(items)])
    stream.close()

    reader = StreamReader(received.append, EVENT_FIELDS)
    reader.feed(out.getvalue())
    reader.close(cut=False)

    assert reader.error is None
    assert [json.loads(event.data) for event in received] == items
