"""(c) The floor: pages fetched and decoded, their bytes written on, nothing else.

No collector in Python that looks at its records can do with less: what is above it is the price of
making events, of not doubling any, and of saving progress.
"""

from __future__ import annotations

import sys

from tests.bench.peers.pages import pages


def main() -> None:
    """Write each page's body as one line; the server sends no line feeds in it."""
    out = sys.stdout.buffer
    for page in pages():
        out.write(page.body + b"\n")
        out.flush()


if __name__ == "__main__":
    main()
