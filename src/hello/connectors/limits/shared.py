"""The counts that all processes share in Redis or Valkey at each hit, while it answers."""

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from limits import RateLimitItem
from limits.aio.storage import RedisStorage
from limits.aio.strategies import RateLimiter

from hello.connectors.limits.guard import RedisGuard
from hello.connectors.limits.limit_status import count
from hello.entities.errors import UnavailableError
from hello.services.security import LimitStatus

PREFIX = "limit"


def shared_storage(redis: Any) -> RedisStorage:  # noqa: ANN401  # of one server or of a cluster
    """Make the library use this client: its own client does not support all URLs of this service."""
    storage = RedisStorage("async+redis://", implementation="redispy", key_prefix=PREFIX)
    bridge: Any = storage.bridge  # the bridge for redis-py
    bridge.connection_getter = lambda _: redis
    bridge.register_scripts()
    return storage


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedCounts:
    """Returns None when Redis does not answer: after the time-out, or at once while the breaker is open."""

    store: RateLimiter
    guard: RedisGuard

    async def hit(self, quota: RateLimitItem, key: str) -> LimitStatus | None:
        with suppress(UnavailableError):
            self.guard.breaker.check()
            if status := await self.guard.run(partial(count, self.store, quota, key)):
                self.guard.succeeded()
                return status
        return None

    async def clear(self, quota: RateLimitItem, key: str) -> None:
        """Clear only while the breaker is closed; hits detect that Redis is available again."""
        if not self.guard.breaker.is_open:
            await self.guard.run(partial(self.store.clear, quota, key))
