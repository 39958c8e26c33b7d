"""A proxy before PostgreSQL that can lose answers and connections."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias
from urllib.parse import SplitResult, parse_qs, urlsplit

from hello.connectors.postgres.engine import Database

Connect: TypeAlias = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


@dataclass
class Proxy:
    """Stands between a client and PostgreSQL; it passes no answers on while it `swallows` them."""

    connect: Connect
    swallows: bool = False
    swallowed: asyncio.Event = field(default_factory=asyncio.Event)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await self.connect()
        self.writers += [writer, inner_writer]
        await asyncio.gather(self._requests(reader, inner_writer), self._answers(inner_reader, writer))

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            writer.write(data)
        writer.close()

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            if self.swallows:
                self.swallowed.set()
            else:
                writer.write(data)
        writer.close()

    def cut(self) -> None:
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()
        self.swallows = False


def connect_to(url: SplitResult) -> Connect:
    """Find a server by its host, or by the folder of its Unix socket."""
    if url.hostname:
        return partial(asyncio.open_connection, url.hostname, url.port or 5432)
    place = parse_qs(url.query)
    return partial(asyncio.open_unix_connection, f"{place['host'][0]}/.s.PGSQL.{place['port'][0]}")


@asynccontextmanager
async def proxied(database: Database) -> AsyncIterator[tuple[Proxy, Database]]:
    """Yield the proxy, and the database as it is seen through it."""
    url = urlsplit(database.dsn)
    proxy = Proxy(connect_to(url))
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    login = url.netloc.partition("@")[0]
    through = url._replace(netloc=f"{login}@127.0.0.1:{port}", query="sslmode=disable")
    try:
        yield proxy, replace(database, dsn=through.geturl())
    finally:
        proxy.cut()
        server.close()
