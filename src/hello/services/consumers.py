"""What a consumer does with an event: handle it once, try again when that fails, give up in the end.

While the database is away an event waits as long as it takes: that is no fault of the event.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import structlog
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from hello.core.clock import Clock
from hello.core.traces import Kind, NoTracer, Tracer
from hello.entities.errors import UnavailableError
from hello.entities.events import Event
from hello.services.dead_letters import dead_letter
from hello.services.event_ports import ConsumerMetrics, Subscription
from hello.services.event_traces import about, consuming
from hello.services.gifts import GIFTS, count_gift
from hello.services.inbox import Effect, once
from hello.services.ports import Begin

Sleep: TypeAlias = Callable[[float], Awaitable[None]]
PAUSES = wait_random_exponential(multiplier=0.1, max=5)
EFFECTS: Mapping[Subscription, Effect] = {GIFTS: count_gift}
"""Every consumer of the product, and what it does with an event."""
log = structlog.get_logger("hello.consumers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """`tries` is how often an event is tried before it is set aside among the dead."""

    subscription: Subscription
    effect: Effect
    begin: Begin
    metrics: ConsumerMetrics
    now: Clock
    tries: int
    sleep: Sleep = asyncio.sleep
    tracer: Tracer = field(default_factory=NoTracer)

    async def handle(self, event: Event) -> None:
        """Return once the event has had its effect, is dead, or is none of this consumer's."""
        if event.type not in self.subscription.types:
            self._counted("passed")
            return
        outages = AsyncRetrying(
            retry=retry_if_exception_type(UnavailableError),
            wait=PAUSES,
            sleep=self.sleep,
            after=self._count_failure,
        )
        name = self.subscription.name
        attributes = {**consuming(name), **about(event)}
        with self.tracer.span(f"process {name}", Kind.CONSUMER, event.traceparent, attributes):
            await outages(self._handle_or_bury, event)

    async def _handle_or_bury(self, event: Event) -> None:
        faults = AsyncRetrying(
            retry=retry_if_exception(is_fault),
            stop=stop_after_attempt(self.tries),
            wait=PAUSES,
            sleep=self.sleep,
            after=self._count_failure,
            reraise=True,
        )
        try:
            await faults(self._handle_once, event)
        except UnavailableError:
            raise
        except Exception as error:
            log.exception("event is dead", consumer=self.subscription.name, event_id=event.id)
            await self._bury(event, error)

    async def _handle_once(self, event: Event) -> None:
        async with self.begin() as tx:
            is_first = await once(tx, self.subscription.name, event, self.effect, self.now())
        self._counted("handled" if is_first else "repeated")
        if is_first:
            self.metrics.lagged(self.subscription.name, (self.now() - event.time).total_seconds())

    async def _bury(self, event: Event, error: Exception) -> None:
        async with self.begin() as tx:
            await tx.dead_letters.add(dead_letter(self.subscription.name, event, error, self.now()))
        self._counted("dead")

    def _count_failure(self, _: RetryCallState) -> None:
        self._counted("failed")

    def _counted(self, outcome: str) -> None:
        self.metrics.counted(self.subscription.name, outcome)


def is_fault(error: BaseException) -> bool:
    """Tell what the event may be to blame for: neither an outage, nor that the process is stopped."""
    return isinstance(error, Exception) and not isinstance(error, UnavailableError)
