"""A lock between test processes: only one of them installs a program."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.programs.cache import CACHE, make_cache


@contextmanager
def install_lock() -> Iterator[None]:
    """Wait for the process inside; the lock ends with the process that holds it."""
    make_cache()
    with (CACHE / "lock").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
