"""Between the add-on and a stand-in tenant: passes answers on, or something in their place."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Callable

import requests

from tests.hostile.server import HostileServer, Script, answer
from tests.standins.invicti_tenant import TenantServer

Change = Callable[[int, bytes], bytes]
"""What an answer becomes, by its number from 0 and its bytes."""


def passing_on(server: HostileServer, tenant: TenantServer, change: Change) -> Script:
    """A script that asks the tenant and changes what it says.

    Args:
        server: Gets the requests.
        tenant: Gets them, too.
        change: Called for each answer.
    """
    numbers = itertools.count()

    def script() -> Iterable[bytes]:
        number = next(numbers)
        return [change(number, _answer_of(tenant, server.current.head))]

    return script


def _answer_of(tenant: TenantServer, head: bytes) -> bytes:
    lines = head.decode("latin-1").split("\r\n")
    asked = dict(line.split(": ", 1) for line in lines[1:])
    kept = {name: asked[name] for name in ("Authorization", "Accept") if name in asked}
    got = requests.get(tenant.base_url + lines[0].split(" ")[1], headers=kept, timeout=10)
    date = f"Date: {got.headers['Date']}"
    status = f"{got.status_code} {got.reason}"
    return answer(got.content, date, status=status, kind=got.headers["Content-Type"])
