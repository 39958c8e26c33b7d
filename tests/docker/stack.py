"""The product as Docker Compose runs it, and single containers of its image."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from hello.connectors.embedded.termination import wait_until
from tests.docker.images import BASE as IMAGE
from tests.support.paths import REPOSITORY

BASE, OVERRIDE, COVERAGE = (
    "docker-compose.yml",
    "docker-compose.override.yml",
    "docker-compose.coverage.yml",
)
QUICK = {
    "ORDER_CONFIRM_DELAY_S": "0.1",
    "ORDER_SHIP_DELAY_S": "0.1",
    "RATE_LIMIT_ACCOUNTS": "off",
}
ADDRESS = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
PATIENCE_S = 300


@dataclass(frozen=True, slots=True)
class Stack:
    """A project of Compose, its settings in a file, and variables of the shell."""

    env_file: Path
    files: tuple[str, ...] = (BASE,)
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        chosen = {"COMPOSE_ENV_FILES": str(self.env_file), "COMPOSE_FILE": ":".join(self.files)}
        return {**os.environ, **chosen, "BASE_IMAGE": IMAGE, **self.variables}

    def compose(self, *words: str) -> str:
        """Return what it prints; raise `AssertionError` with that when it fails."""
        done = self.tried(*words)
        assert done.returncode == 0, f"{' '.join(words)} failed:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def tried(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self._run(["docker", "compose", *words])

    def make(self, target: str) -> subprocess.CompletedProcess[str]:
        return self._run(["make", target])

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=REPOSITORY, env=self.environment, capture_output=True, text=True, check=False
        )

    def up(self) -> None:
        self.compose("up", "--detach", "--wait")

    def url(self, service: str, port: int) -> str:
        """Address the container itself: this machine is in its network."""
        return f"http://{docker('inspect', '--format', ADDRESS, self.container(service))}:{port}"

    def container(self, service: str) -> str:
        return self.compose("ps", "--all", "--quiet", service).strip()


@contextmanager
def removed_at_the_end(stack: Stack) -> Iterator[Stack]:
    try:
        yield stack
    finally:
        stack.compose("--profile=*", "down", "--volumes", "--remove-orphans")


def docker(*words: str | Path) -> str:
    """Return what it prints; raise `AssertionError` with that when it fails."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words} failed:\n{done.stdout}\n{done.stderr}"
    return (done.stdout + done.stderr if words[0] == "logs" else done.stdout).strip()


@contextmanager
def container(*words: str) -> Iterator[str]:
    """Run one in the background: options, the image, arguments."""
    name = docker("run", "--detach", *words)
    try:
        yield name
    finally:
        docker("rm", "--force", "--volumes", name)


def write_settings(path: Path, settings: Mapping[str, str]) -> Path:
    path.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    return path


def wait_until_ready(url: str) -> None:
    """Wait for the database to be back as well, after a restart."""
    assert wait_until(lambda: is_ready(url), PATIENCE_S), f"{url} is not ready"


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/v1/health/ready", timeout=5).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
