"""Publish to a Redis stream; concurrent calls share one round trip."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeAlias

from faststream.redis import RedisBroker, RedisClusterBroker
from redis.exceptions import OutOfMemoryError, RedisClusterException, RedisError

from hello.connectors.brokers.cloud_events import to_fields
from hello.connectors.brokers.options import BrokerOptions
from hello.connectors.brokers.outages import BrokerFullError
from hello.connectors.brokers.stream_trimming import StreamBounds, Trimmed, trim
from hello.connectors.redis.client import CLUSTER, fault_reason
from hello.core.batching import Batcher, Bounds, OverloadedError
from hello.entities.errors import UnavailableError
from hello.entities.events import Event

FAULTS = (RedisError, RedisClusterException, OSError, TimeoutError)
OUT_OF_MEMORY = "Redis has reached maxmemory"
UNCONFIRMED = "consumers have not confirmed STREAM_MAX_BYTES of events"
MAX_CONNECTIONS = 4
TRIM_EVERY = 1000
"""The number of entries after which the stream is measured."""
TRIM_PARTS = 16
"""The stream is also measured each time it may have grown by its maximum size divided by this number."""
ReportTrimmed: TypeAlias = Callable[[Trimmed], None]


@asynccontextmanager
async def open_client(options: BrokerOptions, timeout_s: float) -> AsyncIterator[Any]:
    """Connect at the first use; `redis+cluster://` is a cluster."""
    broker = broker_of(options.url, timeout_s)
    try:
        yield await broker.connect()
    finally:
        await broker.stop()


def broker_of(url: str, timeout_s: float) -> RedisBroker:
    broker_type = RedisClusterBroker if CLUSTER in url else RedisBroker
    return broker_type(
        url.replace(CLUSTER, "://"),
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        max_connections=MAX_CONNECTIONS,
    )


@dataclass(slots=True, kw_only=True)
class Stream:
    """Adds batches of events, one batch at a time, and keeps the stream within its bounds."""

    client: Any
    name: str
    bounds: StreamBounds
    report_trimmed: ReportTrimmed
    is_closed: bool = False
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _entries: int = TRIM_EVERY
    _bytes: int = 0

    async def add(self, events: Mapping[int, Event]) -> Mapping[int, bytes | Exception]:
        """Return the id of each entry, or why it was refused."""
        async with self._lock:
            if self.is_closed:
                raise UnavailableError("the publisher is closed")
            entries = [to_fields(event) for event in events.values()]
            size = sum(map(size_of, entries))
            await self._make_room(size)
            pipeline = self.client.pipeline(transaction=False)
            for entry in entries:
                pipeline.xadd(self.name, entry)
            self._entries += len(entries)
            self._bytes += size
            return dict(zip(events, await pipeline.execute(raise_on_error=False), strict=True))

    async def _make_room(self, size: int) -> None:
        """Trim before adding, since a full Redis refuses every XADD; raise `BrokerFullError`."""
        step = self.bounds.max_bytes // TRIM_PARTS
        if self._entries < min(TRIM_EVERY, self.bounds.kept) and self._bytes + size <= step:
            return
        limit = self.bounds.max_bytes - min(max(step, size), self.bounds.max_bytes // 2)
        trimmed = await trim(self.client, self.name, self.bounds, limit)
        self.report_trimmed(trimmed)
        if trimmed.size > limit:
            raise BrokerFullError("the stream is full", reason=UNCONFIRMED)
        self._entries = self._bytes = 0

    async def close(self) -> None:
        """Wait for the current batch: its callers may be gone, but it still needs the connection."""
        async with self._lock:
            self.is_closed = True


def size_of(entry: Mapping[str, str | bytes]) -> int:
    return sum(len(name) + len(value) for name, value in entry.items())


@dataclass(frozen=True, slots=True)
class StreamPublisher:
    batcher: Batcher[int, Event, bytes | Exception]
    numbers: Iterator[int] = field(default_factory=count)

    async def publish(self, event: Event) -> None:
        try:
            reply = await self.batcher.do(next(self.numbers), event)
            if isinstance(reply, Exception):
                raise reply
        except OutOfMemoryError as error:
            raise BrokerFullError("Redis refuses an event", reason=OUT_OF_MEMORY) from error
        except (*FAULTS, OverloadedError) as error:
            raise UnavailableError("Redis did not confirm an event", reason=fault_reason(error)) from error


@asynccontextmanager
async def open_stream_publisher(
    options: BrokerOptions, report_trimmed: ReportTrimmed
) -> AsyncIterator[StreamPublisher]:
    groups = list(map(options.group_of, options.subscriptions))
    bounds = StreamBounds(kept=options.kept, max_bytes=options.max_bytes, groups=groups)
    async with open_client(options, options.timeout_s) as client:
        stream = Stream(client=client, name=options.topic, bounds=bounds, report_trimmed=report_trimmed)
        waiters = Bounds(deadline_s=options.timeout_s)
        try:
            yield StreamPublisher(Batcher(stream.add, waiters, lambda _: False))
        finally:
            await stream.close()
