"""Where things lie: one folder in the repository for programs, images and logs, which git ignores."""

from contextlib import AbstractContextManager
from pathlib import Path

from tests.support.paths import REPOSITORY
from tests.support.programs.install_lock import folder_locked

HERE = Path(__file__).parent
CACHE = REPOSITORY / ".kubernetes"
BIN, IMAGES, LOGS = CACHE / "bin", CACHE / "images", CACHE / "logs"


def cache_locked() -> AbstractContextManager[None]:
    return folder_locked(CACHE)
