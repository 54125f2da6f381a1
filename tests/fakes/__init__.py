"""Hand-written doubles of the collector's ports, for tests that need no Splunk."""
