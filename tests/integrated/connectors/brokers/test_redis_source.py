"""What only Redis Streams have to cope with: others' entries, trimmed ones, lost groups, kinds of URL."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from structlog.testing import capture_logs
from structlog.typing import EventDict

from hello.connectors.brokers.metrics import consumer_counts
from hello.connectors.brokers.redis_source import open_stream_source
from hello.connectors.embedded.servers import Servers
from hello.connectors.postgres.advisory_locks import PostgresAdvisoryLocks
from hello.connectors.postgres.engine import Database
from hello.connectors.redis.client import open_redis
from hello.entities.errors import UnavailableError
from tests.support.broker_tools import Broker, Seen, options_of, outcome, until
from tests.support.builders import a_name
from tests.support.valkey_tools import take_all_slots, tls_in_front_of
from tests.twins.events import an_event, numbered

pytestmark = pytest.mark.integrated


@pytest.fixture
def locks(database: Database) -> PostgresAdvisoryLocks:
    return PostgresAdvisoryLocks(database)


@pytest.fixture
def broker(servers: Servers, locks: PostgresAdvisoryLocks) -> Broker:
    return Broker(options_of(servers.redis_url), locks)


@pytest.fixture
async def redis(servers: Servers) -> AsyncIterator[Redis]:
    async with open_redis(servers.redis_url, 5) as redis:
        yield redis


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[EventDict]]:
    with capture_logs() as logs:
        yield logs


async def test_an_entry_can_be_read_with_any_client(broker: Broker, redis: Redis) -> None:
    event = an_event(recipient="Ada")
    await broker.publish(event)
    ((_, fields),) = await redis.xrange(broker.options.topic) or []
    assert fields
    assert fields[b"ce_id"] == event.id.encode()
    assert fields[b"ce_subject"] == event.subject.encode()
    assert fields[b"data"] == b'{"recipient": "Ada"}'


async def test_unreadable_stream_entries_are_skipped_and_logged(
    broker: Broker, redis: Redis, logs: list[EventDict]
) -> None:
    events = numbered([a_name()], 2)
    await broker.publish(events[0])
    await redis.xadd(broker.options.topic, {"what": "ever", b"\xff": b"\xfe"})
    await broker.publish(events[1])
    registry, seen = CollectorRegistry(), Seen()
    async with broker.consumer(seen, counts=consumer_counts(registry)) as consumer:
        await until(consumer, lambda: len(seen.events) == 2)
    assert seen.events == events
    assert outcome(registry, "first", "unreadable") == 1
    assert [entry["log_level"] for entry in logs] == ["error"]
    pending = await redis.xpending(broker.options.topic, f"{broker.options.topic}.first")
    assert pending["pending"] == 0


async def test_a_stream_keeps_about_as_much_as_it_should(broker: Broker, redis: Redis) -> None:
    small = replace(broker, options=replace(broker.options, kept=200))
    async with small.publisher() as publisher:
        await asyncio.gather(*(publisher.publish(an_event()) for _ in range(1000)))
        await publisher.publish(an_event())
    assert 200 <= await redis.xlen(small.options.topic) < 600


async def test_stream_is_trimmed_only_past_every_consumers_confirmation(broker: Broker, redis: Redis) -> None:
    """One consumer has confirmed nothing yet, the other everything: not before both have is it trimmed."""
    small = replace(broker, options=replace(broker.options, kept=100))
    events = numbered([a_name()], 500)
    topic, slow = small.options.topic, f"{small.options.topic}.slow"
    await redis.xgroup_create(topic, slow, id="0", mkstream=True)
    await small.publish(*events)
    await redis.xreadgroup(slow, "late", {topic: ">"}, count=400)
    assert (await small.consumed(500, Seen())).events == events
    await small.publish(an_event())
    assert await redis.xlen(topic) == 501
    entries: Any = await redis.xrange(topic)
    await redis.xreadgroup(slow, "late", {topic: ">"})
    await redis.xack(topic, slow, *(entry for entry, _ in entries))
    await small.publish(an_event())
    assert await redis.xlen(topic) < 250


async def test_trimmed_unconfirmed_entries_do_not_block_later_events(broker: Broker, redis: Redis) -> None:
    events = numbered([a_name()], 4)
    await broker.publish(*events[:2])
    async with broker.consumer(Seen()) as consumer:
        await consumer.wait()
    await redis.xtrim(broker.options.topic, maxlen=0, approximate=False)
    await broker.publish(*events[2:])
    assert (await broker.consumed(2, Seen())).events == events[2:]


async def test_lost_consumer_group_is_created_again(broker: Broker, redis: Redis) -> None:
    events, seen = numbered([a_name()], 3), Seen()
    async with broker.consumer(seen) as consumer:
        await broker.publish(events[0])
        await until(consumer, lambda: len(seen.events) == 1)
        await redis.delete(broker.options.topic)
        await broker.publish(*events[1:])
        await until(consumer, lambda: len(seen.events) == 3)
    assert seen.events == events


async def test_source_without_its_advisory_lock_receives_nothing(broker: Broker) -> None:
    await broker.publish(an_event())
    subscription, *_ = broker.options.subscriptions
    async with broker.locks.acquire(a_name()) as lost:
        lost.connection.terminate()
        async with open_stream_source(broker.options, subscription, lambda _: nullcontext(lost)) as source:
            with pytest.raises(UnavailableError):
                await source.receive()


async def test_a_full_redis_confirms_nothing(broker: Broker, redis: Redis) -> None:
    await redis.config_set("maxmemory-policy", "noeviction")
    await redis.config_set("maxmemory", 1)
    try:
        with pytest.raises(UnavailableError):
            await broker.publish(an_event())
    finally:
        await redis.config_set("maxmemory", "256mb")
        await redis.config_set("maxmemory-policy", "volatile-lru")


async def test_events_arrive_through_a_redis_cluster(
    request: pytest.FixtureRequest, locks: PostgresAdvisoryLocks
) -> None:
    number = request.getfixturevalue("cluster_port")
    await take_all_slots(number)
    await assert_events_arrive(f"redis+cluster://127.0.0.1:{number}", locks)


async def test_events_arrive_through_a_redis_cluster_with_tls(
    request: pytest.FixtureRequest, locks: PostgresAdvisoryLocks, tmp_path: Path
) -> None:
    number, authority = request.getfixturevalue("cluster_port"), trustme.CA()
    await take_all_slots(number)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    async with tls_in_front_of(number, authority) as tls_port:
        url = f"rediss://localhost:{tls_port}?ssl_ca_certs={tmp_path / 'ca.pem'}"
        await assert_events_arrive(url, locks)


async def assert_events_arrive(url: str, locks: PostgresAdvisoryLocks) -> None:
    broker, events = Broker(options_of(url), locks), numbered([a_name()], 3)
    await broker.publish(*events)
    assert (await broker.consumed(3, Seen())).events == events
