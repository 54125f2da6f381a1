"""A stand-in for Splunk Web, as far as the add-on's packaged pages can see it.

It serves the pages of an app that the splunkd stand-in has installed, and passes their REST calls
on to it. Each behaviour names its source where it is written: the documentation of Splunk, or the
code of Splunk's own front end that relies on it (``@splunk/splunk-utils``, ``@splunk/react-page``,
the framework's pages), all of which lies in the packaged ``entry_page.js``.
``python -m tests.standins.splunk_web --help`` runs it by hand.
"""

from tests.standins.splunk_web.site import Exchange
from tests.standins.splunk_web.web import SplunkWeb

__all__ = ["Exchange", "SplunkWeb"]
