"""Call Redis with a time-out and a circuit breaker."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

import structlog
from redis.exceptions import RedisClusterException, RedisError

from hello.connectors.breaker import Breaker
from hello.connectors.redis.client import fault_reason
from hello.connectors.redis.metrics import CacheMetrics
from hello.entities.errors import UnavailableError

FAULTS = (RedisError, RedisClusterException, OSError, TimeoutError)
Reply = TypeVar("Reply")
Command: TypeAlias = Callable[..., Awaitable[Reply]]
log = structlog.get_logger("hello.cache")


class RedisLike(Protocol):
    """The methods used of redis-py's clients for one server or a cluster; each call uses one hash slot."""

    def get(self, name: str) -> Awaitable[Any]: ...
    def psetex(self, name: str, time_ms: int, value: bytes) -> Awaitable[Any]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedRedis:
    """All caches of a process share one, and so one breaker."""

    redis: RedisLike
    timeout_s: float
    breaker: Breaker
    metrics: CacheMetrics

    async def call(self, command: Command[Reply], *arguments: str | bytes | int) -> Reply:
        """Raise `UnavailableError` on a fault or time-out, and at once while the breaker is open."""
        self.breaker.check()
        try:
            async with asyncio.timeout(self.timeout_s):
                reply = await command(*arguments)
        except FAULTS as error:
            self._failed(error)
            raise UnavailableError("a Redis command failed") from error
        self._succeeded()
        return reply

    def _failed(self, error: Exception) -> None:
        was_open = self.breaker.is_open
        self.breaker.failed()
        self.metrics.failed(is_open=self.breaker.is_open)
        if self.breaker.is_open and not was_open:
            log.warning("cache is unavailable, answering from the database", reason=fault_reason(error))

    def _succeeded(self) -> None:
        if self.breaker.is_open:
            log.warning("cache is available again")
        self.breaker.succeeded()
        self.metrics.succeeded()
