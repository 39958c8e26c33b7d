"""Publish to Kafka: all in-sync replicas confirm each event; its key is the subject."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, KafkaStorageError
from faststream.exceptions import FastStreamException
from faststream.kafka import KafkaBroker

from hello.connectors.brokers.cloud_events import to_headers
from hello.connectors.brokers.options import BrokerOptions
from hello.connectors.brokers.reconnecting_client import ReconnectingClient
from hello.connectors.brokers.reconnecting_publisher import ReconnectingPublisher
from hello.entities.events import Event

FAULTS = (KafkaError, FastStreamException, OSError, TimeoutError)


def servers_of(url: str) -> list[str]:
    """Return `host:port` of each server of `kafka://host:port,host:port`."""
    return url.split("://", 1)[1].rstrip("/").split(",")


async def connected(options: BrokerOptions) -> KafkaBroker:
    timeout_ms = round(options.timeout_s * 1000)
    servers = servers_of(options.url)
    await check(servers, timeout_ms)
    broker = KafkaBroker(
        servers, acks="all", enable_idempotence=True, request_timeout_ms=timeout_ms, logger=None
    )
    try:
        await broker.connect()
    except BaseException:
        await broker.stop()
        raise
    return broker


async def check(servers: list[str], timeout_ms: int) -> None:
    """Raise `KafkaError` when no server answers.

    Without this check, FastStream would lose track of a producer that cannot start.
    """
    client = AIOKafkaClient(bootstrap_servers=servers, request_timeout_ms=timeout_ms)
    try:
        await client.bootstrap()
    finally:
        await client.close()


@asynccontextmanager
async def open_kafka_publisher(options: BrokerOptions) -> AsyncIterator[ReconnectingPublisher[KafkaBroker]]:
    async def connect() -> KafkaBroker:
        return await connected(options)

    async def send(broker: KafkaBroker, event: Event) -> None:
        headers, data = to_headers(event)
        await broker.publish(data, options.topic, key=event.subject.encode(), headers=headers)

    client = ReconnectingClient(connect, KafkaBroker.stop)
    try:
        yield ReconnectingPublisher(
            name="Kafka",
            client=client,
            send=send,
            faults=FAULTS,
            is_full=lambda error: isinstance(error, KafkaStorageError),
            timeout_s=options.timeout_s,
        )
    finally:
        await client.close()
