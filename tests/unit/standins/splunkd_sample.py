"""A small add-on of the same shape as ours, for tests of the splunkd stand-in itself."""

from __future__ import annotations

import gzip
import io
import tarfile
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from splunklib import client

from tests.standins.splunkd import Splunkd, SplunkdSwitches

APP = "TA-invicti-auditlogs"
COLLECTION = "invicti_auditlogs_progress"

SCRIPT = """
import json, os, signal, sys, time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from splunklib.modularinput import Argument, Event, EventWriter, Scheme, Script

class Sample(Script):
    def get_scheme(self):
        scheme = Scheme("Sample")
        scheme.use_external_validation = True
        scheme.use_single_instance = False
        scheme.streaming_mode = Scheme.streaming_mode_xml
        for name in ("account", "mode", "count"):
            scheme.add_argument(Argument(name, required_on_create=name == "account"))
        return scheme

    def validate_input(self, definition):
        if definition.parameters.get("account") != "main":
            raise ValueError("unknown account <%s>" % definition.parameters.get("account"))

    def stream_events(self, inputs, ew):
        (stanza, settings), = inputs.inputs.items()
        mode = settings.get("mode", "count")
        if mode == "raw":
            os.write(1, settings["raw"].encode("utf-8"))
            return
        if mode == "fail":
            ew.log(EventWriter.ERROR, "it failed")
            sys.exit(3)
        if mode == "hog":
            hog = bytearray(80 * 1024 * 1024)
        stopped = []
        signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
        for number in range(int(settings.get("count", "3"))):
            what = {"number": number, "text": "Jos\\u00e9 <&> \\U0001f600"}
            if mode == "solnlib":
                from solnlib import log, splunkenv
                log.Logs.set_context(namespace="sample")
                log.Logs().get_logger("prod").info("a line of the log")
                what = {"uri": splunkenv.get_splunkd_uri(inputs.metadata["session_key"])}
            if mode == "environment":
                what = {"env": dict(os.environ), "cwd": os.getcwd(), "argv": sys.argv,
                        "settings": settings, "metadata": inputs.metadata, "path": sys.path,
                        "fds": sorted(os.listdir("/proc/self/fd")), "executable": sys.executable}
            ew.write_event(Event(data=json.dumps(what, ensure_ascii=False), stanza=stanza,
                time="%.3f" % (1700000000 + number), host="tenant", index=settings["index"],
                source=stanza, sourcetype="sample"))
            if stopped:
                break
            if mode == "slow":
                time.sleep(0.01)

if __name__ == "__main__":
    sys.exit(Sample().run(sys.argv))
"""

FILES = {
    "bin/invicti_auditlogs.py": SCRIPT,
    "default/app.conf": "[launcher]\nversion = 1.2.3\n[ui]\nlabel = Sample\n",
    "default/inputs.conf": (
        "[invicti_auditlogs]\npython.version = python3\npython.required = 3.9,3.13\n"
        "interval = 300\n"
    ),
    "default/ta_invicti_auditlogs_settings.conf": "[logging]\nloglevel = INFO\n[proxy]\n",
    "default/ta_invicti_auditlogs_account.conf": "",
    "default/collections.conf": (
        f"[{COLLECTION}]\nenforceTypes = true\nfield.number = number\nfield.state = string\n"
        "field.done = bool\n[loose]\nenforceTypes = false\nfield.number = number\n"
    ),
    "metadata/default.meta": "[]\naccess = read : [ * ], write : [ admin ]\nexport = system\n",
    "README/inputs.conf.spec": "[invicti_auditlogs://<name>]\naccount = <string>\n",
}


SMALL = ("splunklib",)
ALL = (
    *SMALL,
    *("solnlib", "requests", "urllib3", "certifi", "idna", "charset_normalizer"),
    *("sortedcontainers", "defusedxml"),
)


@cache
def _libraries(names: tuple[str, ...]) -> bytes:
    """A tar of the libraries, made once."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in names:
            folder = Path(str(import_module(name).__file__)).parent
            for path in sorted(folder.rglob("*.py")):
                archive.add(path, f"{APP}/lib/{folder.name}/{path.relative_to(folder)}")
    return buffer.getvalue()


def make_package(
    path: Path, files: dict[str, str] = FILES, libraries: tuple[str, ...] = SMALL
) -> Path:
    """Pack the sample add-on as package.sh packs ours."""
    with (
        gzip.open(path, "wb", compresslevel=1) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
        tarfile.open(fileobj=io.BytesIO(_libraries(libraries))) as packed_libraries,
    ):
        for name, text in files.items():
            info = tarfile.TarInfo(f"{APP}/{name}")
            data = text.encode()
            info.size = len(data)
            info.mode = 0o644
            archive.addfile(info, io.BytesIO(data))
        for member in packed_libraries:
            archive.addfile(member, packed_libraries.extractfile(member))
    return path


def context(splunkd: Splunkd) -> dict[str, Any]:
    """How solnlib's classes are told where splunkd is."""
    return {
        "scheme": "https",
        "host": "127.0.0.1",
        "port": int(splunkd.management_uri.rsplit(":", 1)[1]),
    }


def service(splunkd: Splunkd, owner: str = "nobody") -> Any:
    """splunk-sdk's client in the add-on's namespace."""
    return client.Service(token=splunkd.session_key, owner=owner, app=APP, **context(splunkd))


def authority(splunkd: Splunkd) -> str:
    """The authority that signed splunkd's certificate, for ``verify=`` of requests."""
    return str(splunkd.home.path / "etc" / "auth" / "cacert.pem")


def open_splunkd(folder: Path, switches: SplunkdSwitches = SplunkdSwitches()) -> Splunkd:  # noqa: B008
    """A splunkd with the sample add-on, not started yet."""
    return Splunkd(make_package(folder / "sample.tar.gz"), folder / "home", switches=switches)
