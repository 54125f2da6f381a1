"""What Splunk's pytest-splunk-addon makes tests from: its whole set, for the app it is given.

Run by `addon_tests.py` in a venv of its own; the name keeps it out of `make test`.
"""

from pytest_splunk_addon.standard_lib.addon_basic import Basic


class TestAddon(Basic):  # type: ignore[misc]  # of another venv
    """See "How to use" of pytest-splunk-addon."""
