"""The management port: who may ask, what answers look like, and faults of the whole server."""

from __future__ import annotations

import ssl
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from solnlib.server_info import ServerInfo
from splunklib import binding, client

from tests.standins.splunkd import Splunkd, SplunkdSwitches
from tests.unit.standins.splunkd_sample import APP, authority, context, open_splunkd, service


@pytest.fixture(name="splunkd")
def _splunkd(tmp_path: Path) -> Iterator[Splunkd]:
    with open_splunkd(tmp_path) as splunkd:
        yield splunkd


def get(splunkd: Splunkd, path: str, authorization: str, **arguments: str) -> requests.Response:
    return requests.get(
        splunkd.management_uri + path,
        params=arguments,
        headers={"Authorization": authorization} if authorization else {},
        verify=authority(splunkd),
        timeout=10,
    )


def test_the_certificate_is_not_one_that_the_world_trusts(splunkd: Splunkd) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(splunkd.management_uri, timeout=10)
    answer = requests.get(splunkd.management_uri + "/x", timeout=10, verify=authority(splunkd))
    assert answer.headers["Server"] == "Splunkd"


def test_a_wrong_key_is_refused_in_xml_and_json(splunkd: Splunkd) -> None:
    answer = get(splunkd, "/services/apps/local", "Splunk wrong")
    assert answer.status_code == 401
    message = ET.fromstring(answer.text).find("./messages/msg")  # noqa: S314
    assert message is not None
    assert (message.get("type"), message.text) == ("WARN", "call not properly authenticated")
    answer = get(splunkd, "/services/apps/local", "Splunk wrong", output_mode="json")
    assert answer.json() == {
        "messages": [{"type": "WARN", "text": "call not properly authenticated"}]
    }


@pytest.mark.parametrize("authorization", ["", "Basic YTpi"])
def test_no_key_or_a_password_is_refused_otherwise(splunkd: Splunkd, authorization: str) -> None:
    answer = get(splunkd, "/services/apps/local", authorization, output_mode="json")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert answer.json()["messages"] == [{"type": "ERROR", "text": "Unauthorized"}]


def test_the_key_is_accepted_and_as_bearer_too(splunkd: Splunkd) -> None:
    for scheme in ("Splunk", "Bearer"):
        answer = get(splunkd, "/services/apps/local", f"{scheme} {splunkd.session_key}")
        assert answer.status_code == 200


def test_paths_that_do_not_exist(splunkd: Splunkd) -> None:
    key = f"Splunk {splunkd.session_key}"
    for path in ("/", "/services", "/services/nothing", f"/servicesNS/nobody/{APP}/nothing"):
        assert get(splunkd, path, key).status_code == 404


def test_the_instance_describes_itself(splunkd: Splunkd) -> None:
    found = ServerInfo(splunkd.session_key, **context(splunkd))
    assert found.version == "10.0.0"
    assert not found.is_search_head()
    assert not found.is_cloud_instance()
    apps = service(splunkd).apps
    assert apps[APP].content["version"] == "1.2.3"
    assert "invicti" in [index.name for index in service(splunkd).indexes]


def test_connections_are_kept(splunkd: Splunkd) -> None:
    with requests.Session() as session:
        uri, trusted = splunkd.management_uri + "/services/server/info", authority(splunkd)
        session.get(uri, timeout=10, verify=trusted)
        begun = time.monotonic()
        for _ in range(50):
            session.get(uri, timeout=10, verify=trusted)
        assert time.monotonic() - begun < 2
    assert len(splunkd.requests) == 51


def test_the_session_expires_after_requests(splunkd: Splunkd) -> None:
    splunkd.set(session_expires_after_requests=1)
    sdk = service(splunkd)
    assert sdk.apps[APP].name == APP
    with pytest.raises(binding.HTTPError) as raised:
        sdk.get("apps/local")
    assert raised.value.status == 401


def test_the_session_expires_at_once(splunkd: Splunkd) -> None:
    sdk = client.Service(
        token=splunkd.session_key, owner="nobody", app=APP, autologin=True, **context(splunkd)
    )
    sdk.get("apps/local")
    splunkd.expire_session()
    with pytest.raises(binding.AuthenticationError):
        sdk.get("apps/local")


def test_connections_are_refused_and_taken_again(splunkd: Splunkd) -> None:
    uri = splunkd.management_uri
    with requests.Session() as session:
        session.get(uri + "/services/server/info", verify=authority(splunkd), timeout=10)
        splunkd.set(refuse_connections=True)
        with pytest.raises(requests.ConnectionError):
            session.get(uri + "/services/server/info", verify=authority(splunkd), timeout=10)
    splunkd.set(refuse_connections=False)
    assert splunkd.management_uri == uri
    assert get(splunkd, "/services/server/info", "").status_code == 200


def test_a_splunkd_that_is_down_from_the_beginning(tmp_path: Path) -> None:
    down = SplunkdSwitches(refuse_connections=True)
    with open_splunkd(tmp_path, down) as splunkd, pytest.raises(requests.ConnectionError):
        get(splunkd, "/services/server/info", "")


def test_a_connection_is_dropped_without_an_answer(splunkd: Splunkd) -> None:
    splunkd.set(drop_connection_on_request=2)
    assert get(splunkd, "/services/server/info", "").status_code == 200
    with pytest.raises(requests.ConnectionError):
        get(splunkd, "/services/server/info", "")
    assert get(splunkd, "/services/server/info", "").status_code == 200


def test_every_answer_is_late(splunkd: Splunkd) -> None:
    splunkd.set(delay_seconds=0.2)
    begun = time.monotonic()
    get(splunkd, "/services/server/info", "")
    assert time.monotonic() - begun >= 0.2


def test_a_switch_that_does_not_exist(splunkd: Splunkd) -> None:
    with pytest.raises(ValueError, match="no_such"):
        splunkd.set(no_such=1)
    with pytest.raises(ValueError, match="kv_state"):
        SplunkdSwitches(kv_state="odd")


def test_plain_http_is_not_spoken(splunkd: Splunkd) -> None:
    with pytest.raises((requests.ConnectionError, ssl.SSLError)):
        requests.get(splunkd.management_uri.replace("https", "http"), timeout=5)
