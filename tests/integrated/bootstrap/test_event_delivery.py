"""From the outbox to the effect, through relays and consumers that die and a line that breaks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from random import Random

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from hello.connectors.brokers.adapters import open_publisher, source_of
from hello.connectors.brokers.consumer import by_subject, consuming
from hello.connectors.brokers.metrics import consumer_counts, relay_counts
from hello.connectors.brokers.options import BrokerOptions
from hello.connectors.embedded.servers import Servers
from hello.connectors.postgres.advisory_locks import PostgresAdvisoryLocks
from hello.connectors.postgres.engine import Database
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.core.clock import now
from hello.services.consumers import Consumer
from hello.services.event_ports import Subscription
from hello.services.gifts import count_gift
from tests.support.builders import a_name
from tests.support.outbox_tools import a_retrying_relay
from tests.twins.events import an_event

pytestmark = pytest.mark.integrated
EVENTS, RELAYS, CONSUMERS = 300, 2, 2
SOON_S = 60


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.fixture
def options(servers: Servers) -> BrokerOptions:
    types = frozenset({"order.shipped"})
    return BrokerOptions(
        url=servers.redis_url,
        topic=f"test.{a_name()}",
        timeout_s=5,
        kept=100_000,
        max_bytes=128 * 2**20,
        subscriptions=[Subscription(a_name(), types)],
    )


@asynccontextmanager
async def relaying(engine: AsyncEngine, options: BrokerOptions) -> AsyncIterator[None]:
    async with open_publisher(options) as publisher:
        relay = a_retrying_relay(engine, publisher, relay_counts(CollectorRegistry()))
        async with repeated(relay.run_once):
            yield


@asynccontextmanager
async def handling(engine: AsyncEngine, database: Database, options: BrokerOptions) -> AsyncIterator[None]:
    counts, (subscription,) = consumer_counts(CollectorRegistry()), options.subscriptions
    handler = Consumer(
        subscription=subscription,
        effect=count_gift,
        begin=PostgresUnitOfWork.of(engine, 5).begin,
        metrics=counts,
        now=now,
        tries=3,
    )
    source = source_of(options, subscription, PostgresAdvisoryLocks(database).acquire)
    async with consuming(subscription.name, source, by_subject(handler.handle), counts) as consumer:

        async def once() -> None:
            await consumer.wait()
            await consumer.step()

        async with repeated(once):
            yield


@asynccontextmanager
async def repeated(work: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    async def forever() -> None:
        while True:
            await work()
            await asyncio.sleep(0)

    task = asyncio.create_task(forever())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.mark.faults
async def test_event_has_one_effect_when_relays_and_consumers_die(
    engine: AsyncEngine, database: Database, unit_of_work: PostgresUnitOfWork, options: BrokerOptions
) -> None:
    names = [a_name() for _ in range(10)]
    random = Random(1)  # noqa: S311

    async def live_and_die(work: Callable[[], AbstractAsyncContextManager[None]]) -> None:
        while True:
            async with work():
                await asyncio.sleep(random.uniform(0.02, 0.3))

    async def write() -> None:
        for number in range(EVENTS):
            async with unit_of_work.begin() as tx:
                await tx.outbox.add(an_event(recipient=names[number % 10]))

    async def all_received() -> bool:
        async with PostgresUnitOfWork.of(engine, 5).begin() as tx:
            return sum([await tx.gifts.received(name) for name in names]) >= EVENTS

    async with AsyncExitStack() as stack:
        for _ in range(RELAYS):
            await stack.enter_async_context(repeated(lambda: live_and_die(lambda: relaying(engine, options))))
        for _ in range(CONSUMERS):
            await stack.enter_async_context(
                repeated(lambda: live_and_die(lambda: handling(engine, database, options)))
            )
        await write()
        async with asyncio.timeout(SOON_S):
            while not await all_received():
                await asyncio.sleep(0.1)
    async with PostgresUnitOfWork.of(engine, 5).begin() as tx:
        assert [await tx.gifts.received(name) for name in names] == [EVENTS // 10] * 10
