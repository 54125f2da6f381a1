"""Third-party software for the integration tests, installed when the first test asks."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from tests.receivers.installing import or_skip, tenzir_engine, tools


@pytest.fixture(scope="session")
def engine() -> Path:
    """Tenzir, the third-party HEC receiver."""
    return or_skip(tenzir_engine)


@pytest.fixture(scope="session")
def hec_tools() -> Path:
    """The folder with mitmdump and the Python of the third-party HEC clients."""
    return or_skip(tools)


class PrivateCa:
    """A certificate authority that nobody trusts unless told to, and a server's certificate.

    Args:
        folder: For the files.
    """

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        server = authority.issue_cert("127.0.0.1", "localhost")
        self.bundle = folder / "ca.pem"
        self.certificate = folder / "server.pem"
        self.key = folder / "server.key"
        authority.cert_pem.write_to_path(str(self.bundle))
        server.private_key_pem.write_to_path(str(self.key))
        for number, part in enumerate(server.cert_chain_pems):
            part.write_to_path(str(self.certificate), append=number > 0)


@pytest.fixture(scope="session")
def private_ca(tmp_path_factory: pytest.TempPathFactory) -> PrivateCa:
    """See `PrivateCa`."""
    return PrivateCa(tmp_path_factory.mktemp("ca"))
