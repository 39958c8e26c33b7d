"""A TCP proxy before a server's Unix socket that delays what passes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

HOST, CHUNK = "127.0.0.1", 1 << 16


@dataclass(frozen=True, slots=True)
class DelayingProxy:
    """Each chunk of the requests waits, then each chunk of the answers."""

    socket: str
    requests_s: float
    answers_s: float

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer), suppress(OSError):
            inner_reader, inner_writer = await asyncio.open_unix_connection(self.socket)
            with closing(inner_writer):
                await asyncio.gather(
                    pass_on(reader, inner_writer, self.requests_s),
                    pass_on(inner_reader, writer, self.answers_s),
                )


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_s: float) -> None:
    with closing(writer):
        while data := await reader.read(CHUNK):
            await asyncio.sleep(delay_s)
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def delayed(redis_url: str, requests_s: float = 0, answers_s: float = 0) -> AsyncIterator[str]:
    """Yield the URL of the proxy before the server of a `unix://` URL."""
    url = urlsplit(redis_url)
    proxy = DelayingProxy(url.path, requests_s, answers_s)
    server = await asyncio.start_server(proxy.serve, HOST, 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"redis://:{url.password}@{HOST}:{port}/0"
    finally:
        server.close()
