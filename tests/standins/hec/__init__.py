"""A stand-in for Splunk's HTTP Event Collector, for what no receiver at hand does.

Tenzir's `accept_splunk` is real and is used wherever it can be (tests/receivers). This one has
Splunk's whole table of answers. Each behaviour names its source:

* doc: "Troubleshoot HTTP Event Collector", "Format events for HTTP Event Collector", "About HTTP
  Event Collector Indexer Acknowledgment" and "services/collector" in Splunk's documentation;
* seen: answers of real Splunk servers in public issue reports;
* unknown: a switch.

`python -m tests.standins.hec --help` runs it by hand.
"""

from .collector import Collector, Taken
from .server import HecServer
from .switches import HecSwitches

__all__ = ["Collector", "HecServer", "HecSwitches", "Taken"]
