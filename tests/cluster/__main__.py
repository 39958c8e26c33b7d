"""`python -m tests.cluster install` builds it, `run COMMAND` runs a command beside it, `up` a shell."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.cluster import cgroups
from tests.cluster.cluster import running_cluster
from tests.cluster.images import build_images
from tests.cluster.places import cache_locked
from tests.cluster.programs import ensure_programs
from tests.docker import places as docker_places
from tests.docker import programs as docker_programs
from tests.docker.engine import running_engine
from tests.support.programs.actions import main
from tests.support.programs.namespaces import in_namespaces

PACKAGE = "tests.cluster"


def install() -> int:
    with cache_locked():
        ensure_programs()
        with docker_places.cache_locked():
            docker_programs.ensure_programs()
            return in_namespaces(PACKAGE, "build-inside", own_network=False)


def build_inside(words: Sequence[str]) -> int:
    with running_engine(Path(words[0]), own_network=False):
        build_images()
    return 0


def run(command: Sequence[str]) -> int:
    """Return the command's exit code; what it started has ended with it."""
    with cache_locked():
        try:
            return in_namespaces(PACKAGE, "run-inside", *command, own_network=True)
        finally:
            cgroups.remove(f"hello-{PACKAGE.rpartition('.')[2]}-")


def up(words: Sequence[str]) -> int:
    """Give a person a shell with `kubectl` and `helm`."""
    return run(words or [os.environ.get("SHELL", "bash")])


def run_inside(words: Sequence[str]) -> int:
    """All that is spoken to is here, so no proxy of the environment is asked."""
    folder, *command = words
    os.environ |= {"CLUSTER_FOLDER": folder, "NO_PROXY": "*", "no_proxy": "*"}
    with running_cluster(Path(folder)):
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    actions = {"up": up, "build-inside": build_inside, "run-inside": run_inside}
    sys.exit(main(PACKAGE, install, run, actions, "install | up | run COMMAND"))
