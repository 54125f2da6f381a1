"""(a) The vendor's loop with `splunklib`: each record as JSON, one event a call.

`EventWriter.write_event` is the way of Splunk's own modular input examples. It takes no time here:
Splunk would find it in the text, which is less work for the script than ours does.
"""

from __future__ import annotations

import json

from splunklib.modularinput import Event, EventWriter

from tests.bench.peers.pages import HOST, INDEX, SOURCETYPE, STANZA, pages


def main() -> None:
    """Write all records."""
    writer = EventWriter()
    for page in pages():
        for record in page.records:
            event = Event(
                data=json.dumps(record),
                stanza=STANZA,
                index=INDEX,
                host=HOST,
                source=STANZA,
                sourcetype=SOURCETYPE,
            )
            writer.write_event(event)
    writer.close()


if __name__ == "__main__":
    main()
