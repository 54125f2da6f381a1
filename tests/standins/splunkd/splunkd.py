"""The splunkd stand-in as a test uses it: an app installed, configured, run and observed."""

from __future__ import annotations

import secrets
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Callable

from tests.standins.splunkd import input_run
from tests.standins.splunkd.app_settings import AppSettings
from tests.standins.splunkd.conf import Configuration
from tests.standins.splunkd.home import Home
from tests.standins.splunkd.input_run import Scheme, Validation
from tests.standins.splunkd.kv_gate import KVGate
from tests.standins.splunkd.kvstore import KVStore
from tests.standins.splunkd.passwords import Passwords
from tests.standins.splunkd.process import InputProcess, Run, StopWhen
from tests.standins.splunkd.router import Router
from tests.standins.splunkd.server import ManagementPort
from tests.standins.splunkd.stream import Event
from tests.standins.splunkd.switches import SplunkdSwitches

SCHEME = "invicti_auditlogs"
CONF_PREFIX = "ta_invicti_auditlogs"
SCRIPT_TIMEOUT = 60.0


class Splunkd(AppSettings):
    """A Splunk with one add-on.

    Args:
        package: The add-on's .tar.gz, or a folder that holds the app.
        home: Where SPLUNK_HOME is made, or was made before: configuration and KV Store are kept.
        python: Stands for Splunk's own Python.
        switches: The state and faults to begin with.
        scheme: The modular input scheme, script and conf prefix follow from it and the app.
        conf_prefix: What the add-on's conf files begin with.
    """

    def __init__(
        self,
        package: Path,
        home: Path,
        python: Path = Path(sys.executable),
        switches: SplunkdSwitches = SplunkdSwitches(),  # noqa: B008 - frozen
        *,
        scheme: str = SCHEME,
        conf_prefix: str = CONF_PREFIX,
    ) -> None:
        self.switches = switches
        home.mkdir(parents=True, exist_ok=True)
        self.home = Home(home, python, switches.server_host)
        app = self.home.install(package)
        configuration = Configuration(self.home)
        passwords = Passwords(configuration, self.home.secret)
        super().__init__(app, scheme, conf_prefix, configuration, passwords)
        self.app_dir = self.home.apps / app
        self.log_dir = self.home.log_dir
        self.checkpoint_dir = input_run.checkpoint_dir(self.home, scheme)
        self.session_key = secrets.token_urlsafe(96)
        self.kvstore = KVStore(self.configuration, self.home.splunk_db)
        self._gate = KVGate(switches)
        self._router = Router(self, self._gate)
        self._port = ManagementPort(
            self._router.serve, self.home.path / "etc" / "auth" / "cacert.pem"
        )
        self._processes: list[InputProcess] = []
        self._introspected: Scheme | None = None
        self._introspection_lock = threading.Lock()

    def __enter__(self) -> Splunkd:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Open the management port, unless a switch says it is closed."""
        self._port.open()
        self.home.set_management_port(self._port.port)
        if self.switches.refuse_connections:
            self._port.close()

    def stop(self) -> None:
        """End what still runs, close the port, keep the KV Store for the next start."""
        for process in self._processes:
            if process.running:
                process.kill()
                process.wait(10)
        self._port.close()
        self.kvstore.close()

    @property
    def management_uri(self) -> str:
        """``server_uri`` of the input definition."""
        return f"https://127.0.0.1:{self._port.port}"

    def set(self, **changes: Any) -> None:
        """Change switches while running; their counts start anew."""
        self.switches = self.switches.changed(**changes)
        self._gate.set(self.switches)
        self._router.reset()
        if self.switches.refuse_connections:
            self._port.close()
        else:
            self._port.open()

    def expire_session(self) -> None:
        """A new session key: the old one is refused from now on, as after 'session timeout'."""
        self.session_key = secrets.token_urlsafe(96)

    # -- running the input ---------------------------------------------------------------------

    def _metadata(self) -> dict[str, str]:
        return {
            "server_host": self.switches.server_host,
            "server_uri": self.management_uri,
            "session_key": self.session_key,
            "checkpoint_dir": str(self.checkpoint_dir),
        }

    def _command(self, *arguments: str) -> list[str]:
        script = self.app_dir / "bin" / f"{self.scheme_name}.py"
        return [str(self.home.python), str(script), *arguments]

    def _script(self, stdin: str, *arguments: str) -> Run:
        process = InputProcess(
            self._command(*arguments),
            input_run.environment(self.home, self.switches),
            self.switches.working_directory,
            stdin,
        )
        self._processes.append(process)
        run = process.wait(SCRIPT_TIMEOUT)
        self.log_stderr(run)
        return run

    def scheme(self) -> str:
        """The XML of ``--scheme``."""
        run = self._script("", "--scheme")
        if run.exit_code != 0 or not run.stdout.strip():
            raise RuntimeError(f"introspection failed ({run.exit_code}): {run.stderr.strip()}")
        return run.stdout

    def introspection(self) -> Scheme:
        """The scheme, asked for once, as splunkd does at its start."""
        with self._introspection_lock:
            if self._introspected is None:
                self._introspected = Scheme.parse(self.scheme())
                if self._introspected.streaming_mode != "xml":
                    raise RuntimeError("the scheme does not ask for XML streaming")
            return self._introspected

    def validate(self, name: str, **settings: str) -> Validation:
        """``--validate-arguments``, as when an input is saved in Splunk Web."""
        items = input_run.validation_items(self._metadata(), name, settings)
        run = self._script(items, "--validate-arguments")
        return Validation(run.exit_code, input_run.error_message(run.stdout), run.stderr)

    def start_input(
        self,
        name: str,
        *,
        stop: StopWhen | None = None,
        on_event: Callable[[Event], None] | None = None,
        keep_events: bool = True,
    ) -> InputProcess:
        """Start the input's process and return at once."""
        scheme = self.introspection()
        stanzas = self._stanzas(None if scheme.use_single_instance else name)
        process = InputProcess(
            self._command(),
            input_run.environment(self.home, self.switches),
            self.switches.working_directory,
            input_run.input_definition(self._metadata(), stanzas),
            required=self.switches.required_event_fields,
            stop=stop,
            on_event=on_event,
            keep_events=keep_events,
            pipe_bytes=self.switches.pipe_bytes,
            reads=not self.switches.reads_nothing,
            at_end=self.log_stderr,
        )
        self._processes = [known for known in self._processes if known.running]
        self._processes.append(process)
        return process

    def _stanzas(self, name: str | None) -> dict[str, tuple[str, dict[str, str]]]:
        """One stanza, or with a single instance all that are enabled."""
        prefix = f"{self.scheme_name}://"
        names = [name] if name is not None else self.input_names()
        stanzas = {}
        for each in names:
            settings = self.input_settings(each)
            if settings is None:
                raise KeyError(f"there is no input {prefix}{each}")
            stanzas[prefix + each] = (self.app, settings)
        return stanzas

    def run_input(
        self,
        name: str,
        timeout: float = 120.0,
        kill_after_events: int | None = None,
        kill_after_seconds: float | None = None,
        terminate_after_events: int | None = None,
        terminate_after_seconds: float | None = None,
        on_event: Callable[[Event], None] | None = None,
        *,
        keep_events: bool = True,
    ) -> Run:
        """Run the input once to its end, or until it is stopped from outside."""
        stop = StopWhen(
            kill_after_events, kill_after_seconds, terminate_after_events, terminate_after_seconds
        )
        process = self.start_input(name, stop=stop, on_event=on_event, keep_events=keep_events)
        return process.wait(timeout)

    # -- what can be observed ---------------------------------------------------------------------

    def log_stderr(self, run: Run, script: str = "") -> None:
        """splunkd.log gets what a script writes to stderr ("Set up logging")."""
        if run.stderr:
            now = time.strftime("%m-%d-%Y %H:%M:%S.000 +0000", time.gmtime())
            script = script or self._command()[1]
            with (self.log_dir / "splunkd.log").open("a", encoding="utf-8") as log:
                for line in run.stderr.splitlines():
                    log.write(f'{now} ERROR ExecProcessor - message from "{script}" {line}\n')

    def log_text(self) -> str:
        """All logs of the add-on; splunkd's own log is not among them."""
        return "".join(
            path.read_text(encoding="utf-8", errors="replace")
            for path in sorted(self.log_dir.glob("*.log*"))
            if path.name != "splunkd.log"
        )

    @property
    def requests(self) -> list[str]:
        """Requests that came since the last :meth:`set`, ``METHOD path status``."""
        return self._router.requests()
