"""The promises of the port `StampedPages`, kept by the twin and by Valkey alike."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

import pytest
from prometheus_client import CollectorRegistry

from hello.bootstrap.connectors import stamped_pages
from hello.connectors.embedded.servers import Servers
from hello.connectors.redis.client import open_redis
from hello.connectors.redis.stamped_pages import MAX_LOCAL_PAGES
from hello.core.settings import Settings
from hello.entities.errors import UnavailableError
from hello.services.ports import StampedPages
from tests.support.builders import a_name
from tests.support.pages import PageSource, stamp_of
from tests.twins.transaction import TwinStampedPages


class StampedPagesContract:
    async def test_a_page_is_loaded_once_for_each_stamp(self, pages: StampedPages) -> None:
        page, source = a_name(), PageSource()
        for stamp in (1, 1, 2, 2, 1):
            assert await pages.get(page, stamp_of(stamp), source) == b"old"
        assert source.loads == 3

    async def test_pages_are_cached_separately(self, pages: StampedPages) -> None:
        page, source = a_name(), PageSource()
        await pages.get(page, stamp_of(1), source)
        source.current = b"new"
        assert await pages.get(a_name(), stamp_of(1), source) == b"new"
        assert await pages.get(page, stamp_of(1), source) == b"old"

    async def test_a_load_that_began_before_a_change_is_not_served_after_it(
        self, pages: StampedPages
    ) -> None:
        page, source = a_name(), PageSource()
        source.gate.clear()
        early = asyncio.create_task(pages.get(page, stamp_of(1), source))
        while not source.loads:
            await asyncio.sleep(0)
        source.current = b"new"
        late = asyncio.create_task(pages.get(page, stamp_of(2), source))
        source.gate.set()
        assert await early == b"old"
        assert await late == b"new"
        assert await pages.get(page, stamp_of(2), source) == b"new"

    async def test_failed_load_leaves_the_next_reader_to_fill_the_page(self, pages: StampedPages) -> None:
        page, source = a_name(), PageSource()

        async def fail() -> bytes:
            raise UnavailableError("the database is unavailable")

        for _ in range(2):
            with pytest.raises(UnavailableError):
                await pages.get(page, stamp_of(1), fail)
        assert [await pages.get(page, stamp_of(1), source) for _ in range(2)] == [b"old"] * 2
        assert source.loads == 1


class TestTwin(StampedPagesContract):
    @pytest.fixture
    def pages(self) -> StampedPages:
        return TwinStampedPages()


@pytest.mark.integrated
class TestValkey(StampedPagesContract):
    @pytest.fixture
    async def pages(self, servers: Servers) -> AsyncIterator[StampedPages]:
        async with open_redis(servers.redis_url, 1) as redis:
            yield stamped_pages(Settings(), redis, CollectorRegistry())

    async def test_processes_share_loaded_pages(self, pages: StampedPages, servers: Servers) -> None:
        page, source = a_name(), PageSource()
        async with open_redis(servers.redis_url, 1) as redis:
            other = stamped_pages(Settings(), redis, CollectorRegistry())
            for process in (pages, other, pages):
                assert await process.get(page, stamp_of(7), source) == b"old"
        assert source.loads == 1

    async def test_many_readers_in_a_process_make_one_load(self, pages: StampedPages) -> None:
        page, source = a_name(), PageSource()
        readers = [pages.get(page, stamp_of(1), source) for _ in range(50)]
        assert set(await asyncio.gather(*readers)) == {b"old"}
        assert source.loads == 1

    async def test_page_expires(self, pages: StampedPages) -> None:
        """In the process and in Redis: what no stamp shows is old for two leases at most."""
        page, source = a_name(), PageSource()
        await pages.get(page, stamp_of(1), source)
        source.current, start = b"new", monotonic()
        while await pages.get(page, stamp_of(1), source) == b"old":
            await asyncio.sleep(0.01)
        assert monotonic() - start <= 2 * Settings().cache_lease_s + 0.5

    async def test_a_process_keeps_the_pages_that_were_asked_for_last(self, servers: Servers) -> None:
        names, source = [a_name() for _ in range(MAX_LOCAL_PAGES + 1)], PageSource()
        async with open_redis(servers.redis_url, 1) as redis:
            pages = stamped_pages(Settings(cache_lease_s=60), redis, CollectorRegistry())
            for name in names:
                await pages.get(name, stamp_of(1), source)
            await redis.delete(*names)
            for name in reversed(names):
                await pages.get(name, stamp_of(1), source)
        assert source.loads == len(names) + 1

    async def test_many_calls_at_once_are_no_outage(self, servers: Servers) -> None:
        registry, source, names = CollectorRegistry(), PageSource(), [a_name() for _ in range(400)]
        async with open_redis(servers.redis_url, 5) as redis:
            pages = stamped_pages(Settings(redis_timeout_s=5), redis, registry)
            await asyncio.gather(*(pages.get(name, stamp_of(1), source) for name in names))
        assert registry.get_sample_value("cache_errors_total") == 0
        assert registry.get_sample_value("cache_requests_total", {"outcome": "miss"}) == 400
