"""Valkey dead, slow, flushed, full or read-only: right answers, no error, and nothing stale afterwards."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from time import monotonic

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from hello.bootstrap.connectors import stamped_pages
from hello.connectors.embedded.servers import Servers
from hello.connectors.redis.client import RedisProbe, open_redis
from hello.core.settings import Settings
from hello.entities.errors import UnavailableError
from hello.services.ports import StampedPages
from tests.support.builders import a_name
from tests.support.pages import PageSource, stamp_of
from tests.support.servers import temporary_servers
from tests.support.valkey_faults import Fault, dead, flushed, full, hanging, read_only, until

pytestmark = [pytest.mark.integrated, pytest.mark.faults]


@pytest.fixture(scope="module")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers of this module's own, since it breaks them."""
    with temporary_servers(tmp_path_factory.mktemp("cache")) as servers:
        yield servers


@pytest.fixture
async def redis(own_servers: Servers) -> AsyncIterator[Redis]:
    async with open_redis(own_servers.redis_url, 0.25) as redis:
        yield redis


def process(redis: Redis, registry: CollectorRegistry | None = None) -> StampedPages:
    return stamped_pages(Settings(), redis, registry or CollectorRegistry())


async def is_shared(first: StampedPages, other: StampedPages) -> bool:
    """Say whether what one process has loaded is in Redis for another."""
    page, source = a_name(), PageSource()
    for pages in (first, other):
        await pages.get(page, stamp_of(1), source)
    return source.loads == 1


@pytest.mark.parametrize("fault", [dead, hanging, flushed, full, read_only])
async def test_answers_are_right_during_a_fault_and_after_it(
    own_servers: Servers, redis: Redis, fault: Fault
) -> None:
    """For two processes."""
    page, source = a_name(), PageSource()
    first, other = process(redis), process(redis)
    await first.get(page, stamp_of(0), source)
    async with fault(own_servers, redis):
        for number, value in enumerate((b"first", b"second"), start=1):
            source.current = value
            for pages in (first, other, first):
                assert await pages.get(page, stamp_of(number), source) == value
    assert await other.get(page, stamp_of(2), source) == b"second"
    await until(lambda: is_shared(first, other))


async def test_circuit_breaker_opens_sets_its_metric_and_closes(own_servers: Servers, redis: Redis) -> None:
    registry, source = CollectorRegistry(), PageSource()
    pages, other = process(redis, registry), process(redis)
    async with hanging(own_servers, redis):
        for _ in range(3):
            await pages.get(a_name(), stamp_of(1), source)
        assert registry.get_sample_value("cache_breaker_open") == 1
        start = monotonic()
        await pages.get(a_name(), stamp_of(1), source)
        assert monotonic() - start < Settings().redis_timeout_s
    await until(lambda: is_shared(pages, other))
    assert registry.get_sample_value("cache_breaker_open") == 0
    assert registry.get_sample_value("cache_requests_total", {"outcome": "bypass"}) >= 4  # type: ignore[operator]


async def test_many_readers_without_a_cache_do_not_stampede(own_servers: Servers, redis: Redis) -> None:
    pages, page, source = process(redis), a_name(), PageSource()
    async with dead(own_servers, redis):
        await asyncio.gather(*(pages.get(page, stamp_of(1), source) for _ in range(100)))
    assert source.loads <= 2


async def test_probe_of_a_dead_redis_is_unavailable(own_servers: Servers, redis: Redis) -> None:
    await RedisProbe(redis).check()
    async with dead(own_servers, redis):
        with pytest.raises(UnavailableError):
            await RedisProbe(redis).check()
