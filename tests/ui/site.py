"""Tenant, splunkd and Splunk Web together: what a person and the add-on find."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.standins.invicti_tenant import Switches, TenantServer
from tests.standins.splunk_web import SplunkWeb
from tests.standins.splunkd import Splunkd

RECORDS = 30
# Long and odd, so that finding it anywhere is no accident, nor not finding it in another spelling.
TOKEN = "Tk9/x+Q4=zW%20&7vLp\"s'K3mR8"  # noqa: S105 - of a stand-in
TENANT = Switches(records=RECORDS, api_token=TOKEN)


@dataclass(frozen=True)
class Site:
    """The stand-ins of one test."""

    tenant: TenantServer
    splunkd: Splunkd
    web: SplunkWeb

    def set_account(self, name: str, **other: str) -> None:
        """An account that works, without the pages."""
        url, user_id, token = self.tenant.base_url, self.tenant.user_id, self.tenant.api_token
        self.splunkd.set_account(name, base_url=url, user_id=user_id, api_token=token, **other)

    def account(self, name: str) -> dict[str, str]:
        """What is stored of an account."""
        conf = "ta_invicti_auditlogs_account"
        return self.splunkd.configuration.layer(self.splunkd.app, conf)[name]

    def input(self, name: str) -> dict[str, str]:
        """What is stored of an input."""
        settings = self.splunkd.input_settings(name)
        assert settings is not None
        return settings


@contextlib.contextmanager
def running(package: Path, tenant: Switches = TENANT, theme: str = "light") -> Iterator[Site]:
    """Runs the stand-ins until the block ends.

    Args:
        package: The add-on's .tar.gz.
        tenant: The tenant's switches.
        theme: The user's, `light` or `dark`.
    """
    with contextlib.ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="splunk-")))
        server = stack.enter_context(TenantServer(tenant))
        splunkd = stack.enter_context(Splunkd(package, home))
        web = stack.enter_context(SplunkWeb(splunkd, theme))
        yield Site(server, splunkd, web)
