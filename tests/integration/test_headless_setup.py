"""The commands of docs/headless-setup.md do what it says."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.integration.pages import ACCOUNTS, SETTINGS, Pages, pages, tenant
from tests.standins.invicti_tenant import TenantServer
from tests.standins.splunkd import conf_file

DOCUMENT = (ROOT / "docs" / "headless-setup.md").read_text("utf-8")
BASE_URL = "https://www.netsparkercloud.com"
USER_ID = "5f2b8c1e9a7d4e3fb60412d8a1c97e35"


def blocks(kind: str) -> list[str]:
    """The document's blocks of code."""
    return re.findall(rf"```{kind}\n(.*?)```", DOCUMENT, re.DOTALL)


def run(place: Pages, server: TenantServer, *commands: str) -> str:
    """Runs commands as a person would, with this Splunk and this tenant in place of theirs."""
    script = "\n".join(["set -euo pipefail", blocks("sh")[0], *commands])
    script = script.replace("https://127.0.0.1:8089", place.splunkd.management_uri)
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "SPLUNK_HOME": str(place.splunkd.home.path),
        "SPLUNK_TOKEN": place.splunkd.session_key,
        "INVICTI_USER_ID": server.user_id,
        "INVICTI_API_TOKEN": server.api_token,
    }
    done = subprocess.run(
        ["bash", "-c", script.replace(BASE_URL, server.base_url)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


pytestmark = pytest.mark.skipif(
    not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl"
)


def test_by_rest(package: Path, interpreter: Path, tmp_path: Path) -> None:
    proxy, account, make, change, logging, progress, again, forget, _ = blocks("sh")[1:]
    with tenant() as server, pages(package, interpreter, tmp_path) as place:
        run(place, server, proxy)
        saved = place.read(SETTINGS, "proxy").content
        assert (saved["proxy_enabled"], saved["proxy_url"]) == ("1", "proxy.example.com")
        # There is none here.
        assert place.edit(SETTINGS, "proxy", proxy_enabled="0").status == 200
        assert ": works" in run(place, server, account)
        run(place, server, make, change, logging)
        saved = place.splunkd.input_settings("prod") or {}
        assert (saved["interval"], saved["start_date"]) == ("600", "all")
        assert place.splunkd.run_input("prod").event_count == server.tenant.count()
        assert '"collected_up_to": "20' in run(place, server, progress)
        assert '"collected_from": "2026-01-31T00:00:00Z"' in run(place, server, again)
        run(place, server, forget)


def test_by_conf_files(package: Path, interpreter: Path, tmp_path: Path) -> None:
    account, inputs = blocks("ini")
    with tenant(user_id=USER_ID) as server, pages(package, interpreter, tmp_path) as place:
        local = place.splunkd.app_dir / "local"
        local.mkdir(exist_ok=True)
        (local / f"{ACCOUNTS}.conf").write_text(account.replace(BASE_URL, server.base_url))
        (local / "inputs.conf").write_text(inputs)
        early = place.splunkd.run_input("prod")
        assert (early.exit_code, "api_token is missing" in early.stderr) == (1, True)

        run(place, server, blocks("sh")[-1])
        assert place.splunkd.run_input("prod").event_count == server.tenant.count()
        kept = conf_file.read(local / f"{ACCOUNTS}.conf")["main"]
        assert kept["api_token"] == "******"  # noqa: S105
