"""Refusals, with the bodies of ASP.NET Web API (invicti-api.md 4 [I])."""

from __future__ import annotations


class RefusedError(Exception):
    """A query that the API refuses, with its status and the JSON body."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__(status, body)
        self.status, self.body = status, body


def invalid(name: str, reason: str) -> RefusedError:
    """400 for a parameter that the API cannot use."""
    return RefusedError(400, {"Message": "The request is invalid.", "ModelState": {name: [reason]}})
