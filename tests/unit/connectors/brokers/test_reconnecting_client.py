"""Connections to brokers: shared, reopened after a fault, and never left half-open."""

import asyncio
from dataclasses import dataclass, field

import pytest

from hello.connectors.brokers.reconnecting_client import ReconnectingClient
from hello.connectors.brokers.reconnecting_publisher import ReconnectingPublisher
from hello.connectors.brokers.redis_streams import Stream
from hello.connectors.brokers.stream_trimming import StreamBounds, Trimmed
from hello.entities.errors import UnavailableError
from hello.entities.events import Event
from tests.twins.events import an_event

SHORT_S, LONG_S = 0.05, 0.1


@dataclass
class Server:
    """Takes a while to connect to; `faults` is how often that fails."""

    faults: int = 0
    opened: int = 0
    closed: list[int] = field(default_factory=list)

    async def open(self) -> int:
        await asyncio.sleep(LONG_S)
        if self.faults:
            self.faults -= 1
            raise ConnectionRefusedError
        self.opened += 1
        return self.opened

    async def close(self, number: int) -> None:
        self.closed.append(number)
        if number == 1:
            raise ConnectionResetError

    @property
    def client(self) -> ReconnectingClient[int]:
        return ReconnectingClient(self.open, self.close)


async def test_concurrent_callers_share_one_connection() -> None:
    server = Server()
    client = server.client
    assert await asyncio.gather(*(client.get() for _ in range(5))) == [1] * 5
    await client.close()
    assert server.closed == [1]


async def test_cancelled_caller_leaves_the_connection_to_the_next() -> None:
    server = Server()
    client = server.client
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.get(), SHORT_S)
    assert await client.get() == 1
    await client.close()
    assert server.closed == [1]


async def test_failed_connection_is_retried() -> None:
    server = Server(faults=2)
    client = server.client
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            await client.get()
    assert await client.get() == 1
    await client.close()


async def test_dropped_connection_is_closed_and_replaced() -> None:
    server = Server()
    client = server.client
    assert await client.get() == 1
    client.drop()
    assert await client.get() == 2
    await client.close()
    assert server.closed == [1, 2]


async def test_connection_opened_during_shutdown_is_closed() -> None:
    server = Server()
    client = server.client
    asking = asyncio.create_task(client.get())
    await asyncio.sleep(0)
    asking.cancel()
    await client.close()
    await asyncio.wait([asking])
    assert server.closed == [1]


async def test_unopened_connection_is_not_closed() -> None:
    server = Server()
    await server.client.close()
    assert (server.opened, server.closed) == (0, [])


async def test_publish_error_drops_the_connection_and_is_an_outage() -> None:
    server = Server()

    async def send(number: int, _: Event) -> None:
        if number == 1:
            raise ConnectionResetError

    publisher = ReconnectingPublisher(
        name="Test",
        client=server.client,
        send=send,
        faults=(OSError,),
        is_full=lambda _: False,
        timeout_s=2 * LONG_S,
    )
    with pytest.raises(UnavailableError, match="Test did not confirm"):
        await publisher.publish(an_event())
    await publisher.publish(an_event())
    await publisher.client.close()
    assert server.closed == [1, 2]


@dataclass
class SlowClient:
    """A Redis client whose pipeline waits for `finish`."""

    finish: asyncio.Event = field(default_factory=asyncio.Event)
    added: int = 0

    def pipeline(self, *, transaction: bool) -> "SlowClient":
        assert not transaction
        return self

    async def eval(self, *_: object) -> tuple[int, int]:
        """Trim nothing."""
        return 0, 0

    def xadd(self, *_: object) -> None:
        self.added += 1

    async def execute(self, *, raise_on_error: bool) -> list[bytes]:
        assert not raise_on_error
        await self.finish.wait()
        return [b"1-1"] * self.added


async def test_stream_finishes_its_batch_before_it_closes() -> None:
    """Otherwise the client would connect again, and nothing would close that connection."""
    client = SlowClient()
    bounds, trimmed = StreamBounds(kept=1000, max_bytes=2**20, groups=[]), list[Trimmed]()
    stream = Stream(client=client, name="events", bounds=bounds, report_trimmed=trimmed.append)
    adding = asyncio.create_task(stream.add({1: an_event(), 2: an_event()}))
    await asyncio.sleep(0)
    closing = asyncio.create_task(stream.close())
    await asyncio.sleep(0.01)
    assert not closing.done()
    client.finish.set()
    assert await adding == {1: b"1-1", 2: b"1-1"}
    await closing
    with pytest.raises(UnavailableError):
        await stream.add({3: an_event()})
