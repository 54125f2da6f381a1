# SPDX-License-Identifier: Apache-2.0
"""The add-on's own log: one file an input, as dashboards of UCC-built add-ons read it."""

from __future__ import annotations

import logging
import re

from solnlib import log as solnlib_log

from invicti_collector.errors import quoted

NAMESPACE = "ta_invicti_auditlogs"


class _Named(logging.Filter):
    """Has each line tell which input it is of.

    Arguments:
        name: The input's name without the scheme.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self._field = f"input={quoted(name)}"

    def filter(self, record: logging.LogRecord) -> bool:
        """See `logging.Filter`."""
        text = record.getMessage()
        if 'input="' not in text:  # no quoted value has these characters in it
            record.msg, record.args = f"{text} {self._field}", None
        return True


def input_log(name: str) -> logging.Logger:
    """Returns the log of an input: `ta_invicti_auditlogs_<input>.log` in Splunk's log folder.

    Searches take an input's name from that of its file (`EVAL-input` in props.conf), which not
    every name that Splunk itself lets an input have can be part of.

    Arguments:
        name: The input's name without the scheme.
    """
    solnlib_log.Logs.set_context(namespace=NAMESPACE)
    found: logging.Logger = solnlib_log.Logs().get_logger(re.sub(r"[^A-Za-z0-9_-]", "_", name))
    if not re.fullmatch(r"[A-Za-z0-9_]+", name):
        found.addFilter(_Named(name))
    return found


def quieten_libraries() -> None:
    """Keeps what libraries log through the root logger off standard error.

    splunkd takes what is written there for this input's own messages.
    """
    logging.getLogger().addHandler(logging.NullHandler())
