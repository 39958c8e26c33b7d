"""Ports of this machine that nobody uses, and that stay free while a broker is down."""

import errno
import secrets
import socket

from tests.support.programs.errors import ProgramError

HOST = "127.0.0.1"
CHOICE = range(20_000, 32_000)
"""Below those that the kernel gives to clients: one that tries to reach a broker which is down would get the
broker's own port sooner or later, and keep it."""
TRIES = 100


def free_port() -> int:
    """Raise `ProgramError` when none is found."""
    for _ in range(TRIES):
        port = secrets.choice(CHOICE)
        if is_free(port):
            return port
    raise ProgramError(f"no free port found between {CHOICE.start} and {CHOICE.stop}")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True
