"""Directories that only their owner can write to, created atomically."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hello.connectors.embedded.account import Account
from hello.connectors.embedded.errors import EmbeddedError

PRIVATE, PASSABLE, READABLE = 0o700, 0o711, 0o755
UNFINISHED = ".new-"


def ensure_directory(path: Path, account: Account, mode: int = PRIVATE) -> None:
    """Create it; raise `EmbeddedError` if it has another owner or wider permissions than `mode`."""
    if not os.path.lexists(path):
        create(path, account, mode)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise EmbeddedError(f"{path} is in the way: it must be a directory")
    if (status.st_uid, status.st_mode & 0o777 & ~mode) != (account.uid, 0):
        expected = f"user {account.uid} with mode {mode:o}"
        raise EmbeddedError(
            f"{path} belongs to user {status.st_uid} with mode {status.st_mode & 0o777:o}, not to {expected}"
        )


def create(path: Path, account: Account, mode: int) -> None:
    fresh = unfinished(path)
    try:
        with opened(fresh) as directory:
            os.fchmod(directory, mode)
            account.own(directory)
        move(fresh, path)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def unfinished(path: Path) -> Path:
    """Create an empty private directory beside the path; `move` renames it to the path when complete."""
    return Path(tempfile.mkdtemp(prefix=path.name + UNFINISHED, dir=path.parent))


def move(fresh: Path, path: Path) -> None:
    """Rename the directory; do nothing if another process was faster."""
    try:
        fresh.rename(path)
    except OSError:
        if not path.is_dir():
            raise


def remove(path: Path) -> None:
    """Remove a file or a directory tree without following links."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def remove_unfinished(path: Path) -> None:
    """Remove unfinished directories that a killed process left beside the path."""
    for leftover in path.parent.glob(path.name + UNFINISHED + "*"):
        shutil.rmtree(leftover, ignore_errors=True)


def sync(path: Path) -> None:
    """Make the entries of a directory survive a power cut."""
    with opened(path) as directory:
        os.fsync(directory)


@contextmanager
def opened(path: Path) -> Iterator[int]:
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield directory
    finally:
        os.close(directory)
