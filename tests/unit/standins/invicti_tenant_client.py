"""A plain client of the stand-in, for its tests."""

from __future__ import annotations

from typing import Any

import requests

from tests.standins.invicti_tenant import Switches, TenantServer

NOW = "2024-06-12T15:00:00Z"  # a Wednesday
LIST, EXPORT, ME = "/api/1.0/auditlogs/list", "/api/1.0/auditlogs/export", "/api/1.0/account/me"


def quiet(**changes: Any) -> Switches:
    """A small history on a clock that stands still."""
    base: dict[str, Any] = {
        "records": 500,
        "seed": 7,
        "now": NOW,
        "span_days": 60.0,
        "clock_speed": 0.0,
    }
    return Switches(**{**base, **changes})


class Client:
    """Asks one server, with credentials and `Accept: application/json`."""

    def __init__(self, server: TenantServer) -> None:
        self._server = server
        self.session = requests.Session()
        self.session.trust_env = False  # no proxy, no other certificates
        self.session.auth = (server.user_id, server.api_token)
        self.session.headers["Accept"] = "application/json"

    def get(self, path: str = LIST, **query: Any) -> requests.Response:
        """One answer, whatever it is."""
        return self.session.get(
            self._server.base_url + path, params=query, timeout=10, allow_redirects=False
        )

    def post(self, path: str) -> Any:
        """The answer to a control request."""
        answer = self.session.post(self._server.base_url + path, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def page(self, **query: Any) -> dict[str, Any]:
        """One page of up to 200 records."""
        answer = self.get(**{"pageSize": 200, **query})
        answer.raise_for_status()
        page: dict[str, Any] = answer.json()
        return page

    def records(self, **query: Any) -> list[dict[str, Any]]:
        """Every record, page by page."""
        found: list[dict[str, Any]] = []
        number = 1
        while True:
            page = self.page(page=number, **query)
            found += page["List"]
            if not page["HasNextPage"]:
                return found
            number += 1

    def ids(self, **query: Any) -> list[str]:
        """Every Id, normalised, in the order of the list."""
        return [r["Id"].lower().replace("-", "") for r in self.records(**query)]
