"""Calls of Redis for limits: their time-out, breaker, metrics and log lines."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import structlog
from redis.exceptions import RedisClusterException, RedisError

from hello.connectors.breaker import Breaker
from hello.connectors.limits.metrics import LimitMetrics
from hello.connectors.redis.client import fault_reason

MAX_IN_FLIGHT = 10
"""Enough for thousands of hits a second; the client has 100 connections, and fails when all are in use."""
FAULTS = (RedisError, RedisClusterException, OSError, TimeoutError)
Result = TypeVar("Result")
log = structlog.get_logger("hello.limits")


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisGuard:
    """All limits of a process share one, and so one breaker."""

    timeout_s: float
    breaker: Breaker
    metrics: LimitMetrics
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_IN_FLIGHT))

    async def run(self, operation: Callable[[], Awaitable[Result]]) -> Result | None:
        """Return None when Redis fails, or does not answer in time."""
        try:
            async with asyncio.timeout(self.timeout_s), self._slots:
                return await operation()
        except FAULTS as error:
            self.failed(error)
            return None

    def failed(self, error: Exception) -> None:
        was_open = self.breaker.is_open
        self.breaker.failed()
        self.metrics.failed(is_open=self.breaker.is_open)
        if self.breaker.is_open and not was_open:
            log.warning("limits are not shared, each process counts alone", reason=fault_reason(error))

    def succeeded(self) -> None:
        if self.breaker.is_open:
            log.warning("limits are shared again")
        self.breaker.succeeded()
        self.metrics.succeeded()
