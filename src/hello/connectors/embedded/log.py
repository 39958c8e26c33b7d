"""The log of one server, and the last error in it."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

LARGE_BYTES = 10_000_000
TAIL_BYTES = 64_000
CREATE = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
PREFIX = re.compile(r"^(\d{4}-\d\d-\d\d [\d:.]+ \S+ \[\d+\] |\d+:\w \d+ \w+ \d{4} [\d:.]+ \S )")
SERIOUS = re.compile(r"\b(FATAL|PANIC|ERROR|error):|^[\w./-]+: could not access ")


@dataclass(frozen=True, slots=True)
class Log:
    path: Path

    def mark(self) -> int:
        """Rotate a large log to `.old`; return the offset of the next line in bytes."""
        if self._size() > LARGE_BYTES:
            self.path.replace(self.path.with_suffix(".log.old"))
        return self._size()

    def open(self) -> int:
        """Open the log for appending, with access for its owner only."""
        return os.open(self.path, CREATE, 0o600)

    def last_error(self, since: int) -> str:
        """Return the line after the mark that best explains a failure, and the path of the log."""
        lines = self._read(since).splitlines()
        line = error_line([PREFIX.sub("", line) for line in lines if line.strip()])
        return f"{line or 'no output'} (log: {self.path})"

    def says(self, words: str, since: int) -> bool:
        """Search everything after the mark, where remains of a killed server may write too."""
        return words in self._read(since)

    def _read(self, since: int) -> str:
        with self.path.open("rb") as log:
            log.seek(max(since, self._size() - TAIL_BYTES))
            return log.read().decode(errors="replace")

    def _size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0


def error_line(lines: list[str]) -> str:
    serious = [number for number, line in enumerate(lines) if SERIOUS.search(line)]
    at = serious[-1] if serious else len(lines) - 1
    detail = [line for line in lines[at + 1 : at + 2] if line.startswith("DETAIL:")]
    return " ".join(" ".join([*lines[at : at + 1], *detail]).split())
