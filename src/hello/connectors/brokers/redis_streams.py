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
from hello.connectors.redis.client import CLUSTER, fault_reason
from hello.core.batching import Batcher, Bounds, OverloadedError
from hello.entities.errors import UnavailableError
from hello.entities.events import Event

FAULTS = (RedisError, RedisClusterException, OSError, TimeoutError)
MAX_CONNECTIONS = 4
TRIM_EVERY = 1000
# XADD's own MAXLEN would also drop what a group has not confirmed yet, so: only what every group has. The
# entry at the boundary stays. A stream that no group reads keeps its newest entries.
TRIM = """
local function parts(id)
    local ms, seq = id:match('(%d+)-(%d+)')
    return tonumber(ms), tonumber(seq)
end
local function is_older(one, other)
    local ms, seq = parts(one)
    local other_ms, other_seq = parts(other)
    return ms < other_ms or (ms == other_ms and seq < other_seq)
end
local key, kept = KEYS[1], tonumber(ARGV[1])
if redis.call('XLEN', key) <= kept then return 0 end
local oldest
for _, fields in ipairs(redis.call('XINFO', 'GROUPS', key)) do
    local group = {}
    for index = 1, #fields, 2 do group[fields[index]] = fields[index + 1] end
    local needed = group['last-delivered-id']
    if group['pending'] > 0 then needed = redis.call('XPENDING', key, group['name'])[2] end
    if not oldest or is_older(needed, oldest) then oldest = needed end
end
if oldest then return redis.call('XTRIM', key, 'MINID', '~', oldest) end
return redis.call('XTRIM', key, 'MAXLEN', '~', kept)
"""


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
    """Where batches of events are added, one batch at a time; of what has been confirmed it keeps so many."""

    client: Any
    name: str
    kept: int
    is_closed: bool = False
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _added: int = TRIM_EVERY

    async def add(self, events: Mapping[int, Event]) -> Mapping[int, bytes]:
        """Return the ids of the entries."""
        async with self._turn:
            if self.is_closed:
                raise UnavailableError("the publisher is closed")
            await self._trim()
            pipeline = self.client.pipeline(transaction=False)
            for event in events.values():
                pipeline.xadd(self.name, to_fields(event))
            self._added += len(events)
            return dict(zip(events, await pipeline.execute(), strict=True))

    async def _trim(self) -> None:
        """Do so before anything is added, since a Redis that is full would refuse that."""
        if self._added >= min(TRIM_EVERY, self.kept):
            await self.client.eval(TRIM, 1, self.name, self.kept)
            self._added = 0

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
            raise UnavailableError("Redis did not confirm an event", reason=fault_reason(error)) from error


@asynccontextmanager
async def open_stream_publisher(options: BrokerOptions) -> AsyncIterator[StreamPublisher]:
    async with open_client(options, options.timeout_s) as client:
        stream = Stream(client, options.topic, options.kept)
        bounds = Bounds(deadline_s=options.timeout_s)
        try:
            yield StreamPublisher(Batcher(stream.add, bounds, lambda _: False))
        finally:
            await stream.close()
