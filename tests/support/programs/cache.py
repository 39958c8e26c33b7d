"""One folder of the repository for what tests fetch, which git ignores."""

from tests.support.paths import REPOSITORY

CACHE = REPOSITORY / ".brokers"


def make_cache() -> None:
    """Make the folder, with a file that makes git ignore it."""
    CACHE.mkdir(exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")
