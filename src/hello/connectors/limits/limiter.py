"""The port `Limiter`, implemented with the sliding window counter of the library `limits`.

This strategy weighs the count of the previous window by its overlap with the last window's length. It stores
two numbers per key. Unlike fixed windows, it allows no burst of twice the quota where two windows meet.

The exact strategy, the moving window, stores the time of each request, which depends on each replica's clock.
"""

from dataclasses import dataclass
from time import monotonic
from typing import Any

from limits.aio.strategies import RateLimiter, SlidingWindowCounterRateLimiter
from prometheus_client import CollectorRegistry

from hello.connectors.breaker import Breaker
from hello.connectors.limits.limit_status import count
from hello.connectors.limits.memory import BoundedMemory
from hello.connectors.limits.metrics import LimitMetrics, limit_metrics
from hello.connectors.limits.quotas import Quotas
from hello.connectors.limits.shared import SharedCounts, shared_storage
from hello.services.security import LimitStatus

MAX_KEYS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryLimiter:
    """Always counts in the process too, and uses these counts while Redis does not answer."""

    quotas: Quotas
    local: RateLimiter
    shared: SharedCounts | None
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

    async def clear(self, group: str, key: str) -> None:
        """Forget the hits; those in Redis stay while it is unavailable. Raise `KeyError` as `hit` does."""
        if quota := self.quotas[group]:
            await self.local.clear(quota, key)
            if self.shared:
                await self.shared.clear(quota, key)


def library_limiter(
    quotas: Quotas,
    redis: Any | None,  # noqa: ANN401  # a client of one server or of a cluster
    timeout_s: float,
    registry: CollectorRegistry,
) -> LibraryLimiter:
    """Return the limiter; without Redis a quota applies to each process separately."""
    metrics = limit_metrics(registry)
    return LibraryLimiter(
        quotas=quotas,
        local=SlidingWindowCounterRateLimiter(BoundedMemory(MAX_KEYS)),
        shared=None if redis is None else shared_counts(redis, timeout_s, metrics),
        metrics=metrics,
    )


def shared_counts(redis: Any, timeout_s: float, metrics: LimitMetrics) -> SharedCounts:  # noqa: ANN401
    return SharedCounts(
        store=SlidingWindowCounterRateLimiter(shared_storage(redis)),
        timeout_s=timeout_s,
        breaker=Breaker(name="Redis", timer=monotonic),
        metrics=metrics,
    )
