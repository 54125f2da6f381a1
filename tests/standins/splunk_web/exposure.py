"""Which of splunkd's endpoints Splunk Web passes on.

web.conf.spec, ``[expose:<unique_name>]``: ``pattern`` "to match under splunkd /services. For
instance, 'a/b/c' would match URIs '/services/a/b/c' and '/servicesNS/*/*/a/b/c'", where ``*``
matches a single directory; ``methods`` "GET, POST" by default and so on. What no stanza names is
not passed on. Splunk's own web.conf exposes its own endpoints.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.standins.splunkd.conf import Configuration

_GET = frozenset({"GET"})


@dataclass(frozen=True)
class Exposure:
    """One stanza."""

    pattern: tuple[str, ...]
    methods: frozenset[str]

    def allows(self, method: str, path: tuple[str, ...]) -> bool:
        """Whether a request is passed on."""
        return (
            method in self.methods
            and len(path) == len(self.pattern)
            and all(want in {"*", name} for want, name in zip(self.pattern, path))
        )


SPLUNKS_OWN = (
    Exposure(("server", "info"), _GET),
    Exposure(("authentication", "current-context"), _GET),
    Exposure(("apps", "local", "*"), _GET),
)


def exposures(configuration: Configuration, app: str) -> list[Exposure]:
    """What the app's web.conf exposes, after Splunk's own."""
    found = list(SPLUNKS_OWN)
    for name, settings in configuration.layer(app, "web").items():
        if name.startswith("expose:"):
            methods = settings.get("methods", "GET").replace(",", " ").upper().split()
            parts = tuple(part for part in settings.get("pattern", "").split("/") if part)
            found.append(Exposure(parts, frozenset(methods)))
    return found
