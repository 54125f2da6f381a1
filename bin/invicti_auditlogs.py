# SPDX-License-Identifier: Apache-2.0
"""The modular input `invicti_auditlogs`: its scheme, and the glue to the program beside it."""

from __future__ import annotations

import gc
import sys
from typing import Any

import import_declare_test  # noqa: F401 - puts the packaged libraries on the path, so it is first
from splunklib.modularinput import Argument, Scheme, Script

from invicti_collector.logs import quieten_libraries
from invicti_collector.run import InputRun, splunkd_of, validate
from invicti_collector.settings import forget_environments_proxies
from invicti_collector.shutdown import Shutdown

ARGUMENTS = {
    "account": "Account of the Invicti tenant to read",
    "start_date": "Begin, in UTC: YYYY-MM-DD, YYYY-MM-DDTHH:MM:SSZ, all; empty: 24 hours ago",
    "endpoint_types": "Any of Web, Api, BackgroundTask; empty for all",
    "exclude_types": "Values of Type to leave out, separated by commas",
    "request_data": "What becomes of RequestData: mask, keep or drop",
    "hec_target": "HEC target to send events to; empty for this Splunk",
}


class InvictiAuditLogs(Script):  # type: ignore[misc]  # splunklib is untyped
    """Runs and validates inputs."""

    exit_code = 0

    def get_scheme(self) -> Scheme:
        """Returns what splunkd needs to know of this kind of input."""
        scheme = Scheme("Invicti Audit Logs")
        scheme.description = "Collects the audit log of an Invicti Enterprise tenant."
        scheme.use_external_validation = True
        scheme.use_single_instance = False
        for name, description in ARGUMENTS.items():
            needed = name == "account"
            scheme.add_argument(Argument(name, description=description, required_on_create=needed))
        return scheme

    def validate_input(self, definition: Any) -> None:
        """Passes an input that can run, else raises with the message that Splunk shows."""
        validate(
            splunkd_of(definition.metadata), definition.metadata["name"], definition.parameters
        )

    def stream_events(self, inputs: Any, _ew: Any) -> None:
        """Runs the inputs that splunkd hands over: one, since there is a process for each."""
        shutdown = Shutdown()
        shutdown.listen()
        for stanza, values in inputs.inputs.items():
            name = stanza.partition("://")[2]
            run = InputRun(splunkd_of(inputs.metadata), name, values, shutdown)
            self.exit_code = max(self.exit_code, run.run())


if __name__ == "__main__":
    quieten_libraries()
    forget_environments_proxies()
    # A page's records go when nothing refers to them any more: to look for circles among them would
    # be a tenth of a backfill.
    gc.freeze()
    gc.set_threshold(100_000)
    script = InvictiAuditLogs()
    sys.exit(script.run(sys.argv) or script.exit_code)
