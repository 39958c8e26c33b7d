"""A consumer that was stopped for long handles nothing more of what it had received."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import CollectorRegistry

from hello.connectors.brokers.consumer import MAX_HANDLING_S, BrokerConsumer, by_subject
from hello.connectors.brokers.metrics import consumer_counts
from hello.connectors.brokers.outages import Outage
from hello.connectors.brokers.sources import Delivery
from hello.entities.events import Event
from tests.twins.events import numbered


@dataclass
class TwinSource:
    """Delivers again from the first that is not confirmed whenever it is opened."""

    events: list[Event]
    confirmed: list[int] = field(default_factory=list)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["TwinSource"]:
        yield self

    async def receive(self) -> Sequence[Delivery]:
        numbers = [number for number in range(len(self.events)) if number not in self.confirmed]
        return [Delivery(number, self.events[number]) for number in numbers]

    async def confirm(self, receipts: Sequence[Any]) -> None:
        self.confirmed += receipts


async def test_a_consumer_that_was_stopped_handles_nothing_more_and_begins_again() -> None:
    events, now, handled = numbered(["a"], 3), [0.0], list[Event]()
    source = TwinSource(events)

    async def handle(event: Event) -> None:
        handled.append(event)
        if len(handled) == 1:
            now[0] += MAX_HANDLING_S

    counts = consumer_counts(CollectorRegistry())
    consumer = BrokerConsumer(
        name="gifts",
        open_source=source.open,
        handle=by_subject(handle),
        metrics=counts,
        outage=Outage("gifts"),
        elapsed=lambda: now[0],
    )
    await consumer.wait()
    assert await consumer.step()
    assert (handled, source.confirmed) == (events[:1], [])
    await consumer.wait()
    assert await consumer.step()
    assert (handled, source.confirmed) == ([events[0], *events], [0, 1, 2])
