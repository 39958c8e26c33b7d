"""Programs that run to their end, and those that must be on this machine."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from tests.support.programs.errors import ProgramError
from tests.support.programs.tail import last_lines

Words: TypeAlias = Sequence[str | Path]


def run(command: Words, *, timeout_s: float, environment: Mapping[str, str] | None = None) -> None:
    """Raise `ProgramError` with its last lines when it fails or takes too long.

    It may outlive us for a moment: a package manager that is killed leaves a broken machine.
    """
    try:
        done = subprocess.run(
            command,
            env=os.environ | (environment or {}),
            timeout=timeout_s,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    except subprocess.TimeoutExpired:
        raise ProgramError(f"{command[0]} took longer than {timeout_s:.0f} s") from None
    if done.returncode != 0:
        raise ProgramError(f"{command[0]} failed:\n{last_lines(done.stdout)}")


def path_of(program: str, package: str) -> Path:
    """Raise `ProgramError` when it is missing."""
    found = shutil.which(program)
    if found is None:
        raise ProgramError(f"{program} is missing: install it, on Debian with `apt-get install {package}`")
    return Path(found)
