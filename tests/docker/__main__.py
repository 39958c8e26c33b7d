"""`python -m tests.docker install` makes an engine and images; `... run COMMAND` runs a command beside it."""

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.brokers.errors import BrokerError
from tests.docker.engine import in_namespaces, remove_leftovers, running_engine
from tests.docker.images import build_images
from tests.docker.places import cache_locked
from tests.docker.programs import ensure_compose, ensure_programs, environment
from tests.docker.progress import say

USAGE = "usage: python -m tests.docker install | run COMMAND"


def main(arguments: Sequence[str]) -> int:
    try:
        match arguments:
            case ["install"]:
                return install()
            case ["run", *command] if command:
                return run(command)
            case ["build-inside", folder]:
                return build_inside(Path(folder))
            case ["run-inside", folder, *command]:
                return run_inside(Path(folder), command)
    except BrokerError as error:
        say(str(error))
        return 1
    say(USAGE)
    return 2


def install() -> int:
    with cache_locked(), ThreadPoolExecutor() as threads:
        ensure_programs()
        compose = threads.submit(ensure_compose)
        code = in_namespaces("build-inside", own_network=False)
        compose.result()
        return code


def build_inside(folder: Path) -> int:
    with running_engine(folder, own_network=False):
        build_images()
    return 0


def run(command: Sequence[str]) -> int:
    """Return the command's exit code; what it started has ended with it."""
    with cache_locked():
        return in_namespaces("run-inside", *command, own_network=True)


def run_inside(folder: Path, command: Sequence[str]) -> int:
    with running_engine(folder, own_network=True):
        remove_leftovers()
        return subprocess.run(command, env=environment(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
