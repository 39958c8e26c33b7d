"""Programs that run to their end."""

import shutil
import signal
import subprocess
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from benchmarks.errors import BenchError
from hello.core.processes import die_with_parent

Words: TypeAlias = Sequence[str | Path]
LAST_LINES = 12


def run(
    command: Words,
    *,
    timeout_s: float,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    good: Collection[int] = (0,),
) -> str:
    """Return what it prints; raise `BenchError` with its last words when it fails or takes too long."""
    try:
        done = subprocess.run(  # noqa: S603
            command,
            cwd=cwd,
            env=environment,
            timeout=timeout_s,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )
    except subprocess.TimeoutExpired:
        raise BenchError(f"{command[0]} took longer than {timeout_s:.0f} s") from None
    if done.returncode not in good:
        raise BenchError(f"{command[0]} failed:\n{last_lines(done.stdout + done.stderr)}")
    return done.stdout


def last_lines(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-LAST_LINES:])


def path_of(program: str) -> Path:
    """Raise `BenchError` when it is not installed."""
    found = shutil.which(program)
    if found is None:
        raise BenchError(f"{program} is not installed")
    return Path(found)
