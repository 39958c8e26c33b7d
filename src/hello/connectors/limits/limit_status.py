"""Count the hits of a key in one store, and return its status, by the library's strategy."""

from math import ceil
from time import time

from limits import RateLimitItem
from limits.aio.strategies import RateLimiter

from hello.services.security import LimitStatus


async def count(store: RateLimiter, quota: RateLimitItem, key: str) -> LimitStatus:
    """Count one hit, unless the quota is exceeded."""
    is_allowed = await store.hit(quota, key)
    reset_s, remaining = await stats(store, quota, key)
    return limit_status(quota, remaining if is_allowed else 0, reset_s, is_exceeded=not is_allowed)


async def stats(store: RateLimiter, quota: RateLimitItem, key: str) -> tuple[int, int]:
    """Return in how many whole seconds the quota resets, and how many hits remain.

    The library returns 0 s when nothing is counted, and in the millisecond in which a window starts.
    """
    resets_at, remaining = await store.get_window_stats(quota, key)
    return max(0, ceil(resets_at - time())) or quota.get_expiry(), remaining


def limit_status(quota: RateLimitItem, remaining: int, reset_s: int, *, is_exceeded: bool) -> LimitStatus:
    return LimitStatus(
        quota=quota.amount,
        window_s=quota.get_expiry(),
        remaining=remaining,
        reset_s=reset_s,
        is_exceeded=is_exceeded,
    )
