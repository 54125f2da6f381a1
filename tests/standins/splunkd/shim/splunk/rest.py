"""``splunk.rest.simpleRequest``: one request to the splunkd of this machine.

``solnlib.splunkenv._get_conf_stanzas_from_splunk_api`` calls it with a relative path,
``sessionKey`` and ``getargs`` and decodes the bytes it gets; ``solnlib.server_info`` asks for the
web certificate.
"""

# ruff: noqa: N802, N803 - the names are Splunk's

from __future__ import annotations

import http.client
import os
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import splunk  # this package, in Splunk's site-packages


class Response:
    """Status and headers of an answer."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status = answer.status
        self.reason = answer.reason
        self.messages: list[str] = []
        self.headers = dict(answer.getheaders())


def _management_host_port() -> tuple[str, int]:
    """web.conf ``mgmtHostPort`` as splunkd wrote it."""
    path = Path(os.environ["SPLUNK_HOME"], "etc", "system", "default", "web.conf")
    with path.open(encoding="utf-8") as conf:
        for line in conf:
            key, _, value = line.partition("=")
            if key.strip() == "mgmtHostPort":
                host, _, port = value.strip().rpartition(":")
                return host, int(port)
    raise splunk.SplunkdException("mgmtHostPort is not set")


def simpleRequest(
    path: str,
    sessionKey: str | None = None,
    getargs: dict[str, Any] | None = None,
    postargs: dict[str, Any] | None = None,
    method: str = "GET",
    raiseAllErrors: bool = False,
    proxyMode: bool = False,  # noqa: ARG001
    rawResult: bool = False,
    timeout: float = 30,
    jsonargs: str | None = None,
    token: bool = False,
) -> tuple[Response, bytes]:
    """Answer (response, content); 401 and 404 are raised unless the raw result is asked for."""
    if not path.startswith("/"):
        path = "/services/" + path
    path = quote(path, safe="/%:=&?~+!$,;'@()*[]-._")
    if getargs:
        path += ("&" if "?" in path else "?") + urlencode(getargs, doseq=True)
    headers = {"Authorization": ("Bearer " if token else "Splunk ") + (sessionKey or "")}
    body = None
    if jsonargs is not None:
        headers["Content-Type"], body, method = "application/json", jsonargs, "POST"
    elif postargs is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body, method = urlencode(postargs, doseq=True), "POST" if method == "GET" else method
    response, content = _exchange(method, path, body, headers, timeout)
    if not rawResult:
        _check(response, content, every=raiseAllErrors)
    return response, content


def _exchange(
    method: str, path: str, body: str | None, headers: dict[str, str], timeout: float
) -> tuple[Response, bytes]:
    host, port = _management_host_port()
    context = ssl._create_unverified_context()  # noqa: S323 - splunkd's certificate is its own
    connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=context)
    try:
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        return Response(answer), answer.read()
    finally:
        connection.close()


def _check(response: Response, content: bytes, *, every: bool) -> None:
    if response.status == 401:
        raise splunk.AuthenticationFailed(content)
    if response.status == 404:
        raise splunk.ResourceNotFound(content)
    if response.status >= 400 and every:
        raise splunk.RESTException(response.status, content)


def getWebCertFile() -> str | None:
    """No client certificate is set up (mutual TLS is off by default)."""
    return None


def getWebKeyFile() -> str | None:
    """No client key is set up."""
    return None


def is_cert_or_key_encrypted(_cert_filename: str) -> bool:
    """There is none, so it is not encrypted."""
    return False
