"""The promises of the port `Limiter`, kept by the twin, in the process and by Valkey alike."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

import pytest
from limits import parse
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from hello.connectors.embedded.servers import Servers
from hello.connectors.limits.limiter import open_limiter
from hello.connectors.limits.memory import BoundedMemory
from hello.connectors.limits.quotas import read_quotas
from hello.connectors.redis.client import open_redis
from hello.core.settings import SettingsError
from hello.services.security import Limiter, LimitStatus
from tests.support.builders import a_name
from tests.support.limits import HitsOfOthers
from tests.support.valkey_faults import until
from tests.twins.security import TwinLimiter

QUOTAS = read_quotas(
    {"few": "3/hour", "other": "3 per 1 hour", "many": "100/hour", "short": "2/second", "free": ""}
)
EVERYTHING = 300


class LimiterContract:
    async def test_the_quota_is_allowed_and_no_more(self, limiter: Limiter) -> None:
        john = a_name()
        statuses = await hits(limiter, "few", john, 5)
        assert [status.is_exceeded for status in statuses] == [False, False, False, True, True]
        assert [status.remaining for status in statuses] == [2, 1, 0, 0, 0]
        assert {(status.quota, status.window_s) for status in statuses} == {(3, 3600)}
        assert all(0 < status.reset_s <= 3600 for status in statuses)

    async def test_keys_and_groups_are_counted_separately(self, limiter: Limiter) -> None:
        john = a_name()
        await hits(limiter, "few", john, 4)
        for group, key in (("few", john.swapcase()), ("few", f"{john}/"), ("other", john)):
            assert (await hits(limiter, group, key, 1))[0].remaining == 2

    async def test_a_group_may_have_no_limit_but_must_be_known(self, limiter: Limiter) -> None:
        assert await limiter.hit("free", a_name()) is None
        await limiter.clear("free", a_name())
        for ask in (limiter.hit, limiter.clear):
            with pytest.raises(KeyError):
                await ask("fere", a_name())

    async def test_cleared_key_starts_from_zero(self, limiter: Limiter) -> None:
        john, mary = a_name(), a_name()
        for key in (john, mary):
            await hits(limiter, "few", key, 4)
        await limiter.clear("few", john)
        assert [status.is_exceeded for status in await hits(limiter, "few", john, 4)] == [False] * 3 + [True]
        assert (await hits(limiter, "few", mary, 1))[0].is_exceeded

    async def test_hits_without_waiting_get_the_quota_and_no_more(self, limiter: Limiter) -> None:
        john = a_name()
        statuses = [limiter.hit_nowait("few", john) for _ in range(5)]
        found = [(status.remaining, status.is_exceeded) for status in statuses if status]
        assert found == [(2, False), (1, False), (0, False), (0, True), (0, True)]
        assert {(status.quota, status.window_s) for status in statuses if status} == {(3, 3600)}
        assert all(0 < status.reset_s <= 3600 for status in statuses if status)

    async def test_keys_and_groups_are_separate_without_waiting(self, limiter: Limiter) -> None:
        john = a_name()
        for group, key in (("few", john), ("few", john.swapcase()), ("few", f"{john}/"), ("other", john)):
            status = limiter.hit_nowait(group, key)
            assert status
            assert status.remaining == 2

    async def test_group_without_a_limit_is_not_counted_without_waiting(self, limiter: Limiter) -> None:
        assert limiter.hit_nowait("free", a_name()) is None
        with pytest.raises(KeyError):
            limiter.hit_nowait("fere", a_name())

    async def test_hits_at_once_never_get_more_than_the_quota(self, limiter: Limiter) -> None:
        john = a_name()
        statuses = await asyncio.gather(*(limiter.hit("many", john) for _ in range(EVERYTHING)))
        assert sum(not status.is_exceeded for status in statuses if status) == 100

    async def test_quota_is_available_again_after_its_reset_time(self, limiter: Limiter) -> None:
        john = a_name()
        start, reset_s = await refused(limiter, john)
        while (await hits(limiter, "short", john, 1))[0].is_exceeded:
            await asyncio.sleep(0.01)
        assert monotonic() - start <= reset_s + 0.5

    async def test_full_quota_is_available_after_two_windows(self, limiter: Limiter) -> None:
        john = a_name()
        start, _ = await refused(limiter, john)
        await asyncio.sleep(start + 2.1 - monotonic())  # a hit before would count
        assert [status.remaining for status in await hits(limiter, "short", john, 2)] == [1, 0]


async def hits(limiter: Limiter, group: str, key: str, times: int) -> list[LimitStatus]:
    return [status for _ in range(times) if (status := await limiter.hit(group, key))]


async def refused(limiter: Limiter, key: str) -> tuple[float, int]:
    """Use a short quota up, perhaps just where two windows meet.

    Return when that was, in seconds, and how long it was said to last.
    """
    while not (status := (await hits(limiter, "short", key, 1))[0]).is_exceeded:
        pass
    return monotonic(), status.reset_s


class TestTwinLimiter(LimiterContract):
    @pytest.fixture
    def limiter(self) -> Limiter:
        limited = {group: quota for group, quota in QUOTAS.items() if quota}
        quotas = {group: (quota.amount, quota.get_expiry()) for group, quota in limited.items()}
        return TwinLimiter(dict.fromkeys(QUOTAS) | quotas)


class TestInProcess(LimiterContract):
    @pytest.fixture
    async def limiter(self) -> AsyncIterator[Limiter]:
        async with open_limiter(QUOTAS, None, 1, CollectorRegistry()) as limiter:
            yield limiter

    async def test_many_keys_do_not_fill_the_memory(self) -> None:
        store = BoundedMemory(10)
        limiter = SlidingWindowCounterRateLimiter(store)
        for number in range(EVERYTHING):
            await limiter.hit(parse("3/hour"), str(number))
        assert len(store.expirations) == len(store.storage) == 10
        assert not store.locks

    async def test_the_newest_keys_are_kept(self) -> None:
        limiter, quota = SlidingWindowCounterRateLimiter(BoundedMemory(10)), parse("1/hour")
        for number in range(11):
            await limiter.hit(quota, str(number))
        assert await limiter.test(quota, "0")
        assert not any([await limiter.test(quota, str(number)) for number in range(1, 11)])

    async def test_expired_key_is_removed_when_read(self) -> None:
        store = BoundedMemory(10)
        limiter = SlidingWindowCounterRateLimiter(store)
        await limiter.hit(parse("3/second"), "john")
        (key,) = store.expirations
        while await store.get(key):
            await asyncio.sleep(0.01)
        assert not store.expirations
        assert not store.storage


@pytest.mark.integrated
class TestValkey(LimiterContract):
    @pytest.fixture
    async def redis(self, servers: Servers) -> AsyncIterator[Redis]:
        async with open_redis(servers.redis_url, 5) as redis:
            yield redis

    @pytest.fixture
    def registry(self) -> CollectorRegistry:
        return CollectorRegistry()

    @pytest.fixture
    async def limiter(self, redis: Redis, registry: CollectorRegistry) -> AsyncIterator[Limiter]:
        async with open_limiter(QUOTAS, redis, 5, registry) as limiter:
            yield limiter

    async def test_processes_share_a_quota(self, limiter: Limiter, servers: Servers) -> None:
        john = a_name()
        async with another_process(servers) as other:
            askers = [each.hit("many", john) for each in (limiter, other) for _ in range(EVERYTHING)]
            statuses = await asyncio.gather(*askers)
            assert (await hits(other, "many", john, 1))[0].is_exceeded
        assert sum(not status.is_exceeded for status in statuses if status) == 100

    async def test_settled_hits_are_known_to_other_processes(
        self, limiter: Limiter, servers: Servers
    ) -> None:
        john = a_name()
        async with another_process(servers) as other:
            limiter.hit_nowait("many", john)
            probe = HitsOfOthers(other, "many", john)
            await probe.until(1)
            await HitsOfOthers(limiter, "many", john, own=1).until(probe.own)

    async def test_hits_are_settled_at_shutdown(self, servers: Servers) -> None:
        john = a_name()
        async with another_process(servers) as leaving:
            for _ in range(50):
                leaving.hit_nowait("many", john)
        async with another_process(servers) as other:
            await HitsOfOthers(other, "many", john).until(50)

    async def test_settled_counts_expire(self, limiter: Limiter, redis: Redis) -> None:
        john = a_name()
        limiter.hit_nowait("short", john)
        await until(lambda: exists(redis, f"limit:settled:short/{john}/*"))
        keys = await redis.keys(f"limit:settled:short/{john}/*")
        assert all([0 < await redis.pttl(key) <= 4000 for key in keys])

    async def test_many_at_once_do_not_run_out_of_connections(
        self, limiter: Limiter, registry: CollectorRegistry
    ) -> None:
        await asyncio.gather(*(limiter.hit("many", a_name()) for _ in range(EVERYTHING)))
        await asyncio.gather(*(limiter.clear("many", a_name()) for _ in range(EVERYTHING)))
        assert registry.get_sample_value("rate_limit_errors_total") == 0

    async def test_valkey_keys_of_limits_expire(self, limiter: Limiter, redis: Redis) -> None:
        john = a_name()
        await limiter.hit("short", john)
        keys = await redis.keys(f"limit:*{john}*")
        assert keys
        assert all([0 < await redis.pttl(key) <= 2000 for key in keys])

    async def test_outcomes_are_counted(self, limiter: Limiter, registry: CollectorRegistry) -> None:
        john = a_name()
        await hits(limiter, "few", john, 5)
        await limiter.hit("free", john)
        assert (requests(registry, "allowed"), requests(registry, "refused")) == (3, 2)
        for group in ("few", "few", "few", "few", "free"):
            limiter.hit_nowait(group, john)
        assert (requests(registry, "allowed"), requests(registry, "refused")) == (6, 3)


@asynccontextmanager
async def another_process(servers: Servers) -> AsyncIterator[Limiter]:
    async with (
        open_redis(servers.redis_url, 5) as redis,
        open_limiter(QUOTAS, redis, 5, CollectorRegistry()) as limiter,
    ):
        yield limiter


async def exists(redis: Redis, pattern: str) -> bool:
    return bool(await redis.keys(pattern))


def requests(registry: CollectorRegistry, outcome: str) -> float | None:
    labels = {"group": "few", "outcome": outcome}
    return registry.get_sample_value("rate_limit_requests_total", labels)


@pytest.mark.parametrize(
    ("text", "quota"),
    [
        ("60/minute", (60, 60)),
        ("5/2 hours", (5, 7200)),
        (" 1 per day ", (1, 86400)),
        ("off", None),
        ("", None),
    ],
)
async def test_a_quota_is_read(text: str, quota: tuple[int, int] | None) -> None:
    read = read_quotas({"login": text})["login"]
    assert (read and (read.amount, read.get_expiry())) == quota


@pytest.mark.parametrize(
    "text",
    ["many", "61", "60/fortnight", "-1/minute", "0/minute", "1.5/minute", "5/minute;9/hour", "9/2 years"],
)
async def test_invalid_quota_is_refused_with_the_name_of_its_setting(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^RATE_LIMIT_LOGIN: must ") as error:
        read_quotas({"hello": "1/second", "login": text})
    assert text not in str(error.value)
