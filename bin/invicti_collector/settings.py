# SPDX-License-Identifier: Apache-2.0
"""Reads accounts, proxy and logging from splunkd: confs and encrypted credentials."""

from __future__ import annotations

import json
import os
import ssl
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from solnlib.conf_manager import ConfFile
from solnlib.credentials import CredentialManager, CredentialNotExistException
from solnlib.splunk_rest_client import SplunkRestClient
from splunklib.binding import HTTPError
from splunklib.client import ConfigurationFile

from invicti_collector.configuration import (
    LOG_LEVELS,
    Account,
    HecTarget,
    read_account,
    read_hec_target,
    read_proxy,
)
from invicti_collector.errors import ConfigurationError, TransientError
from invicti_collector.splunkd_client import splunkd_client, uri_parts

APP = "TA-invicti-auditlogs"
ACCOUNT_CONF = "ta_invicti_auditlogs_account"
HEC_CONF = "ta_invicti_auditlogs_hec"
SETTINGS_CONF = "ta_invicti_auditlogs_settings"
_UNREADABLE = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    RecursionError,
    SyntaxError,
)
"""What json, ElementTree (its ParseError is a SyntaxError), splunklib and solnlib raise over an
answer that is not of the form of splunkd's."""


class Splunkd(NamedTuple):
    """What splunkd hands to an input on standard input.

    Attributes:
        server_host: Name of the Splunk server.
        server_uri: Its management URI.
        session_key: The run's right to use it.
        checkpoint_dir: Where inputs of this kind may keep files.
    """

    server_host: str
    server_uri: str
    session_key: str
    checkpoint_dir: Path


class Settings:
    """The add-on's confs on one splunkd.

    Arguments:
        splunkd: As handed to the input.
    """

    def __init__(self, splunkd: Splunkd) -> None:
        self._splunkd = splunkd

    def account(self, name: str) -> Account:
        """Returns an account, its token decrypted.

        Raises:
            ConfigurationError: when it does not exist or is malformed.
            TransientError: when splunkd does not answer.
        """
        values = self._stanza(ACCOUNT_CONF, name)
        if values is None:
            raise ConfigurationError(
                f"the account {name} does not exist",
                f"{ACCOUNT_CONF}.conf",
                "choose an existing account in the input, or add it on the configuration page",
            )
        account = read_account(name, values)
        check_ca_bundle(account.ca_bundle, f"account {name}")
        return account

    def hec_target(self, name: str) -> HecTarget | None:
        """Returns a HEC target, its token decrypted; None for no name: this Splunk.

        Raises:
            ConfigurationError: when it does not exist or is malformed.
            TransientError: when splunkd does not answer.
        """
        if not name:
            return None
        values = self._stanza(HEC_CONF, name)
        if values is None:
            raise ConfigurationError(
                f"the HEC target {name} does not exist",
                f"{HEC_CONF}.conf",
                "choose an existing HEC target in the input, or none to send events to this Splunk",
            )
        target = read_hec_target(name, values)
        check_ca_bundle(target.ca_bundle, f"HEC target {name}")
        return target

    def proxy(self) -> str:
        """Returns the proxy's URL, empty where none is enabled; see `read_proxy`."""
        return read_proxy(self._stanza(SETTINGS_CONF, "proxy") or {})

    def log_level(self) -> str:
        """Returns the level of the add-on's log."""
        values = self._stanza(SETTINGS_CONF, "logging") or {}
        level = str(values.get("loglevel") or "INFO").upper()
        return level if level in LOG_LEVELS else "INFO"

    def server_name(self) -> str:
        """Returns the name of this Splunk server, as inputs are told it."""
        path = "/services/server/info"
        for content in self._entries(path).values():
            if content.get("serverName"):
                return str(content["serverName"])
        raise _no_answer("splunkd does not answer: no name", path)

    def inputs(self) -> dict[str, dict[str, Any]]:
        """Returns the settings of all inputs of this add-on, by name."""
        return self._entries("data/inputs/invicti_auditlogs", count=0)

    def check_rights(self) -> None:
        """Passes a session that may change the add-on's settings, by `metadata/*.meta`.

        Each entry tells what the session that asks for it may do, in `acl` ("Access Control List"
        of Splunk's REST API User Manual). The stanza is shipped, so it is there before any input is
        and after all are gone, with the KV Store or without; what may not be read, splunkd hides.

        Raises:
            ConfigurationError: when it may not.
            TransientError: when splunkd does not answer.
        """
        path = f"configs/conf-{SETTINGS_CONF}/logging"
        try:
            answer = self.service.get(path, output_mode="json")
            (entry,) = json.loads(answer["body"].read())["entry"]
            may_write = entry["acl"]["can_write"] is True
        except (HTTPError, OSError, *_UNREADABLE) as fault:
            if not isinstance(fault, HTTPError) or fault.status not in (403, 404):
                raise _no_answer(f"splunkd does not answer: {_detail(fault)}", path) from fault
            may_write = False
        if not may_write:
            raise _no_rights(path)

    def _entries(self, path: str, **query: Any) -> dict[str, dict[str, Any]]:
        """Returns the contents of a list, by name."""
        try:
            answer = self.service.get(path, output_mode="json", **query)
            entries = json.loads(answer["body"].read())["entry"]
            return {str(entry["name"]): dict(entry["content"]) for entry in entries}
        except (HTTPError, OSError, *_UNREADABLE) as fault:
            if isinstance(fault, HTTPError) and fault.status == 403:
                raise _no_rights(path) from fault
            raise _no_answer(f"splunkd does not answer: {_detail(fault)}", path) from fault

    @cached_property
    def service(self) -> SplunkRestClient:
        """A client of splunkd in the add-on's namespace."""
        return splunkd_client(self._splunkd.server_uri, self._splunkd.session_key, APP)

    def _stanza(self, conf: str, name: str) -> dict[str, str | None] | None:
        """Returns a stanza, its secrets decrypted; None where there is none."""
        try:
            stanza = self._plain_stanza(conf, name)
            hidden = [key for key, value in stanza.items() if value == ConfFile.ENCRYPTED_TOKEN]
            if hidden:
                stanza.update(_in_clear(self._credentials(conf).get_password(name), hidden))
        except CredentialNotExistException:
            raise ConfigurationError(
                f"the secret of {name} is not in Splunk's credential store",
                f"{conf}.conf",
                "open it on the configuration page, enter the secret again and save",
            ) from None
        except (HTTPError, OSError, *_UNREADABLE) as fault:
            if isinstance(fault, HTTPError) and fault.status == 404:
                return None
            error = f"splunkd does not give the settings: {_detail(fault)}"
            raise _no_answer(error, f"{conf}.conf") from fault
        return stanza

    def _plain_stanza(self, conf: str, name: str) -> dict[str, str | None]:
        # As `solnlib.conf_manager` reads it, which asks for the list of all stanzas first.
        path = f"configs/conf-{conf}"
        (stanza,) = ConfigurationFile(self.service, path, state={"title": conf}).list(name=name)
        return {
            key: value
            for key, value in stanza.content.items()
            if value is None or isinstance(value, str)
        }

    def _credentials(self, conf: str) -> CredentialManager:
        realm = f"__REST_CREDENTIAL__#{APP}#configs/conf-{conf}"
        parts = uri_parts(self._splunkd.server_uri)
        credentials = CredentialManager(self._splunkd.session_key, APP, realm=realm, **parts)
        credentials.service.http.handler = self.service.http.handler
        return credentials


def _in_clear(text: Any, fields: list[str]) -> dict[str, str]:
    """Returns secrets out of the JSON object that the framework keeps of a stanza.

    Raises:
        CredentialNotExistException: when they are not in there.
    """
    with suppress(ValueError, LookupError, TypeError, RecursionError):
        kept = json.loads(text)
        found = {field: kept[field] for field in fields}
        if all(isinstance(secret, str) for secret in found.values()):
            return found
    raise CredentialNotExistException("not as the framework keeps it")


def _no_answer(error: str, where: str) -> TransientError:
    return TransientError(
        error, where, "none needed if Splunk is starting or stopping; else look at splunkd.log"
    )


def _detail(fault: Exception) -> str:
    if isinstance(fault, HTTPError):
        return f"HTTP {fault.status}"
    if isinstance(fault, OSError):
        return "no connection"
    return f"an answer that cannot be read ({type(fault).__name__})"


def _no_rights(path: str) -> ConfigurationError:
    return ConfigurationError(
        "your role in Splunk may not do this",
        path,
        "ask someone with the role admin or sc_admin; docs/permissions.md of the add-on lists the "
        "rights that another role needs",
    )


def forget_environments_proxies() -> None:
    """Keeps requests to splunkd from a proxy that the environment names for the internet.

    solnlib's client goes by the environment; the tenant's goes by the add-on's settings.
    """
    for name in list(os.environ):
        if name.lower() in ("http_proxy", "https_proxy", "all_proxy"):
            del os.environ[name]


def check_ca_bundle(path: str, where: str) -> None:
    """Passes a readable file of certificates, or no path at all.

    Raises:
        ConfigurationError: when it is not.
    """
    if not path:
        return
    try:
        ssl.create_default_context(cafile=os.fspath(path))
    except (OSError, ValueError) as fault:
        raise ConfigurationError(
            f"the CA bundle {path} cannot be read: {fault}",
            where,
            "give the full path of a file of certificates in PEM form that Splunk's user may read",
        ) from fault
