# SPDX-License-Identifier: Apache-2.0
"""The add-on's own log: one file an input, as dashboards of UCC-built add-ons read it."""

from __future__ import annotations

import logging
import re

from solnlib import log as solnlib_log

NAMESPACE = "ta_invicti_auditlogs"


def input_log(name: str) -> logging.Logger:
    """Returns the log of an input: `ta_invicti_auditlogs_<input>.log` in Splunk's log folder.

    Arguments:
        name: The input's name without the scheme.
    """
    solnlib_log.Logs.set_context(namespace=NAMESPACE)
    found: logging.Logger = solnlib_log.Logs().get_logger(re.sub(r"[^A-Za-z0-9_-]", "_", name))
    return found


def quieten_libraries() -> None:
    """Keeps what libraries log through the root logger off standard error.

    splunkd takes what is written there for this input's own messages.
    """
    logging.getLogger().addHandler(logging.NullHandler())
