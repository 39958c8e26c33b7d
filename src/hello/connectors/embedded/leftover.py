"""Servers of a former Hello that was killed, found by their pid file."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from hello.connectors.embedded.ending import Steps, end


@dataclass(frozen=True, slots=True)
class Leftover:
    pid_file: Path
    argument: Path
    """Something on its command line that no other process has; pids are used again."""

    def pid(self) -> int | None:
        """Read it from the first line of the file, whoever has that pid now."""
        try:
            return int(self.pid_file.read_bytes().split(maxsplit=1)[0])
        except (FileNotFoundError, NotADirectoryError, IndexError, ValueError):
            return None

    def stop(self, steps: Steps) -> None:
        """Raise `EmbeddedError` when it does not end."""
        pid = self.pid()
        if pid is not None and not self._is_gone(pid):
            end(pid, lambda: self._is_gone(pid), steps)

    def _is_gone(self, pid: int) -> bool:
        return f" {self.argument} " not in f" {command_line(pid)} "


def command_line(pid: int) -> str:
    """Empty when there is no such process, or only its exit code is left."""
    if sys.platform == "linux":
        try:
            return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" "))
        except (FileNotFoundError, ProcessLookupError):
            return ""
    listing = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(listing, check=False, capture_output=True, text=True).stdout.strip()  # noqa: S603
