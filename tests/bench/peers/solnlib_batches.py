"""(b) The same fetching with `solnlib`: a page of 200 events a call.

`ClassicEventWriter.write_events` in batches is the way of Splunk's better add-ons, such as those
for Okta and GitHub (peers.md C.2). Each call writes a `<stream>` of its own: that is solnlib's way.
"""

from __future__ import annotations

import json

from solnlib.modular_input import ClassicEventWriter

from tests.bench.peers.pages import HOST, INDEX, SOURCETYPE, STANZA, pages


def main() -> None:
    """Write all records."""
    writer = ClassicEventWriter()
    for page in pages():
        writer.write_events(
            [
                writer.create_event(
                    data=json.dumps(record),
                    stanza=STANZA,
                    index=INDEX,
                    host=HOST,
                    source=STANZA,
                    sourcetype=SOURCETYPE,
                )
                for record in page.records
            ]
        )


if __name__ == "__main__":
    main()
