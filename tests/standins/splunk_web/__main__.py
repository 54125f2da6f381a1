"""The configuration pages by hand: ``python -m tests.standins.splunk_web --help``."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.standins.invicti_tenant import Switches, TenantServer
from tests.standins.splunk_web.site import THEMES
from tests.standins.splunk_web.web import SplunkWeb
from tests.standins.splunkd import Splunkd

_LOOK_SECONDS = 1.0


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.standins.splunk_web",
        description="Starts stand-ins for a tenant, splunkd and Splunk Web, so that the packaged "
        "pages can be used in a browser. Enabled inputs run at their interval.",
    )
    parser.add_argument(
        "package", type=Path, help="the add-on's .tar.gz, which `make package` writes to dist/"
    )
    parser.add_argument("--port", type=int, default=0, help="of Splunk Web; default: any free one")
    parser.add_argument("--theme", choices=THEMES, default=THEMES[0], help="the user's theme")
    parser.add_argument("--home", type=Path, help="SPLUNK_HOME, kept; default: a temporary one")
    parser.add_argument("--records", type=int, default=1000, help="of the tenant; default: 1000")
    return parser.parse_args(words)


def _run_inputs(splunkd: Splunkd, stop: threading.Event) -> None:
    """Runs each enabled input when its interval has passed."""
    due: dict[str, float] = {}
    while not stop.wait(_LOOK_SECONDS):
        for name in splunkd.input_names():
            if due.get(name, 0.0) > time.monotonic():
                continue
            settings = splunkd.input_settings(name) or {}
            due[name] = time.monotonic() + float(settings.get("interval", 300))
            run = splunkd.run_input(name, keep_events=False)
            print(f"input {name}: {run.event_count} events, exit code {run.exit_code}", flush=True)


def main(words: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT."""
    arguments = _arguments(words)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with contextlib.ExitStack() as stack:
        home = arguments.home or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        tenant = stack.enter_context(TenantServer(Switches(records=arguments.records)))
        splunkd = stack.enter_context(Splunkd(arguments.package, home))
        web = stack.enter_context(SplunkWeb(splunkd, arguments.theme, arguments.port))
        print(f"pages:       {web.url}")
        print(f"Invicti URL: {tenant.base_url}")
        print(f"User ID:     {tenant.user_id}")
        print(f"API token:   {tenant.api_token}", flush=True)
        _run_inputs(splunkd, stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
