"""SPLUNK_HOME on disk: the installed apps, and the interpreter that Splunk brings along."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.standins.splunkd import conf_file
from tests.standins.splunkd.conf_file import Stanzas

SHIM = Path(__file__).with_name("shim")


class PackageError(Exception):
    """The package cannot be installed, and why."""


@dataclass(frozen=True)
class Interpreter:
    """A Python that stands for Splunk's: its base executable and its version, ``3.11``."""

    executable: str
    version: str


@cache
def interpreter(python: Path) -> Interpreter:
    """Ask a Python for its base executable, so that no virtual environment leaks into an input."""
    code = (
        "import json,os,sys;print(json.dumps([os.path.realpath(sys.executable),"
        "'%d.%d'%sys.version_info[:2]]))"
    )
    output = subprocess.run(
        [str(python), "-I", "-S", "-c", code], check=True, capture_output=True, text=True
    ).stdout
    executable, version = json.loads(output)
    return Interpreter(executable, version)


class Home:
    """A SPLUNK_HOME: ``etc/apps``, ``var/log/splunk``, ``var/lib/splunk`` and ``bin/python3``.

    Layout: Splunk Admin Manual ("Configuration file directories") and ``splunk-launch.conf.spec``
    (``SPLUNK_DB`` is ``$SPLUNK_HOME/var/lib/splunk`` by default).
    """

    def __init__(self, path: Path, python: Path, server_host: str) -> None:
        self.path = path.resolve()
        self.apps = self.path / "etc" / "apps"
        self.log_dir = self.path / "var" / "log" / "splunk"
        self.splunk_db = self.path / "var" / "lib" / "splunk"
        self.log_dir.mkdir(parents=True, exist_ok=True)
        self.splunk_db.mkdir(parents=True, exist_ok=True)
        self.apps.mkdir(parents=True, exist_ok=True)
        self.interpreter = interpreter(python)
        self.python = self._install_python()
        self._write_system(server_host)
        self.secret = self._secret()

    def _install_python(self) -> Path:
        """``bin/python3.x`` with Splunk's own ``splunk`` package in its site-packages.

        Splunk's Python has the packages it needs and ``splunk.*``; nothing of the machine's. A
        ``pyvenv.cfg`` makes the given Python look for its packages here and nowhere else.
        """
        binary = self.path / "bin" / f"python{self.interpreter.version}"
        binary.parent.mkdir(exist_ok=True)
        if binary.is_symlink():
            binary.unlink()
        binary.symlink_to(self.interpreter.executable)
        base = Path(self.interpreter.executable).parent
        (self.path / "pyvenv.cfg").write_text(
            f"home = {base}\ninclude-system-site-packages = false\n"
        )
        packages = self.path / "lib" / f"python{self.interpreter.version}" / "site-packages"
        packages.mkdir(parents=True, exist_ok=True)
        if SHIM.is_dir():
            shutil.copytree(SHIM, packages, dirs_exist_ok=True)
        return binary

    def _write_system(self, server_host: str) -> None:
        """``etc/system``: what every Splunk has, as far as an add-on can see it.

        inputs.conf.spec: ``[default] index = default``, ``host`` is set at first start in
        etc/system/local. ``_rcvbuf`` is one of the settings of system/default that every input
        shows. web.conf.spec ``mgmtHostPort`` and server.conf.spec ``enableSplunkdSSL`` are read by
        ``solnlib.splunkenv.get_splunkd_access_info``.
        """
        system = self.path / "etc" / "system"
        conf_file.write(
            system / "default" / "inputs.conf",
            {"default": {"index": "default", "_rcvbuf": "1572864"}},
        )
        conf_file.write(system / "local" / "inputs.conf", {"default": {"host": server_host}})
        conf_file.write(
            system / "default" / "limits.conf",
            {
                "kvstore": {
                    "max_documents_per_batch_save": "1000",
                    "max_rows_per_query": "50000",
                    "max_size_per_batch_save_mb": "50",
                    "max_size_per_result_mb": "50",
                }
            },
        )
        server: Stanzas = {
            "general": {"serverName": server_host},
            "sslConfig": {"enableSplunkdSSL": "true"},
            "kvstore": {"disabled": "false"},
        }
        conf_file.write(system / "default" / "server.conf", server)

    def set_management_port(self, port: int) -> None:
        """web.conf ``mgmtHostPort``, where tools on the machine look for splunkd."""
        conf_file.write(
            self.path / "etc" / "system" / "default" / "web.conf",
            {"settings": {"mgmtHostPort": f"127.0.0.1:{port}"}},
        )

    def _secret(self) -> bytes:
        """``etc/auth/splunk.secret``, made at first start, encrypts secrets in .conf files."""
        path = self.path / "etc" / "auth" / "splunk.secret"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(secrets.token_urlsafe(190)[:254])
            path.chmod(0o400)
        return path.read_bytes()

    def install(self, package: Path) -> str:
        """Unpack an app over what is there, as Splunk upgrades: local/ stays. Returns its name.

        Packaging rule: the archive holds one folder, named as the app (Splunk developer guide,
        "Package apps"). Splunk overlays and does not prune; neither does this.
        """
        with tarfile.open(package, "r:gz") as archive:
            members = archive.getmembers()
            tops = {member.name.split("/", 1)[0] for member in members}
            if len(tops) != 1:
                raise PackageError(f"{package.name} holds {sorted(tops)}, not one app folder")
            for member in members:
                parts = Path(member.name).parts
                if (
                    member.name.startswith("/")
                    or ".." in parts
                    or not (member.isfile() or member.isdir())
                ):
                    raise PackageError(f"{package.name} holds {member.name}, which is unsafe")
            if hasattr(tarfile, "data_filter"):
                archive.extraction_filter = tarfile.data_filter
            archive.extractall(self.apps)  # noqa: S202 - every member was looked at
        return tops.pop()
