"""Publishing to a Redis stream: what is published at once goes in one round trip."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from faststream.redis import RedisBroker, RedisClusterBroker
from redis.exceptions import RedisClusterException, RedisError

from hello.connectors.brokers.cloud_events import to_fields
from hello.connectors.brokers.options import BrokerOptions
from hello.connectors.redis.client import CLUSTER
from hello.core.batching import Batcher, Bounds, OverloadedError
from hello.entities.errors import UnavailableError
from hello.entities.events import Event

FAULTS = (RedisError, RedisClusterException, OSError, TimeoutError)
MAX_CONNECTIONS = 4


@asynccontextmanager
async def open_client(options: BrokerOptions, timeout_s: float) -> AsyncIterator[Any]:
    """Connect at the first use; `redis+cluster://` is a cluster."""
    broker = broker_of(options.url, timeout_s)
    try:
        yield await broker.connect()
    finally:
        await broker.stop()


def broker_of(url: str, timeout_s: float) -> RedisBroker:
    kind, plain = (RedisClusterBroker, url.replace(CLUSTER, "://")) if CLUSTER in url else (RedisBroker, url)
    return kind(
        plain,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        max_connections=MAX_CONNECTIONS,
    )


@dataclass(slots=True)
class Stream:
    """Where batches of events are added, one batch at a time."""

    client: Any
    name: str
    kept: int
    is_closed: bool = False
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def add(self, events: Mapping[int, Event]) -> Mapping[int, bytes]:
        """Return the ids of the entries; the oldest make room for them, in time."""
        async with self._turn:
            if self.is_closed:
                raise UnavailableError("the publisher is closed")
            pipeline = self.client.pipeline(transaction=False)
            for event in events.values():
                pipeline.xadd(self.name, to_fields(event), maxlen=self.kept, approximate=True)
            return dict(zip(events, await pipeline.execute(), strict=True))

    async def close(self) -> None:
        """Wait for the batch in hand: its callers may be gone, but not its connection."""
        async with self._turn:
            self.is_closed = True


@dataclass(frozen=True, slots=True)
class StreamPublisher:
    batcher: Batcher[int, Event, bytes]
    numbers: Iterator[int] = field(default_factory=count)

    async def publish(self, event: Event) -> None:
        try:
            await self.batcher.do(next(self.numbers), event)
        except (*FAULTS, OverloadedError) as error:
            raise UnavailableError("Redis did not confirm an event") from error


@asynccontextmanager
async def open_stream_publisher(options: BrokerOptions) -> AsyncIterator[StreamPublisher]:
    async with open_client(options, options.timeout_s) as client:
        stream = Stream(client, options.topic, options.kept)
        bounds = Bounds(deadline_s=options.timeout_s)
        try:
            yield StreamPublisher(Batcher(stream.add, bounds, lambda _: False))
        finally:
            await stream.close()
