"""Waiting for processes that settle their limits."""

from hello.services.security import Limiter
from tests.support.valkey_faults import until


async def until_hits_are_shared(limiter: Limiter, group: str, key: str) -> None:
    """Hit until fewer hits remain than its own leave: it knows those of another process then."""
    own = 0

    async def is_shared() -> bool:
        nonlocal own
        own += 1
        status = limiter.hit_nowait(group, key)
        return status is not None and status.quota - status.remaining > own

    await until(is_shared)
