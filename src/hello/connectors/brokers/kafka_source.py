"""Consume from Kafka in a consumer group, which keeps the order of each partition, and so of each key."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition
from faststream.kafka import KafkaBroker

from hello.connectors.brokers.cloud_events import from_headers
from hello.connectors.brokers.kafka import FAULTS, servers_of
from hello.connectors.brokers.options import BATCH_SIZE, RECEIVE_TIMEOUT_S, BrokerOptions
from hello.connectors.brokers.sources import Delivery, delivery, unavailable
from hello.services.event_ports import Subscription

SESSION_MS = 6000  # the shortest time brokers allow: how soon another consumer takes over after a crash
HEARTBEAT_MS = 2000


@dataclass(frozen=True, slots=True)
class KafkaSource:
    consumer: Any

    async def receive(self) -> Sequence[Delivery]:
        with unavailable("Kafka", *FAULTS):
            batches = await self.consumer.getmany(
                timeout_ms=round(RECEIVE_TIMEOUT_S * 1000), max_records=BATCH_SIZE
            )
        return [delivery_of(record) for records in batches.values() for record in records]

    async def confirm(self, receipts: Sequence[tuple[TopicPartition, int]]) -> None:
        """Commit the next offset of each partition; receipts are in order, so the last one wins."""
        with unavailable("Kafka", *FAULTS):
            await self.consumer.commit({partition: offset + 1 for partition, offset in receipts})


def delivery_of(record: ConsumerRecord[Any, Any]) -> Delivery:
    receipt = TopicPartition(record.topic, record.partition), record.offset
    return delivery(receipt, from_headers, dict(record.headers), record.value or b"")


@asynccontextmanager
async def open_kafka_source(options: BrokerOptions, subscription: Subscription) -> AsyncIterator[KafkaSource]:
    """Start with the oldest event when the consumer group is new."""
    timeout_ms = round((options.timeout_s + RECEIVE_TIMEOUT_S) * 1000)
    broker = KafkaBroker(
        servers_of(options.url), consumer_only=True, request_timeout_ms=timeout_ms, logger=None
    )
    build = await broker.connect()
    consumer = build(
        options.topic,
        group_id=options.group_of(subscription),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=SESSION_MS,
        heartbeat_interval_ms=HEARTBEAT_MS,
    )
    try:
        with unavailable("Kafka", *FAULTS):
            await consumer.start()
        yield KafkaSource(consumer)
    finally:
        with suppress(*FAULTS):
            await asyncio.wait_for(consumer.stop(), options.timeout_s)
        await broker.stop()
