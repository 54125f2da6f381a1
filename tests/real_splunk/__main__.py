"""Tries the package on a real Splunk: `make real-splunk`; see docs/real-splunk.md."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import secrets
import sys
import tarfile
import tempfile
import uuid
from pathlib import Path

import trustme

from tests.demo.package import ROOT, build_package
from tests.knowledge.samples import HOST, SOURCETYPE, samples
from tests.real_splunk import trial
from tests.real_splunk.addon_tests import Splunk, run_addon_tests
from tests.real_splunk.container import HEC, HOME, IMAGE, MANAGEMENT, TENANT, Container
from tests.real_splunk.rest import APP, Rest, wait_for
from tests.standins.invicti_tenant import Switches, TenantServer

REPORT = ROOT / ".build" / "real-splunk.json"
CA = f"{HOME}/etc/auth/invicti-tenant-ca.pem"
UPLOADED = "/tmp/TA-invicti-auditlogs.tar.gz"  # noqa: S108 - in the container
RECORDS = 3_000


class Findings:
    """What each check found, told as it comes."""

    def __init__(self) -> None:
        self.checks: dict[str, list[str]] = {}

    def add(self, check: str, complaints: list[str]) -> None:
        """Tells and keeps the outcome of a check."""
        self.checks[check] = complaints
        print(f"{'ok    ' if not complaints else 'FAILED'} {check}", flush=True)
        for complaint in complaints[:20]:
            print(f"       {complaint}", flush=True)

    @property
    def failed(self) -> bool:
        """Whether a check has complaints."""
        return any(self.checks.values())


class Attempt:
    """One package on one Splunk.

    Args:
        package: The add-on.
        folder: For files of this attempt.
        container: The Splunk.
        password: Of its user admin.
        hec_token: Of its HTTP Event Collector.
    """

    def __init__(
        self, package: Path, folder: Path, container: Container, password: str, hec_token: str
    ) -> None:
        self._package = package
        self._folder = folder
        self._container = container
        self._password = password
        self._hec_token = hec_token
        self.findings = Findings()

    def start(self) -> str:
        """Waits for Splunk; returns its version."""
        self._container.wait_until_healthy()
        self._container.fetch(f"{HOME}/etc/auth/cacert.pem", self._folder / "splunk-ca.pem")
        uri = f"https://127.0.0.1:{self._container.port()}"
        self.rest = Rest(uri, str(self._folder / "splunk-ca.pem"))
        wait_for("login", self._login, 300)
        return self.rest.server_version()

    def _login(self) -> bool:
        self.rest.login("admin", self._password)
        return True

    def install(self, version: str) -> None:
        """Installs the package, and restarts as Splunk asks for it."""
        self._container.put(self._package, UPLOADED)
        self._container.put(self._folder / "tenant-ca.pem", CA)
        self.rest.call("POST", "/services/data/indexes", {"name": trial.INDEX})
        installed = self.rest.install(UPLOADED)
        wrong = [] if installed == version else [f"Splunk says version {installed}, not {version}"]
        self.findings.add("the package is installed", wrong)
        before = self.rest.started()
        self.rest.restart()
        wait_for("restart", lambda: self._login() and self.rest.started() != before, 600)
        # It ends with an error for the faults of any app.
        said = self._container.execute(f"{HOME}/bin/splunk", "btool", "check", must_succeed=False)
        self.findings.add("btool check has nothing against it", trial.btool(said))

    def configure(self, server: TenantServer, port: int) -> None:
        """Adds account and input as docs/headless-setup.md does."""
        made = self.rest.app_call(
            "POST",
            "ta_invicti_auditlogs_account",
            name="main",
            base_url=f"https://{TENANT}:{port}",
            user_id=server.user_id,
            api_token=server.api_token,
            ca_bundle=CA,
            date_format="auto",
        )
        check = str(made["main"].get("last_check"))
        self.findings.add("the account works", [] if ": works" in check else [check])
        self.rest.app_call(
            "POST",
            "ta_invicti_auditlogs_invicti_auditlogs",
            name=trial.INPUT,
            account="main",
            index=trial.INDEX,
            interval="60",
            start_date="all",
            request_data="mask",
        )

    def collect(self, server: TenantServer) -> None:
        """Waits for the history, then for what comes after it."""
        self._await("the whole history is there, once", server, 900)
        server.tenant.grow(25)
        self._await("so are new records", server, 300)

    def _await(self, title: str, server: TenantServer, seconds: float) -> None:
        wanted = server.tenant.count()
        try:
            wait_for("events", lambda: trial.count(self.rest) >= wanted, seconds)
        except TimeoutError as fault:
            print(fault)
        self.findings.add(title, trial.collected(self.rest, server.tenant.ids()))

    def judge(self, app_folder: Path) -> None:
        """What a search sees."""
        all_samples = samples()
        for number, sample in enumerate(all_samples):
            metadata = {"index": trial.INDEX, "sourcetype": SOURCETYPE, "host": HOST}
            self.rest.receive(sample.raw, source=f"sample:{number}", **metadata)
        query = f'index={trial.INDEX} source="sample:*" | stats count'
        wanted = len(all_samples)
        wait_for("samples", lambda: int(self.rest.search(query)[0]["count"]) >= wanted, 300)
        add, rest = self.findings.add, self.rest
        add("each sample has its fields and tags", trial.sample_fields(rest, all_samples))
        add("both data models find events", trial.data_models(rest))
        add("every search that ships runs", trial.searches(rest, app_folder))
        add("the add-on's log is clean and proves the counts", trial.own_log(rest))
        add("splunkd has nothing against it", trial.splunkd_log(rest))
        ports = (self._container.port(MANAGEMENT), self._container.port(HEC))
        reached = Splunk(*ports, self._password, self._hec_token)
        add("pytest-splunk-addon", run_addon_tests(app_folder, reached))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="tests/real_splunk/run", description=__doc__)
    parser.add_argument("--package", type=Path, help="default: built from this tree")
    parser.add_argument(
        "--image", default=os.environ.get("SPLUNK_IMAGE", IMAGE), help=f"default: {IMAGE}"
    )
    parser.add_argument("--keep", action="store_true", help="leave the container running")
    return parser.parse_args()


def main() -> int:
    """Start, try, tell."""
    chosen = arguments()
    package = chosen.package or build_package()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        pem = certified(folder)
        switches = Switches(records=RECORDS, span_days=100.0)
        # These open one container for some minutes.
        password, hec_token = secrets.token_urlsafe(18), str(uuid.uuid4())
        # The container reaches this machine by its bridge, so loopback is not enough.
        with (
            TenantServer(switches, host="0.0.0.0", tls_cert=pem, tls_key=pem) as server,  # noqa: S104
            Container(password, hec_token, chosen.image, keep=chosen.keep) as container,
        ):
            attempt = Attempt(package, folder, container, password, hec_token)
            splunk = attempt.start()
            print(f"Splunk {splunk}", flush=True)
            app_folder = unpacked(package, folder)
            attempt.install(version_in(app_folder))
            attempt.configure(server, int(server.base_url.rpartition(":")[2]))
            attempt.collect(server)
            attempt.judge(app_folder)
            if chosen.keep:
                print(f"{attempt.rest.uri} admin {password}")
    return tell(attempt.findings, package, chosen.image, splunk)


def certified(folder: Path) -> Path:
    """Makes the tenant's certificate, its key beside it, and its authority in another file."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "tenant-ca.pem"))
    certificate = authority.issue_cert(TENANT)
    pem = folder / "tenant.pem"
    certificate.private_key_and_cert_chain_pem.write_to_path(str(pem))
    return pem


def unpacked(package: Path, folder: Path) -> Path:
    """The app's folder, beside nothing else."""
    with tarfile.open(package) as archive:
        archive.extractall(folder / "app")  # noqa: S202 - our own archive
    return folder / "app" / APP


def version_in(app_folder: Path) -> str:
    """The version of the package at hand."""
    manifest = json.loads((app_folder / "app.manifest").read_text("utf-8"))
    return str(manifest["info"]["id"]["version"])


def tell(findings: Findings, package: Path, image: str, splunk: str) -> int:
    """Writes the report of a trial that passed; returns the exit code."""
    if findings.failed:
        return 1
    report = {
        "sha256": hashlib.sha256(package.read_bytes()).hexdigest(),
        "image": image,
        "splunk": splunk,
        "when": trial.moment(),
        "checks": sorted(findings.checks),
    }
    REPORT.write_text(json.dumps(report, indent=4) + "\n", "utf-8")
    print(f"All good. {REPORT.relative_to(ROOT)} says so of this very package.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
