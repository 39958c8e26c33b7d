"""The log of one server, and its last words."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

LARGE_BYTES = 10_000_000
TAIL_BYTES = 64_000
CREATE = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
WHEN_AND_WHO = re.compile(r"^(\d{4}-\d\d-\d\d [\d:.]+ \S+ \[\d+\] |\d+:\w \d+ \w+ \d{4} [\d:.]+ \S )")
SERIOUS = re.compile(r"\b(FATAL|PANIC|ERROR|error):|^[\w./-]+: could not access ")


@dataclass(frozen=True, slots=True)
class Log:
    path: Path

    def mark(self) -> int:
        """Set a large log aside as `.old`; return where the next line begins, in bytes."""
        if self._size() > LARGE_BYTES:
            self.path.replace(self.path.with_suffix(".log.old"))
        return self._size()

    def open(self) -> int:
        """Return a file to append to, which only its owner reads."""
        return os.open(self.path, CREATE, 0o600)

    def last_words(self, since: int) -> str:
        """Quote the line after the mark that tells best what went wrong, and say where the others are."""
        lines = self._read(since).splitlines()
        said = meaning([WHEN_AND_WHO.sub("", line) for line in lines if line.strip()])
        return f"{said or 'it said nothing'} (log: {self.path})"

    def says(self, words: str, since: int) -> bool:
        """Look at all that was written after the mark: what is left of a killed server writes there too."""
        return words in self._read(since)

    def _read(self, since: int) -> str:
        with self.path.open("rb") as log:
            log.seek(max(since, self._size() - TAIL_BYTES))
            return log.read().decode(errors="replace")

    def _size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0


def meaning(lines: list[str]) -> str:
    serious = [number for number, line in enumerate(lines) if SERIOUS.search(line)]
    at = serious[-1] if serious else len(lines) - 1
    detail = [line for line in lines[at + 1 : at + 2] if line.startswith("DETAIL:")]
    return " ".join(" ".join([*lines[at : at + 1], *detail]).split())
