"""`python -m tests.docker install` makes an engine and images; `... run COMMAND` runs a command beside it.

`... reproduce image` builds the product again without a cache and compares both builds.
"""

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.docker.engine import remove_leftovers, running_engine
from tests.docker.images import build_images, differences
from tests.docker.places import cache_locked
from tests.docker.programs import ensure_compose, ensure_programs, environment
from tests.support.programs.actions import main
from tests.support.programs.namespaces import in_namespaces
from tests.support.programs.progress import say

PACKAGE = "tests.docker"


def install() -> int:
    with cache_locked(), ThreadPoolExecutor() as threads:
        ensure_programs()
        compose = threads.submit(ensure_compose)
        code = in_namespaces(PACKAGE, "build-inside", own_network=False)
        compose.result()
        return code


def build_inside(words: Sequence[str]) -> int:
    with running_engine(Path(words[0]), own_network=False):
        build_images()
    return 0


def reproduce(_: Sequence[str]) -> int:
    with cache_locked():
        return in_namespaces(PACKAGE, "reproduce-inside", own_network=False)


def reproduce_inside(words: Sequence[str]) -> int:
    """Return 1 if a file differs."""
    with running_engine(Path(words[0]), own_network=False):
        different = differences()
    say("\n".join(different) or "both builds have the same files")
    return bool(different)


def run(command: Sequence[str]) -> int:
    """Return the command's exit code; what it started has ended with it."""
    with cache_locked():
        return in_namespaces(PACKAGE, "run-inside", *command, own_network=True)


def run_inside(words: Sequence[str]) -> int:
    folder, *command = words
    with running_engine(Path(folder), own_network=True):
        remove_leftovers()
        return subprocess.run(command, env=environment(), check=False).returncode


if __name__ == "__main__":
    others = {
        "build-inside": build_inside,
        "run-inside": run_inside,
        "reproduce": reproduce,
        "reproduce-inside": reproduce_inside,
    }
    sys.exit(main(PACKAGE, install, run, others))
