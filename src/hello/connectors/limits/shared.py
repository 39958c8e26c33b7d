"""The counts that all processes share, in Redis or Valkey, for as long as it answers."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import structlog
from limits import RateLimitItem
from limits.aio.storage import RedisStorage
from limits.aio.strategies import RateLimiter
from redis.exceptions import RedisClusterException, RedisError

from hello.connectors.limits.metrics import LimitMetrics
from hello.connectors.limits.standings import count, forget
from hello.connectors.redis.breaker import Breaker
from hello.connectors.redis.client import fault_reason
from hello.entities.errors import UnavailableError
from hello.services.security import LimitStatus

PREFIX = "limit"
IN_FLIGHT = 10  # enough for thousands a second; the client has 100 connections and refuses who finds none
FAULTS = (RedisError, RedisClusterException, OSError, TimeoutError)
Answer = TypeVar("Answer")
Question: TypeAlias = Callable[[RateLimiter, RateLimitItem, str], Awaitable[Answer]]
log = structlog.get_logger("hello.limits")


def shared_storage(redis: Any) -> RedisStorage:  # noqa: ANN401  # of one server or of a cluster
    """Let the library speak through our client: one it made itself would not know all of our URLs."""
    storage = RedisStorage("async+redis://", implementation="redispy", key_prefix=PREFIX)
    bridge: Any = storage.bridge  # the one for redis-py
    bridge.connection_getter = lambda _: redis
    bridge.register_scripts()
    return storage


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedCounts:
    """Answers None instead of a standing when Redis does not: after the time-out, and soon at once."""

    store: RateLimiter
    timeout_s: float
    breaker: Breaker
    metrics: LimitMetrics
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(IN_FLIGHT))

    async def hit(self, quota: RateLimitItem, key: str) -> LimitStatus | None:
        with suppress(UnavailableError):
            self.breaker.check()
            if standing := await self._ask(count, quota, key):
                self._succeeded()
                return standing
        return None

    async def clear(self, quota: RateLimitItem, key: str) -> None:
        """Leave it to hits to find out that Redis is back."""
        if not self.breaker.is_open:
            await self._ask(forget, quota, key)

    async def _ask(self, question: Question[Answer], quota: RateLimitItem, key: str) -> Answer | None:
        try:
            async with asyncio.timeout(self.timeout_s), self._turns:
                return await question(self.store, quota, key)
        except FAULTS as error:
            self._failed(error)
            return None

    def _failed(self, error: Exception) -> None:
        was_open = self.breaker.is_open
        self.breaker.failed()
        self.metrics.failed(is_open=self.breaker.is_open)
        if self.breaker.is_open and not was_open:
            log.warning("limits are not shared, each process counts alone", reason=fault_reason(error))

    def _succeeded(self) -> None:
        if self.breaker.is_open:
            log.warning("limits are shared again")
        self.breaker.succeeded()
        self.metrics.succeeded()
