"""Valkey dead, slow, flushed, full or read-only: right answers, no error, and nothing stale afterwards."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from time import monotonic

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from hello.bootstrap.connectors import caches_of, guarded_redis, redis_pages
from hello.connectors.embedded.servers import Servers
from hello.connectors.redis.client import RedisProbe, open_redis
from hello.connectors.redis.pages import RedisPages
from hello.core.settings import Settings
from hello.entities.errors import UnavailableError
from tests.support.builders import a_name
from tests.support.pages import PageSource, stamp_of
from tests.support.servers import temporary_servers
from tests.support.valkey_faults import Fault, dead, flushed, full, hanging, read_only, until

pytestmark = [pytest.mark.integrated, pytest.mark.faults]
LEASE_S = Settings().cache_lease_s


@pytest.fixture(scope="module")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers of this module's own, since it breaks them."""
    with temporary_servers(tmp_path_factory.mktemp("cache")) as servers:
        yield servers


@pytest.fixture
async def redis(own_servers: Servers) -> AsyncIterator[Redis]:
    async with open_redis(own_servers.redis_url, 0.25) as redis:
        yield redis


@pytest.mark.parametrize("fault", [dead, hanging, flushed, full, read_only])
async def test_answers_are_right_during_a_fault_and_after_it(
    own_servers: Servers, redis: Redis, fault: Fault
) -> None:
    registry, group, source = CollectorRegistry(), a_name(), PageSource()
    pages = redis_pages(Settings(), guarded_redis(Settings(), redis, registry))
    await pages.get(group, "1", source)
    async with fault(own_servers, redis):
        for value in (b"first", b"second"):
            await change(pages, group, source, value)
            assert await pages.get(group, "1", source) == value
    await until(lambda: caches(pages, source))
    assert await pages.get(group, "1", source) == b"second"


@pytest.mark.parametrize("fault", [dead, hanging, flushed, full, read_only])
async def test_stamped_pages_are_right_during_a_fault_and_after_it(
    own_servers: Servers, redis: Redis, fault: Fault
) -> None:
    """For two processes."""
    page, source = a_name(), PageSource()
    first, other = (
        caches_of(Settings(), guarded_redis(Settings(), redis, CollectorRegistry())).stamped_pages
        for _ in range(2)
    )
    await first.get(page, stamp_of(0), source)
    async with fault(own_servers, redis):
        for number, value in enumerate((b"first", b"second"), start=1):
            source.current = value
            for lists in (first, other, first):
                assert await lists.get(page, stamp_of(number), source) == value
    assert await other.get(page, stamp_of(2), source) == b"second"


async def change(pages: RedisPages, group: str, source: PageSource, value: bytes) -> None:
    source.current = value
    await pages.drop(group)


async def caches(pages: RedisPages, source: PageSource) -> bool:
    """Say whether pages are cached again."""
    group, before = a_name(), source.loads
    for _ in range(2):
        await pages.get(group, "1", source)
    return source.loads == before + 1


async def test_change_waits_for_the_lease_when_the_cache_is_unreachable(
    own_servers: Servers, redis: Redis
) -> None:
    """Another replica may still reach it, and serve what it has."""
    pages = redis_pages(Settings(), guarded_redis(Settings(), redis, CollectorRegistry()))
    async with dead(own_servers, redis):
        start = monotonic()
        await pages.drop(a_name())
        assert monotonic() - start >= LEASE_S


async def test_changes_one_after_the_other_wait_for_one_lease_each(
    own_servers: Servers, redis: Redis
) -> None:
    """Not for the rest of an earlier one's wait as well."""
    group = a_name()
    pages = redis_pages(Settings(), guarded_redis(Settings(), redis, CollectorRegistry()))
    async with dead(own_servers, redis):
        first = asyncio.create_task(pages.drop(group))
        await asyncio.sleep(LEASE_S / 10)
        second = asyncio.create_task(pages.drop(group))
        longer = asyncio.create_task(asyncio.sleep(1.6 * LEASE_S))
        await asyncio.wait([second, longer], return_when=asyncio.FIRST_COMPLETED)
        assert second.done()
        assert not longer.done()
        await asyncio.gather(first, longer)


async def test_circuit_breaker_opens_sets_its_metric_and_closes(own_servers: Servers, redis: Redis) -> None:
    registry, source = CollectorRegistry(), PageSource()
    pages = redis_pages(Settings(), guarded_redis(Settings(), redis, registry))
    async with hanging(own_servers, redis):
        for _ in range(3):
            await pages.get(a_name(), "1", source)
        assert registry.get_sample_value("cache_breaker_open") == 1
        start = monotonic()
        await pages.get(a_name(), "1", source)
        assert monotonic() - start < Settings().redis_timeout_s
    await until(lambda: caches(pages, source))
    assert registry.get_sample_value("cache_breaker_open") == 0
    assert registry.get_sample_value("cache_requests_total", {"outcome": "bypass"}) >= 4  # type: ignore[operator]


async def test_many_readers_without_a_cache_do_not_stampede(own_servers: Servers, redis: Redis) -> None:
    pages, source = (
        redis_pages(Settings(), guarded_redis(Settings(), redis, CollectorRegistry())),
        PageSource(),
    )
    async with dead(own_servers, redis):
        group = a_name()
        await asyncio.gather(*(pages.get(group, "1", source) for _ in range(100)))
    assert source.loads <= 2


async def test_probe_of_a_dead_redis_is_unavailable(own_servers: Servers, redis: Redis) -> None:
    await RedisProbe(redis).check()
    async with dead(own_servers, redis):
        with pytest.raises(UnavailableError):
            await RedisProbe(redis).check()


async def test_writer_without_redis_leaves_no_stale_page_for_others(redis: Redis) -> None:
    source, group = PageSource(), a_name()
    reader = redis_pages(Settings(), guarded_redis(Settings(), redis, CollectorRegistry()))
    async with open_redis("redis://127.0.0.1:1", 0.25) as nowhere:
        writer = redis_pages(Settings(), guarded_redis(Settings(), nowhere, CollectorRegistry()))
        for value in (b"first", b"second"):
            await reader.get(group, "1", source)
            await change(writer, group, source, value)
            assert await reader.get(group, "1", source) == value
