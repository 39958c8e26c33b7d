"""The system's directory for what cannot lie in the data directory, as the servers' user cannot go there."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hello.connectors.embedded.account import Account
from hello.connectors.embedded.directories import READABLE, ensure_directory
from hello.connectors.embedded.lock import take

STATE = Path("/var/lib/hello")
COPIES = "bin"


def digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


@contextmanager
def state_in_use(state: Path) -> Iterator[None]:
    """Keep the directory from being removed during the block; make it when it is missing."""
    held = use(state)
    try:
        yield
    finally:
        os.close(held)


def use(state: Path) -> int:
    while True:
        ensure_directory(state, Account(), READABLE)
        with suppress(FileNotFoundError):
            return take(state, fcntl.LOCK_SH, os.O_RDONLY | os.O_DIRECTORY)


def tidy(state: Path) -> None:
    """Remove the copied programs and the directory itself, unless somebody uses them."""
    with suppress(FileNotFoundError, BlockingIOError):
        held = take(state, fcntl.LOCK_EX | fcntl.LOCK_NB, os.O_RDONLY | os.O_DIRECTORY)
        try:
            remove_copies(state)
        finally:
            os.close(held)


def remove_copies(state: Path) -> None:
    if all(path.name == COPIES for path in state.iterdir()):
        shutil.rmtree(state / COPIES, ignore_errors=True)
        state.rmdir()
