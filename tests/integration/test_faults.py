"""Requests that fail, whichever and however: after one more run all is there, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.support import LocalInput, in_turn, site
from tests.standins.invicti_tenant import Switches, TenantServer
from tests.standins.invicti_tenant.faults import KINDS

SWITCHES = Switches(records=1_500, span_days=60.0)

STATUSES = tuple(kind for kind in KINDS if kind.isdigit())
BODIES = ("json", "string", "html", "empty")
ODD = tuple(kind for kind in KINDS if not kind.isdigit() and kind not in ("slow", "stall"))
CUTS = ("cut=0", "cut=0.01", "cut=0.99", "truncated=0.01", "truncated=0.999", "slow=20000/0.001")
FAULTS = (*STATUSES, *ODD, *CUTS, "stall=0.05", "redirect=https://idp.example/sso")
WHEN = ("first", "second", "middle", "last", "every:3", "from:4-6")


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_this_process(fault: str, when: str, length: int) -> None:
    if fault in STATUSES:
        fault += "=" + BODIES[(STATUSES.index(fault) + WHEN.index(when)) % len(BODIES)]
    places = {"first": "1", "second": "2", "middle": str(length // 2), "last": str(length)}
    with TenantServer(SWITCHES) as server:
        local = LocalInput(server)
        server.set(faults=f"{fault}@{places.get(when, when)}")
        local.run()
        assert any(request.fault for request in server.requests)
        server.set(faults="")
        server.tenant.grow(30)
        assert local.run() is None

        local.assert_complete()


@pytest.fixture(scope="module")
def length() -> int:
    """How many requests a run without faults is."""
    with TenantServer(SWITCHES) as server:
        assert LocalInput(server).run() is None
        return len(server.requests)


PACKAGED = (
    "503=html@1",
    "429=json@4",
    "500=string@9",
    "408=empty@20",
    "cut@3",
    "truncated@12",
    "reset@7",
    "drop@8",
    "invalid_json@5",
    "empty@6",
    "no_list@10",
    "html@11",
    "401=json@13",
    "403=html@14",
    "404=json@15",
    "redirect@16",
    "xml@17",
    "400=json@18",
    "slow=5000/0.01@4",
    "stall=3@4",
    "503=json@every:9",
    "p",
)


@in_turn("fault", PACKAGED)
def test_a_fault_in_the_packaged_add_on(
    interpreter: Path, fault: str, package: Path, tmp_path: Path
) -> None:
    spec = "500@p:0.05; drop@p:0.05; truncated@p:0.05" if fault == "p" else fault
    switches = Switches(records=2_000, faults=spec)
    with site(package, interpreter, tmp_path, switches) as place:
        run = place.run()
        assert run.exit_code in (0, 1)
        assert len(run.stderr.splitlines()) == run.exit_code
        place.server.set(faults="")
        place.tenant.grow(30)
        place.good_run()

        place.assert_complete()
