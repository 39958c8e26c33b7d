"""Hundreds of broken connections a second beside honest clients, who lose nothing and hardly wait.

`FUZZ_S` says for how long, `FUZZ_SEED` repeats what was sent, `FUZZ_WAIT_S` bounds the wait.
"""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from secrets import randbelow
from urllib.parse import urlsplit

import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.http.plain_http import PlainClient
from tests.support.http.raw import BODY, GET, PUT
from tests.support.http.running import Running, running_api
from tests.support.processes import memory_mb

pytestmark = [pytest.mark.external, pytest.mark.faults, pytest.mark.timeout(400)]
FUZZ_S, RATE = float(os.environ.get("FUZZ_S", "5")), 200
SEED = int(os.environ.get("FUZZ_SEED", randbelow(1_000_000)))
WAIT_S = float(os.environ.get("FUZZ_WAIT_S", "5"))
HONEST, PAUSE_S, GROWTH_MB = 50, 0.02, 30
WARM_UP_S = 2
LIMITS = {"HEAD_TIMEOUT_S": "2", "BODY_TIMEOUT_S": "2", "WRITE_TIMEOUT_S": "2", "RATE_LIMIT_ACCOUNTS": "off"}
TARGETS = (
    "/hello/{name}",
    "/api/v1/birthdays/today",
    "/api/v1/health",
    "/nope",
    "/hello/%00",
    "*",
    "/hello/",
)
METHODS = ("GET", "PUT", "HEAD", "DELETE", "OPTIONS", "POST", "CONNECT", "BREW", "get")
LINES = (
    b"Host: hello\r\n",
    b"Host: hello\r\nHost: other\r\n",
    b"Host: hello\r\nConnection: close\r\n",
    b"Host: hello\r\nExpect: 100-continue\r\n",
    b"Host: hello\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: x\r\n",
    b"Host: hello\r\nX: " + b"y" * 3000 + b"\r\n",
    b"Host hello\r\n",
    b"",
)
BODIES = (
    b"\r\n",
    b"Content-Type: application/json\r\nContent-Length: 29\r\n\r\n" + BODY,
    b"Content-Type: application/json\r\nContent-Length: 2900\r\n\r\n" + BODY,
    b"Content-Length: -1\r\n\r\n",
    b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1d\r\n" + BODY + b"\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
)


@pytest.fixture(params=["on", "off"], ids=lambda fast_path: f"fast path {fast_path}")
def api(servers: Servers, request: pytest.FixtureRequest) -> Iterator[Running]:
    with running_api(servers, FAST_PATH=request.param, **LIMITS) as api:
        yield api


@dataclass
class Fuzzer:
    """Makes up what one connection sends, in which pieces, and how it ends."""

    random: Random
    host: str
    port: int

    def request(self) -> bytes:
        """Return as many good ones as odd ones: the good keep the server busy for clients that have left."""
        if self.random.random() < 0.5:
            return self.random.choice((GET, PUT)) % a_name().encode()
        target = self.random.choice(TARGETS).format(name=a_name())
        version = self.random.choice(("1.1", "1.1", "1.1", "1.0", "3.7"))
        start = f"{self.random.choice(METHODS)} {target} HTTP/{version}\r\n".encode()
        return start + self.random.choice(LINES) + self.random.choice(BODIES)

    def pieces(self) -> list[bytes]:
        data = b"".join(self.request() for _ in range(self.random.choice((1, 1, 2, 3, 20))))
        if self.random.random() < 0.1:
            data = self.random.randbytes(200) + data
        cuts = sorted(self.random.randrange(len(data) + 1) for _ in range(self.random.choice((0, 1, 3))))
        return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]

    async def connect(self) -> None:
        pieces = self.pieces()
        end = self.random.choice(("reset", "close", "half", "read", "stop"))
        with suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection(self.host, self.port)
            try:
                writer.write(pieces[0])
                for piece in pieces[1:]:
                    await asyncio.sleep(self.random.random() / 50)
                    writer.write(piece)
                await self._finish(end, reader, writer)
            finally:
                writer.transport.abort() if end == "reset" else writer.close()

    async def _finish(self, end: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Leave at once, or half close and read, or read a bit, or say no more for a second."""
        if end == "half":
            writer.write_eof()
        with suppress(TimeoutError):
            async with asyncio.timeout(1 if end in {"half", "read", "stop"} else 0):
                await (asyncio.sleep(1) if end == "stop" else reader.read())

    async def run(self, seconds: float) -> int:
        """Open so many connections a second; return how many there were."""
        loop, opened = asyncio.get_running_loop(), 0
        start = loop.time()
        async with asyncio.TaskGroup() as group:
            while (passed := loop.time() - start) < seconds:
                while opened < passed * RATE:
                    group.create_task(self.connect())
                    opened += 1
                await asyncio.sleep(0.01)
        return opened


@dataclass
class Honest:
    """Saves people and greets them; `waits` are the seconds that each answer took."""

    url: str
    waits: list[float] = field(default_factory=list)

    async def run(self, done: asyncio.Event) -> None:
        client, loop = PlainClient(self.url), asyncio.get_running_loop()
        name = a_name()
        try:
            while not done.is_set():
                start = loop.time()
                assert (await client.request("PUT", f"/hello/{name}", BODY))[0] == 204
                status, body = await client.request("GET", f"/hello/{name}")
                assert (status, name.encode() in body) == (200, True)
                self.waits.append((loop.time() - start) / 2)
                await asyncio.sleep(PAUSE_S)
        finally:
            client.close()


async def beside_honest(api: Running, fuzzer: Fuzzer, seconds: float) -> tuple[int, list[float]]:
    """Return how many connections were opened, and how long honest clients waited."""
    done, clients = asyncio.Event(), [Honest(api.url) for _ in range(HONEST)]
    async with asyncio.TaskGroup() as group:
        for client in clients:
            group.create_task(client.run(done))
        try:
            opened = await fuzzer.run(seconds)
        finally:
            done.set()
    return opened, [wait for client in clients for wait in client.waits]


async def test_honest_clients_lose_nothing_beside_broken_connections(api: Running) -> None:
    url = urlsplit(api.url)
    fuzzer = Fuzzer(Random(SEED), url.hostname or "", url.port or 0)  # noqa: S311  # repeatable
    await beside_honest(api, fuzzer, WARM_UP_S)
    before = memory_mb(api)
    opened, waits = await beside_honest(api, fuzzer, FUZZ_S)
    grown = memory_mb(api) - before
    said = f"{opened} connections, {len(waits)} honest, longest wait {max(waits):.3f} s, {grown:+.1f} MB"
    sys.stderr.write(f"FUZZ_SEED={SEED}: {said}\n")
    assert max(waits) < WAIT_S
    assert grown < GROWTH_MB
    assert not [line for line in api.printed if "Traceback" in line or "request failed" in line]
