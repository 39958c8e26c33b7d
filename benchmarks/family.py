"""A process and its descendants, as the kernel tells of them."""

import ctypes
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
PROC = Path("/proc")
STATE, PARENT, STARTED = 0, 1, 19  # the fields of `stat` behind the name


@dataclass(frozen=True, slots=True)
class Member:
    """A process for good: its id may be given to another one later, but not with the same start."""

    pid: int
    started: int

    def lives(self) -> bool:
        fields = fields_of(self.pid)
        return fields is not None and int(fields[STARTED]) == self.started and fields[STATE] not in "ZX"

    def kill(self) -> None:
        if self.lives():
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


def family_of(pid: int) -> frozenset[Member]:
    """Return the process and all that descend from it."""
    parents = dict(everybody())
    members = {pid}
    while grown := {child.pid for child, parent in parents.items() if parent in members} - members:
        members |= grown
    return frozenset(member for member in parents if member.pid in members)


def everybody() -> Iterator[tuple[Member, int]]:
    """Yield every process with its parent's id."""
    for pid in (int(path.name) for path in PROC.iterdir() if path.name.isdigit()):
        if fields := fields_of(pid):
            yield Member(pid, int(fields[STARTED])), int(fields[PARENT])


def fields_of(pid: int) -> list[str] | None:
    """Return None when there is no such process; the name, which may hold anything, is left out."""
    try:
        return (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def living(members: Iterable[Member]) -> list[Member]:
    return [member for member in members if member.lives()]


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, so that none gets lost."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
