"""A Docker engine in namespaces of its own: its processes, mounts and network end with it."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hello.connectors.embedded.account import Account
from hello.connectors.embedded.command import Command
from hello.connectors.embedded.log import Log
from tests.docker.places import IMAGES
from tests.support.programs.program import Program

NO_NETWORK = ("--bridge=none", "--iptables=false", "--ip-forward=false", "--ip-masq=false")
CONTAINERD = Path("/run/containerd")
"""Hidden from the engine: it would use the containerd of the machine, outside of its namespaces."""


@contextmanager
def running_engine(folder: Path, *, own_network: bool) -> Iterator[None]:
    """Run the engine, and point `docker` at it; without a network of its own it changes nothing of ours."""
    CONTAINERD.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", CONTAINERD], check=True)
    if own_network:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    os.environ["DOCKER_HOST"] = f"unix://{folder}/docker.sock"
    engine = engine_in(folder, () if own_network else NO_NETWORK)
    try:
        engine.start()
        yield
    finally:
        engine.stop()
        engine.kill()


def engine_in(folder: Path, network: Sequence[str]) -> Program:
    places = (f"--data-root={IMAGES}", f"--exec-root={folder}/exec", f"--pidfile={folder}/docker.pid")
    argv = ("dockerd", f"--host={os.environ['DOCKER_HOST']}", *places, "--oom-score-adjust=0", *network)
    variables = (("PATH", os.environ["PATH"]),)
    command = Command(argv, Account(), Log(IMAGES.parent / "engine.log"), environment=variables)
    return Program("Docker", command, answers)


def remove_leftovers() -> None:
    """Remove the containers and volumes of a run that was killed."""
    for kind, listing in (("container", ("ls", "--all")), ("volume", ("ls",))):
        found = subprocess.run(
            ["docker", kind, *listing, "--quiet"], capture_output=True, text=True, check=True
        )
        if names := found.stdout.split():
            subprocess.run(["docker", kind, "rm", "--force", *names], stdout=subprocess.DEVNULL, check=True)


def answers() -> bool:
    asked = subprocess.run(["docker", "version"], capture_output=True, check=False)
    return asked.returncode == 0
