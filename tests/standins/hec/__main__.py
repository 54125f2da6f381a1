"""`python -m tests.standins.hec`: the stand-in by hand; every switch is an option."""

from __future__ import annotations

import argparse
import dataclasses
import threading
from pathlib import Path
from typing import Any

from .server import HecServer
from .switches import HecSwitches

_TYPES = {"int": int, "str": str}


def parser() -> argparse.ArgumentParser:
    """The command line, made from the switches."""
    result = argparse.ArgumentParser(
        prog="python -m tests.standins.hec",
        description="A stand-in for Splunk's HTTP Event Collector; prints how many events it took.",
    )
    result.add_argument("--port", type=int, default=0, help="port to listen on; 0: any free one")
    result.add_argument("--tls-cert", type=Path, help="certificate chain (PEM); serves https")
    result.add_argument("--tls-key", type=Path, help="its private key (PEM)")
    for item in dataclasses.fields(HecSwitches):
        about = f"{item.metadata['help']} ({item.metadata['source']}); default: {item.default}"
        options: dict[str, Any] = {"default": item.default, "help": about.replace("%", "%%")}
        if item.type == "bool":
            options["action"] = argparse.BooleanOptionalAction
        else:
            options["type"] = _TYPES[str(item.type)]
        result.add_argument("--" + item.name.replace("_", "-"), **options)
    return result


def main() -> None:
    """Serves until it is interrupted."""
    given = vars(parser().parse_args())
    port, certificate, key = (given.pop(name) for name in ("port", "tls_cert", "tls_key"))
    tls = (certificate, key or certificate) if certificate else None
    with HecServer(HecSwitches(**given), port=port, tls=tls) as server:
        print(f"{server.url}/services/collector/event token {server.switches.token}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print(f"{len(server.collector.taken)} events taken")


if __name__ == "__main__":
    main()
