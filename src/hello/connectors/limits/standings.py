"""What one store can be asked about somebody, by the library's strategy."""

from math import ceil
from time import time

from limits import RateLimitItem
from limits.aio.strategies import RateLimiter

from hello.services.security import LimitStatus


async def count(store: RateLimiter, quota: RateLimitItem, key: str) -> LimitStatus:
    """Count one more, unless the quota is used up."""
    is_counted = await store.hit(quota, key)
    reset_s, remaining = await stats(store, quota, key)
    return standing(quota, remaining if is_counted else 0, reset_s, is_exceeded=not is_counted)


async def forget(store: RateLimiter, quota: RateLimitItem, key: str) -> None:
    await store.clear(quota, key)


async def stats(store: RateLimiter, quota: RateLimitItem, key: str) -> tuple[int, int]:
    """Return in how many whole seconds there is more, and how much there is now.

    The library says 0 s when nothing is counted, and in the very millisecond in which a window begins.
    """
    resets_at, remaining = await store.get_window_stats(quota, key)
    return max(0, ceil(resets_at - time())) or quota.get_expiry(), remaining


def standing(quota: RateLimitItem, remaining: int, reset_s: int, *, is_exceeded: bool) -> LimitStatus:
    return LimitStatus(
        quota=quota.amount,
        window_s=quota.get_expiry(),
        remaining=remaining,
        reset_s=reset_s,
        is_exceeded=is_exceeded,
    )
