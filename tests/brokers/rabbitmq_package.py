"""RabbitMQ of the distribution."""

from pathlib import Path

from tests.support.programs.debian import ensure_package

PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""Not the one in /usr/sbin, which becomes another user and writes to /var."""


def ensure_rabbitmq() -> Path:
    """Return the program; raise `ProgramError` when it is missing and cannot be installed."""
    return ensure_package("rabbitmq-server", PROGRAM)
