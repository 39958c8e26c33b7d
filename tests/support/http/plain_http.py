"""The smallest HTTP client, for tests that send very many requests: one connection, one request at a time."""

import asyncio
from urllib.parse import urlsplit


class PlainClient:
    """Connects at the first request."""

    def __init__(self, url: str) -> None:
        self.place = urlsplit(url)
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def request(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Return the status and the body."""
        if self.streams is None:
            self.streams = await asyncio.open_connection(self.place.hostname, self.place.port)
        reader, writer = self.streams
        kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: hello\r\n{kind}\r\n".encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = head.partition("content-length: ")[2].partition("\r\n")[0]
        return int(head.split()[1]), await reader.readexactly(int(length or 0))

    def close(self) -> None:
        if self.streams:
            self.streams[1].close()
