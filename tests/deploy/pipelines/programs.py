"""The linters of the pipelines: actionlint from Go, zizmor and shellcheck from PyPI."""

from pathlib import Path

from tests.support.paths import REPOSITORY
from tests.support.programs import golang, venvs
from tests.support.programs.install_lock import install_lock

CACHE = REPOSITORY / ".pipelines"
ACTIONLINT_VERSION = "v1.7.12"
ACTIONLINT = CACHE / "bin" / f"actionlint-{ACTIONLINT_VERSION}"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def ensure_linters() -> Path:
    """Return the folder with zizmor and shellcheck; raise `ProgramError` when one cannot be installed."""
    CACHE.mkdir(exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")
    with install_lock():
        golang.ensure(
            "actionlint", "github.com/rhysd/actionlint/cmd/actionlint", ACTIONLINT_VERSION, ACTIONLINT
        )
    return venvs.ensure("zizmor and shellcheck", REQUIREMENTS, CACHE / "linters")
