"""One at a time: test processes that start together must not install the same thing together."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from tests.brokers.places import CACHE, make_cache


@contextmanager
def in_turn() -> Iterator[None]:
    """Wait for whoever is inside; the lock ends with the process that holds it."""
    make_cache()
    with (CACHE / "lock").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
