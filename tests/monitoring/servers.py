"""PostgreSQL over TCP, where toxiproxy can reach it, a Valkey for the cache, and another one for events."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_urlsafe
from urllib.parse import urlsplit

import asyncpg

from hello.connectors.embedded.command import Command
from hello.connectors.embedded.home import open_home
from hello.connectors.embedded.postgres import PORT
from hello.connectors.embedded.server import Server
from hello.connectors.embedded.servers import Servers, destroy, embedded_servers
from hello.connectors.embedded.valkey import running_valkey
from tests.support.http.running import migrate_once
from tests.support.programs.ports import HOST, free_port
from tests.support.servers import in_thread

SERVICE = "service"
GRANTS = """
    CREATE ROLE service LOGIN PASSWORD '{password}';
    GRANT ALL ON ALL TABLES IN SCHEMA public TO service;
    GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO service;
"""


@dataclass(frozen=True, slots=True)
class ReachableServers:
    """The API's role is no owner, so that privileges can be taken from it."""

    database_url: str = field(repr=False)
    service_url: str = field(repr=False)
    """For the role of the API, over TCP; another port of it may be a proxy's."""
    cache: Server
    broker: Server

    @property
    def address(self) -> str:
        """Of PostgreSQL, as `host:port`."""
        return urlsplit(self.service_url).netloc.rpartition("@")[2]

    def service_url_at(self, port: int) -> str:
        return self.service_url.replace(self.address, f"{HOST}:{port}")


@contextmanager
def reachable_servers(folder: Path) -> Iterator[ReachableServers]:
    """Remove their data at the end."""
    main, other = folder / "main", folder / "broker"
    try:
        with embedded_servers(main) as servers, open_home(other) as home, running_valkey(home) as broker:
            port = free_port()
            database_url = listen_on(servers, port)
            migrate_once(database_url)
            service_url = add_service_role(database_url, port)
            yield ReachableServers(database_url, service_url, servers.valkey, broker)
    finally:
        destroy(main)
        destroy(other)


def listen_on(servers: Servers, port: int) -> str:
    """Restart PostgreSQL so that it listens on the port, too; return its URL as its owner has it."""
    inner = servers.postgres.command

    def command() -> Command:
        given = inner()
        return replace(given, argv=(*given.argv, "-c", f"listen_addresses={HOST}", "-c", f"port={port}"))

    servers.postgres.stop()
    servers.postgres.command = command
    servers.postgres.start()
    return servers.database_url.replace(f"port={PORT}", f"port={port}")


def add_service_role(database_url: str, port: int) -> str:
    """Return its URL."""
    password = token_urlsafe(24)
    execute(database_url, GRANTS.format(password=password))
    return f"postgresql://{SERVICE}:{password}@{HOST}:{port}/hello?sslmode=disable"


def execute(database_url: str, statements: str) -> None:
    async def connect_and_execute() -> None:
        connection = await asyncpg.connect(database_url)
        try:
            await connection.execute(statements)
        finally:
            await connection.close()

    in_thread(lambda: asyncio.run(connect_and_execute()))
