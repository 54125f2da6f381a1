"""One container of Splunk's official image, by the docker command.

Its variables: https://splunk.github.io/docker-splunk/ and github.com/splunk/docker-splunk. Since
Splunk 10, SPLUNK_GENERAL_TERMS must state consent (github.com/splunk/splunk-sdk-python/pull/635).
"""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from types import TracebackType

IMAGE = "splunk/splunk:10.2"
TENANT = "tenant.example.test"
"""What the container calls the machine that runs it."""

CONSENT = ("SPLUNK_GENERAL_TERMS", "SPLUNK_START_ARGS")
SECRETS = ("SPLUNK_PASSWORD", "SPLUNK_HEC_TOKEN")
MANAGEMENT = 8089
HEC = 8088
START_SECONDS = 900.0
HOME = "/opt/splunk"


class ContainerError(Exception):
    """Docker or the container did not do as it should."""


def run_arguments(image: str) -> list[str]:
    """Returns the arguments of `docker` that start the container; prints its id.

    Consent, password and token are passed on by name, so that no argument holds them.
    """
    variables = [part for name in (*CONSENT, *SECRETS) for part in ("--env", name)]
    ports = [part for port in (MANAGEMENT, HEC) for part in ("--publish", f"127.0.0.1::{port}")]
    return ["run", "--detach", *variables, "--add-host", f"{TENANT}:host-gateway", *ports, image]


class Container:
    """A Splunk that runs while the context lasts.

    Args:
        password: Of its user admin.
        hec_token: Of its HTTP Event Collector.
        image: Which Splunk.
        keep: Whether it stays when the context ends.
    """

    def __init__(self, password: str, hec_token: str, image: str, *, keep: bool) -> None:
        self._secrets = dict(zip(SECRETS, (password, hec_token)))
        self._image = image
        self._keep = keep
        self.name = ""

    def __enter__(self) -> Container:
        self.name = self._docker(*run_arguments(self._image)).strip()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._keep:
            print(f"The container goes on: docker rm --force {self.name}")
        else:
            self._docker("rm", "--force", "--volumes", self.name)

    def wait_until_healthy(self) -> None:
        """Waits for the image's own health check.

        Raises:
            ContainerError: when it ends, or takes too long.
        """
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            form = "{{.State.Status}} {{.State.Health.Status}}"
            state, health = self._docker("inspect", "--format", form, self.name).split()
            if state != "running":
                raise ContainerError(f"the container is {state}:\n{self.logs()}")
            if health == "healthy":
                return
            time.sleep(5)
        raise ContainerError(f"Splunk did not start in {START_SECONDS:.0f} s:\n{self.logs()}")

    def logs(self) -> str:
        """The end of what the container has printed."""
        return self._docker("logs", "--tail", "40", self.name)

    def port(self, inside: int = MANAGEMENT) -> int:
        """Where a port of the container is on this machine."""
        told = self._docker("port", self.name, f"{inside}/tcp")
        return int(told.splitlines()[0].rpartition(":")[2])

    def put(self, file: Path, target: str) -> None:
        """Copies a file into the container, readable for Splunk."""
        self._docker("cp", str(file), f"{self.name}:{target}")
        self.execute("chmod", "0644", target, user="root")

    def fetch(self, source: str, target: Path) -> None:
        """Copies a file out of the container."""
        self._docker("cp", f"{self.name}:{source}", str(target))

    def execute(self, *command: str, user: str = "splunk", must_succeed: bool = True) -> str:
        """Runs a command in the container; returns what it prints."""
        arguments = ("exec", "--user", user, self.name, *command)
        return self._docker(*arguments, must_succeed=must_succeed)

    def _docker(self, *arguments: str, must_succeed: bool = True) -> str:
        done = subprocess.run(
            ["docker", *arguments],
            env={**os.environ, **self._secrets},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode and must_succeed:
            raise ContainerError(f"docker {arguments[0]}: {done.stdout.strip()}")
        return done.stdout
