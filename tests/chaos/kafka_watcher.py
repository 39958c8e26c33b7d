"""What an observer of Kafka sees: everything in the topic, from its beginning."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from hello.connectors.brokers.kafka import servers_of
from tests.chaos.watcher import GROUP, TOPIC, Arrival, arrival

PARTITIONS = [TopicPartition(TOPIC, number) for number in range(3)]


@dataclass(frozen=True, slots=True)
class KafkaWatcher:
    url: str

    async def begin(self) -> None:
        """Make the topic, with more partitions than the broker would make by itself."""
        async with self._admin() as admin:
            await admin.create_topics([NewTopic(TOPIC, len(PARTITIONS), 1)])

    async def arrivals(self) -> Sequence[Arrival]:
        found: list[Arrival] = []
        async with self._consumer() as consumer:
            for partition, end in (await consumer.end_offsets(PARTITIONS)).items():
                consumer.assign([partition])
                await consumer.seek_to_beginning()
                while await consumer.position(partition) < end:
                    found.append(arrival_of(await consumer.getone()))
        return found

    async def unconfirmed(self) -> int:
        async with self._consumer() as consumer, self._admin() as admin:
            ends = await consumer.end_offsets(PARTITIONS)
            confirmed = await admin.list_consumer_group_offsets(GROUP)
        return sum(end - confirmed[one].offset if one in confirmed else end for one, end in ends.items())

    def _consumer(self) -> AbstractAsyncContextManager[Any]:
        consumer = AIOKafkaConsumer(bootstrap_servers=servers_of(self.url))
        return started(consumer, consumer.stop)

    def _admin(self) -> AbstractAsyncContextManager[Any]:
        admin = AIOKafkaAdminClient(bootstrap_servers=servers_of(self.url))
        return started(admin, admin.close)


@asynccontextmanager
async def started(client: Any, end: Callable[[], Awaitable[object]]) -> AsyncIterator[Any]:  # noqa: ANN401
    try:
        await client.start()
        yield client
    finally:
        await end()


def arrival_of(record: Any) -> Arrival:  # noqa: ANN401  # aiokafka has no types
    return arrival({name: value.decode() for name, value in record.headers}, "ce_", record.value)
