"""RabbitMQ of the distribution: installed when it is missing and we may do that."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.brokers.commands import Words, run
from tests.brokers.errors import BrokerError
from tests.brokers.progress import say
from tests.brokers.turns import in_turn

INSTALL_S = 900
PACKAGE = "rabbitmq-server"
PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""Not the one in /usr/sbin, which becomes another user and writes to /var."""
POLICY = Path("/usr/sbin/policy-rc.d")
NO_SERVICE = "#!/bin/sh\nexit 101\n"


def ensure_rabbitmq() -> Path:
    """Return the program; raise `BrokerError` when it is missing and cannot be installed."""
    with in_turn():
        if not PROGRAM.exists():
            install()
    return PROGRAM


def install() -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise BrokerError(
            f"RabbitMQ is missing: install it as root, on Debian with "
            f"`apt-get install --no-install-recommends {PACKAGE}`; it need not run as a service"
        )
    say("installing RabbitMQ")
    apt: Words = ["apt-get", "-o", "DPkg::Lock::Timeout=300"]
    environment = {"DEBIAN_FRONTEND": "noninteractive"}
    run([*apt, "update"], timeout_s=INSTALL_S, environment=environment)
    with no_service_starts():
        command: Words = [*apt, "install", "-y", "--no-install-recommends", PACKAGE]
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
