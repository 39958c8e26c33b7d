"""The promises of the port `PageCache`, kept by the twin and by Valkey alike."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

import pytest
from prometheus_client import CollectorRegistry

from hello.bootstrap.connectors import caches_of, guarded_redis, redis_pages
from hello.connectors.embedded.servers import Servers
from hello.connectors.redis.client import open_redis
from hello.connectors.redis.stamped_pages import MAX_LOCAL_PAGES
from hello.core.settings import Settings
from hello.entities.errors import NotFoundError
from hello.services.ports import PageCache, StampedPages
from tests.support.builders import a_name
from tests.support.pages import PageSource, stamp_of
from tests.twins.transaction import TwinPages, TwinStampedPages


class PagesContract:
    async def test_a_page_is_loaded_once(self, pages: PageCache) -> None:
        group, source = a_name(), PageSource()
        assert [await pages.get(group, "1", source) for _ in range(3)] == [b"old"] * 3
        assert source.loads == 1

    async def test_pages_and_groups_are_cached_separately(self, pages: PageCache) -> None:
        group, source = a_name(), PageSource()
        await pages.get(group, "1", source)
        source.current = b"new"
        assert await pages.get(group, "2", source) == b"new"
        assert await pages.get(a_name(), "1", source) == b"new"
        assert await pages.get(group, "1", source) == b"old"

    async def test_dropped_group_is_loaded_again(self, pages: PageCache) -> None:
        group, other, source = a_name(), a_name(), PageSource()
        for name in (group, other):
            await pages.get(name, "1", source)
        source.current = b"new"
        await pages.drop(group)
        assert await pages.get(group, "1", source) == b"new"
        assert await pages.get(other, "1", source) == b"old"

    async def test_a_load_that_began_before_a_drop_is_not_served_after_it(self, pages: PageCache) -> None:
        group, source = a_name(), PageSource()
        source.gate.clear()
        early = asyncio.create_task(pages.get(group, "1", source))
        while not source.loads:
            await asyncio.sleep(0)
        source.current = b"new"
        await pages.drop(group)
        late = asyncio.create_task(pages.get(group, "1", source))
        source.gate.set()
        assert await early == b"old"
        assert await late == b"new"
        assert await pages.get(group, "1", source) == b"new"


class StampedPagesContract:
    async def test_a_page_is_loaded_once_for_each_stamp(self, stamped: StampedPages) -> None:
        page, source = a_name(), PageSource()
        for stamp in (1, 1, 2, 2, 1):
            assert await stamped.get(page, stamp_of(stamp), source) == b"old"
        assert source.loads == 3

    async def test_stamped_pages_are_cached_separately(self, stamped: StampedPages) -> None:
        page, source = a_name(), PageSource()
        await stamped.get(page, stamp_of(1), source)
        source.current = b"new"
        assert await stamped.get(a_name(), stamp_of(1), source) == b"new"
        assert await stamped.get(page, stamp_of(1), source) == b"old"

    async def test_a_load_that_began_before_a_change_is_not_served_after_it(
        self, stamped: StampedPages
    ) -> None:
        page, source = a_name(), PageSource()
        source.gate.clear()
        early = asyncio.create_task(stamped.get(page, stamp_of(1), source))
        while not source.loads:
            await asyncio.sleep(0)
        source.current = b"new"
        late = asyncio.create_task(stamped.get(page, stamp_of(2), source))
        source.gate.set()
        assert await early == b"old"
        assert await late == b"new"
        assert await stamped.get(page, stamp_of(2), source) == b"new"


class TestTwin(PagesContract, StampedPagesContract):
    @pytest.fixture
    def pages(self) -> PageCache:
        return TwinPages()

    @pytest.fixture
    def stamped(self) -> StampedPages:
        return TwinStampedPages()


@pytest.mark.integrated
class TestValkey(PagesContract, StampedPagesContract):
    @pytest.fixture
    async def pages(self, servers: Servers) -> AsyncIterator[PageCache]:
        async with open_redis(servers.redis_url, 1) as redis:
            yield redis_pages(Settings(), guarded_redis(Settings(), redis, CollectorRegistry()))

    @pytest.fixture
    async def stamped(self, servers: Servers) -> AsyncIterator[StampedPages]:
        async with open_redis(servers.redis_url, 1) as redis:
            guarded = guarded_redis(Settings(), redis, CollectorRegistry())
            yield caches_of(Settings(), guarded).stamped_pages

    async def test_many_readers_make_one_load_and_the_other_process_waits_for_it(
        self, pages: PageCache, servers: Servers
    ) -> None:
        group, source = a_name(), PageSource()
        async with open_redis(servers.redis_url, 1) as redis:
            other = redis_pages(Settings(), guarded_redis(Settings(), redis, CollectorRegistry()))
            readers = [one.get(group, "1", source) for one in (pages, other) for _ in range(50)]
            assert set(await asyncio.gather(*readers)) == {b"old"}
        assert source.loads == 1

    async def test_processes_share_loaded_pages(self, stamped: StampedPages, servers: Servers) -> None:
        page, source = a_name(), PageSource()
        async with open_redis(servers.redis_url, 1) as redis:
            guarded = guarded_redis(Settings(), redis, CollectorRegistry())
            other = caches_of(Settings(), guarded).stamped_pages
            for lists in (stamped, other, stamped):
                assert await lists.get(page, stamp_of(7), source) == b"old"
        assert source.loads == 1

    async def test_stamped_page_expires(self, stamped: StampedPages) -> None:
        """In the process and in Redis: what no stamp shows is old for two leases at most."""
        page, source = a_name(), PageSource()
        await stamped.get(page, stamp_of(1), source)
        source.current, start = b"new", monotonic()
        while await stamped.get(page, stamp_of(1), source) == b"old":
            await asyncio.sleep(0.01)
        assert monotonic() - start <= 2 * Settings().cache_lease_s + 0.5

    async def test_a_process_keeps_the_pages_that_were_asked_for_last(self, servers: Servers) -> None:
        names, source = [a_name() for _ in range(MAX_LOCAL_PAGES + 1)], PageSource()
        async with open_redis(servers.redis_url, 1) as redis:
            settings = Settings(cache_lease_s=60)
            lists = caches_of(settings, guarded_redis(settings, redis, CollectorRegistry())).stamped_pages
            for name in names:
                await lists.get(name, stamp_of(1), source)
            await redis.delete(*names)
            for name in reversed(names):
                await lists.get(name, stamp_of(1), source)
        assert source.loads == len(names) + 1

    async def test_page_expires(self, pages: PageCache) -> None:
        """Without a drop, as after a crash between commit and drop, a page is old for the lease at most."""
        group, source = a_name(), PageSource()
        await pages.get(group, "1", source)
        source.current, start = b"new", monotonic()
        while await pages.get(group, "1", source) == b"old":
            await asyncio.sleep(0.01)
        assert monotonic() - start <= Settings().cache_lease_s + 0.5

    async def test_failed_load_leaves_the_next_reader_to_fill_the_page(self, pages: PageCache) -> None:
        group, source = a_name(), PageSource()

        async def missing() -> bytes:
            raise NotFoundError("no such item")

        for _ in range(2):
            with pytest.raises(NotFoundError):
                await pages.get(group, "1", missing)
        assert [await pages.get(group, "1", source) for _ in range(2)] == [b"old"] * 2
        assert source.loads == 1

    async def test_many_calls_at_once_are_no_outage(self, servers: Servers) -> None:
        registry, group = CollectorRegistry(), a_name()
        async with open_redis(servers.redis_url, 5) as redis:
            settings = Settings(redis_timeout_s=5)
            pages = redis_pages(settings, guarded_redis(settings, redis, registry))
            await asyncio.gather(*(pages.get(group, str(number), PageSource()) for number in range(400)))
        assert registry.get_sample_value("cache_errors_total") == 0
        assert registry.get_sample_value("cache_requests_total", {"outcome": "miss"}) == 400
