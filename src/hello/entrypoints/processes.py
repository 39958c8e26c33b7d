"""The processes of the service, each started by one command.

The functions import the application themselves: it is the slowest import.
"""

import asyncio
import socket
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from hello.connectors.embedded.servers import embedded_servers
from hello.core.logs import set_up_logs
from hello.core.settings import Settings
from hello.entrypoints import children
from hello.entrypoints.databases import migrate, settings_of
from hello.entrypoints.local_servers import ServerKeeper
from hello.entrypoints.supervisor import Child, Supervisor, WhenStarted
from hello.interface.listening import Listen, listener

LOOPBACK = "127.0.0.1"


def serve(settings: Settings, listen: Listen) -> None:
    """Serve in this process, or supervise child processes for several workers or `--reload`."""
    from hello.bootstrap.processes import serve_api  # noqa: PLC0415

    set_up_logs(settings.log_format, settings.log_level)
    with listener(listen.host, listen.port, listen.descriptor) as sock:
        if listen.workers > 1 or listen.reload:
            supervise(settings, listen, sock, children.no_welcome)
        else:
            serve_api(settings, sock)


def work(settings: Settings, listen: Listen, only: Collection[str]) -> None:
    """Run the background tasks in this process, with health and metrics on a separate port."""
    from hello.bootstrap.processes import serve_worker  # noqa: PLC0415

    set_up_logs(settings.log_format, settings.log_level)
    with listener(listen.host, listen.port, listen.descriptor) as sock:
        serve_worker(settings, sock, only)


def run(settings: Settings, listen: Listen, data_dir: Path) -> None:
    """Run the whole product on this machine, including its servers."""
    set_up_logs(settings.log_format, settings.log_level)
    with (
        listener(listen.host, listen.port) as sock,
        listener(LOOPBACK, 0) as worker_sock,
        ThreadPoolExecutor() as starter,
        embedded_servers(data_dir) as servers,
    ):
        local = settings_of(servers)
        migrate(local)
        worker = children.child_of("worker", worker_sock, children.environment_of(local))
        keepers = [
            ServerKeeper(server=server, starter=starter) for server in (servers.postgres, servers.valkey)
        ]
        with children.written_connections(data_dir, local):
            welcome = partial(children.welcome, sock, worker_sock, data_dir)
            supervise(local, listen, sock, welcome, worker, servers=keepers)


def supervise(
    settings: Settings,
    listen: Listen,
    sock: socket.socket,
    started: WhenStarted,
    *others: Child,
    servers: Sequence[ServerKeeper] = (),
) -> None:
    with children.api_children(settings, sock, listen.workers) as apis:
        watch = children.SOURCE if listen.reload else None
        supervisor = Supervisor(stop_timeout_s=settings.shutdown_timeout_s + children.GRACE_S)
        asyncio.run(supervisor.run([*apis, *others], started, watch, servers))
