# SPDX-License-Identifier: Apache-2.0
"""One copy of an input at a time, without a lock that outlives its owner.

Members of a search head cluster share the KV Store and may run the same input. The lease has an
expiry, is renewed while running, and is taken over at once from a process that is gone.
"""

from __future__ import annotations

import os
import time
from typing import Callable

from invicti_collector.errors import LeaseLostError
from invicti_collector.ports import Lease, Store

LEASE_SECONDS = 600
"""Longer than the slowest page takes; what a copy on another machine waits after a crash."""

_FURTHEST = 24 * 3600
"""Seconds from now that a lease may end: one that ends later is of a clock that was wrong."""


class InputLease:
    """The lease of one input.

    Arguments:
        store: Where leases are kept.
        server: This Splunk server's name, unique in its cluster.
        clock: Returns seconds since the epoch.
    """

    def __init__(self, store: Store, server: str, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._server = server
        self._clock = clock
        self._owner = f"{server}/{os.getpid()}/{os.urandom(4).hex()}"
        self._held: Lease | None = None

    def acquire(self) -> Lease | None:
        """Takes the lease, also from an owner that is gone.

        Returns:
            None when it was taken, else the lease of the copy that runs.
        """
        if self._take():
            return None
        other = self._store.read_lease()
        if other is not None:
            if not self._is_stale(other):
                return other
            self._store.drop_lease(other)
        return None if self._take() else self._store.read_lease() or self._new()

    def assure(self) -> None:
        """Makes sure that the lease was held all the time, before anything is written under it.

        Raises:
            LeaseLostError: when another copy has taken over.
        """
        if self._held is None:
            return
        left = self._held.expires - self._clock()
        # More than all of it is left when the clock was set back: for others it may have expired.
        if 2 * LEASE_SECONDS / 3 < left <= LEASE_SECONDS:
            return
        # A copy that took it when it had expired may have collected, and given it back, since.
        kept = self._store.read_lease() == self._held
        if kept:
            self._store.drop_lease(self._held)
        if not kept or not self._take():
            raise LeaseLostError(
                "another copy of this input has taken over",
                "lease",
                "none needed where members of a search head cluster share the input; else make "
                "sure that the clocks of all Splunk servers agree",
            )

    def release(self) -> None:
        """Gives the lease back."""
        if self._held is not None:
            self._store.drop_lease(self._held)
            self._held = None

    def _take(self) -> bool:
        lease = self._new()
        # A request that was repeated meets the lease that it made before its answer was lost.
        taken = self._store.take_lease(lease) or self._store.read_lease() == lease
        if taken:
            self._held = lease
        return taken

    def _new(self) -> Lease:
        return Lease(self._owner, int(self._clock()) + LEASE_SECONDS)

    def _is_stale(self, lease: Lease) -> bool:
        if not 0 < lease.expires - self._clock() <= _FURTHEST:
            return True
        server, _, process_id = lease.owner.rpartition("/")[0].rpartition("/")
        return server == self._server and not _is_another_process(process_id)


def _is_another_process(process_id: str) -> bool:
    """Tells whether a process of this machine runs that is not this one.

    This process's own id means an earlier life: containers give the same ids after each start.
    Where the system has no harmless way to ask (Windows), the answer is yes.
    """
    if os.name != "posix" or not process_id.isdigit():
        return True
    if int(process_id) == os.getpid():
        return False
    try:
        os.kill(int(process_id), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
