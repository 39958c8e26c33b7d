"""The system-wide state directory, for data directories that the servers' user cannot access."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hello.connectors.embedded.account import Account
from hello.connectors.embedded.directories import READABLE, ensure_directory
from hello.connectors.embedded.lock import acquire

STATE = Path("/var/lib/hello")
COPIES = "bin"


def digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


@contextmanager
def state_in_use(state: Path) -> Iterator[None]:
    """Create the directory if missing, and prevent its removal during the block."""
    lock = lock_shared(state)
    try:
        yield
    finally:
        os.close(lock)


def lock_shared(state: Path) -> int:
    while True:
        ensure_directory(state, Account(), READABLE)
        with suppress(FileNotFoundError):
            return acquire(state, fcntl.LOCK_SH, os.O_RDONLY | os.O_DIRECTORY)


def remove_unused(state: Path) -> None:
    """Remove the copied programs and the directory itself unless another process uses them."""
    with suppress(FileNotFoundError, BlockingIOError):
        lock = acquire(state, fcntl.LOCK_EX | fcntl.LOCK_NB, os.O_RDONLY | os.O_DIRECTORY)
        try:
            remove_copies(state)
        finally:
            os.close(lock)


def remove_copies(state: Path) -> None:
    if all(path.name == COPIES for path in state.iterdir()):
        shutil.rmtree(state / COPIES, ignore_errors=True)
        state.rmdir()
