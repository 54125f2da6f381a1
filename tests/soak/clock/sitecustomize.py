"""The clock of the machine that the stand-in Splunk runs on, in compressed time.

Lies in the `site-packages` of the stand-in's own Python, so each of its processes has it and the
package knows nothing of it. The time comes from a file that the soak writes; a wait takes a
hundredth of its seconds, and both clocks move on by all of them. OpenSSL goes by the real clock.
"""

from __future__ import annotations

import time
from pathlib import Path

COMPRESSION = 100


def _install(ahead: float) -> None:
    real = time.time, time.monotonic, time.sleep
    skipped = 0.0

    def now() -> float:
        return real[0]() + ahead + skipped

    def monotonic() -> float:
        return real[1]() + skipped

    def sleep(seconds: float) -> None:
        nonlocal skipped
        real[2](seconds / COMPRESSION)
        skipped += seconds - seconds / COMPRESSION

    moved = {
        "time": now,
        "time_ns": lambda: int(now() * 1e9),
        "monotonic": monotonic,
        "sleep": sleep,
    }
    for name, function in moved.items():
        setattr(time, name, function)


_install(float(Path(__file__).with_name("clock_ahead.txt").read_text("utf-8")))
