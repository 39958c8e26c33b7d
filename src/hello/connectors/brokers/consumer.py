"""A consumer of events from any broker.

It receives batches and acknowledges what was handled.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from typing import TypeAlias

from hello.connectors.brokers.metrics import ConsumerCounts
from hello.connectors.brokers.outages import Outage
from hello.connectors.brokers.sources import Delivery, OpenSource, Source
from hello.core.concurrency import gather_bounded, group_by
from hello.entities.errors import UnavailableError
from hello.entities.events import Event
from hello.services.event_ports import Handle

MAX_CONCURRENT_SUBJECTS = 8
FIRST_PAUSE_S, MAX_PAUSE_S = 0.1, 2.0
MAX_HANDLING_S = 5.0
"""How long events may be handled after they were requested: no other process gets them again before."""
CheckTime: TypeAlias = Callable[[], None]
"""Raises `UnavailableError` when handling takes too long: this process may have been stopped."""
HandleBatch: TypeAlias = Callable[[Sequence[Event], CheckTime], Awaitable[None]]
"""Returns once all events of the batch are handled."""


@dataclass(slots=True, kw_only=True)
class BrokerConsumer:
    """After any fault the consumer closes its source; a new source starts with what was not acknowledged.

    `outage` is one of the broker, `blockage` one of what handling needs.
    `elapsed` is a clock in seconds that keeps running while the process is stopped.
    """

    name: str
    open_source: OpenSource
    handle: HandleBatch
    metrics: ConsumerCounts
    outage: Outage
    blockage: Outage
    elapsed: Callable[[], float] = monotonic
    _requested_at: float = 0
    _open: AsyncExitStack | None = None
    _source: Source | None = None
    _received: Sequence[Delivery] = ()

    async def wait(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._received:
            try:
                self._received = await self._receive()
            except UnavailableError:
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, MAX_PAUSE_S)

    async def step(self) -> bool:
        received, self._received = self._received, ()
        if not received or self._source is None:
            return False
        with suppress(UnavailableError):
            async with self._closing_after_errors(self.blockage):
                await self._handle(received)
            self.blockage.worked()
            async with self._closing_after_errors(self.outage):
                await self._source.confirm([delivery.receipt for delivery in received])
        return True

    async def close(self) -> None:
        """Close the source; the next one gets what was not acknowledged."""
        stack, self._open, self._source, self._received = self._open, None, None, ()
        if stack is not None:
            with suppress(Exception):
                await stack.aclose()

    async def _receive(self) -> Sequence[Delivery]:
        async with self._closing_after_errors(self.outage):
            if self._source is None:
                async with AsyncExitStack() as stack:
                    self._source = await stack.enter_async_context(self.open_source())
                    self._open = stack.pop_all()
                    self.metrics.connected(self.name, is_up=True)
            self._requested_at = self.elapsed()
            received = await self._source.receive()
        self.outage.worked()
        return received

    @asynccontextmanager
    async def _closing_after_errors(self, outage: Outage) -> AsyncIterator[None]:
        try:
            yield
        except BaseException as error:
            if isinstance(error, UnavailableError):
                outage.failed(error)
            self.metrics.connected(self.name, is_up=False)
            await self.close()
            raise

    async def _handle(self, received: Sequence[Delivery]) -> None:
        events = [delivery.event for delivery in received if delivery.event]
        for _ in range(len(received) - len(events)):
            self.metrics.counted(self.name, "unreadable")
        await self.handle(events, self._check_time)
        self._check_time()

    def _check_time(self) -> None:
        """Leave the rest to the next source, maybe of another process."""
        if self.elapsed() - self._requested_at >= MAX_HANDLING_S:
            raise UnavailableError("handling took too long, another process may have the events")


def by_subject(handle: Handle) -> HandleBatch:
    """Handle the events of each subject one after the other, and those of some subjects at once."""

    async def handle_batch(events: Sequence[Event], check_time: CheckTime) -> None:
        async def handle_subject(subject_events: Sequence[Event]) -> None:
            for event in subject_events:
                check_time()
                await handle(event)

        subjects = group_by(events, lambda event: event.subject)
        await gather_bounded(MAX_CONCURRENT_SUBJECTS, handle_subject, subjects)

    return handle_batch


@asynccontextmanager
async def consuming(
    name: str, open_source: OpenSource, handle: HandleBatch, metrics: ConsumerCounts
) -> AsyncIterator[BrokerConsumer]:
    consumer = BrokerConsumer(
        name=name,
        open_source=open_source,
        handle=handle,
        metrics=metrics,
        outage=Outage(name),
        blockage=Outage(name, "events cannot be handled, they wait", "events are handled again"),
    )
    try:
        yield consumer
    finally:
        await consumer.close()
