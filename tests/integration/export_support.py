"""What must hold of a tenant that only exports CSV, or did so before."""

from __future__ import annotations

from tests.integration.export_said import expected, said
from tests.integration.support import collected
from tests.standins.invicti_tenant import Tenant


def assert_complete(tenant: Tenant, texts: list[str]) -> None:
    """Everything that the API user can see was written once, as a row or as a record."""
    wanted, found = expected(tenant), said(tenant, texts)
    lost, doubled = wanted - found, found - wanted
    summary = f"lost {sum(lost.values())}, doubled or invented {sum(doubled.values())}"
    assert not any((lost, doubled)), f"{summary}: {[*lost, *doubled][:5]}"
    assert max(collected(texts).values(), default=1) == 1, "an Id twice"
