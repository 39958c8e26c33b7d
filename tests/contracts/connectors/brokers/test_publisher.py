"""The promises of the port `EventPublisher` and of a consumer, kept with each broker alike.

Kafka and RabbitMQ are at TEST_KAFKA_URL and TEST_AMQP_URL: `make test_brokers`.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import aio_pika
import pytest
from aiokafka import AIOKafkaConsumer
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from hello.connectors.brokers.kafka import servers_of
from hello.connectors.brokers.metrics import ConsumerCounts, consumer_counts
from hello.connectors.brokers.options import BATCH_SIZE
from hello.connectors.postgres.advisory_locks import PostgresAdvisoryLocks
from hello.connectors.postgres.engine import Database
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.core.clock import now
from hello.entities.errors import UnavailableError
from hello.entities.events import Event
from hello.services.consumers import Consumer
from hello.services.event_ports import Subscription
from hello.services.gifts import count_gift
from tests.support.broker_tools import SOON_S, TYPES, Broker, Seen, options_of, outcome, until
from tests.support.builders import a_name
from tests.twins.events import an_event, numbered, numbers_by_subject

pytestmark = pytest.mark.integrated
URL_VARIABLES = {"kafka": "TEST_KAFKA_URL", "rabbitmq": "TEST_AMQP_URL"}
BROKERS = ["redis", *(pytest.param(name, marks=pytest.mark.broker) for name in URL_VARIABLES)]


@pytest.fixture
def locks(database: Database) -> PostgresAdvisoryLocks:
    return PostgresAdvisoryLocks(database)


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest, locks: PostgresAdvisoryLocks) -> Broker:
    if request.param == "redis":
        return Broker(options_of(request.getfixturevalue("servers").redis_url), locks)
    return Broker(options_of(os.environ[URL_VARIABLES[request.param]]), locks)


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    with capture_logs():
        yield


async def test_consumed_event_equals_the_published_event(broker: Broker) -> None:
    west = timezone(timedelta(hours=-5))
    events = [
        Event(
            id=f"{a_name()}-1",
            type="order.shipped",
            subject=a_name(),
            time=datetime(2026, 2, 28, 23, 59, 59, 123456, tzinfo=UTC),
            data={"title": 'A "kite" 風\n', "price": 1999, "lines": [{"quantity": 1.5}], "recipient": None},
            traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ),
        replace(an_event(), time=datetime(2026, 1, 1, tzinfo=west)),
    ]
    await broker.publish(*events)
    assert (await broker.consumed(2, Seen())).events == events


async def test_the_order_of_each_subject_is_kept(broker: Broker) -> None:
    events = numbered([a_name() for _ in range(10)], 3 * BATCH_SIZE // 10)
    await broker.publish(*events)
    seen = await broker.consumed(len(events), Seen())
    assert numbers_by_subject(seen.events) == numbers_by_subject(events)
    assert len(seen.events) == len(events)


async def test_many_are_published_at_once(broker: Broker) -> None:
    events = [an_event() for _ in range(500)]
    async with broker.publisher() as publisher:
        await asyncio.gather(*map(publisher.publish, events))
    seen = await broker.consumed(len(events), Seen())
    assert sorted(event.id for event in seen.events) == sorted(event.id for event in events)


async def test_every_consumer_gets_every_event_once(broker: Broker) -> None:
    events = numbered([a_name()], 5)
    await broker.publish(*events[:3])
    for name in ("first", "second"):
        assert (await broker.consumed(3, Seen(), name)).events == events[:3]
    await broker.publish(*events[3:])
    for name in ("first", "second"):
        assert (await broker.consumed(2, Seen(), name)).events == events[3:]


async def test_unconfirmed_events_of_a_dead_consumer_go_to_the_next(broker: Broker) -> None:
    """Which may be less than there is: what came before may have been confirmed already."""
    events, first, second = numbered([a_name()], 10), Seen(fails_at={3: asyncio.CancelledError()}), Seen()
    await broker.publish(*events)
    with pytest.raises(asyncio.CancelledError):
        await broker.consumed(10, first)
    assert first.events == events[:3]
    async with broker.consumer(second) as consumer:
        await until(consumer, lambda: second.events[-1:] == events[-1:])
    assert events[3] in second.events
    assert second.events == events[-len(second.events) :]


async def test_received_but_unhandled_events_are_redelivered(broker: Broker) -> None:
    events = numbered([a_name()], 3)
    await broker.publish(*events)
    async with broker.consumer(Seen()) as consumer:
        await asyncio.wait_for(consumer.wait(), SOON_S)
    assert (await broker.consumed(3, Seen())).events == events


@pytest.mark.parametrize("error", [KeyError(), UnavailableError("away")])
async def test_events_that_the_handler_fails_at_are_redelivered_in_order(
    broker: Broker, error: Exception
) -> None:
    events = numbered([a_name()], 5)
    await broker.publish(*events)
    seen = Seen(fails_at={2: error})
    async with broker.consumer(seen) as consumer:
        await asyncio.wait_for(consumer.wait(), SOON_S)
        try:
            await consumer.step()
        except KeyError as raised:
            assert raised is error  # noqa: PT017
        await until(consumer, lambda: seen.events[-1:] == events[-1:])
    assert numbers_by_subject(seen.events) == numbers_by_subject(events)


async def test_processes_of_one_consumer_share_the_events_and_keep_the_order(broker: Broker) -> None:
    events = numbered([a_name() for _ in range(5)], 60)
    seen = Seen()
    async with AsyncExitStack() as stack:
        consumers = [await stack.enter_async_context(broker.consumer(seen)) for _ in range(2)]
        tasks = [asyncio.create_task(until(one, lambda: len(seen.events) >= 300)) for one in consumers]
        await broker.publish(*events)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    assert numbers_by_subject(seen.events) == numbers_by_subject(events)


async def test_next_process_continues_where_the_stopped_one_ended(broker: Broker) -> None:
    events = numbered([a_name()], 2 * BATCH_SIZE)
    await broker.publish(*events[:BATCH_SIZE])
    await broker.consumed(BATCH_SIZE, Seen())
    await broker.publish(*events[BATCH_SIZE:])
    assert (await broker.consumed(BATCH_SIZE, Seen())).events == events[BATCH_SIZE:]


async def test_poison_event_becomes_a_dead_letter_and_later_events_are_handled(
    broker: Broker, events_unit: PostgresUnitOfWork
) -> None:
    name, ada, subject = a_name(), a_name(), a_name()
    poison = replace(an_event(subject), data={})
    await broker.publish(an_event(subject, recipient=ada), poison, an_event(subject, recipient=ada))
    registry = CollectorRegistry()
    counts = consumer_counts(registry)
    handler = counting_gifts(name, events_unit, counts)
    async with broker.consumer(handler.handle, counts=counts) as consumer:
        await until(consumer, lambda: outcome(registry, name, "handled") == 2)
    assert outcome(registry, name, "failed") == 2
    async with events_unit.begin() as tx:
        dead = [one for one in await tx.dead_letters.page(0, 1000) if one.consumer == name]
        assert await tx.gifts.received(ada) == 2
    assert [one.event for one in dead] == [poison]
    assert dead[0].reason == "KeyError: 'recipient'"


def counting_gifts(name: str, events_unit: PostgresUnitOfWork, counts: ConsumerCounts) -> Consumer:
    return Consumer(
        subscription=Subscription(name, TYPES),
        effect=count_gift,
        begin=events_unit.begin,
        metrics=counts,
        now=now,
        tries=2,
    )


@pytest.fixture
def events_unit(request: pytest.FixtureRequest) -> PostgresUnitOfWork:
    return PostgresUnitOfWork(request.getfixturevalue("unit_of_work").sessions, 5)


async def test_event_published_twice_has_one_effect(broker: Broker, events_unit: PostgresUnitOfWork) -> None:
    ada = a_name()
    event = an_event(recipient=ada)
    await broker.publish(event, event, an_event(event.subject, recipient=ada))
    registry = CollectorRegistry()
    counts = consumer_counts(registry)
    handler = counting_gifts("first", events_unit, counts)
    async with broker.consumer(handler.handle, counts=counts) as consumer:
        await until(consumer, lambda: outcome(registry, "first", "handled") == 2)
    assert outcome(registry, "first", "repeated") == 1
    async with events_unit.begin() as tx:
        assert await tx.gifts.received(ada) == 2


@pytest.mark.broker
async def test_kafka_gets_the_subject_as_the_key(locks: PostgresAdvisoryLocks) -> None:
    """So that all events of one subject are in one partition."""
    url = os.environ["TEST_KAFKA_URL"]
    broker, event = Broker(options_of(url), locks), an_event()
    await broker.publish(event)
    raw = AIOKafkaConsumer(
        broker.options.topic, bootstrap_servers=servers_of(url), auto_offset_reset="earliest"
    )
    await raw.start()
    try:
        record = await asyncio.wait_for(raw.getone(), SOON_S)
    finally:
        await raw.stop()
    assert record.key == event.subject.encode()
    assert dict(record.headers)["ce_id"] == event.id.encode()


@pytest.mark.broker
async def test_rabbitmq_keeps_events_in_queues_that_survive(locks: PostgresAdvisoryLocks) -> None:
    url = os.environ["TEST_AMQP_URL"]
    broker, event = Broker(options_of(url), locks), an_event()
    await broker.publish(event, an_event(event_type="nobody.wants"))
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue(f"{broker.options.topic}.first")
        async with asyncio.timeout(SOON_S), queue.iterator() as messages:
            message = await anext(messages)
            await message.ack()
    assert message.delivery_mode is aio_pika.DeliveryMode.PERSISTENT
    assert (message.content_type, message.routing_key) == ("application/json", event.type)
    assert message.headers["cloudEvents_id"] == event.id


@pytest.mark.broker
async def test_rabbitmq_publish_fails_for_a_deleted_queue_and_declares_it_again(
    locks: PostgresAdvisoryLocks,
) -> None:
    url = os.environ["TEST_AMQP_URL"]
    broker, events = Broker(options_of(url), locks), numbered([a_name()], 2)
    async with broker.publisher() as publisher:
        await publisher.publish(events[0])
        async with await aio_pika.connect(url) as connection:
            channel = await connection.channel()
            for name in ("first", "second"):
                await channel.queue_delete(f"{broker.options.topic}.{name}")
        with pytest.raises(UnavailableError):
            await publisher.publish(events[1])
        await publisher.publish(events[1])
    assert (await broker.consumed(1, Seen())).events == events[1:]
