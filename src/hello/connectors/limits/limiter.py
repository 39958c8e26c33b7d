"""The port `Limiter`, implemented with sliding window counters.

This strategy weighs the count of the previous window by its overlap with the last window's length. It stores
two numbers per key. Unlike fixed windows, it allows no burst of twice the quota where two windows meet.
`hit` counts with the library `limits`, and `hit_nowait` with `WindowCounts`; each way has counts of its own.

The exact strategy, the moving window, stores the time of each request, which depends on each replica's clock.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic, time
from typing import Any

from limits.aio.strategies import RateLimiter, SlidingWindowCounterRateLimiter
from prometheus_client import CollectorRegistry

from hello.connectors.breaker import Breaker
from hello.connectors.limits.guard import RedisGuard
from hello.connectors.limits.limit_status import count
from hello.connectors.limits.memory import BoundedMemory
from hello.connectors.limits.metrics import LimitMetrics, limit_metrics
from hello.connectors.limits.quotas import Quotas
from hello.connectors.limits.redis_totals import RedisTotals
from hello.connectors.limits.settlement import Settlement, settling
from hello.connectors.limits.shared import SharedCounts, shared_storage
from hello.connectors.limits.window_counts import MAX_KEYS, Quota, WindowCounts
from hello.services.security import LimitStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryLimiter:
    """Always counts in the process too, and uses these counts while Redis does not answer."""

    quotas: Quotas
    local: RateLimiter
    shared: SharedCounts | None
    windows: WindowCounts
    window_quotas: Mapping[str, Quota | None]
    metrics: LimitMetrics

    async def hit(self, group: str, key: str) -> LimitStatus | None:
        """Count one hit, or return None for a group without a limit.

        Raise `KeyError` for a group that is not configured.
        """
        if (quota := self.quotas[group]) is None:
            return None
        local = await count(self.local, quota, key)
        status = await self.shared.hit(quota, key) or local if self.shared else local
        self.metrics.counted(group, is_refused=status.is_exceeded)
        return status

    def hit_nowait(self, group: str, key: str) -> LimitStatus | None:
        """Count one hit with what is known of other processes; `settlement` says how exact that is."""
        if (quota := self.window_quotas[group]) is None:
            return None
        status = self.windows.hit(quota, (group, key))
        self.metrics.counted(group, is_refused=status.is_exceeded)
        return status

    async def clear(self, group: str, key: str) -> None:
        """Forget what `hit` counted, in Redis only while it is available. Raise `KeyError` as `hit` does."""
        if quota := self.quotas[group]:
            await self.local.clear(quota, key)
            if self.shared:
                await self.shared.clear(quota, key)


@asynccontextmanager
async def open_limiter(
    quotas: Quotas,
    redis: Any | None,  # noqa: ANN401  # a client of one server or of a cluster
    timeout_s: float,
    registry: CollectorRegistry,
) -> AsyncIterator[LibraryLimiter]:
    """Open the limiter; without Redis a quota applies to each process separately."""
    metrics = limit_metrics(registry, [group for group, quota in quotas.items() if quota])
    windows = WindowCounts(clock=time)
    if redis is None:
        yield limiter_of(quotas, windows, None, metrics)
        return
    guard = RedisGuard(timeout_s=timeout_s, breaker=Breaker(name="Redis", timer=monotonic), metrics=metrics)
    shared = SharedCounts(store=SlidingWindowCounterRateLimiter(shared_storage(redis)), guard=guard)
    async with settling(Settlement(counts=windows, totals=RedisTotals(redis), guard=guard)):
        yield limiter_of(quotas, windows, shared, metrics)


def limiter_of(
    quotas: Quotas, windows: WindowCounts, shared: SharedCounts | None, metrics: LimitMetrics
) -> LibraryLimiter:
    return LibraryLimiter(
        quotas=quotas,
        local=SlidingWindowCounterRateLimiter(BoundedMemory(MAX_KEYS)),
        shared=shared,
        windows=windows,
        window_quotas={group: Quota.of(quota) if quota else None for group, quota in quotas.items()},
        metrics=metrics,
    )
