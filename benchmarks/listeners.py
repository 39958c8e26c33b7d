"""Who listens on a port of this machine: a figure is worth nothing when another server answered."""

import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from benchmarks.errors import BenchError
from benchmarks.family import PROC, Member

HOST = "127.0.0.1"
LISTENING = "0A"
ADDRESS, STATE, INODE = 1, 3, 9  # the columns of /proc/net/tcp


def free_port() -> int:
    """Raise `BenchError` when somebody listens on the port that the kernel calls free."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = int(probe.getsockname()[1])
    refuse_busy(port)
    return port


def refuse_busy(port: int) -> None:
    if listeners(port):
        raise BenchError(f"somebody listens on port {port} already")


def is_theirs(port: int, members: Iterable[Member]) -> bool:
    """Whether there is a listener, and none that is not theirs: two can share a port."""
    found = listeners(port)
    return bool(found) and found <= set(sockets_of(members))


def listeners(port: int) -> set[str]:
    """Return the inodes of the sockets that listen on the port, whatever the address."""
    rows = [row.split() for table in ("tcp", "tcp6") for row in rows_of(PROC / "net" / table)]
    return {row[INODE] for row in rows if row[STATE] == LISTENING and row[ADDRESS].endswith(f":{port:04X}")}


def rows_of(table: Path) -> list[str]:
    return table.read_text().splitlines()[1:] if table.exists() else []


def sockets_of(members: Iterable[Member]) -> Iterator[str]:
    """Yield the inodes of all sockets that the processes hold."""
    for member in members:
        with suppress(FileNotFoundError, ProcessLookupError):
            for descriptor in (PROC / str(member.pid) / "fd").iterdir():
                yield from socket_behind(descriptor)


def socket_behind(descriptor: Path) -> Iterator[str]:
    with suppress(FileNotFoundError, ProcessLookupError):
        target = str(descriptor.readlink())
        if target.startswith("socket:["):
            yield target[len("socket:[") : -1]
