"""The port `Limiter`, kept with the library `limits` and its sliding window counter.

That strategy weighs the count of the window before by how much of it still lies within the last window's
length: two numbers for each key, and no burst of twice the quota where two windows meet, as fixed windows
have it. The exact one, the moving window, keeps the time of each request, by the clock of whichever replica.
"""

from dataclasses import dataclass
from time import monotonic
from typing import Any

from limits.aio.strategies import RateLimiter, SlidingWindowCounterRateLimiter
from prometheus_client import CollectorRegistry

from hello.connectors.limits.memory import BoundedMemory
from hello.connectors.limits.metrics import LimitMetrics, limit_metrics
from hello.connectors.limits.quotas import Quotas
from hello.connectors.limits.shared import SharedCounts, shared_storage
from hello.connectors.limits.standings import count
from hello.connectors.redis.breaker import Breaker
from hello.services.security import LimitStatus

MAX_KEYS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryLimiter:
    """Always counts in the process as well, and goes on from there while Redis does not answer."""

    quotas: Quotas
    own: RateLimiter
    shared: SharedCounts | None
    metrics: LimitMetrics

    async def hit(self, group: str, key: str) -> LimitStatus | None:
        """Raise `KeyError` for a group that nobody has configured, not even as one without a limit."""
        if (quota := self.quotas[group]) is None:
            return None
        own = await count(self.own, quota, key)
        standing = await self.shared.hit(quota, key) or own if self.shared else own
        self.metrics.counted(group, is_refused=standing.is_exceeded)
        return standing

    async def clear(self, group: str, key: str) -> None:
        """Raise `KeyError` as `hit` does; what cannot be told to Redis stays counted there."""
        if quota := self.quotas[group]:
            await self.own.clear(quota, key)
            if self.shared:
                await self.shared.clear(quota, key)


def library_limiter(
    quotas: Quotas,
    redis: Any | None,  # noqa: ANN401  # a client of one server or of a cluster
    timeout_s: float,
    registry: CollectorRegistry,
) -> LibraryLimiter:
    """Without Redis each process counts alone, so that a quota is one of the process."""
    metrics = limit_metrics(registry)
    return LibraryLimiter(
        quotas=quotas,
        own=SlidingWindowCounterRateLimiter(BoundedMemory(MAX_KEYS)),
        shared=None if redis is None else shared_counts(redis, timeout_s, metrics),
        metrics=metrics,
    )


def shared_counts(redis: Any, timeout_s: float, metrics: LimitMetrics) -> SharedCounts:  # noqa: ANN401
    return SharedCounts(
        store=SlidingWindowCounterRateLimiter(shared_storage(redis)),
        timeout_s=timeout_s,
        breaker=Breaker(timer=monotonic),
        metrics=metrics,
    )
