# SPDX-License-Identifier: Apache-2.0
"""The tenant's time: windows go by it, so that a forwarder with a wrong clock loses nothing."""

from __future__ import annotations

import time
from typing import Callable

from invicti_collector.ports import Tenant

TOLERANCE = 300
"""Seconds that this machine's clock may differ from the tenant's without being corrected."""


class TenantClock:
    """Tells the tenant's time, from its answers or else from what earlier runs learned.

    Arguments:
        tenant: Tells its time in each answer.
        local: This machine's time, in seconds since the epoch.
    """

    def __init__(self, tenant: Tenant, local: Callable[[], float] = time.time) -> None:
        self._tenant = tenant
        self.local = local
        self.assumed_offset = 0

    def now(self) -> float:
        """Returns the tenant's time in seconds since the epoch."""
        told = self._tenant.now()
        return self.local() + self.assumed_offset if told is None else told

    def offset(self) -> int:
        """Returns the seconds that this machine's clock is behind; 0 within the tolerance."""
        offset = round(self.now() - self.local())
        return offset if abs(offset) > TOLERANCE else 0
