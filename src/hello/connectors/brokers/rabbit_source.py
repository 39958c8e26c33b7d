"""Consume from RabbitMQ: a quorum queue with a single active consumer, which keeps the order."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from aio_pika.abc import AbstractIncomingMessage
from faststream.rabbit import Channel

from hello.connectors.brokers.cloud_events import from_properties
from hello.connectors.brokers.options import BATCH_SIZE, RECEIVE_TIMEOUT_S, BrokerOptions
from hello.connectors.brokers.rabbit import FAULTS, connect_and_declare, declare_queue
from hello.connectors.brokers.rabbit_broker import ClosingBroker, with_heartbeat
from hello.connectors.brokers.sources import Delivery, delivery, unavailable
from hello.entities.errors import UnavailableError
from hello.services.event_ports import Subscription


@dataclass(frozen=True, slots=True)
class RabbitSource:
    """RabbitMQ sends at most one batch of unacknowledged messages; None stands for a lost connection."""

    _messages: asyncio.Queue[AbstractIncomingMessage | None] = field(default_factory=asyncio.Queue)

    async def enqueue(self, message: AbstractIncomingMessage) -> None:
        self._messages.put_nowait(message)

    def connection_lost(self, *_: object) -> None:
        self._messages.put_nowait(None)

    async def receive(self) -> Sequence[Delivery]:
        messages = []
        with suppress(TimeoutError):
            messages.append(await asyncio.wait_for(self._messages.get(), RECEIVE_TIMEOUT_S))
        while not self._messages.empty():
            messages.append(self._messages.get_nowait())
        if None in messages:
            raise UnavailableError("RabbitMQ has closed the connection")
        return [delivery_of(message) for message in messages if message is not None]

    async def confirm(self, receipts: Sequence[AbstractIncomingMessage]) -> None:
        """Acknowledge the last message and all before it: nothing else is unacknowledged."""
        with unavailable("RabbitMQ", *FAULTS):
            await receipts[-1].ack(multiple=True)


def delivery_of(message: AbstractIncomingMessage) -> Delivery:
    return delivery(message, from_properties, message.headers, message.body)


@asynccontextmanager
async def open_rabbit_source(
    options: BrokerOptions, subscription: Subscription
) -> AsyncIterator[RabbitSource]:
    source = RabbitSource()
    broker = ClosingBroker(
        with_heartbeat(options.url),
        timeout=options.timeout_s,
        default_channel=Channel(prefetch_count=BATCH_SIZE),
        on_close=[source.connection_lost],
        logger=None,
    )
    with unavailable("RabbitMQ", *FAULTS):
        await connect_and_declare(options, broker)
    try:
        with unavailable("RabbitMQ", *FAULTS):
            queue = await declare_queue(options, broker, subscription)
            await queue.consume(source.enqueue)
        yield source
    finally:
        with suppress(*FAULTS):
            await asyncio.wait_for(broker.stop(), options.timeout_s)
