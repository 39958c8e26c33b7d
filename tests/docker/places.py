"""Where things lie: one folder in the repository for images and programs, which git passes over."""

from contextlib import AbstractContextManager
from pathlib import Path

from tests.support.paths import REPOSITORY
from tests.support.programs.install_lock import folder_locked

HERE = Path(__file__).parent
CACHE = REPOSITORY / ".docker"
IMAGES = CACHE / "engine"
CONFIG = CACHE / "config"


def cache_locked() -> AbstractContextManager[None]:
    return folder_locked(CACHE)
