"""Virtual environments for programs from PyPI whose dependencies do not fit those of the project."""

import shutil
import sys
from pathlib import Path

from tests.support.programs.commands import Words, run
from tests.support.programs.install_lock import install_lock
from tests.support.programs.progress import say

INSTALL_S = 900


def ensure(name: str, requirements: Path, folder: Path) -> Path:
    """Return the folder of its programs, made anew for other pins; raise `ProgramError` when that fails."""
    stamp = folder / "requirements.txt"
    wanted = requirements.read_text()
    with install_lock():
        if not stamp.exists() or stamp.read_text() != wanted:
            say(f"installing {name}")
            install(requirements, folder)
            stamp.write_text(wanted)
    return folder / "bin"


def install(requirements: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    uv: Words = [sys.executable, "-m", "uv"]
    run([*uv, "venv", "--quiet", "--python", sys.executable, folder], timeout_s=INSTALL_S)
    install_into = [*uv, "pip", "install", "--quiet", "--no-deps", "--python", folder / "bin" / "python"]
    run([*install_into, "--requirement", requirements], timeout_s=INSTALL_S)
