"""Where things lie: beside this file, and one folder in the repository for all that git does not keep."""

from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".brokers"


def make_cache() -> None:
    """Make a folder that git passes over by itself."""
    CACHE.mkdir(exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")
