"""Brokers that were never there, and one that goes away and comes back."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from time import monotonic

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from hello.connectors.brokers.metrics import consumer_counts
from hello.connectors.embedded.servers import Servers
from hello.connectors.postgres.advisory_locks import PostgresAdvisoryLocks
from hello.connectors.postgres.engine import Database
from hello.entities.errors import UnavailableError
from tests.support.broker_tools import SOON_S, Broker, Seen, options_of, until
from tests.support.builders import a_name
from tests.support.servers import temporary_servers
from tests.twins.events import an_event, numbered

pytestmark = [pytest.mark.integrated, pytest.mark.faults]


@pytest.fixture
def locks(database: Database) -> PostgresAdvisoryLocks:
    return PostgresAdvisoryLocks(database)


@pytest.fixture(autouse=True)
def nothing_left_open() -> Iterator[None]:
    """Collect what was left: its finalizer warns of what nobody closed, as it finds no loop to do so."""
    yield
    with ThreadPoolExecutor() as no_loop:
        no_loop.submit(gc.collect).result()


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.mark.parametrize(
    "url",
    [
        "redis://127.0.0.1:1",
        "redis+cluster://127.0.0.1:1",
        "unix:///nowhere/valkey.sock",
        "kafka://127.0.0.1:1",
        "amqp://guest:guest@127.0.0.1:1/",
    ],
)
async def test_unreachable_broker_is_unavailable_in_time(url: str, locks: PostgresAdvisoryLocks) -> None:
    broker, start = Broker(options_of(url, timeout_s=1), locks), monotonic()
    for _ in range(2):
        with pytest.raises(UnavailableError):
            await broker.publish(an_event())
    assert monotonic() - start < 4
    async with broker.consumer(Seen()) as consumer:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(consumer.wait(), 1)


@pytest.fixture(scope="module")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers of this module's own, since it breaks them."""
    with temporary_servers(tmp_path_factory.mktemp("brokers")) as servers:
        yield servers


@asynccontextmanager
async def away(servers: Servers) -> AsyncIterator[None]:
    await asyncio.to_thread(servers.valkey.stop)
    yield
    await asyncio.to_thread(servers.valkey.start)


async def test_publisher_and_consumer_recover_after_a_redis_outage(
    own_servers: Servers, locks: PostgresAdvisoryLocks
) -> None:
    """It keeps nothing while it is away: only what is published afterwards can arrive."""
    broker, seen, registry = Broker(options_of(own_servers.redis_url, 1), locks), Seen(), CollectorRegistry()
    events = numbered([a_name()], 4)
    async with AsyncExitStack() as stack:
        publisher = await stack.enter_async_context(broker.publisher())
        consumer = await stack.enter_async_context(broker.consumer(seen, counts=consumer_counts(registry)))
        await publisher.publish(events[0])
        await until(consumer, lambda: len(seen.events) == 1)
        waiting = asyncio.create_task(until(consumer, lambda: len(seen.events) >= 3))
        async with away(own_servers):
            with pytest.raises(UnavailableError):
                await publisher.publish(events[1])
            await is_up(registry, 0)
        for event in events[1:3]:
            await publisher.publish(event)
        await waiting
        assert registry.get_sample_value("events_consumer_up", {"consumer": "first"}) == 1
    assert seen.events == events[:3]


async def is_up(registry: CollectorRegistry, value: float) -> None:
    async with asyncio.timeout(SOON_S):
        while registry.get_sample_value("events_consumer_up", {"consumer": "first"}) != value:
            await asyncio.sleep(0.02)
