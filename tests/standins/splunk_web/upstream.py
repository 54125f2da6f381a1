"""The management port, as Splunk Web asks it."""

from __future__ import annotations

import http.client
import ssl
from urllib.parse import urlsplit

from tests.standins.splunkd import Splunkd

_TIMEOUT = 70.0


def ask(
    splunkd: Splunkd, method: str, target: str, body: bytes, content_type: str
) -> tuple[int, str, bytes]:
    """Status, content type and body of splunkd's answer to the logged-in user's request."""
    address = urlsplit(splunkd.management_uri)
    authority = splunkd.home.path / "etc" / "auth" / "cacert.pem"
    context = ssl.create_default_context(cafile=str(authority))
    connection = http.client.HTTPSConnection(
        str(address.hostname), address.port, timeout=_TIMEOUT, context=context
    )
    headers = {"Authorization": f"Splunk {splunkd.session_key}"}
    if content_type:
        headers["Content-Type"] = content_type
    try:
        connection.request(method, target, body=body or None, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Content-Type", ""), answer.read()
    finally:
        connection.close()
