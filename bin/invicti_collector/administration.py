# SPDX-License-Identifier: Apache-2.0
"""What an administrator may save: the values of one stanza, checked before they are stored.

An edit brings only what has changed, and a secret that was not changed comes back as asterisks;
both are filled in from what is stored. Pure: the REST handlers say what is stored.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from invicti_collector.configuration import LOG_LEVELS, PROXY_SCHEMES, Values, read_proxy
from invicti_collector.errors import CollectorError, ConfigurationError

LONGEST_VALUE = 10_000
LONGEST_NAME = 100
_SWITCHES = ("0", "1", "true", "false")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


LABELS = {
    "base_url": "Invicti URL",
    "user_id": "User ID",
    "api_token": "API token",
    "date_format": "Date format",
    "ca_bundle": "CA bundle",
    "requests_at_once": "Requests at once",
    "use_ack": "Wait for acknowledgement",
    "proxy_enabled": "Use a proxy",
    "proxy_type": "Type",
    "proxy_url": "Host",
    "proxy_port": "Port",
    "proxy_username": "User name",
    "proxy_password": "Password",
    "proxy_rdns": "Resolve names at the proxy",
    "start_date": "Start date",
    "endpoint_types": "Endpoint types",
    "exclude_types": "Leave out types",
    "request_data": "Request data",
    "hec_target": "HEC target",
}
"""What the pages call the fields."""


def told(fault: CollectorError) -> str:
    """Returns an error as the page shows it: what was wrong, and what to do."""
    return f"{_sentence(fault.error)} {_sentence(fault.remedy)}"


def _sentence(text: str) -> str:
    """Returns a text with the fields as the pages call them, and as conf files do in brackets."""
    text = re.sub(
        r"\b[a-z]+_[a-z]+\b",
        lambda found: f"{LABELS[found[0]]} ({found[0]})" if found[0] in LABELS else found[0],
        " ".join(text.split()),
        count=1,
    )
    is_field = re.match(r"[a-z]+_", text)
    return (text if is_field else text[:1].upper() + text[1:]) + ("" if text.endswith(".") else ".")


def in_words(message: str) -> str:
    """Returns a complaint of the framework in a person's words.

    Arguments:
        message: Such as `All of the following errors need to be fixed: ["…", "…"]`.
    """
    listed = re.search(r"need to be fixed: (\[.*\])$", message, re.DOTALL)
    parts = [message]
    with contextlib.suppress(ValueError):
        parts = json.loads(listed[1]) if listed else parts
    # The pattern itself helps nobody.
    form = re.compile(r"Not matching the pattern: .*", re.DOTALL)
    text = ". ".join(form.sub("It does not have the right form", str(part)) for part in parts)
    unknown = re.fullmatch(r"name=(.*)", text)
    return _sentence(f"there is nothing of the name {unknown[1]} here" if unknown else text)


def about_field(field: str, message: str) -> ConfigurationError:
    """Returns the error for a complaint of the framework about a field.

    Arguments:
        field: The field.
        message: The framework's, which mostly leaves open what it is about.
    """
    return ConfigurationError(
        f"{field} is not accepted: {in_words(message)}",
        field,
        "see what the page says below the field",
    )


def check_name(name: str) -> None:
    """Passes the name of a new stanza.

    Raises:
        ConfigurationError: when inputs could not refer to it, or Splunk could not store it.
    """
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise ConfigurationError(
            "the name cannot be used",
            "name",
            "begin it with a letter, use only letters A to Z, digits and underscores, and at most "
            f"{LONGEST_NAME} of them",
        )


def check_texts(values: Mapping[str, str]) -> None:
    """Passes values that a conf file can hold.

    Arguments:
        values: What was sent.

    Raises:
        ConfigurationError: when one has control characters or is too long.
    """
    for field, value in values.items():
        _check_text(field, value)


def _check_text(field: str, value: str) -> None:
    if len(value) > LONGEST_VALUE:
        raise ConfigurationError(
            f"{field} is too long", field, f"use at most {LONGEST_VALUE} characters"
        )
    # Lone surrogates cannot be written as UTF-8; a line break would begin another setting.
    if any(code < 32 or 127 <= code < 160 or 0xD800 <= code < 0xE000 for code in map(ord, value)):
        raise ConfigurationError(
            f"{field} has a line break or another control character in it",
            field,
            "type it anew instead of pasting it, or paste it without the line break",
        )


def is_masked(value: str) -> bool:
    """Tells whether a secret is the placeholder that stands for the stored one."""
    return bool(value) and not value.strip("*")


def completed(stored: Values | None, sent: Mapping[str, str], secret: str) -> dict[str, str]:
    """Returns a stanza as it would be stored, the secret in clear.

    Arguments:
        stored: What is stored, the secret in clear; None for a new stanza.
        sent: What has changed; for a new stanza, all of it.
        secret: The field that is stored encrypted.
    """
    values = {key: value or "" for key, value in (stored or {}).items()}
    values.update({key: value for key, value in sent.items() if key != secret})
    if secret in sent and not is_masked(sent[secret]):
        values[secret] = sent[secret]
    elif is_masked(values.get(secret, "")):
        values[secret] = ""
    return values


def guard_secret(stored: Values | None, sent: Mapping[str, str], secret: str, address: str) -> None:
    """Passes unless a stored secret would be sent to an address that it was not given for.

    Arguments:
        stored: What is stored, the secret in clear; None for a new stanza.
        sent: What has changed.
        secret: The field that is stored encrypted.
        address: The field that says where it is sent.

    Raises:
        ConfigurationError: when the address changes and the secret was not entered again.
    """
    given = sent.get(secret, "")
    if stored is None and is_masked(given):
        raise ConfigurationError(
            f"{secret} is only asterisks", secret, "enter it in clear: it is stored encrypted"
        )
    if stored is None or (given and not is_masked(given)) or not stored.get(secret):
        return
    if _address(sent.get(address, stored.get(address))) == _address(stored.get(address)):
        return
    raise ConfigurationError(
        f"{address} has changed, and the stored secret is not sent to another address",
        secret,
        f"enter {secret} again",
    )


def _address(value: str | None) -> str:
    """Returns what tells whether two addresses, or lists of them, are the same."""
    text = (value or "").lower()
    try:
        parts = [urlsplit(part.strip()) for part in text.split(",")]
    except ValueError:
        return text  # malformed, so not the stored one
    return ",".join(f"{part.scheme}://{part.netloc or part.path}" for part in parts)


def check_proxy(values: Values) -> None:
    """Passes the settings of a proxy, whether it is enabled or not.

    Arguments:
        values: The stanza `[proxy]`, the password in clear.

    Raises:
        ConfigurationError: when a value is malformed.
    """
    check_switches(values, "proxy_enabled", "proxy_rdns")
    _check_choice("proxy_type", values.get("proxy_type") or "http", tuple(PROXY_SCHEMES))
    user, password = values.get("proxy_username") or "", values.get("proxy_password") or ""
    if bool(user) != bool(password):
        raise ConfigurationError(
            "the proxy's user name and password belong together, and one of them is missing",
            "proxy_username" if password else "proxy_password",
            "enter both, or clear both if the proxy asks for none",
        )
    if values.get("proxy_url") or values.get("proxy_port"):
        read_proxy({**values, "proxy_enabled": "1"})
        return
    read_proxy(values)


def check_switches(values: Values, *fields: str) -> None:
    """Passes fields that are on or off.

    Raises:
        ConfigurationError: when one is neither.
    """
    for field in fields:
        _check_choice(field, (values.get(field) or "0").lower(), _SWITCHES)


def check_logging(values: Values) -> None:
    """Passes the settings of the log.

    Raises:
        ConfigurationError: when the level is none that Python's logging knows.
    """
    _check_choice("loglevel", values.get("loglevel") or "", LOG_LEVELS)


def _check_choice(field: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ConfigurationError(
            f"{field} cannot be {value!r}", field, "choose one of: " + ", ".join(choices)
        )
