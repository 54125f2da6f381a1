# SPDX-License-Identifier: Apache-2.0
"""Accounts, inputs, HEC targets and proxy as an administrator sets them, checked.

Pure: where the values come from is `settings`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from hashlib import blake2b
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from invicti_collector.errors import ConfigurationError
from invicti_collector.records import REQUEST_DATA_CHOICES
from invicti_collector.timeline import DateFormat

SHORTEST_INTERVAL = 60
REQUESTS_AT_ONCE = ("1", "2", "3", "4")
ENDPOINT_TYPES = ("Web", "Api", "BackgroundTask")
DATE_FORMATS = ("auto", DateFormat.US.value, DateFormat.ISO.value)
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
PROXY_SCHEMES = {"http": "http", "socks5": "socks5"}
START_DAY_BEFORE = "day_before"
START_ALL = "all"

RESERVED_NAME = "configuration"
"""What the log of the configuration pages is called by."""

HEC_PATHS = ("", "/", "/services/collector", "/services/collector/event")
"""Paths that people copy; the add-on knows the path itself."""

# Splunk makes GUIDs; what a conf file or a provisioning script gives it may be any word.
_HEC_TOKEN = re.compile(r"[!-~]{1,200}")
_INDEX = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,254}")
_LONGEST_SHOWN = 100
_TRUE = frozenset({"1", "true", "yes", "y", "t", "on"})

Values = Mapping[str, "str | None"]


class Account(NamedTuple):
    """A tenant and the API user that reads it.

    Attributes:
        name: The stanza's name.
        base_url: Scheme and host (and port) without a trailing slash.
        user_id: The API user's ID, sent as user name.
        api_token: The API user's token, sent as password.
        ca_bundle: Path of a file of trusted certificates; empty = the packaged ones.
        date_format: `auto` or the value of a `DateFormat`.
        requests_at_once: How many pages of a backfill may be asked for at the same time.
    """

    name: str
    base_url: str
    user_id: str
    api_token: str
    ca_bundle: str = ""
    date_format: str = "auto"
    requests_at_once: int = int(REQUESTS_AT_ONCE[-1])

    def __repr__(self) -> str:
        """Leaves out the secret."""
        return f"Account({self.name!r})"

    @property
    def host(self) -> str:
        """The tenant's host name: the `host` of its events."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def connection(self) -> str:
        """Changes when the account is pointed to another URL or user."""
        text = f"{self.base_url.lower()}\n{self.user_id}"
        return blake2b(text.encode(), digest_size=16).hexdigest()


class HecTarget(NamedTuple):
    """The event collectors of another Splunk.

    Attributes:
        name: The stanza's name.
        urls: Scheme and host (and port) of each, without a trailing slash.
        token: Of the HTTP Event Collector.
        ca_bundle: Path of a file of trusted certificates; empty = the packaged ones.
        use_ack: Whether to wait until events are indexed.
    """

    name: str
    urls: tuple[str, ...]
    token: str
    ca_bundle: str = ""
    use_ack: bool = False

    def __repr__(self) -> str:
        """Leaves out the secret."""
        return f"HecTarget({self.name!r})"


class InputSettings(NamedTuple):
    """One input.

    Attributes:
        name: The stanza's name without the scheme.
        account: The account's name.
        index: The Splunk index of its events.
        interval: Seconds between two polls.
        start: Seconds since the epoch, `START_ALL` or `START_DAY_BEFORE`.
        endpoint_types: Those wanted; empty = all.
        exclude_types: Values of `Type` not wanted, in lower case.
        request_data: What becomes of `RequestData`: `mask`, `keep` or `drop`.
        hec_target: Name of the HEC target; empty = this Splunk.
    """

    name: str
    account: str
    index: str  # type: ignore[assignment]  # instead of tuple.index
    interval: int
    start: int | str
    endpoint_types: frozenset[str]
    exclude_types: frozenset[str]
    request_data: str
    hec_target: str


def read_account(name: str, values: Values) -> Account:
    """Returns the account of a stanza of `ta_invicti_auditlogs_account.conf`.

    Raises:
        ConfigurationError: when a field is missing or malformed.
    """
    where = f"account {name}"
    date_format = _text(values, "date_format") or "auto"
    if date_format not in DATE_FORMATS:
        raise _choice("date_format", date_format, DATE_FORMATS, where)
    at_once = _text(values, "requests_at_once") or REQUESTS_AT_ONCE[-1]
    if at_once not in REQUESTS_AT_ONCE:
        raise _choice("requests_at_once", at_once, REQUESTS_AT_ONCE, where)
    return Account(
        name,
        check_base_url(_text(values, "base_url"), where),
        _needed(values, "user_id", where, "copy it from Invicti: your name > API Settings"),
        _needed(values, "api_token", where, "copy it from Invicti: your name > API Settings"),
        _text(values, "ca_bundle"),
        date_format,
        int(at_once),
    )


def check_base_url(text: str, where: str) -> str:
    """Returns the origin of a base URL, without a trailing slash.

    Raises:
        ConfigurationError: when it is not https (or http to a loopback address), or has
            credentials, a path, a query or a fragment.
    """
    example = "give only scheme and host, for example https://www.netsparkercloud.com"
    return _origin(text, where, "the base URL", example, ("", "/"))


def _origin(text: str, where: str, called: str, example: str, paths: tuple[str, ...]) -> str:
    """Returns scheme, host and port of a URL that has at most one of these paths besides."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
        (host or "").encode("idna")  # as the resolver does, whose error nobody takes for one of DNS
    except ValueError:
        raise ConfigurationError(f"{called} is malformed", where, example) from None
    if not host or not re.fullmatch(r"[\x21-\x7e]+", text):
        raise ConfigurationError(f"{called} is missing or malformed", where, example)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise ConfigurationError(
            f"{called} is not https, so the token would travel in clear",
            where,
            "use https; for a private certificate authority set ca_bundle",
        )
    if "@" in parts.netloc or parts.query or parts.fragment or parts.path not in paths:
        raise ConfigurationError(f"{called} has more in it than scheme and host", where, example)
    return f"{parts.scheme}://{parts.netloc}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def proxied(proxy: str) -> dict[str, str]:
    """Returns by scheme which URLs are reached through the proxy, as `requests` takes it.

    Only https, since of other URLs `_origin` passes those of this very machine alone: a proxy
    would look for it in its own place, and be told the token in clear.

    Arguments:
        proxy: See `read_proxy`.
    """
    return {"https": proxy} if proxy else {}


def read_hec_target(name: str, values: Values) -> HecTarget:
    """Returns the HEC target of a stanza of `ta_invicti_auditlogs_hec.conf`.

    Raises:
        ConfigurationError: when a field is missing or malformed.
    """
    where = f"HEC target {name}"
    token = _needed(values, "token", where, _WHERE_TOKENS_ARE)
    if not _HEC_TOKEN.fullmatch(token):
        raise ConfigurationError(
            "the token is not 1 to 200 ASCII characters without blanks",
            where,
            f"{_WHERE_TOKENS_ARE}; enter it alone, without the word Splunk",
        )
    example = "give scheme, host and port, for example https://splunk.example.com:8088"
    urls = _list(_needed(values, "urls", where, example))
    if not urls:
        raise ConfigurationError("urls is missing", where, example)
    # A URL may hold a secret where it is malformed, so it is told by its place.
    origins = [
        _origin(url, where, f"URL {place} of urls", example, HEC_PATHS)
        for place, url in enumerate(urls, 1)
    ]
    return HecTarget(
        name,
        tuple(dict.fromkeys(origins)),
        token,
        _text(values, "ca_bundle"),
        _text(values, "use_ack").lower() in _TRUE,
    )


_WHERE_TOKENS_ARE = (
    "copy it from the receiving Splunk: Settings > Data inputs > HTTP Event Collector"
)


def read_input(name: str, values: Values, now: float) -> InputSettings:
    """Returns the input of a stanza `invicti_auditlogs://<name>`.

    Arguments:
        name: The stanza's name without the scheme.
        values: Its parameters, as splunkd hands them over.
        now: This machine's time, to refuse a start in the future by.

    Raises:
        ConfigurationError: when a parameter is missing or malformed.
    """
    where = f"input {name}"
    if name.lower() == RESERVED_NAME:
        raise ConfigurationError(
            f"an input cannot be called {name}: its log would be that of the configuration pages",
            where,
            "make the input anew under another name",
        )
    request_data = _text(values, "request_data") or "mask"
    if request_data not in REQUEST_DATA_CHOICES:
        raise _choice("request_data", request_data, REQUEST_DATA_CHOICES, where)
    return InputSettings(
        name,
        _needed(values, "account", where, "choose one of the accounts of the configuration page"),
        _index(values, where),
        _interval(_text(values, "interval") or "300", where),
        read_start(_text(values, "start_date"), now, where),
        _endpoint_types(_text(values, "endpoint_types"), where),
        frozenset(_list(_text(values, "exclude_types").lower())),
        request_data,
        _text(values, "hec_target"),
    )


def read_start(text: str, now: float, where: str) -> int | str:
    """Returns where an input begins: seconds since the epoch, or one of the `START_` words.

    Arguments:
        text: `start_date` as set.
        now: This machine's time.
        where: The input, for the error.

    Raises:
        ConfigurationError: when it is not readable or in the future.
    """
    if not text:
        return START_DAY_BEFORE
    if text.lower() == START_ALL:
        return START_ALL
    for form in ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            moment = datetime.strptime(text, form).replace(tzinfo=timezone.utc).timestamp()
        except ValueError:
            continue
        if moment > now:
            raise ConfigurationError(
                f"start_date {text} is in the future",
                where,
                "give a date in the past, or leave it empty for the last 24 hours",
            )
        return max(int(moment), 0)
    raise ConfigurationError(
        f"start_date {_shown(text)} cannot be read",
        where,
        "write it in UTC as YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ, or as the word all",
    )


def read_proxy(values: Values) -> str:
    """Returns the proxy's URL, credentials and all; empty where none is enabled.

    Arguments:
        values: The stanza `[proxy]` of `ta_invicti_auditlogs_settings.conf`.

    Raises:
        ConfigurationError: when it is enabled and malformed.
    """
    if _text(values, "proxy_enabled").lower() not in _TRUE:
        return ""
    kind = (_text(values, "proxy_type") or "http").lower()
    host, port = _text(values, "proxy_url"), _text(values, "proxy_port")
    if kind not in PROXY_SCHEMES:
        raise _choice("proxy_type", kind, tuple(PROXY_SCHEMES), "proxy settings")
    usable_port = re.fullmatch(r"[0-9]{1,5}", port) and 0 < int(port) < 65536
    if not re.fullmatch(r"[A-Za-z0-9._:\[\]-]+", host) or not usable_port:
        raise ConfigurationError(
            "the proxy is enabled, but its host or port is missing or malformed",
            "proxy settings",
            "give the host as a name or an IP address without a scheme, and a port from 1 to 65535",
        )
    scheme = PROXY_SCHEMES[kind]
    _check_host(host)
    if kind == "socks5" and _text(values, "proxy_rdns").lower() in _TRUE:
        scheme = "socks5h"
    return f"{scheme}://{_credentials(values, kind)}{host}:{port}"


def _check_host(host: str) -> None:
    try:
        name = urlsplit(f"http://{host}:1").hostname or ""
        usable = bool(name.encode("idna")) and host.count(":") != 1
    except ValueError:
        usable = False
    if not usable:
        raise ConfigurationError(
            "the proxy's host is malformed",
            "proxy settings",
            "give a host name or an IP address, that of IPv6 in brackets",
        )


def _credentials(values: Values, kind: str) -> str:
    user, password = _text(values, "proxy_username"), values.get("proxy_password") or ""
    try:
        # requests writes them so into the header for an HTTP proxy, PySocks as UTF-8.
        (user + password).encode("latin-1" if kind == "http" else "utf-8")
    except UnicodeEncodeError:
        raise ConfigurationError(
            "the proxy's user name or password has a character in it that cannot be sent",
            "proxy settings",
            "use a proxy account whose name and password have Western European characters only",
        ) from None
    return f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""


def _text(values: Values, name: str) -> str:
    return (values.get(name) or "").strip()


def _needed(values: Values, name: str, where: str, remedy: str) -> str:
    text = _text(values, name)
    if not text:
        raise ConfigurationError(f"{name} is missing", where, remedy)
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ConfigurationError(f"{name} has half a character in it", where, remedy)
    return text


def _index(values: Values, where: str) -> str:
    text = _text(values, "index")
    # splunkd fills in `default` where the stanza names no index.
    if text in ("", "default") or not _INDEX.fullmatch(text):
        raise ConfigurationError(
            "index is missing or malformed", where, "name an existing index for the events"
        )
    return text


def _interval(text: str, where: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}(\.0*)?", text) or float(text) < SHORTEST_INTERVAL:
        raise ConfigurationError(
            f"interval {_shown(text)} is not a number of seconds from {SHORTEST_INTERVAL} on",
            where,
            f"set it to {SHORTEST_INTERVAL} or more; 300 suits most",
        )
    return int(float(text))


def _endpoint_types(text: str, where: str) -> frozenset[str]:
    chosen = _list(text.replace("|", ",").replace("~", ","))
    for name in chosen:
        if name not in ENDPOINT_TYPES:
            raise _choice("endpoint_types", name, ENDPOINT_TYPES, where)
    return frozenset(chosen)


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _choice(name: str, value: str, choices: tuple[str, ...], where: str) -> ConfigurationError:
    return ConfigurationError(
        f"{name} {_shown(value)} is not known", where, "choose one of: " + ", ".join(choices)
    )


def _shown(value: str) -> str:
    """Returns a value as an error shows it: whatever a conf file holds, that is one short line."""
    return value if len(value) <= _LONGEST_SHOWN else value[:_LONGEST_SHOWN] + "..."
