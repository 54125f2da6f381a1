"""`python -m tests.standins.invicti_tenant`: the stand-in by hand; every switch is an option."""

from __future__ import annotations

import argparse
import dataclasses
import signal
import sys
import threading
from typing import Any

from .control import CONTROLS, PREFIX
from .server import TenantServer
from .switches import Switches, parse_value

_GROUPS = tuple(reversed(Switches.__bases__))


def parser() -> argparse.ArgumentParser:
    """The command line, made from the switches."""
    result = argparse.ArgumentParser(
        prog="python -m tests.standins.invicti_tenant",
        usage="python -m tests.standins.invicti_tenant [option ...]",
        description="A stand-in for the Invicti Enterprise API: a tenant with an audit log.",
        epilog=f"Control while it runs: {'; '.join(CONTROLS)} (under {PREFIX}).",
    )
    result.add_argument("--host", default="127.0.0.1", help="address to listen on")
    result.add_argument("--port", type=int, default=0, help="port to listen on; 0: any free one")
    result.add_argument("--tls-cert", help="certificate chain (PEM); serves https")
    result.add_argument("--tls-key", help="its private key (PEM)")
    for base in _GROUPS:
        group = result.add_argument_group((base.__doc__ or "").rstrip("."))
        for item in dataclasses.fields(base):
            _add_option(group, item)
    return result


def _add_option(group: argparse._ArgumentGroup, item: dataclasses.Field[object]) -> None:
    about = f"{item.metadata['help']} ({item.metadata['source']})"
    if item.default != "":
        about += f"; default: {item.default}"
    name = "--" + item.name.replace("_", "-")
    about = about.replace("%", "%%")
    if item.type == "bool":
        action = argparse.BooleanOptionalAction
        group.add_argument(name, action=action, default=argparse.SUPPRESS, help=about)
        return
    choices = item.metadata["choices"]
    metavar = "{" + ",".join(choices) + "}" if choices else str(item.type).upper()
    group.add_argument(name, default=argparse.SUPPRESS, metavar=metavar, help=about)


def switches_of(arguments: argparse.Namespace) -> Switches:
    """The switches that were given, over their defaults."""
    given: dict[str, Any] = {}
    for item in dataclasses.fields(Switches):
        value = getattr(arguments, item.name, None)
        if value is not None:
            given[item.name] = value if isinstance(value, bool) else parse_value(item.name, value)
    return Switches(**given)


def main(words: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT."""
    command = parser()
    arguments = command.parse_args(words)
    try:
        switches = switches_of(arguments)
    except ValueError as error:
        command.error(str(error))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    tls = {"tls_cert": arguments.tls_cert, "tls_key": arguments.tls_key}
    with TenantServer(switches, host=arguments.host, port=arguments.port, **tls) as server:
        print(f"base URL:  {server.base_url}")
        print(f"User ID:   {server.user_id}")
        print(f"API token: {server.api_token}")
        print(f"records:   {server.tenant.count()}", flush=True)
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
