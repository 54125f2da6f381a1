"""The package on a real Splunk in a container: `make real-splunk`. Never part of `make test`.

What can be tested without a Splunk is, in `tests/unit/test_real_splunk*.py`.
"""
