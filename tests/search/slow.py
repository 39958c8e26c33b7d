"""A TCP proxy before a search server that delays its answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from urllib.parse import urlsplit

from tests.support.latency import pass_on
from tests.support.programs.ports import HOST


@asynccontextmanager
async def slow(url: str, answers_s: float) -> AsyncIterator[str]:
    """Yield the URL of the proxy."""
    inner = urlsplit(url)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer), suppress(OSError):
            answers, requests = await asyncio.open_connection(inner.hostname, inner.port)
            with closing(requests):
                await asyncio.gather(pass_on(reader, requests, 0), pass_on(answers, writer, answers_s))

    server = await asyncio.start_server(serve, HOST, 0)
    try:
        yield f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
