"""Publish to RabbitMQ: persistent, confirmed, through a topic exchange to one quorum queue per consumer.

Every client declares the exchange and all queues when it connects, publishers included: RabbitMQ discards
messages that no queue takes.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aio_pika.abc import AbstractRobustQueue
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, DeliveryError, PublishError
from faststream.exceptions import FastStreamException
from faststream.rabbit import Channel, ExchangeType, QueueType, RabbitBroker, RabbitExchange, RabbitQueue

from hello.connectors.brokers.cloud_events import CONTENT_TYPE, to_properties
from hello.connectors.brokers.options import BrokerOptions
from hello.connectors.brokers.outages import BrokerFullError
from hello.connectors.brokers.rabbit_broker import ClosingBroker, with_heartbeat
from hello.connectors.brokers.reconnecting_client import ReconnectingClient
from hello.connectors.brokers.reconnecting_publisher import ReconnectingPublisher
from hello.entities.events import Event
from hello.services.event_ports import Subscription

FAULTS = (*CONNECTION_EXCEPTIONS, FastStreamException, TimeoutError)
# RabbitMQ 4 drops a message that was redelivered 20 times. Older versions do not support -1 (no limit).
NO_DELIVERY_LIMIT = 2**31 - 1
ALARM = "a memory or disk alarm"
PUBLISH_SHARE = 0.9
"""The share of the time-out for publishing; the rest is for finding out why no answer came."""
BLOCKED_TIMEOUT_S = 0.02


def exchange_of(options: BrokerOptions) -> RabbitExchange:
    return RabbitExchange(options.topic, type=ExchangeType.TOPIC, durable=True)


def queue_of(options: BrokerOptions, subscription: Subscription) -> RabbitQueue:
    """Let one process consume at a time, which keeps the order; another takes over when it stops."""
    return RabbitQueue(
        options.group_of(subscription),
        queue_type=QueueType.QUORUM,
        arguments={"x-single-active-consumer": True, "x-delivery-limit": NO_DELIVERY_LIMIT},
    )


async def connect_and_declare(options: BrokerOptions, broker: RabbitBroker) -> RabbitBroker:
    try:
        await broker.connect()
        for subscription in options.subscriptions:
            await declare_queue(options, broker, subscription)
    except BaseException:
        await broker.stop()
        raise
    return broker


async def declare_queue(
    options: BrokerOptions, broker: RabbitBroker, subscription: Subscription
) -> AbstractRobustQueue:
    exchange = await broker.declare_exchange(exchange_of(options))
    queue = await broker.declare_queue(queue_of(options, subscription))
    for event_type in sorted(subscription.types):
        await queue.bind(exchange, routing_key=event_type)
    return queue


@asynccontextmanager
async def unless_blocked(broker: RabbitBroker, timeout_s: float) -> AsyncIterator[None]:
    """Raise `BrokerFullError` while RabbitMQ blocks publishers because of a memory or disk alarm."""
    if await is_blocked(broker):
        raise BrokerFullError("RabbitMQ has no room for an event", reason=ALARM)
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except TimeoutError:
        if await is_blocked(broker):
            raise BrokerFullError("RabbitMQ has no room for an event", reason=ALARM) from None
        raise


async def is_blocked(broker: RabbitBroker) -> bool:
    connection = await broker.connect()
    if connection.transport is None:
        return False
    try:
        async with asyncio.timeout(BLOCKED_TIMEOUT_S):
            await connection.transport.ready()
    except TimeoutError:
        return True
    return False


def is_nack(error: Exception) -> bool:
    """Return whether a full queue rejected the message, rather than that no queue took it."""
    return isinstance(error, DeliveryError) and not isinstance(error, PublishError)


@asynccontextmanager
async def open_rabbit_publisher(options: BrokerOptions) -> AsyncIterator[ReconnectingPublisher[RabbitBroker]]:
    exchange = exchange_of(options)
    consumed_types = frozenset[str]().union(*(subscription.types for subscription in options.subscriptions))

    async def connect() -> RabbitBroker:
        channel = Channel(publisher_confirms=True, on_return_raises=True)
        broker = ClosingBroker(
            with_heartbeat(options.url), timeout=options.timeout_s, default_channel=channel, logger=None
        )
        return await connect_and_declare(options, broker)

    async def send(broker: RabbitBroker, event: Event) -> None:
        """Publish with `mandatory`, so that RabbitMQ returns the event when an expected queue is missing."""
        properties, data = to_properties(event)
        async with unless_blocked(broker, options.timeout_s * PUBLISH_SHARE):
            await broker.publish(
                data,
                exchange=exchange,
                routing_key=event.type,
                mandatory=event.type in consumed_types,
                persist=True,
                headers=properties,
                content_type=CONTENT_TYPE,
                message_id=event.id,
            )

    client = ReconnectingClient(connect, RabbitBroker.stop)
    try:
        yield ReconnectingPublisher(
            name="RabbitMQ",
            client=client,
            send=send,
            faults=FAULTS,
            is_full=is_nack,
            timeout_s=options.timeout_s,
        )
    finally:
        await client.close()
