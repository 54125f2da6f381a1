"""One process of a modular input, as splunkd starts, feeds, stops and buries it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Callable

from tests.standins.splunkd.stream import Event, StreamReader

_LAUNCHER = Path(__file__).with_name("launcher.py")
_F_SETPIPE_SZ = 1031


@dataclass(frozen=True)
class StopWhen:
    """When the process is stopped from outside: after so many events or seconds."""

    kill_after_events: int | None = None
    kill_after_seconds: float | None = None
    terminate_after_events: int | None = None
    terminate_after_seconds: float | None = None


@dataclass
class Run:
    """What a process did.

    Attributes:
        exit_code: As subprocess has it: negative is the signal that ended it.
        events: The complete events, unless they were not to be kept.
        event_count: How many complete events came.
        stdout: What it wrote, if this was no event stream (``--scheme`` …).
        stderr: What splunkd would put into splunkd.log.
        seconds: From start to end.
        cpu_seconds: User and system time.
        peak_rss_kib: Largest resident set.
        stream_error: What is wrong with the event stream, None if nothing.
        timed_out: It had to be killed because it did not end in time.
    """

    exit_code: int = 0
    events: list[Event] = field(default_factory=list)
    event_count: int = 0
    stdout: str = ""
    stderr: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_rss_kib: int = 0
    stream_error: str | None = None
    timed_out: bool = False


class InputProcess:
    """A running process; everything it writes is read at once, unless we are not to read.

    Args:
        command: Program and arguments.
        environment: Its whole environment.
        directory: Its working directory.
        stdin: What it reads on standard input.
        reader: Makes the reader of its event stream; None: standard output is kept as text.
        stop: When to stop it.
        on_event: Called with each event, in a thread of its own.
        keep_events: Whether ``Run.events`` is filled.
        pipe_bytes: Size of the pipe between the process and us.
        reads: Whether its standard output is read before :meth:`read_on` says so.
        at_end: Called once with the finished run.
    """

    def __init__(
        self,
        command: list[str],
        environment: dict[str, str],
        directory: str,
        stdin: str,
        *,
        required: tuple[str, ...] | None = None,
        stop: StopWhen | None = None,
        on_event: Callable[[Event], None] | None = None,
        keep_events: bool = True,
        pipe_bytes: int | None = None,
        reads: bool = True,
        at_end: Callable[[Run], None] | None = None,
    ) -> None:
        self._at_end = at_end
        self._stop = stop or StopWhen()
        self._on_event = on_event
        self._keep_events = keep_events
        self._run = Run()
        self._finished = threading.Event()
        self._reads = threading.Event()
        self._reader_crashed = False
        if reads:
            self._reads.set()
        self._killed = False
        self._signal_lock = threading.Lock()
        self._timers: list[threading.Timer] = []
        self._stream = StreamReader(self._received, required) if required is not None else None
        self._output: list[bytes] = []
        self._started = time.monotonic()
        self._popen, report = _launch(command, environment, directory, pipe_bytes)
        self._report = os.fdopen(report, "rb")
        self.pid = self._read_pid()
        self._threads = [
            threading.Thread(target=self._write_stdin, args=(stdin,), daemon=True),
            threading.Thread(target=self._read_stdout, daemon=True),
            threading.Thread(target=self._read_stderr, daemon=True),
            threading.Thread(target=self._await_end, daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        self._timer(self._stop.kill_after_seconds, self.kill)
        self._timer(self._stop.terminate_after_seconds, self.terminate)

    def _read_pid(self) -> int:
        line = self._report.readline()
        if not line:
            raise RuntimeError("the input's process could not be started")
        return int(json.loads(line)["pid"])

    def _timer(self, seconds: float | None, action: Callable[[], None]) -> None:
        if seconds is not None:
            timer = threading.Timer(seconds, action)
            timer.daemon = True
            self._timers.append(timer)
            timer.start()

    def terminate(self) -> None:
        """SIGTERM: what splunkd sends when an input is disabled or splunkd stops."""
        self._send(signal.SIGTERM)

    def read_on(self) -> None:
        """Read what was left in the pipe, and all that follows."""
        self._reads.set()

    def crash_reader(self) -> None:
        """The end of splunkd: what it had not read by then is read by nobody."""
        self._reader_crashed = True
        self._reads.set()

    @property
    def unread_bytes(self) -> int:
        """How much the process has written that nobody has read."""
        count = fcntl.ioctl(_pipe(self._popen.stdout).fileno(), termios.FIONREAD, bytes(4))
        return int.from_bytes(count, sys.byteorder)

    def kill(self) -> None:
        """SIGKILL: the machine's out-of-memory killer, a hard stop."""
        self._killed = True
        self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        with self._signal_lock:
            if not self._finished.is_set():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, number)

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return not self._finished.is_set()

    @property
    def event_count(self) -> int:
        """Events received so far."""
        return self._run.event_count

    def wait(self, timeout: float = 120.0) -> Run:
        """Wait for its end; one that does not end in time is killed and marked so."""
        if not self._finished.wait(timeout):
            self._run.timed_out = True
            self.kill()
        self.read_on()
        for thread in self._threads:
            thread.join()
        self._popen.wait()
        for timer in self._timers:
            timer.cancel()
        if self._stream is not None:
            self._stream.close(cut=self._killed or self._reader_crashed)
            self._run.stream_error = self._stream.error
        self._run.stdout = b"".join(self._output).decode("utf-8", "replace")
        at_end, self._at_end = self._at_end, None
        if at_end is not None:
            at_end(self._run)
        return self._run

    def _write_stdin(self, text: str) -> None:
        pipe = _pipe(self._popen.stdin)
        with contextlib.suppress(BrokenPipeError):
            pipe.write(text.encode("utf-8"))
            pipe.flush()
        with contextlib.suppress(BrokenPipeError):
            pipe.close()

    def _read_stdout(self) -> None:
        pipe = _pipe(self._popen.stdout)
        descriptor = pipe.fileno()
        self._reads.wait()
        while not self._reader_crashed:
            data = os.read(descriptor, 1 << 16)
            if not data:
                break
            if self._stream is None:
                self._output.append(data)
            else:
                self._stream.feed(data)
        pipe.close()

    def _read_stderr(self) -> None:
        pipe = _pipe(self._popen.stderr)
        self._run.stderr = pipe.read().decode("utf-8", "replace")
        pipe.close()

    def _await_end(self) -> None:
        line = self._report.readline()
        with self._signal_lock:
            self._finished.set()
        self._report.close()
        self._run.seconds = time.monotonic() - self._started
        if not line:
            self._run.exit_code = -signal.SIGKILL
            return
        result = json.loads(line)
        status = int(result["status"])
        self._run.exit_code = (
            -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        )
        self._run.cpu_seconds = float(result["cpu"])
        self._run.peak_rss_kib = int(result["rss"])

    def _received(self, event: Event) -> None:
        run = self._run
        run.event_count += 1
        if self._keep_events:
            run.events.append(event)
        if self._on_event is not None:
            self._on_event(event)
        if run.event_count == self._stop.kill_after_events:
            self.kill()
        if run.event_count == self._stop.terminate_after_events:
            self.terminate()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def _launch(
    command: list[str], environment: dict[str, str], directory: str, pipe_bytes: int | None
) -> tuple[subprocess.Popen[bytes], int]:
    """Start the launcher with a pipe on which it reports."""
    report_read, report_write = os.pipe()
    launcher = [os.path.realpath(sys.executable), "-I", "-S", str(_LAUNCHER)]
    popen = subprocess.Popen(
        [*launcher, str(report_write), directory, json.dumps(environment), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={},
        pass_fds=(report_write,),
        start_new_session=True,
    )
    os.close(report_write)
    if pipe_bytes is not None:
        fcntl.fcntl(_pipe(popen.stdout), _F_SETPIPE_SZ, pipe_bytes)
    return popen, report_read
