"""Valkey dead, hanging, full or read-only: limits go on in the process, soon at no cost, and come back."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from time import monotonic

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from structlog.testing import capture_logs

from hello.connectors.embedded.servers import Servers
from hello.connectors.limits.limiter import LibraryLimiter, open_limiter
from hello.connectors.limits.quotas import read_quotas
from hello.connectors.limits.settlement import SETTLE_AFTER_S
from hello.connectors.redis.client import open_redis
from tests.support.builders import a_name
from tests.support.limits import HitsOfOthers
from tests.support.servers import temporary_servers
from tests.support.valkey_faults import Fault, dead, flushed, full, hanging, read_only, until

pytestmark = [pytest.mark.integrated, pytest.mark.faults]
TIMEOUT_S, SLACK_S, PAUSE_S = 0.25, 0.5, 1
QUOTA, MANY = 5, 200


@pytest.fixture(scope="module")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers of this module's own, since it breaks them."""
    with temporary_servers(tmp_path_factory.mktemp("limits")) as servers:
        yield servers


@pytest.fixture
async def redis(own_servers: Servers) -> AsyncIterator[Redis]:
    async with open_redis(own_servers.redis_url, TIMEOUT_S) as redis:
        yield redis


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
async def limiter(redis: Redis, registry: CollectorRegistry) -> AsyncIterator[LibraryLimiter]:
    async with a_limiter(redis, registry) as limiter:
        yield limiter


def a_limiter(redis: Redis, registry: CollectorRegistry) -> AbstractAsyncContextManager[LibraryLimiter]:
    quotas = read_quotas({"login": f"{QUOTA}/hour", "many": f"{MANY}/hour"})
    return open_limiter(quotas, redis, TIMEOUT_S, registry)


async def is_allowed(limiter: LibraryLimiter, key: str) -> bool:
    status = await limiter.hit("login", key)
    return status is not None and not status.is_exceeded


async def allowed(limiter: LibraryLimiter, key: str, times: int) -> int:
    return sum([await is_allowed(limiter, key) for _ in range(times)])


async def is_shared(limiter: LibraryLimiter, redis: Redis) -> bool:
    """Say whether another process sees what this one counts."""
    john = a_name()
    await limiter.hit("login", john)
    async with a_limiter(redis, CollectorRegistry()) as other:
        seen = await other.hit("login", john)
    return seen is not None and seen.remaining == QUOTA - 2


def is_open(registry: CollectorRegistry) -> bool:
    return registry.get_sample_value("rate_limit_breaker_open") == 1


@pytest.mark.parametrize("fault", [dead, hanging, full, read_only])
async def test_the_count_goes_on_during_a_fault_and_is_shared_after_it(
    own_servers: Servers, redis: Redis, limiter: LibraryLimiter, registry: CollectorRegistry, fault: Fault
) -> None:
    john = a_name()
    assert await allowed(limiter, john, 2) == 2
    async with fault(own_servers, redis):
        assert await allowed(limiter, john, 20) == QUOTA - 2
        assert is_open(registry)
        await limiter.clear("login", john)
        assert await allowed(limiter, john, QUOTA + 1) == QUOTA
    await until(lambda: is_shared(limiter, redis))
    assert not is_open(registry)
    assert all([await is_shared(limiter, redis) for _ in range(3)])


@pytest.mark.parametrize("fault", [dead, hanging, full, read_only])
async def test_a_fault_costs_the_time_out_at_most_and_soon_nothing(
    own_servers: Servers, redis: Redis, limiter: LibraryLimiter, fault: Fault
) -> None:
    await limiter.hit("login", a_name())
    async with fault(own_servers, redis):
        took = [await seconds(limiter) for _ in range(100)]
    assert max(took) < TIMEOUT_S + SLACK_S
    assert sorted(took)[90] < TIMEOUT_S / 5


async def seconds(limiter: LibraryLimiter) -> float:
    start = monotonic()
    await limiter.hit("login", a_name())
    return monotonic() - start


async def test_many_at_once_wait_for_one_time_out_together(
    own_servers: Servers, redis: Redis, limiter: LibraryLimiter
) -> None:
    john = a_name()
    async with hanging(own_servers, redis):
        start = monotonic()
        answers = await asyncio.gather(*(is_allowed(limiter, john) for _ in range(300)))
        assert monotonic() - start < TIMEOUT_S + SLACK_S
    assert sum(answers) == QUOTA


async def test_each_switch_between_shared_and_local_limits_is_logged_once(
    own_servers: Servers, redis: Redis, limiter: LibraryLimiter
) -> None:
    with capture_logs() as logs:
        async with dead(own_servers, redis):
            end = monotonic() + 1.5 * PAUSE_S
            while monotonic() < end:
                await allowed(limiter, a_name(), 3)
                await asyncio.sleep(0.02)
        await until(lambda: is_shared(limiter, redis))
    told = [(entry["log_level"], entry["event"]) for entry in logs]
    assert told == [
        ("warning", "limits are not shared, each process counts alone"),
        ("warning", "limits are shared again"),
    ]


@pytest.mark.parametrize("scheme", ["redis", "redis+cluster"])
async def test_limits_work_without_redis_from_the_start(scheme: str, registry: CollectorRegistry) -> None:
    async with (
        open_redis(f"{scheme}://127.0.0.1:1", TIMEOUT_S) as nowhere,
        a_limiter(nowhere, registry) as limiter,
    ):
        assert await allowed(limiter, a_name(), 10) == QUOTA
    assert registry.get_sample_value("rate_limit_errors_total") == 3


@pytest.mark.parametrize("fault", [dead, hanging, full, read_only, flushed])
async def test_no_hit_waits_during_a_fault_and_all_are_settled_after_it(
    own_servers: Servers, redis: Redis, limiter: LibraryLimiter, registry: CollectorRegistry, fault: Fault
) -> None:
    john = a_name()
    limiter.hit_nowait("many", john)
    async with fault(own_servers, redis):
        start = monotonic()
        for _ in range(49):
            limiter.hit_nowait("many", john)
        assert monotonic() - start < TIMEOUT_S / 5
        if fault is not flushed:
            await until_open(registry)
    async with a_limiter(redis, CollectorRegistry()) as other:
        await HitsOfOthers(other, "many", john).until(50)
    assert not is_open(registry)


async def until_open(registry: CollectorRegistry) -> None:
    async def is_breaker_open() -> bool:
        return is_open(registry)

    await until(is_breaker_open)


async def test_two_processes_admit_the_quota_and_a_margin(
    redis: Redis, limiter: LibraryLimiter, registry: CollectorRegistry
) -> None:
    """Each one admits hits in two more intervals at most."""
    john, admitted = a_name(), [list[float](), list[float]()]
    async with a_limiter(redis, CollectorRegistry()) as other:
        end = monotonic() + 2
        while monotonic() < end:
            for process, each in enumerate((limiter, other)):
                status = each.hit_nowait("many", john)
                if status and not status.is_exceeded:
                    admitted[process].append(monotonic())
            await asyncio.sleep(0.005)
    used_up_at = sorted(admitted[0] + admitted[1])[MANY - 1]
    assert registry.get_sample_value("rate_limit_errors_total") == 0
    assert max(admitted[0] + admitted[1]) < used_up_at + 2 * SETTLE_AFTER_S + SLACK_S
    assert MANY <= len(admitted[0] + admitted[1]) < 2 * MANY
