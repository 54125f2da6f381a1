"""How each hazard of the plan is brought about, and how it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Callable

from tests.soak.plan import Hazard
from tests.soak.world import World

ORDERS = ("newest", "oldest", "shuffled")
CALM = {"throttle_every": 0, "throttle_until": 0, "faults": "", "insert_every": 0}
# Inputs ask a tenant at the same time, and one of them may meet all that fails: eight requests at
# the most, for which a run has the patience.
FAULTS = "503@3+9+15; drop@4+16+20; truncated@5+25"
STORM = {"throttle_every": 1, "throttle_for": 2, "throttle_until": 12}
WAIT_HOURS = 10
"""How long a tenant that is fed up asks to be left alone."""


class Troubles:
    """Applies hazards to a world.

    Arguments:
        world: Whose.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._tokens = 0
        self._begin: dict[str, Callable[[Hazard], None]] = {
            "certificate_expired": lambda _: world.show_certificate(expired=True),
            "authority_changed": lambda _: world.show_certificate(other_authority=True),
            "token_reset": lambda _: self._reset_token(),
            "kv_store_down": lambda _: world.splunkd.set(kv_state="failed"),
            "throttled_for_hours": lambda _: self._throttle(),
            "throttling_storm": self._storm,
            "server_faults": lambda _: world.set_tenants(faults=FAULTS),
            "list_grows_while_read": lambda hazard: world.insert_while_read(10 * hazard.size),
            "kv_store_loses_writes": lambda hazard: world.splunkd.set(
                kv_fail_write=hazard.size, kv_fail_times=None
            ),
            "order_flips": lambda hazard: self.flip(hazard.kind),
            "records_late_by_40_hours": self._grow_late,
            "tenant_upgrade": lambda _: world.set_tenants(
                extra_fields=True, unknown_types=0.1, upgraded_at=world.now.isoformat()
            ),
            "list_arrives": lambda _: world.tenants["gamma"].set(list_available=True),
        }

    def begin(self, hazard: Hazard) -> None:
        """Brings a hazard about; those of a run are the run's own."""
        if hazard.kind in self._begin:
            self._begin[hazard.kind](hazard)

    def end_of_moment(self, hazards: list[Hazard]) -> None:
        """Ends what struck the runs of one moment, and counts what it did."""
        world = self._world
        for kind in {hazard.kind for hazard in hazards}:
            if kind in ("throttling_storm", "server_faults"):
                world.effects[kind] += sum(
                    request.fault is not None
                    for server in world.tenants.values()
                    for request in server.requests
                )
            elif kind == "list_grows_while_read":
                world.effects[kind] += sum(len(books.fresh) for books in world.books.values())
        world.set_tenants(**CALM)
        if any(hazard.kind == "kv_store_loses_writes" for hazard in hazards):
            self._heal_splunk()

    def repair(self, hazard: Hazard) -> None:
        """Ends a hazard that has lasted."""
        world = self._world
        if hazard.kind == "certificate_expired":
            world.show_certificate()
        elif hazard.kind in ("authority_changed", "token_reset"):
            world.set_accounts()
        elif hazard.kind == "kv_store_down":
            self._heal_splunk()

    def _heal_splunk(self) -> None:
        self._world.splunkd.set(kv_state="ready", kv_fail_write=None, kv_fail_times=1)

    def flip(self, kind: str) -> None:
        """Changes the order of all lists.

        Arguments:
            kind: Of the hazard whose effect this is.
        """
        self._world.effects[kind] += 1
        for server in self._world.tenants.values():
            now = ORDERS.index(server.tenant.switches.order)
            server.set(order=ORDERS[(now + 1) % len(ORDERS)])

    def _reset_token(self) -> None:
        self._tokens += 1
        self._world.tenants["acme"].set(api_token=f"ZmFrZS10b2tlbi1udW1iZXIg{self._tokens}==")

    def _throttle(self) -> None:
        self._world.tenants["acme"].set(
            throttle_every=1,
            throttle_for=1_000_000,
            retry_after="seconds",
            retry_after_seconds=int(timedelta(hours=WAIT_HOURS).total_seconds()),
        )

    def _storm(self, hazard: Hazard) -> None:
        self._world.set_tenants(
            **STORM,
            retry_after=("seconds", "date", "none")[hazard.size % 3],
            retry_after_seconds=20,
        )

    def _grow_late(self, hazard: Hazard) -> None:
        for server in self._world.tenants.values():
            ids = server.tenant.grow(hazard.size, late_hours=40.0)
            self._world.effects[hazard.kind] += len(ids)
