"""The API token and Splunk's session key show up nowhere, whatever happens."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.integration.support import COLLECTION, INPUT, Site, in_turn, site
from tests.standins.invicti_tenant import Switches
from tests.standins.splunkd import SplunkdSwitches

SMALL = Switches(records=1_500)


def _forms(place: Site) -> list[str]:
    """The token and the session key as they could be written."""
    token, user = place.server.api_token, place.server.user_id
    pair = base64.b64encode(f"{user}:{token}".encode()).decode()
    forms = [token, quote(token, safe=""), pair, place.splunkd.session_key]
    return [*forms, base64.b64encode(token.encode()).decode()]


def _assert_nowhere(place: Site, *texts: str) -> None:
    """Not in logs, events, progress or any file that Splunk keeps, save those of credentials."""
    documents = str(place.splunkd.kvstore.documents(COLLECTION))
    files = [
        path.read_text("utf-8", "replace")
        for path in place.splunkd.home.path.rglob("*")
        if path.is_file()
        and (path.suffix in (".log", ".conf", ".json") or "modinputs" in str(path))
    ]
    assert any("api_token" in text for text in files)
    for secret in _forms(place):
        for text in (*texts, *place.texts, *files, documents, place.log):
            assert secret not in text


def test_neither_environment_nor_arguments_nor_stderr(
    interpreter: Path, package: Path, tmp_path: Path
) -> None:
    with site(package, interpreter, tmp_path, SMALL) as place:
        place.splunkd.set_setting("logging", loglevel="DEBUG")
        place.server.set(latency_ms=50.0)
        process = place.splunkd.start_input(INPUT)
        while process.event_count == 0:
            pass
        folder = Path("/proc") / str(process.pid)
        seen = [(folder / name).read_text() for name in ("environ", "cmdline")]
        run = place.finish(process)

        assert run.exit_code == 0
        assert "SPLUNK_HOME" in seen[0]
        assert "log_level=DEBUG" in place.log
        _assert_nowhere(place, *seen, run.stderr, run.stdout)


@in_turn(
    "faults", ["401=json@from:1", "403=html@from:1", "redirect@from:1", "html@from:1", "no_list@3"]
)
def test_failing_runs(faults: str, interpreter: Path, package: Path, tmp_path: Path) -> None:
    with site(package, interpreter, tmp_path, SMALL) as place:
        place.splunkd.set_setting("logging", loglevel="DEBUG")
        place.server.set(faults=faults)
        line = place.failing_run()
        _assert_nowhere(place, line)


def test_runs_that_splunkd_fails(interpreter: Path, package: Path, tmp_path: Path) -> None:
    with site(package, interpreter, tmp_path, SMALL, SplunkdSwitches(kv_state="failed")) as place:
        place.splunkd.set_setting("logging", loglevel="DEBUG")
        lines = [place.failing_run()]
        place.splunkd.set(kv_state="ready", session_expires_after_requests=8)
        lines.append(place.failing_run())
        _assert_nowhere(place, *lines)


@contextmanager
def _echo(status: int, form: str) -> Iterator[str]:
    """A server that answers with what it was sent, token and all."""

    class Echo(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            pair = self.headers["Authorization"].partition(" ")[2]
            clear = base64.b64decode(pair).decode()
            token = clear.partition(":")[2]
            text = f"{pair} {clear} {token} {quote(token, safe='')} {self.headers}"
            text = " ".join(text.split()).replace('"', "'")
            body = form.replace("%", text).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


STATUSES = (200, 400, 401, 403, 404)
FORMS = ('{"Message":"%"}', '"%"', '{"%":1}', "<title>%</title>", "%")
# 200 without JSON is tried again for minutes, and nothing of it is told.
ECHOES = [(status, form) for status in STATUSES for form in FORMS[: 3 if status == 200 else 5]]


@pytest.mark.parametrize("interpreter", ["3.13"], indirect=True)
@pytest.mark.parametrize(("status", "form"), ECHOES)
def test_a_server_that_echoes_the_token(status: int, form: str, echoing: Site) -> None:
    with _echo(status, form) as url:
        token, user = echoing.server.api_token, echoing.server.user_id
        echoing.splunkd.set_account("main", base_url=url, user_id=user, api_token=token)
        before = len(echoing.log)
        line = echoing.failing_run()

        assert 'remedy="' in line
        _assert_nowhere(echoing, line, echoing.log[before:])


@pytest.fixture(scope="module")
def echoing(
    interpreter: Path, package: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A site whose account is pointed elsewhere by each test; it logs all it can."""
    with site(package, interpreter, tmp_path_factory.mktemp("site"), SMALL) as made:
        made.splunkd.set_setting("logging", loglevel="DEBUG")
        yield made
