"""A cheap HTTP/1.1 client: it shares two cores with the service that it loads."""

import asyncio
from dataclasses import dataclass
from random import Random
from typing import Protocol
from urllib.parse import urlsplit

TIMEOUT_S, USES = 20.0, 200
BODILESS = (204, 304)
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Request:
    """`headers` are whole lines."""

    method: str
    path: str
    body: bytes = b""
    headers: str = ""

    def written(self, host: str) -> bytes:
        kind = f"Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\n" if self.body else ""
        return (
            f"{self.method} {self.path} HTTP/1.1\r\nHost: {host}\r\n{self.headers}{kind}\r\n".encode()
            + self.body
        )


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


class LostError(Exception):
    """No whole answer came; the message is one word.

    `refused`: no connection. `idle`: a kept connection ended before the first byte, as when a server
    closes idle connections (RFC 9112, 9.3.1). `cut`: the connection ended later, or was a new one.
    """


class Writer(Protocol):
    def write(self, data: bytes, /) -> None: ...

    def close(self) -> None: ...


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        self.reader, self.writer = reader, writer
        self.uses = 0
        self.is_kept = True

    @property
    def is_usable(self) -> bool:
        return self.is_kept and self.uses < USES and not self.reader.at_eof()

    async def ask(self, request: bytes) -> Answer:
        """Raise `LostError`."""
        self.uses += 1
        head = b""
        try:
            self.writer.write(request)
            head = await self.reader.readuntil(b"\r\n\r\n")
            return await self._answer(head.decode("latin-1").lower())
        except (OSError, asyncio.IncompleteReadError) as error:
            partial = error.partial if isinstance(error, asyncio.IncompleteReadError) else head
            raise LostError("idle" if self.uses > 1 and not (head or partial) else "cut") from error

    async def _answer(self, head: str) -> Answer:
        """Read the body by its length, or up to the end of the connection."""
        status, length = int(head.split(maxsplit=2)[1]), field(head, "content-length")
        self.is_kept = field(head, "connection") != "close"
        if length or status in BODILESS:
            return Answer(status, await self.reader.readexactly(int(length or 0)))
        self.is_kept = False
        return Answer(status, await self.reader.read())


class Asking(Protocol):
    async def ask(self, request: Request) -> Answer:
        """Raise `LostError`, and `TimeoutError` when the answer takes too long."""
        ...


class Client:
    """Keeps connections, each for `USES` requests: a balancer of connections then reaches new servers too."""

    def __init__(self, url: str, random: Random, timeout_s: float = TIMEOUT_S) -> None:
        place = urlsplit(url)
        self.host, self.port = place.hostname or "", place.port or PORTS[place.scheme]
        self.is_secret, self.netloc = place.scheme == "https", place.netloc
        self.random, self.timeout_s = random, timeout_s
        self.idle: list[Connection] = []

    async def ask(self, request: Request) -> Answer:
        """Raise `LostError`, and `TimeoutError` after `timeout_s`."""
        async with asyncio.timeout(self.timeout_s):
            connection = self._kept() or await self._connect()
            try:
                answer = await connection.ask(request.written(self.netloc))
            except BaseException:
                connection.writer.close()
                raise
        self._keep(connection)
        return answer

    def _kept(self) -> Connection | None:
        """Take any, so that all servers behind a balancer of connections get requests."""
        while self.idle:
            connection = self.idle.pop(self.random.randrange(len(self.idle)))
            if connection.is_usable:
                return connection
            connection.writer.close()
        return None

    def _keep(self, connection: Connection) -> None:
        if connection.is_usable:
            self.idle.append(connection)
        else:
            connection.writer.close()

    async def _connect(self) -> Connection:
        try:
            return Connection(
                *await asyncio.open_connection(self.host, self.port, ssl=self.is_secret or None)
            )
        except OSError as error:
            raise LostError("refused") from error

    def close(self) -> None:
        for connection in self.idle:
            connection.writer.close()
        self.idle.clear()


def field(head: str, name: str) -> str:
    """Return the value of a header field of a head in small letters, `""` without it."""
    return head.partition(f"\r\n{name}:")[2].partition("\r\n")[0].strip()
