"""The add-on's settings, written to conf files and storage/passwords as its pages write them."""

from __future__ import annotations

import json

from tests.standins.splunkd import input_run
from tests.standins.splunkd.conf import Configuration
from tests.standins.splunkd.passwords import Passwords

CREDENTIAL_SEPARATOR = "``splunk_cred_sep``"
CREDENTIAL_END = "".join(f"{CREDENTIAL_SEPARATOR}{letter}" for letter in "SPLUNK") + (
    CREDENTIAL_SEPARATOR
)
CREDENTIAL_LENGTH = 255
ENCRYPTED = "******"


class AppSettings:
    """Accounts, inputs and tabs of the settings of one add-on.

    Args:
        app: The app's name.
        scheme: Its modular input scheme.
        conf_prefix: What its conf files begin with.
        configuration: The conf files.
        passwords: The secrets.
    """

    def __init__(
        self,
        app: str,
        scheme: str,
        conf_prefix: str,
        configuration: Configuration,
        passwords: Passwords,
    ) -> None:
        self.app = app
        self.scheme_name = scheme
        self.conf_prefix = conf_prefix
        self.configuration = configuration
        self.passwords = passwords

    def set_account(
        self, name: str, *, base_url: str, user_id: str, api_token: str, **other: str
    ) -> None:
        """Save an account: its token goes to storage/passwords, ``******`` to the conf."""
        settings = {"base_url": base_url, "user_id": user_id, **other}
        self.set_stanza("account", name, settings, {"api_token": api_token})

    def set_setting(self, name: str, **settings: str) -> None:
        """Save a tab of the settings, ``logging`` or ``proxy``; a proxy's password is a secret."""
        clear = {key: value for key, value in settings.items() if key != "proxy_password"}
        hidden = {key: value for key, value in settings.items() if key == "proxy_password"}
        self.set_stanza("settings", name, clear, hidden)

    def set_hec_target(self, name: str, *, urls: str, token: str, **other: str) -> None:
        """Save a HEC target; its token is a secret."""
        self.set_stanza("hec", name, {"urls": urls, **other}, {"token": token})

    def set_stanza(
        self, kind: str, name: str, settings: dict[str, str], secret: dict[str, str]
    ) -> None:
        """Write a stanza of ``<prefix>_<kind>.conf`` as splunktaucclib and solnlib do.

        ``splunktaucclib.rest_handler.credentials.RestCredentials`` and
        ``solnlib.credentials.CredentialManager.set_password``: the secrets of a stanza are one JSON
        text, cut into pieces of 255 characters, each a password ``<name>``…``<number>`` of the
        realm ``__REST_CREDENTIAL__#<app>#configs/conf-<file>``, then one that marks the end.
        """
        conf = f"{self.conf_prefix}_{kind}"
        realm = f"__REST_CREDENTIAL__#{self.app}#configs/conf-{conf}"
        self.passwords.delete_realm_user(self.app, realm, name + CREDENTIAL_SEPARATOR)
        if secret:
            text = json.dumps(secret)
            pieces = [
                text[start : start + CREDENTIAL_LENGTH]
                for start in range(0, len(text), CREDENTIAL_LENGTH)
            ]
            for number, piece in enumerate([*pieces, CREDENTIAL_END], 1):
                self.passwords.set(self.app, realm, f"{name}{CREDENTIAL_SEPARATOR}{number}", piece)
        self.configuration.replace(
            self.app, conf, name, {**settings, **dict.fromkeys(secret, ENCRYPTED)}
        )

    def set_input(self, name: str, **settings: str) -> None:
        """Save an input: the stanza ``<scheme>://<name>`` of inputs.conf."""
        self.configuration.replace(
            self.app, "inputs", f"{self.scheme_name}://{name}", {"disabled": "0", **settings}
        )

    def input_settings(self, name: str) -> dict[str, str] | None:
        """The settings of an input as it would run, None if there is no such input."""
        return input_run.input_settings(self.configuration, self.app, self.scheme_name, name)

    def input_names(self, *, enabled: bool = True) -> list[str]:
        """The inputs of the scheme, only those that are enabled unless asked otherwise."""
        prefix = f"{self.scheme_name}://"
        return [
            stanza[len(prefix) :]
            for stanza, (_, settings) in self.configuration.resolve(self.app, "inputs").items()
            if stanza.startswith(prefix)
            and not (enabled and settings.get("disabled", "0").lower() in {"1", "true"})
        ]
