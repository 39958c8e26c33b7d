"""Programs of the distribution: installed when they are missing and we may do that."""

import os
import shutil
from pathlib import Path

from benchmarks.commands import path_of, run
from benchmarks.errors import BenchError
from benchmarks.progress import say

INSTALL_S = 600


def ensure(program: str, package: str) -> Path:
    """Return where it is; raise `BenchError` when it is missing and cannot be installed."""
    if shutil.which(program) is None:
        install(program, package)
    return path_of(program)


def install(program: str, package: str) -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise BenchError(f"{program} is missing: install it, on Debian with `apt-get install {package}`")
    say(f"installing {package}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update"], timeout_s=INSTALL_S, environment=environment)
    run(["apt-get", "install", "-y", package], timeout_s=INSTALL_S, environment=environment)
