"""The counts that all processes share in Redis or Valkey, while it answers."""

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

from hello.connectors.breaker import Breaker
from hello.connectors.limits.limit_status import count, forget
from hello.connectors.limits.metrics import LimitMetrics
from hello.connectors.redis.client import fault_reason
from hello.entities.errors import UnavailableError
from hello.services.security import LimitStatus

PREFIX = "limit"
MAX_IN_FLIGHT = 10
"""Enough for thousands of hits a second; the client has 100 connections, and fails when all are in use."""
FAULTS = (RedisError, RedisClusterException, OSError, TimeoutError)
Result = TypeVar("Result")
Operation: TypeAlias = Callable[[RateLimiter, RateLimitItem, str], Awaitable[Result]]
log = structlog.get_logger("hello.limits")


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
    timeout_s: float
    breaker: Breaker
    metrics: LimitMetrics
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_IN_FLIGHT))

    async def hit(self, quota: RateLimitItem, key: str) -> LimitStatus | None:
        with suppress(UnavailableError):
            self.breaker.check()
            if status := await self._run(count, quota, key):
                self._succeeded()
                return status
        return None

    async def clear(self, quota: RateLimitItem, key: str) -> None:
        """Clear only while the breaker is closed; hits detect that Redis is available again."""
        if not self.breaker.is_open:
            await self._run(forget, quota, key)

    async def _run(self, operation: Operation[Result], quota: RateLimitItem, key: str) -> Result | None:
        try:
            async with asyncio.timeout(self.timeout_s), self._slots:
                return await operation(self.store, quota, key)
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
