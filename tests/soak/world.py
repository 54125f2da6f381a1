"""The systems of a soak on one clock: three tenants, a Splunk with the package, a HEC target."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

import trustme

from tests.soak.books import Books
from tests.standins.hec import HecServer, HecSwitches
from tests.standins.invicti_tenant import Switches, TenantServer
from tests.standins.splunkd import Splunkd

START = datetime(2025, 11, 24, 0, 20, tzinfo=timezone.utc)
"""The soak crosses ends of months and of a year, and days that are also months."""

HISTORY_DAYS = 20
PER_DAY = {"acme": 240, "beta": 120, "gamma": 60}
CLOCK = Path(__file__).with_name("clock") / "sitecustomize.py"
COLLECTION = "invicti_auditlogs_progress"


class Subject(NamedTuple):
    """An input and how it differs from the others.

    Attributes:
        name: Of the input.
        account: Of the add-on.
        tenant: That the account belongs to.
        hours: At which it polls.
        settings: Of the input.
        endpoints: What `endpoint_types` lets through; empty = all.
        excluded: What `exclude_types` leaves out.
    """

    name: str
    account: str
    tenant: str
    hours: tuple[int, ...]
    settings: dict[str, str]
    endpoints: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    @property
    def by_hec(self) -> bool:
        """Whether its events go to the event collector."""
        return "hec_target" in self.settings

    @property
    def by_rows(self) -> bool:
        """Whether its tenant only exports CSV at first."""
        return self.tenant == "gamma"

    @property
    def start(self) -> int:
        """Records created before are not wanted, in seconds since the epoch."""
        text = self.settings.get("start_date", "")
        if text == "all":
            return 0
        if text:
            return int(datetime.fromisoformat(f"{text}T00:00:00+00:00").timestamp())
        return int(START.timestamp()) - 86_400


def _day(ago: int) -> str:
    return (START - timedelta(days=ago)).strftime("%Y-%m-%d")


SUBJECTS = (
    Subject("whole", "acme", "acme", (0, 6, 12, 18), {"start_date": "all"}),
    Subject(
        "people",
        "acme",
        "acme",
        (0, 8, 16),
        {"start_date": _day(9), "request_data": "keep"},
        endpoints=("Web", "Api"),
    ),
    Subject(
        "quiet",
        "acme_too",
        "acme",
        (0, 12),
        {"request_data": "drop"},
        excluded=("ScanStarted", "IssueUpdated", "AiAssistantEnabled"),
    ),
    Subject("second", "beta", "beta", (0, 12), {"start_date": "all"}),
    Subject("sent", "beta", "beta", (0, 12), {"start_date": _day(12), "hec_target": "there"}),
    Subject("exported", "gamma", "gamma", (0, 12), {"start_date": "all"}),
)


class World:
    """Everything outside the package; as a context manager it runs.

    Arguments:
        package: The package.
        python: Stands for Splunk's own.
        folder: An empty one.
        seed: Of the tenants.
    """

    def __init__(self, package: Path, python: Path, folder: Path, seed: int) -> None:
        self._folder = folder
        self._stack = contextlib.ExitStack()
        self._authorities = 0
        self._inserted = 0
        self.effects: Counter[str] = Counter()
        """What each kind of hazard has done to the tenants."""
        self._renew(trustme.CA())
        common: dict[str, Any] = {"now": START.isoformat(), "clock_speed": 0.0, "growing": True}
        common |= {"span_days": float(HISTORY_DAYS), "late_share": 0.03}
        acme = Switches(seed=seed, records=PER_DAY["acme"] * HISTORY_DAYS, **common)
        beta = Switches(
            seed=seed + 1,
            records=PER_DAY["beta"] * HISTORY_DAYS,
            guid_form="compact",
            created_at_form="offset_trimmed",
            filter_zone=3.0,
            order="oldest",
            **common,
        )
        gamma = Switches(
            seed=seed + 2,
            records=PER_DAY["gamma"] * HISTORY_DAYS,
            list_available=False,
            user_zone_id="W. Europe Standard Time",
            **common,
        )
        self.tenants = {
            "acme": TenantServer(acme, tls_cert=self._chain),
            "beta": TenantServer(beta),
            "gamma": TenantServer(gamma),
        }
        self.books = {name: Books(server.tenant) for name, server in self.tenants.items()}
        self.hec = HecServer(HecSwitches(use_ack=True, ack_after_polls=2))
        self.splunkd = Splunkd(package, folder / "splunk", python)
        self._clock = self._install_clock()

    def __enter__(self) -> World:
        for server in self.tenants.values():
            self._stack.enter_context(server)
        self._stack.enter_context(self.hec)
        self._stack.enter_context(self.splunkd)
        self.set_clock()
        self.set_accounts()
        hec = self.hec
        self.splunkd.set_hec_target("there", urls=hec.url, token=hec.switches.token, use_ack="1")
        for subject in SUBJECTS:
            settings = {"account": subject.account, "index": "invicti", "interval": "300"}
            settings |= {
                "endpoint_types": ",".join(subject.endpoints),
                "exclude_types": ",".join(subject.excluded),
            }
            self.splunkd.set_input(subject.name, **{**settings, **subject.settings})
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # -- time ------------------------------------------------------------------------------------

    def _install_clock(self) -> Path:
        home = self.splunkd.home
        packages = home.path / "lib" / f"python{home.interpreter.version}" / "site-packages"
        shutil.copy(CLOCK, packages)
        return packages / "clock_ahead.txt"

    @property
    def now(self) -> datetime:
        """The time of all of them."""
        return self.tenants["acme"].tenant.now

    def set_clock(self) -> None:
        """Sets the Splunk's clock to the tenants', which stand still while inputs run."""
        self._clock.write_text(f"{self.now.timestamp() - time.time():.6f}", "utf-8")

    def move_to(self, moment: datetime) -> None:
        """Lets time pass."""
        seconds = (moment - self.now).total_seconds()
        for server in self.tenants.values():
            server.tenant.advance(seconds)
        self.set_clock()

    # -- what can be set -------------------------------------------------------------------------

    def set_tenants(self, **switches: Any) -> None:
        """Changes switches of all tenants."""
        for server in self.tenants.values():
            server.set(**switches)

    def set_accounts(self) -> None:
        """What an administrator does when a token or a certificate authority has changed."""
        for name, owner in {subject.account: subject.tenant for subject in SUBJECTS}.items():
            tenant = self.tenants[owner]
            bundle = {"ca_bundle": str(self._bundle)} if owner == "acme" else {}
            self.splunkd.set_account(
                name,
                base_url=tenant.base_url,
                user_id=tenant.user_id,
                api_token=tenant.api_token,
                date_format="auto",
                **bundle,
            )

    def _renew(self, authority: trustme.CA | None = None, *, expired: bool = False) -> None:
        """Makes the certificate that the first tenant shows, by another authority if given."""
        if authority is not None:
            self._authority = authority
            self._authorities += 1
            self._bundle = self._folder / f"authority{self._authorities}.pem"
            authority.cert_pem.write_to_path(str(self._bundle))
        now = datetime.now(timezone.utc)  # OpenSSL's clock, which no soak can move
        made = self._authority.issue_cert(
            "127.0.0.1",
            not_before=now - timedelta(days=90),
            not_after=now + timedelta(days=-1 if expired else 90),
        )
        self._chain = self._folder / "tenant.pem"
        made.private_key_and_cert_chain_pem.write_to_path(str(self._chain))

    def show_certificate(self, *, expired: bool = False, other_authority: bool = False) -> None:
        """Has the first tenant show another certificate."""
        self._renew(trustme.CA() if other_authority else None, expired=expired)
        self.tenants["acme"].renew_certificate(self._chain)

    def insert_while_read(self, count: int) -> None:
        """Has records come after every request of a list, so many in all and each tenant."""
        self._inserted += count
        self.set_tenants(insert_every=1, insert_count=2, insert_max=self._inserted)

    # -- what can be seen ------------------------------------------------------------------------

    def read_books(self) -> None:
        """Takes up what has come to the tenants."""
        for books in self.books.values():
            books.read()

    def clear_requests(self) -> None:
        """Forgets what the tenants were asked before."""
        for server in self.tenants.values():
            server.clear_requests()

    def documents(self) -> dict[str, list[int]]:
        """Of each input's documents with ids: up to when their records were created."""
        found: dict[str, list[int]] = {subject.name: [] for subject in SUBJECTS}
        for document in self.splunkd.kvstore.documents(COLLECTION):
            if document["kind"] == "ids":
                found[str(document["input"])].append(int(document["until"]))
        return found

    def log(self, subject: Subject) -> Path:
        """The add-on's log of an input."""
        return self.splunkd.log_dir / f"ta_invicti_auditlogs_{subject.name}.log"
