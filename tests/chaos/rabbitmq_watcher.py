"""What an observer of RabbitMQ sees: everything that comes to a queue of its own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aio_pika
from aio_pika.abc import AbstractChannel

from tests.brokers.rabbitmq import QUEUE_SAVED_S
from tests.chaos.waiting import until
from tests.chaos.watcher import GROUP, TOPIC, Arrival, arrival

QUEUE, START_S = "observer", 60


@dataclass(frozen=True, slots=True)
class RabbitWatcher:
    url: str

    async def begin(self) -> None:
        """Return when the product's queue is there too, and both are sure to survive."""
        async with self._channel() as channel:
            exchange = await channel.declare_exchange(TOPIC, aio_pika.ExchangeType.TOPIC, durable=True)
            queue = await channel.declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
            await queue.bind(exchange, "#")
        await until(self.unconfirmed, 0, START_S)
        await asyncio.sleep(QUEUE_SAVED_S)

    async def arrivals(self) -> Sequence[Arrival]:
        found: list[Arrival] = []
        async with self._channel() as channel:
            queue = await channel.get_queue(QUEUE)
            while message := await queue.get(no_ack=True, fail=False):
                properties = {name: str(value) for name, value in message.headers.items()}
                found.append(arrival(properties, "cloudEvents_", message.body))
        return found

    async def unconfirmed(self) -> int:
        """Leave out what has been delivered just now."""
        async with self._channel() as channel:
            queue = await channel.declare_queue(GROUP, passive=True)
            return queue.declaration_result.message_count or 0

    @asynccontextmanager
    async def _channel(self) -> AsyncIterator[AbstractChannel]:
        async with await aio_pika.connect(self.url) as connection:
            yield await connection.channel()
