"""RabbitMQ of the distribution."""

from pathlib import Path

from tests.support.debian import ensure_package

PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""Not the one in /usr/sbin, which becomes another user and writes to /var."""


def ensure_rabbitmq() -> Path:
    """Return the program; raise `BrokerError` when it is missing and cannot be installed."""
    return ensure_package("rabbitmq-server", PROGRAM)
