"""Servers that a killed Hello left running, found by their pid files."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from hello.connectors.embedded.termination import Steps, terminate


@dataclass(frozen=True, slots=True)
class OrphanedServer:
    pid_file: Path
    argument: Path
    """A unique argument on its command line, since the system reuses pids."""

    def pid(self) -> int | None:
        """Return the pid in the first line of the file, which another process may have now."""
        try:
            return int(self.pid_file.read_bytes().split(maxsplit=1)[0])
        except (FileNotFoundError, NotADirectoryError, IndexError, ValueError):
            return None

    def stop(self, steps: Steps) -> None:
        """Raise `EmbeddedError` if it does not exit."""
        pid = self.pid()
        if pid is not None and not self._is_gone(pid):
            terminate(pid, lambda: self._is_gone(pid), steps)

    def _is_gone(self, pid: int) -> bool:
        return f" {self.argument} " not in f" {command_line(pid)} "


def command_line(pid: int) -> str:
    """Return the command line, empty for a missing process or a zombie."""
    if sys.platform == "linux":
        try:
            return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" "))
        except (FileNotFoundError, ProcessLookupError):
            return ""
    listing = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(listing, check=False, capture_output=True, text=True).stdout.strip()  # noqa: S603
