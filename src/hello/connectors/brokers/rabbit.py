"""Publishing to RabbitMQ: persistent, confirmed, by a topic exchange to a quorum queue for each consumer.

Whoever connects first declares all of it, publishers too: RabbitMQ keeps nothing for a queue to come.
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
from hello.connectors.brokers.reconnecting_client import Link
from hello.connectors.brokers.reconnecting_publisher import ReconnectingPublisher
from hello.entities.events import Event
from hello.services.event_ports import Subscription

FAULTS = (*CONNECTION_EXCEPTIONS, FastStreamException, TimeoutError)
# RabbitMQ 4 throws away what has come back 20 times; -1, for never, is not known to those before it.
NEVER = 2**31 - 1
ALARM = "an alarm of memory or disk"
PATIENCE = 0.9
"""Of the time-out: the rest is for finding out why there was no answer."""
BLOCKED_S = 0.02


def exchange_of(options: BrokerOptions) -> RabbitExchange:
    return RabbitExchange(options.topic, type=ExchangeType.TOPIC, durable=True)


def queue_of(options: BrokerOptions, subscription: Subscription) -> RabbitQueue:
    """Let one process at a time consume, which keeps the order; another one goes on when it is gone."""
    return RabbitQueue(
        options.group_of(subscription),
        queue_type=QueueType.QUORUM,
        arguments={"x-single-active-consumer": True, "x-delivery-limit": NEVER},
    )


async def connected(options: BrokerOptions, broker: RabbitBroker) -> RabbitBroker:
    try:
        await broker.connect()
        for subscription in options.subscriptions:
            await declared(options, broker, subscription)
    except BaseException:
        await broker.stop()
        raise
    return broker


async def declared(
    options: BrokerOptions, broker: RabbitBroker, subscription: Subscription
) -> AbstractRobustQueue:
    exchange = await broker.declare_exchange(exchange_of(options))
    queue = await broker.declare_queue(queue_of(options, subscription))
    for event_type in sorted(subscription.types):
        await queue.bind(exchange, routing_key=event_type)
    return queue


@asynccontextmanager
async def unless_blocked(broker: RabbitBroker, timeout_s: float) -> AsyncIterator[None]:
    """Raise `BrokerFullError` while RabbitMQ reads nothing, because of an alarm of memory or disk."""
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
        async with asyncio.timeout(BLOCKED_S):
            await connection.transport.ready()
    except TimeoutError:
        return True
    return False


def is_nack(error: Exception) -> bool:
    """Tell what a full queue refuses from what came back without a queue."""
    return isinstance(error, DeliveryError) and not isinstance(error, PublishError)


@asynccontextmanager
async def open_rabbit_publisher(options: BrokerOptions) -> AsyncIterator[ReconnectingPublisher[RabbitBroker]]:
    exchange = exchange_of(options)
    wanted = frozenset[str]().union(*(one.types for one in options.subscriptions))

    async def connect() -> RabbitBroker:
        channel = Channel(publisher_confirms=True, on_return_raises=True)
        broker = ClosingBroker(
            with_heartbeat(options.url), timeout=options.timeout_s, default_channel=channel, logger=None
        )
        return await connected(options, broker)

    async def send(broker: RabbitBroker, event: Event) -> None:
        """Have it come back when a queue that should be there is not."""
        properties, data = to_properties(event)
        async with unless_blocked(broker, options.timeout_s * PATIENCE):
            await broker.publish(
                data,
                exchange=exchange,
                routing_key=event.type,
                mandatory=event.type in wanted,
                persist=True,
                headers=properties,
                content_type=CONTENT_TYPE,
                message_id=event.id,
            )

    link = Link(connect, RabbitBroker.stop)
    try:
        yield ReconnectingPublisher(
            name="RabbitMQ",
            link=link,
            send=send,
            faults=FAULTS,
            is_full=is_nack,
            timeout_s=options.timeout_s,
        )
    finally:
        await link.end()
