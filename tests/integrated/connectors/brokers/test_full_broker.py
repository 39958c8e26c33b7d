"""A Valkey with little memory: streams stay within their bound in bytes, and a full broker is waited for."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs
from structlog.typing import EventDict

from hello.bootstrap.processes import open_worker
from hello.connectors.brokers.full_broker import FullBrokerPublisher
from hello.connectors.brokers.metrics import relay_counts
from hello.connectors.brokers.outages import BrokerFullError
from hello.connectors.brokers.redis_streams import open_stream_publisher
from hello.connectors.brokers.stream_trimming import Trimmed
from hello.connectors.embedded.valkey import WHEEL
from hello.connectors.postgres.advisory_locks import PostgresAdvisoryLocks
from hello.connectors.postgres.engine import Database
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.core.settings import Settings
from hello.core.shutdown import ShutdownSignal
from hello.entities.events import Event
from hello.interface.worker.tasks import RELAY
from hello.services.event_ports import EventPublisher
from hello.services.health import Readiness
from hello.services.relay import Relay
from hello.services.use_cases import UseCases
from tests.support.broker_tools import Broker, Seen, options_of
from tests.support.builders import a_name
from tests.support.outbox_tools import a_retrying_relay
from tests.twins.events import an_event

pytestmark = [pytest.mark.integrated, pytest.mark.faults]
MIB = 2**20
MAX_MEMORY, MAX_BYTES = 64 * MIB, 24 * MIB


@pytest.fixture
def port(tmp_path: Path, unused_tcp_port: int) -> Iterator[int]:
    options = ["--bind", "127.0.0.1", "--dir", str(tmp_path), "--save", "", "--maxmemory", str(MAX_MEMORY)]
    with Popen([str(WHEEL.find()), "--port", str(unused_tcp_port), *options], stdout=DEVNULL) as valkey:
        try:
            yield unused_tcp_port
        finally:
            valkey.terminate()


@pytest.fixture
async def redis(port: int) -> AsyncIterator[Redis]:
    async with Redis(port=port) as redis, asyncio.timeout(10):
        while not await answers(redis):
            await asyncio.sleep(0.02)
        yield redis


async def answers(redis: Redis) -> bool:
    try:
        return bool(await redis.ping())
    except RedisConnectionError:
        return False


@pytest.fixture
def broker(port: int, redis: Redis, database: Database) -> Broker:
    assert redis
    options = replace(options_of(f"redis://127.0.0.1:{port}"), max_bytes=MAX_BYTES)
    return Broker(options, PostgresAdvisoryLocks(database))


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[EventDict]]:
    with capture_logs() as logs:
        yield logs


def a_large_event(characters: int = 120_000) -> Event:
    return replace(an_event(), data={"description": "x" * characters})


async def publish_all(publisher: EventPublisher, events: list[Event]) -> None:
    for start in range(0, len(events), 50):
        await asyncio.gather(*map(publisher.publish, events[start : start + 50]))


async def size_of(redis: Redis, stream: str) -> int:
    size: Any = await redis.memory_usage(stream, samples=0)
    return int(size)


async def test_large_events_that_are_confirmed_do_not_fill_the_broker(broker: Broker, redis: Redis) -> None:
    """240 MB pass through 64 MB; small ones come first, which say nothing of the size of later ones."""
    async with broker.publisher() as publisher:
        await publish_all(publisher, [an_event() for _ in range(2000)])
        await publish_all(publisher, [a_large_event() for _ in range(2000)])
    assert MAX_BYTES / 4 < await size_of(redis, broker.options.topic) <= MAX_BYTES


async def test_events_that_our_consumer_has_not_confirmed_are_kept_and_no_more_are_taken(
    broker: Broker, redis: Redis
) -> None:
    topic = broker.options.topic
    await redis.xgroup_create(topic, f"{topic}.first", id="0", mkstream=True)
    async with broker.publisher() as publisher:
        with pytest.raises(BrokerFullError, match="the stream is full") as full:
            await publish_all(publisher, [a_large_event() for _ in range(1000)])
        assert full.value.reason == "consumers have not confirmed STREAM_MAX_BYTES of events"
        published = await redis.xlen(topic)
        assert await size_of(redis, topic) <= MAX_BYTES
        await broker.consumed(published, Seen())
        await publisher.publish(a_large_event())
    assert await size_of(redis, topic) < MAX_BYTES


async def test_events_that_only_other_groups_have_not_confirmed_are_dropped_and_counted(
    broker: Broker, redis: Redis
) -> None:
    topic, measured = broker.options.topic, list[Trimmed]()
    await redis.xgroup_create(topic, "others", id="0", mkstream=True)
    async with open_stream_publisher(broker.options, measured.append) as publisher:
        await publish_all(publisher, [a_large_event() for _ in range(400)])
    left = await redis.xlen(topic)
    assert 50 < left <= MAX_BYTES / 120_000
    assert sum(trimmed.dropped for trimmed in measured) == 400 - left


async def test_events_are_published_where_memory_usage_is_forbidden(broker: Broker, redis: Redis) -> None:
    await redis.execute_command("ACL", "SETUSER", "default", "-memory")  # type: ignore[no-untyped-call]
    measured = list[Trimmed]()
    async with open_stream_publisher(broker.options, measured.append) as publisher:
        await publisher.publish(an_event())
    assert (await redis.xlen(broker.options.topic), measured) == (1, [Trimmed(0, 0)])
    async with open_stream_publisher(broker.options, measured.append) as publisher:
        await publisher.publish(an_event())
    assert measured[1:] == [Trimmed(-1, 0)]


async def test_full_redis_is_a_full_broker_until_there_is_room(broker: Broker, redis: Redis) -> None:
    async with broker.publisher() as publisher:
        await publisher.publish(an_event())
        async with filled(redis):
            with pytest.raises(BrokerFullError) as full:
                await publisher.publish(a_large_event())
            assert full.value.reason == "Redis has reached maxmemory"
        await publisher.publish(a_large_event())
    assert await redis.xlen(broker.options.topic) == 2


async def test_redis_that_confirmed_events_have_filled_makes_room_by_itself(
    broker: Broker, redis: Redis
) -> None:
    topic = broker.options.topic
    with pytest.raises(OutOfMemoryError):
        while True:
            await redis.xadd(topic, {"data": b"x" * (MIB // 8)})
    await redis.xgroup_create(topic, f"{topic}.first", id="$")
    await broker.publish(a_large_event())
    assert await size_of(redis, topic) <= MAX_BYTES


async def test_consumer_that_starts_while_redis_is_full_gets_its_events(broker: Broker, redis: Redis) -> None:
    """Else it could never confirm what fills Redis."""
    events = [an_event() for _ in range(3)]
    await redis.xgroup_create(broker.options.topic, f"{broker.options.topic}.first", id="0", mkstream=True)
    await broker.publish(*events)
    await redis.config_set("maxmemory", 1)
    async with asyncio.timeout(10):
        assert (await broker.consumed(3, Seen())).events == events


async def test_events_of_one_batch_that_still_fit_are_confirmed(broker: Broker, redis: Redis) -> None:
    """Else they were published again at each try, and filled what room there is."""
    async with broker.publisher() as publisher, filled(redis) as keys:
        await redis.delete(*keys[:16])
        events = [a_large_event(60_000) for _ in range(80)]
        answers = await asyncio.gather(*map(publisher.publish, events), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, BrokerFullError)]
    assert 0 < len(refused) < len(events)
    assert await redis.xlen(broker.options.topic) == len(events) - len(refused)


@asynccontextmanager
async def filled(redis: Redis) -> AsyncIterator[list[str]]:
    """Fill it with keys of 128 KiB, until there is room for nothing more; remove them at the end."""
    keys = list[str]()
    with pytest.raises(OutOfMemoryError):
        while True:
            keys.append(a_name())
            await redis.set(keys[-1], b"x" * (MIB // 8))
    yield keys
    await redis.config_set("maxmemory", MAX_MEMORY)
    await redis.delete(*keys)


async def test_full_redis_stops_the_relay_until_there_is_room_and_nothing_is_lost(
    broker: Broker, redis: Redis, engine: AsyncEngine, unit_of_work: PostgresUnitOfWork, logs: list[EventDict]
) -> None:
    registry, recipient = CollectorRegistry(), a_name()
    counts = relay_counts(registry)
    async with open_stream_publisher(broker.options, counts.trimmed) as stream:
        publisher = FullBrokerPublisher(publisher=stream, report_full=counts.full.set)
        relay = a_retrying_relay(engine, publisher, counts)
        await relay_all(relay, redis, broker.options.topic, [])
        async with filled(redis):
            await redis.config_set("maxmemory", MAX_MEMORY - 8 * MIB)  # the memory of a buffer is no room
            events = [
                replace(a_large_event(), data={"text": "x" * 90_000, "to": recipient}) for _ in range(20)
            ]
            async with unit_of_work.begin() as tx:
                for event in events:
                    await tx.outbox.add(event)
            for _ in range(20):
                await relay.run_once()
            assert registry.get_sample_value("events_broker_full") == 1
            assert failed_tries(logs) == ["broker is full, events wait in the outbox"]
        await relay_all(relay, redis, broker.options.topic, events)
    assert registry.get_sample_value("events_broker_full") == 0
    assert failed_tries(logs) == ["broker is full, events wait in the outbox", "broker has room again"]


async def test_worker_with_a_full_broker_is_degraded_and_says_why(
    port: int, redis: Redis, database: Database, unit_of_work: PostgresUnitOfWork
) -> None:
    settings = Settings(
        database_url=SecretStr(database.dsn), broker_url=SecretStr(f"redis://127.0.0.1:{port}")
    )
    reason = "the broker is full: Redis has reached maxmemory"
    async with open_worker(settings, [RELAY], ShutdownSignal(), CollectorRegistry()) as use_cases:
        async with filled(redis):
            async with unit_of_work.begin() as tx:
                await tx.outbox.add(a_large_event())
            await is_ready(use_cases, Readiness.DEGRADED, reason)
        await is_ready(use_cases, Readiness.READY, None)


async def is_ready(use_cases: UseCases, status: Readiness, reason: str | None) -> None:
    async with asyncio.timeout(20):
        while True:
            health = await use_cases.health.ready()
            reasons = {check.reason for check in health.checks if check.name == "publishing"}
            if (health.status, reasons) == (status, {reason}):
                return
            await asyncio.sleep(0.02)


def failed_tries(logs: list[EventDict]) -> list[str]:
    """Leave out what a consumer of an earlier test logs when it ends."""
    own = [entry for entry in logs if entry.get("name", "relay") == "relay"]
    return [entry["event"] for entry in own if entry["event"].startswith("broker ")]


async def relay_all(relay: Relay, redis: Redis, topic: str, events: list[Event]) -> None:
    """Run the relay until the outbox is empty and the stream has each of the events, some perhaps twice."""
    wanted = {event.id.encode() for event in events}
    async with asyncio.timeout(20):
        while (await relay.shards.backlog()).depth or wanted - await ids_in(redis, topic):
            await relay.run_once()
            await asyncio.sleep(0.01)


async def ids_in(redis: Redis, topic: str) -> set[bytes]:
    entries: Any = await redis.xrange(topic)
    return {fields[b"ce_id"] for _, fields in entries}
