"""Programs of the distribution: installed if they are missing and this is allowed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.programs.commands import Words, run
from tests.support.programs.errors import ProgramError
from tests.support.programs.install_lock import install_lock
from tests.support.programs.progress import say

INSTALL_S = 900
POLICY = Path("/usr/sbin/policy-rc.d")
NO_SERVICE = "#!/bin/sh\nexit 101\n"
APT: Words = ["apt-get", "-o", "DPkg::Lock::Timeout=300"]


def ensure_package(package: str, program: Path) -> Path:
    """Return the program; raise `ProgramError` if it is missing and cannot be installed."""
    with install_lock():
        if not program.exists():
            install(package)
    return program


def install(package: str) -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise ProgramError(
            f"{package} is missing: install it as root, on Debian with "
            f"`apt-get install --no-install-recommends {package}`; it need not run as a service"
        )
    say(f"installing {package}")
    environment = {"DEBIAN_FRONTEND": "noninteractive"}
    run([*APT, "update"], timeout_s=INSTALL_S, environment=environment)
    with no_service_starts():
        command: Words = [*APT, "install", "-y", "--no-install-recommends", package]
        run(command, timeout_s=INSTALL_S, environment=environment)


@contextmanager
def no_service_starts() -> Iterator[None]:
    """Forbid it to packages that are installed meanwhile; where there is such a policy, it stays."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text(NO_SERVICE)
    try:
        POLICY.chmod(0o755)
        yield
    finally:
        POLICY.unlink()
