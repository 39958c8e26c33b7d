"""A publisher that retries with back-off."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from hello.connectors.brokers.outages import BrokerFullError, Outage
from hello.entities.errors import UnavailableError
from hello.entities.events import Event
from hello.services.event_ports import EventPublisher, RelayMetrics

MAX_ATTEMPTS = 5
FIRST_PAUSE_S = 0.05
PAUSES = wait_random_exponential(multiplier=0.1, max=1)
Sleep: TypeAlias = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryingPublisher:
    """The caller sets the deadline for all attempts together."""

    publisher: EventPublisher
    metrics: RelayMetrics
    outage: Outage
    sleep: Sleep = asyncio.sleep

    async def publish(self, event: Event) -> None:
        """Publish once without Tenacity, which is expensive: the first attempt nearly always succeeds."""
        try:
            await self._try(event)
        except BrokerFullError:
            raise
        except UnavailableError:
            await self.sleep(FIRST_PAUSE_S)
            await self._retry(event)

    async def _retry(self, event: Event) -> None:
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(UnavailableError),
            stop=stop_after_attempt(MAX_ATTEMPTS - 1),
            wait=PAUSES,
            sleep=self.sleep,
            reraise=True,
        )
        await retrying(self._try, event)

    async def _try(self, event: Event) -> None:
        try:
            await self.publisher.publish(event)
        except UnavailableError as error:
            self.metrics.tried(is_confirmed=False)
            self.outage.failed(error)
            raise
        self.metrics.tried(is_confirmed=True)
        self.outage.worked()
