# SPDX-License-Identifier: Apache-2.0
"""A client of splunkd whose requests all go over one kept-alive connection.

`solnlib`'s client opens one for each conf that is read, and loads the system's certificates for
each although it verifies none; that was half of what an idle poll cost.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from io import BytesIO
from typing import Any, Callable
from urllib.parse import urlsplit

import urllib3
from solnlib.splunk_rest_client import SplunkRestClient
from urllib3.util.ssl_ import create_urllib3_context

_SECONDS = 60
"""Without an answer: a splunkd that hangs must not hold up the run for ever."""

# As in `solnlib.splunk_rest_client`.
_RETRIES = urllib3.Retry(
    total=5,
    backoff_factor=0.3,
    status_forcelist=[500, 502, 503, 504],
    allowed_methods=["GET", "POST", "PUT", "DELETE"],
    raise_on_status=False,
)

Handler = Callable[..., dict[str, Any]]


def splunkd_client(uri: str, session_key: str, app: str) -> SplunkRestClient:
    """Returns a client in the namespace of an app.

    Arguments:
        uri: splunkd's management URI.
        session_key: The right to use it.
        app: The app's folder.
    """
    client = SplunkRestClient(session_key, app, owner="nobody", **uri_parts(uri))
    client.http.handler = _handler(uri)
    return client


def uri_parts(uri: str) -> dict[str, Any]:
    """Returns scheme, host and port, as `solnlib` wants them."""
    parts = urlsplit(uri)
    return {"scheme": parts.scheme, "host": parts.hostname, "port": parts.port}


def _handler(uri: str) -> Handler:
    """Returns what `splunklib.binding.HttpLib` sends requests by."""
    # As solnlib: splunkd's own certificate, as it ships, is signed by no authority.
    context = create_urllib3_context(cert_reqs=ssl.CERT_NONE)
    manager = urllib3.PoolManager(
        ssl_context=context, assert_hostname=False, timeout=_SECONDS, retries=_RETRIES
    )
    pool = manager.connection_from_url(uri)

    def handle(url: str, message: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        target = "/" + url.split("/", 3)[3]
        headers = dict(message["headers"])
        try:
            answer = pool.urlopen(
                message.get("method", "GET"),
                target,
                message.get("body"),
                headers,
                redirect=False,
                assert_same_host=False,
            )
        except urllib3.exceptions.HTTPError as fault:
            raise ConnectionError(type(fault).__name__) from fault
        return {
            "status": answer.status,
            "reason": answer.reason,
            "headers": dict(answer.headers),
            "body": BytesIO(answer.data),
        }

    return handle
