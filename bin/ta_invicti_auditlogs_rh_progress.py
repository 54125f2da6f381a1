# SPDX-License-Identifier: Apache-2.0
"""REST handler `ta_invicti_auditlogs_progress`: where each input stands, and collecting again."""

# ruff: noqa: N802, N803 - the names are Splunk's

from __future__ import annotations

import time
from typing import Any

import import_declare_test  # noqa: F401 - puts the packaged libraries on the path, so it is first
from splunk import admin

from invicti_collector.configuration import START_ALL, START_DAY_BEFORE, read_start
from invicti_collector.errors import ConfigurationError, quoted
from invicti_collector.logs import quieten_libraries
from invicti_collector.settings import Settings, forget_environments_proxies
from invicti_collector.standing import (
    collect_again,
    confirmation_needed,
    forget_input,
    held,
    standing,
)
from invicti_collector.stores.opening import find_store, forget_marker
from ta_invicti_auditlogs_handlers import LOG, answered, splunkd_of

SECONDS_TO_END = 5.0
"""How long to wait for a run that is under way: an idle poll takes a second."""


class ProgressHandler(admin.MConfigHandler):  # type: ignore[misc]  # Splunk's own is untyped
    """Lists, resets (edit) and deletes the progress of inputs, by the input's name."""

    def setup(self) -> None:
        """See `MConfigHandler`."""
        if self.requestedAction == admin.ACTION_EDIT:
            self.supportedArgs.addOptArg("collect_from")
            self.supportedArgs.addOptArg("confirm")

    def handleList(self, confInfo: Any) -> None:
        """Tells of one input, also of one that does not exist (any more), or of all."""
        with answered():
            self._prepare()
            wanted = self.callerArgs.id
            if wanted:
                self._tell(confInfo, wanted)
                return
            for name in sorted(self._inputs):
                self._tell_among_others(confInfo, name)

    def handleEdit(self, confInfo: Any) -> None:
        """Has an input collect again from a date on."""
        with answered():
            self._prepare()
            name = self.callerArgs.id
            if name not in self._inputs:
                raise ConfigurationError(
                    f"there is no input {name}", "name", "choose one of the inputs page"
                )
            start = self._start()
            if self._argument("confirm") != "1":
                raise confirmation_needed(start)
            account = self._settings.account(str(self._inputs[name].get("account") or ""))
            store = self._store(name)
            with held(store, self._splunkd.server_host, SECONDS_TO_END):
                collect_again(store, account.connection, start)
            LOG.warning("action=progress_reset input=%s start=%d", quoted(name), start)
            self._tell(confInfo, name)

    def handleRemove(self, _confInfo: Any) -> None:
        """Forgets what is known of an input, such as a deleted one of the same name."""
        with answered():
            self._prepare()
            name = self.callerArgs.id
            store = self._store(name)
            with held(store, self._splunkd.server_host, SECONDS_TO_END):
                forget_input(store)
            forget_marker(self._splunkd.checkpoint_dir, name)
            LOG.warning("action=progress_deleted input=%s", quoted(name))

    def _prepare(self) -> None:
        self._splunkd = splunkd_of(self.getSessionKey())
        self._settings = Settings(self._splunkd)
        # splunkd guards the KV Store by the caller's rights, but files are read with its own.
        self._settings.check_rights()
        self._inputs = self._settings.inputs()

    def _store(self, name: str) -> Any:
        return find_store(self._settings.service, self._splunkd.checkpoint_dir, name)

    def _argument(self, name: str) -> str:
        values = self.callerArgs.data.get(name) or [""]
        return str(values[0] or "").strip()

    def _start(self) -> int:
        text = self._argument("collect_from")
        start = read_start(text, time.time(), "collect_from")
        if start == START_DAY_BEFORE:
            raise ConfigurationError(
                "collect_from is missing",
                "collect_from",
                "give a date such as 2024-01-31 or 2024-01-31T08:00:00Z (UTC), or the word all",
            )
        return 0 if start == START_ALL else int(start)

    def _tell(self, confInfo: Any, name: str) -> None:
        item = confInfo[name]
        item["input_exists"] = "1" if name in self._inputs else "0"
        for key, value in standing(self._store(name)).items():
            item[key] = value

    def _tell_among_others(self, confInfo: Any, name: str) -> None:
        """Tells of one input; its own error must not hide where the others stand."""
        try:
            self._tell(confInfo, name)
        except ConfigurationError as fault:
            item = confInfo[name]
            item["failing"] = "1"
            item["last_error"] = fault.error
            item["last_error_remedy"] = fault.remedy


if __name__ == "__main__":
    quieten_libraries()
    forget_environments_proxies()
    admin.init(ProgressHandler, admin.CONTEXT_APP_ONLY)
