"""Consume a Redis stream in a consumer group, in order.

A group gives each entry to the next reader, whatever its subject: two concurrent processes would break the
order. So one process at a time holds the lock, always as the same consumer of the group. It first receives
again what the previous process did not acknowledge.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from redis.exceptions import OutOfMemoryError, ResponseError

from hello.connectors.brokers.cloud_events import from_headers, split
from hello.connectors.brokers.options import BATCH_SIZE, RECEIVE_TIMEOUT_S, BrokerOptions
from hello.connectors.brokers.redis_streams import FAULTS, open_client
from hello.connectors.brokers.sources import AcquireLock, AdvisoryLock, Delivery, delivery, unavailable
from hello.services.event_ports import Subscription

CONSUMER = "worker"
NEW, UNACKNOWLEDGED, BEGINNING = ">", "0", "0"


@dataclass(slots=True, kw_only=True)
class StreamSource:
    client: Any
    stream: str
    group: str
    lock: AdvisoryLock
    _from: str = UNACKNOWLEDGED

    async def receive(self) -> Sequence[Delivery]:
        """Read unacknowledged entries until none is left, always from their start, then new ones."""
        self.lock.check()
        entries = await self._read()
        if not entries:
            self._from = NEW
        return [delivery(entry, from_headers, *split(fields)) for entry, fields in entries]

    async def _read(self) -> Sequence[tuple[bytes, dict[bytes, bytes]]]:
        with unavailable("Redis", *FAULTS):
            streams = await self.client.xreadgroup(
                self.group,
                CONSUMER,
                {self.stream: self._from},
                count=BATCH_SIZE,
                block=round(RECEIVE_TIMEOUT_S * 1000),
            )
        return streams[0][1] if streams else []

    async def confirm(self, receipts: Sequence[Any]) -> None:
        with unavailable("Redis", *FAULTS):
            await self.client.xack(self.stream, self.group, *receipts)


@asynccontextmanager
async def open_stream_source(
    options: BrokerOptions, subscription: Subscription, acquire_lock: AcquireLock
) -> AsyncIterator[StreamSource]:
    """Start with the oldest event when the consumer group is new."""
    group = options.group_of(subscription)
    async with (
        acquire_lock(group) as lock,
        open_client(options, options.timeout_s + RECEIVE_TIMEOUT_S) as client,
    ):
        with unavailable("Redis", *FAULTS):
            await ensure_group(client, options.topic, group)
        yield StreamSource(client=client, stream=options.topic, group=group, lock=lock)


async def ensure_group(client: Any, stream: str, group: str) -> None:  # noqa: ANN401  # of one server or of a cluster
    try:
        await client.xgroup_create(stream, group, id=BEGINNING, mkstream=True)
    except OutOfMemoryError:
        return  # an existing group can still be read
    except ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise
