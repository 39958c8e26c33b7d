"""A lock between test processes: only one of them installs a program."""

import fcntl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.support.programs.cache import CACHE


def install_lock() -> AbstractContextManager[None]:
    return folder_locked(CACHE)


@contextmanager
def folder_locked(folder: Path) -> Iterator[None]:
    """Make the folder, which git ignores, and wait for the process inside; the lock ends with its holder."""
    folder.mkdir(exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    with (folder / "lock").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
