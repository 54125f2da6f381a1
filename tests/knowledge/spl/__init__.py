"""A small, strict evaluator of SPL, for exactly what the packaged searches use.

What it does not know raises UnknownConstructError. Semantics and limits are those of Splunk's
Search Reference (https://docs.splunk.com/Documentation/Splunk/latest/SearchReference), in UTC.
"""

from tests.knowledge.spl.events import Event, seen_events
from tests.knowledge.spl.running import Result, run
from tests.knowledge.unknown import UnknownConstructError

__all__ = ["Event", "Result", "UnknownConstructError", "run", "seen_events"]
