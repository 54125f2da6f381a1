"""A stand-in for splunkd, as far as the add-on can see it.

Each behaviour names its source where it is written: a page of the Splunk documentation, the code of
``splunk-sdk`` or ``solnlib`` that relies on it, or a public measurement. What is not known is a
switch (:class:`SplunkdSwitches`). ``python -m tests.standins.splunkd --help`` runs it by hand.
"""

from tests.standins.splunkd.input_run import Validation
from tests.standins.splunkd.process import InputProcess, Run, StopWhen
from tests.standins.splunkd.splunkd import Splunkd
from tests.standins.splunkd.stream import Event
from tests.standins.splunkd.switches import SplunkdSwitches

__all__ = [
    "Event",
    "InputProcess",
    "Run",
    "Splunkd",
    "SplunkdSwitches",
    "StopWhen",
    "Validation",
]
