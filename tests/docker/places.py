"""Where things lie: one folder in the repository for images and programs, which git passes over."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.paths import REPOSITORY

HERE = Path(__file__).parent
CACHE = REPOSITORY / ".docker"
IMAGES = CACHE / "engine"
CONFIG = CACHE / "config"


@contextmanager
def cache_locked() -> Iterator[None]:
    """Make the folder, and wait for another run; the lock ends with the process that holds it."""
    CACHE.mkdir(exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")
    with (CACHE / "lock").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
