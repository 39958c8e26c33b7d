"""A PostgreSQL over TCP and its synchronous standby, which can take its place."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from hello.connectors.embedded.cluster import NAME, Cluster, cluster_of
from hello.connectors.embedded.command import Command
from hello.connectors.embedded.directories import ensure_directory
from hello.connectors.embedded.home import Home, open_home
from hello.connectors.embedded.postgres import OPTIONS, STOP_STEPS, WHEEL, has_status
from hello.connectors.embedded.programs import runnable
from hello.connectors.embedded.server import Server
from hello.connectors.embedded.servers import Servers, destroy
from tests.chaos.facts import connection_to
from tests.chaos.random_kills import KillableServer
from tests.chaos.waiting import until
from tests.monitoring.servers import listen_on
from tests.support.programs.ports import HOST, free_port

COPY_S, SYNCED_S = 120, 60
STATE = "SELECT sync_state FROM pg_stat_replication"


@dataclass(frozen=True, slots=True)
class Pair:
    """`url` leads to the one of the two that takes writes; each of the others to its own server."""

    url: str
    primary_url: str
    standby_url: str
    primary: Server
    standby: Server

    async def synchronize(self) -> None:
        """Acknowledge from now on only what both have on disk."""
        async with connection_to(self.primary_url) as connection:
            await connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{NAME}'")
            await connection.execute("SELECT pg_reload_conf()")
        await until(self._state, wanted="sync", patience_s=SYNCED_S)

    async def disconnect(self) -> None:
        """Let the standby receive nothing more."""
        async with connection_to(self.standby_url) as connection:
            await connection.execute(f"ALTER SYSTEM SET primary_conninfo = 'host={HOST} port=1'")
            await connection.execute("SELECT pg_reload_conf()")
        await until(self._state, wanted="", patience_s=SYNCED_S)

    async def _state(self) -> str:
        """Return `sync`, `async` or another state, nothing without a connection of the standby."""
        async with connection_to(self.primary_url) as connection:
            return str(await connection.fetchval(STATE) or "")

    def kill_primary(self) -> None:
        KillableServer(self.primary).kill()

    async def promote(self) -> None:
        """Return when the standby takes writes."""
        async with connection_to(self.standby_url) as connection:
            assert await connection.fetchval("SELECT pg_promote()"), "the standby was not promoted in time"


@contextmanager
def replicated(servers: Servers, folder: Path) -> Iterator[Pair]:
    """Let PostgreSQL listen on a port, and run a standby of it in the folder, which is removed at the end."""
    ports = free_port(), free_port()
    primary_url = with_hosts(listen_on(servers, ports[0]), ports[:1])
    try:
        with open_home(folder) as home, runnable(WHEEL, home.account) as program:
            standby = standby_of(primary_url, home, program, ports[1])
            standby.start()
            try:
                yield Pair(
                    with_hosts(primary_url, ports), primary_url, standby.url, servers.postgres, standby
                )
            finally:
                standby.stop()
    finally:
        destroy(folder)


def with_hosts(url: str, ports: tuple[int, ...]) -> str:
    """Return the URL of all these servers, of which the one is meant that takes writes."""
    password = urlsplit(url).password
    hosts = ",".join(f"{HOST}:{port}" for port in ports)
    target = "?target_session_attrs=read-write" if len(ports) > 1 else ""
    return f"postgresql://{NAME}:{password}@{hosts}/{NAME}{target}"


def standby_of(primary_url: str, home: Home, program: Path, port: int) -> Server:
    """Copy the primary; `-R` writes where the standby finds it."""
    cluster = cluster_of(home.base)
    ensure_directory(cluster.path, home.account)
    source = f"{primary_url}?application_name={NAME}"
    options = ("-R", "--wal-method=stream", "--checkpoint=fast", "-D", cluster.data, "-d", source)
    copy = (program.with_name("pg_basebackup"), *options)
    Command(copy, home.account, home.log("copy")).run(COPY_S)
    return Server(
        name="the standby",
        url=with_hosts(primary_url, (port,)),
        command=partial(command, home, program, cluster, port),
        is_ready=partial(has_status, cluster, "ready"),
        stop_steps=STOP_STEPS,
    )


def command(home: Home, program: Path, cluster: Cluster, port: int) -> Command:
    own = {"listen_addresses": HOST, "port": str(port), "unix_socket_directories": str(home.run)}
    settings = [text for name, value in (OPTIONS | own).items() for text in ("-c", f"{name}={value}")]
    return Command((program, "-D", cluster.data, *settings), home.account, home.log("postgres"))
