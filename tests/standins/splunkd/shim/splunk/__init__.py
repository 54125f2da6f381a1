"""What Splunk's own Python brings along as ``splunk``, as far as solnlib and splunktaucclib use it.

``solnlib.splunkenv`` imports ``getSessionKey``, ``rest.simpleRequest`` and
``clilib.bundle_paths.make_splunkhome_path``; ``splunktaucclib.rest_handler`` imports ``admin`` and
``RESTException``. Nothing else is here, so an add-on that reaches for more fails in the tests.
"""

# ruff: noqa: N802, N803, N818 - the names are Splunk's

from __future__ import annotations


class SplunkdException(Exception):
    """Something about splunkd went wrong."""


class RESTException(SplunkdException):
    """An answer with an error status."""

    def __init__(
        self, statusCode: int, messages: object = None, extendedMessages: object = None
    ) -> None:
        SplunkdException.__init__(self, f"[HTTP {statusCode}] {messages}; {extendedMessages}")
        self.statusCode = statusCode
        self.msg = messages
        self.extendedMessages = extendedMessages


class AuthenticationFailed(RESTException):
    """401."""

    def __init__(self, messages: object = None, extendedMessages: object = None) -> None:
        RESTException.__init__(self, 401, messages, extendedMessages)


class ResourceNotFound(RESTException):
    """404."""

    def __init__(self, messages: object = None, extendedMessages: object = None) -> None:
        RESTException.__init__(self, 404, messages, extendedMessages)


def getSessionKey() -> str | None:
    """The default session key of this process: none, the callers find theirs in ``__main__``."""
    return None
