"""A consumer starts again after faults: of a broker, of what handling needs, and of its own process."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from hello.connectors.brokers.consumer import MAX_HANDLING_S, BrokerConsumer, by_subject
from hello.connectors.brokers.metrics import consumer_counts
from hello.connectors.brokers.outages import Outage
from hello.connectors.brokers.sources import Delivery
from hello.entities.errors import UnavailableError
from hello.entities.events import Event
from hello.services.event_ports import Handle
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


def consumer_of(
    source: TwinSource, handle: Handle, elapsed: Callable[[], float] = lambda: 0
) -> BrokerConsumer:
    return BrokerConsumer(
        name="gifts",
        open_source=source.open,
        handle=by_subject(handle),
        metrics=consumer_counts(CollectorRegistry()),
        outage=Outage("gifts"),
        blockage=Outage("gifts", "blocked", "unblocked"),
        elapsed=elapsed,
    )


async def test_events_that_cannot_be_handled_are_logged_once_and_not_as_an_outage_of_the_broker() -> None:
    source, faults = TwinSource(numbered(["a"], 2)), [UnavailableError("no engine") for _ in range(3)]

    async def handle(_: Event) -> None:
        if faults:
            raise faults.pop()

    consumer = consumer_of(source, handle)
    with capture_logs() as logs:
        while len(source.confirmed) < 2:
            await consumer.wait()
            await consumer.step()
    assert [entry["event"] for entry in logs] == ["blocked", "unblocked"]
    assert logs[0]["error"] == "no engine"


async def test_a_consumer_that_was_stopped_handles_nothing_more_and_begins_again() -> None:
    events, now, handled = numbered(["a"], 3), [0.0], list[Event]()
    source = TwinSource(events)

    async def handle(event: Event) -> None:
        handled.append(event)
        if len(handled) == 1:
            now[0] += MAX_HANDLING_S

    consumer = consumer_of(source, handle, lambda: now[0])
    await consumer.wait()
    assert await consumer.step()
    assert (handled, source.confirmed) == (events[:1], [])
    await consumer.wait()
    assert await consumer.step()
    assert (handled, source.confirmed) == ([events[0], *events], [0, 1, 2])
