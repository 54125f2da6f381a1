# SPDX-License-Identifier: Apache-2.0
"""REST handlers of the configuration pages: what is saved is tried first.

Thin: what may be saved is `invicti_collector.administration`, what a trial finds is
`invicti_collector.verification`. Every refusal has a status of its own: what the framework's
handlers raise, splunkd answers with 500, and what they did not foresee with a stack trace.
"""

# ruff: noqa: N802, N803 - the names are Splunk's

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from splunk import RESTException, admin
from splunktaucclib.rest_handler.admin_external import AdminExternalHandler, get_splunkd_endpoint
from splunktaucclib.rest_handler.error import RestError

from invicti_collector import administration, verification
from invicti_collector.configuration import (
    RESERVED_NAME,
    read_account,
    read_hec_target,
    read_input,
)
from invicti_collector.errors import (
    CollectorError,
    ConfigurationError,
    ProgressUnreachableError,
    place_of,
    quoted,
)
from invicti_collector.logs import input_log
from invicti_collector.run import SCHEME, validate
from invicti_collector.settings import APP, Settings, Splunkd, check_ca_bundle
from invicti_collector.standing import forget_input, held
from invicti_collector.stores.opening import find_store, forget_marker
from invicti_collector.tenant.invicti_api import Network
from invicti_collector.version import version

SECONDS_TO_END = 10.0
"""How long a run may take to end after its input was deleted: it delivers the page at hand."""

LOG = input_log(RESERVED_NAME)
_KNOWN = {404: admin.NotFoundException, 409: admin.AlreadyExistsException}


def splunkd_of(session_key: str) -> Splunkd:
    """Returns the splunkd that asks, as it describes itself to inputs.

    Arguments:
        session_key: Of the person who asks.
    """
    home = os.environ.get("SPLUNK_HOME", "")
    database = os.environ.get("SPLUNK_DB") or Path(home, "var", "lib", "splunk")
    splunkd = Splunkd("", get_splunkd_endpoint(), session_key, Path(database, "modinputs", SCHEME))
    return splunkd._replace(server_host=Settings(splunkd).server_name())


@contextlib.contextmanager
def answered() -> Iterator[None]:
    """Turns errors into those that splunkd answers with a status and a line of text."""
    try:
        yield
    except admin.AdminManagerException:
        raise
    except ProgressUnreachableError as fault:
        LOG.warning("action=refused %s", fault)
        raise admin.ServiceUnavailableException(administration.told(fault)) from None
    except CollectorError as fault:
        LOG.info("action=refused %s", fault)
        raise admin.ArgValidationException(administration.told(fault)) from None
    except RestError as fault:
        raise _of_the_framework(fault) from None
    except (OSError, RESTException) as fault:
        raise _unavailable(type(fault).__name__) from None
    except Exception as fault:  # noqa: BLE001 - the page shows a line, never a stack trace
        LOG.error(  # noqa: TRY400 - a bug's own text may hold a secret
            "action=crashed error=%s where=%s", type(fault).__name__, place_of(fault)
        )
        raise admin.InternalException(
            f"The add-on failed ({type(fault).__name__}). Its log says where: index=_internal "
            "sourcetype=invicti:auditlogs:log."
        ) from None


def _of_the_framework(fault: RestError) -> admin.AdminManagerException:
    if fault.status < 500:
        kind = _KNOWN.get(fault.status, admin.ArgValidationException)
        return kind(administration.in_words(str(fault.message)))
    return _unavailable(str(fault.message).strip().rpartition("\n")[2])


def _unavailable(detail: str) -> admin.AdminManagerException:
    LOG.error("action=refused error=%s", quoted(detail))
    return admin.ServiceUnavailableException(
        "Splunk could not read or write its settings. The add-on's log says why: index=_internal "
        "sourcetype=invicti:auditlogs:log."
    )


class CheckedHandler(AdminExternalHandler):  # type: ignore[misc]  # splunktaucclib is untyped
    """A handler of the framework that checks before it stores."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # The framework asks splunkd for its settings here.
        with answered():
            super().__init__(*args, **kwargs)

    def setup(self) -> None:
        """See `MConfigHandler`."""
        with answered():
            super().setup()

    def handleList(self, confInfo: Any) -> None:
        """See `MConfigHandler`."""
        with answered():
            super().handleList(confInfo)

    def handleCreate(self, confInfo: Any) -> None:
        """See `MConfigHandler`."""
        with answered():
            administration.check_name(self.name)
            self._check_new()
            self._check_all(None)
            super().handleCreate(confInfo)

    def handleEdit(self, confInfo: Any) -> None:
        """See `MConfigHandler`."""
        with answered():
            # The framework takes `disabled` for an order of its own and ignores all else.
            if self.payload.get("disabled") is None:
                self._check_all(self._stored())
            super().handleEdit(confInfo)

    def handleRemove(self, confInfo: Any) -> None:
        """See `MConfigHandler`."""
        with answered():
            self.check_removal()
            super().handleRemove(confInfo)

    @property
    def name(self) -> str:
        """The stanza's."""
        return str(self.callerArgs.id or "")

    @property
    def splunkd(self) -> Splunkd:
        """The one that asks."""
        return splunkd_of(self.getSessionKey())

    def check(self, stored: dict[str, Any] | None) -> None:
        """Passes what may be saved.

        Arguments:
            stored: What an edit changes, its secrets in clear; None for a new stanza.

        Raises:
            CollectorError: when it may not.
        """

    def attempt(self) -> None:
        """Tries what passed `check`; may change `payload`.

        Raises:
            CollectorError: when it does not work.
        """

    def _trial(self, ca_bundle: str) -> Network:
        """Returns how to try an address, for those who may save it: splunkd asks that later.

        Nobody else may have this machine ask a server, or look for a file.
        """
        settings = Settings(self.splunkd)
        settings.check_rights()
        check_ca_bundle(ca_bundle, self.name)
        return verification.trial(settings.proxy(), _user_agent())

    def check_removal(self) -> None:
        """Passes a stanza that may be removed.

        Raises:
            CollectorError: when it may not.
        """

    def _stored(self) -> dict[str, Any]:
        found = list(self.handler.get(self.name, decrypt=True))
        return dict(found[0].content)

    def _check_new(self) -> None:
        """Refuses a name that is taken before anything is tried with it."""
        try:
            taken = list(self.handler.get(self.name))
        except RestError as fault:
            if fault.status == 404:
                return
            raise
        if taken:
            raise admin.AlreadyExistsException(f'The name "{self.name}" is already in use.')

    def _check_all(self, stored: dict[str, Any] | None) -> None:
        administration.check_texts(self.payload)
        self.check(stored)
        # As the framework will, but saying of which field its complaint is.
        for field in self.endpoint.model(self.name).fields:
            self._check_field(field, stored)
        self.attempt()

    def _check_field(self, field: Any, stored: dict[str, Any] | None) -> None:
        try:
            field.validate(self.payload, stored)
        except RestError as fault:
            raise administration.about_field(field.name, str(fault.message)) from None

    def _check_unused(self, kind: str, field: str) -> None:
        users = [
            name
            for name, values in Settings(self.splunkd).inputs().items()
            if values.get(field) == self.name
        ]
        if users:
            raise ConfigurationError(
                f"inputs use this {kind}: {', '.join(sorted(users))}",
                self.name,
                "delete them first, or choose another one in them",
            )


class AccountHandler(CheckedHandler):
    """Accounts: tried with the tenant."""

    def check(self, stored: dict[str, Any] | None) -> None:
        """See `CheckedHandler`."""
        administration.guard_secret(stored, self.payload, "api_token", "base_url")
        values = administration.completed(stored, self.payload, "api_token")
        self._account = read_account(self.name, values)

    def attempt(self) -> None:
        """See `CheckedHandler`."""
        found = verification.verify_account(self._account, self._trial(self._account.ca_bundle))
        LOG.info("action=account_tried account=%s found=%s", quoted(self.name), quoted(found))
        # The pages show no warning beside a success, so it stays with the account.
        day = time.strftime("%Y-%m-%d", time.gmtime())
        self.payload["last_check"] = f"{day}: {found}"

    def check_removal(self) -> None:
        """See `CheckedHandler`."""
        self._check_unused("account", "account")


class HecHandler(CheckedHandler):
    """HEC targets: tried with each event collector."""

    def check(self, stored: dict[str, Any] | None) -> None:
        """See `CheckedHandler`."""
        administration.guard_secret(stored, self.payload, "token", "urls")
        values = administration.completed(stored, self.payload, "token")
        administration.check_switches(values, "use_ack")
        self._target = read_hec_target(self.name, values)

    def attempt(self) -> None:
        """See `CheckedHandler`."""
        verification.verify_hec_target(self._target, self._trial(self._target.ca_bundle))
        LOG.info("action=hec_target_tried target=%s found=works", quoted(self.name))

    def check_removal(self) -> None:
        """See `CheckedHandler`."""
        self._check_unused("HEC target", "hec_target")


class SettingsHandler(CheckedHandler):
    """Proxy and logging."""

    def check(self, stored: dict[str, Any] | None) -> None:
        """See `CheckedHandler`."""
        if self.name == "logging":
            administration.check_logging({**(stored or {}), **self.payload})
            return
        administration.guard_secret(stored, self.payload, "proxy_password", "proxy_url")
        values = administration.completed(stored, self.payload, "proxy_password")
        administration.check_proxy(values)


class InputHandler(CheckedHandler):
    """Inputs: checked as they are when they run; their progress goes with them."""

    def check(self, stored: dict[str, Any] | None) -> None:
        """See `CheckedHandler`."""
        self._values = {**(stored or {}), **self.payload}
        read_input(self.name, self._values, time.time())

    def attempt(self) -> None:
        """See `CheckedHandler`."""
        validate(self.splunkd, self.name, self._values)

    def handleRemove(self, confInfo: Any) -> None:
        """See `MConfigHandler`."""
        super().handleRemove(confInfo)
        with answered():
            self._forget()

    def _forget(self) -> None:
        """Removes the progress; an input that is gone must not be told of as if it were not."""
        splunkd = self.splunkd
        try:
            store = find_store(Settings(splunkd).service, splunkd.checkpoint_dir, self.name)
            with held(store, splunkd.server_host, SECONDS_TO_END):
                forget_input(store)
            forget_marker(splunkd.checkpoint_dir, self.name)
        except CollectorError as fault:
            LOG.warning("action=progress_kept input=%s %s", quoted(self.name), fault)


def _user_agent() -> str:
    return f"{APP}/{version()}"
