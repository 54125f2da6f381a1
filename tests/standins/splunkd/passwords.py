"""``storage/passwords``: the only place of a Splunk for an add-on's secrets.

REST API Reference Manual, "storage/passwords": POST ``name``, ``password``, ``realm`` creates; the
entry is named ``realm:name:`` with colons in either escaped; it shows ``clear_password`` and
``encr_password``. A second create of the same is 409 (``solnlib.credentials.CredentialManager``
then updates). On disk, in the app's local/passwords.conf, only the encrypted form appears.
"""

from __future__ import annotations

import base64
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from tests.standins.splunkd.atom import Entry, answer
from tests.standins.splunkd.conf import Configuration
from tests.standins.splunkd.rest import Request, Response, RestError, not_found, target_app

_COLLECTION = "storage/passwords"
MASK = "********"


class SecretBox:
    """Splunk's ``$7$`` encryption: AES-256-GCM under a key derived from splunk.secret.

    Form as the public ``splunksecrets`` package reads it: PBKDF2-SHA256, one round, salt
    ``disk-encryption``; base64 of nonce, cipher text and tag.
    """

    def __init__(self, secret: bytes) -> None:
        kdf = PBKDF2HMAC(algorithm=SHA256(), length=32, salt=b"disk-encryption", iterations=1)
        self._cipher = AESGCM(kdf.derive(secret))

    def encrypt(self, clear: str) -> str:
        """A value fit for a .conf file."""
        nonce = os.urandom(16)
        return "$7$" + base64.b64encode(
            nonce + self._cipher.encrypt(nonce, clear.encode(), None)
        ).decode("ascii")

    def decrypt(self, value: str) -> str:
        """The clear text of :meth:`encrypt`."""
        raw = base64.b64decode(value[len("$7$") :])
        return self._cipher.decrypt(raw[:16], raw[16:], None).decode()


class Passwords:
    """Secrets of all apps, kept in each app's local/passwords.conf."""

    def __init__(self, configuration: Configuration, secret: bytes) -> None:
        self._configuration = configuration
        self._box = SecretBox(secret)

    def set(self, app: str, realm: str, username: str, clear: str) -> None:
        """Create or replace one secret."""
        self._configuration.update(
            app, "passwords", _stanza(realm, username), {"password": self._box.encrypt(clear)}
        )

    def clear(self, app: str, stanza: str) -> str:
        """The clear text of one secret of passwords.conf."""
        settings = self._configuration.layer(app, "passwords")[stanza]
        return self._box.decrypt(settings["password"])

    def delete_realm_user(self, app: str, realm: str, prefix: str) -> None:
        """Drop the secrets of a realm whose user name starts so."""
        for stanza in list(self._configuration.layer(app, "passwords")):
            if stanza.startswith(f"credential:{_escape(realm)}:{_escape(prefix)}"):
                self._configuration.remove(app, "passwords", stanza)

    def endpoint(self, request: Request) -> Response:
        """List, read, create, update and delete."""
        if len(request.path) == 2:
            if request.method == "POST":
                return self._create(request)
            return answer(request, self._entries(request), collection=_COLLECTION)
        name = request.path[2]
        found = [entry for entry in self._entries(request) if entry.name in {name, name + ":"}]
        if not found and name != "_reload":
            raise not_found(name)
        if request.method == "DELETE":
            self._configuration.remove(found[0].app, "passwords", "credential:" + found[0].name)
            return answer(request, self._entries(request), collection=_COLLECTION)
        if request.method == "POST" and found:
            self._update(request, found[0])
            found = [entry for entry in self._entries(request) if entry.name == found[0].name]
        return answer(request, found, collection=_COLLECTION)

    def _create(self, request: Request) -> Response:
        username = request.arguments.get("name", "")
        password = request.arguments.get("password", "")
        realm = request.arguments.get("realm", "")
        if not username or not password:
            missing = "name" if not username else "password"
            raise RestError(400, f"The following required arguments are missing: {missing}.")
        app = target_app(request)
        if _stanza(realm, username) in self._configuration.layer(app, "passwords"):
            raise RestError(409, f"An object with name={realm}:{username}: already exists")
        self.set(app, realm, username, password)
        name = _stanza(realm, username)[len("credential:") :]
        created = [entry for entry in self._entries(request) if entry.name == name]
        return answer(request, created, collection=_COLLECTION, status=201)

    def _update(self, request: Request, entry: Entry) -> None:
        password = request.arguments.get("password", "")
        if not password:
            raise RestError(400, "The following required arguments are missing: password.")
        self._configuration.update(
            entry.app,
            "passwords",
            "credential:" + entry.name,
            {"password": self._box.encrypt(password)},
        )

    def _entries(self, request: Request) -> list[Entry]:
        """Secrets seen from a namespace: of its app, of all apps for ``-`` or none."""
        apps = [request.app] if request.app not in {None, "-"} else self._configuration.apps()
        entries = []
        for app in apps:
            for stanza, settings in self._configuration.layer(str(app), "passwords").items():
                realm, username = _parts(stanza)
                encrypted = settings.get("password", "")
                content = {
                    "clear_password": self._box.decrypt(encrypted),
                    "eai:appName": app,
                    "eai:userName": "nobody",
                    "encr_password": encrypted,
                    "password": MASK,
                    "realm": realm or None,
                    "username": username,
                }
                entries.append(Entry(stanza[len("credential:") :], content, str(app)))
        return entries


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace(":", "\\:")


def _stanza(realm: str, username: str) -> str:
    return f"credential:{_escape(realm)}:{_escape(username)}:"


def _parts(stanza: str) -> tuple[str, str]:
    """Realm and user name of ``credential:<realm>:<user>:``."""
    fields, current, escaped = [], "", False
    for character in stanza[len("credential:") :]:
        if escaped:
            current, escaped = current + character, False
        elif character == "\\":
            escaped = True
        elif character == ":":
            fields.append(current)
            current = ""
        else:
            current += character
    return fields[0], fields[1]
