"""Consuming a Redis stream by a consumer group, in order.

A group hands entries to whoever asks, whatever their subject: two processes at once would mix up the order.
So one process at a time takes its lock, always as the same consumer of the group: it first gets again
whatever another one has left unconfirmed.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from redis.exceptions import OutOfMemoryError, ResponseError

from hello.connectors.brokers.advisory_locks import AcquireLock, AdvisoryLock
from hello.connectors.brokers.cloud_events import from_headers, split
from hello.connectors.brokers.options import BATCH, PATIENCE_S, BrokerOptions
from hello.connectors.brokers.redis_streams import FAULTS, open_client
from hello.connectors.brokers.sources import Delivery, delivery, unavailable
from hello.services.event_ports import Subscription

CONSUMER = "worker"
NEW, UNCONFIRMED, BEGINNING = ">", "0", "0"


@dataclass(slots=True, kw_only=True)
class StreamSource:
    client: Any
    stream: str
    group: str
    lock: AdvisoryLock
    _from: str = UNCONFIRMED

    async def receive(self) -> Sequence[Delivery]:
        """Read what is unconfirmed from its start again and again: each time less of it is left."""
        self.lock.check()
        entries = await self._read()
        if not entries:
            self._from = NEW
        return [delivery(entry, from_headers, *split(fields)) for entry, fields in entries]

    async def _read(self) -> Sequence[tuple[bytes, dict[bytes, bytes]]]:
        with unavailable("Redis", *FAULTS):
            streams = await self.client.xreadgroup(
                self.group, CONSUMER, {self.stream: self._from}, count=BATCH, block=round(PATIENCE_S * 1000)
            )
        return streams[0][1] if streams else []

    async def confirm(self, receipts: Sequence[Any]) -> None:
        with unavailable("Redis", *FAULTS):
            await self.client.xack(self.stream, self.group, *receipts)


@asynccontextmanager
async def open_stream_source(
    options: BrokerOptions, subscription: Subscription, acquire_lock: AcquireLock
) -> AsyncIterator[StreamSource]:
    """Begin with the oldest event that there is, the first time."""
    group = options.group_of(subscription)
    async with acquire_lock(group) as lock, open_client(options, options.timeout_s + PATIENCE_S) as client:
        with unavailable("Redis", *FAULTS):
            await ensure_group(client, options.topic, group)
        yield StreamSource(client=client, stream=options.topic, group=group, lock=lock)


async def ensure_group(client: Any, stream: str, group: str) -> None:  # noqa: ANN401  # of one server or a cluster
    try:
        await client.xgroup_create(stream, group, id=BEGINNING, mkstream=True)
    except OutOfMemoryError:
        return  # a group that exists can be read all the same
    except ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise
