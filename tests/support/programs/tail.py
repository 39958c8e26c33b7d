"""The last lines of what a program printed."""

from pathlib import Path

LINES = 40
BYTES = 64_000


def last_lines(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-LINES:]) or "it said nothing"


def tail(path: Path) -> str:
    """Quote the end of a log, and say where the rest is."""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - BYTES))
        return f"{last_lines(log.read().decode(errors='replace'))}\n(log: {path})"
