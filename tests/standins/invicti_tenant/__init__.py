"""A stand-in for the Invicti Enterprise API: a tenant with a seeded, growing audit log."""

from .server import Request, TenantServer
from .switches import Switches
from .tenant import Tenant

__all__ = ["Request", "Switches", "Tenant", "TenantServer"]
