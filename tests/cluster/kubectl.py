"""kubectl and Helm, as a person would call them."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.support.programs.errors import ProgramError


def kubectl(*words: str | Path, stdin: str = "") -> str:
    return call("kubectl", words, stdin)


def helm(*words: str | Path) -> str:
    return call("helm", words)


def call(program: str, words: Sequence[str | Path], stdin: str = "") -> str:
    """Return what it prints; raise `ProgramError` with that when it fails."""
    done = subprocess.run([program, *words], input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ProgramError(f"{program} {' '.join(map(str, words))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()
