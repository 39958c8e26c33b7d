"""A broker for tests: publish to it, and consume from it until something has happened."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from hello.connectors.brokers.adapters import open_publisher, source_of
from hello.connectors.brokers.consumer import BrokerConsumer, by_subject, consuming
from hello.connectors.brokers.metrics import ConsumerCounts, consumer_counts
from hello.connectors.brokers.options import BrokerOptions
from hello.connectors.postgres.advisory_locks import PostgresAdvisoryLocks
from hello.entities.events import Event
from hello.services.event_ports import EventPublisher, Handle, Subscription
from tests.support.builders import a_name

TYPES = frozenset({"order.created", "order.shipped"})
SOON_S = 30
"""Kafka may take some seconds to notice that a consumer is gone."""


@dataclass
class Seen:
    """A handler that remembers; `fault` is raised instead, at the events of these numbers."""

    events: list[Event] = field(default_factory=list)
    fails_at: dict[int, BaseException] = field(default_factory=dict)

    async def __call__(self, event: Event) -> None:
        if error := self.fails_at.pop(event.data.get("number", -1), None):
            raise error
        self.events.append(event)


@dataclass(frozen=True)
class Broker:
    """One broker, of which every test uses a topic of its own."""

    options: BrokerOptions
    locks: PostgresAdvisoryLocks

    def publisher(self) -> AbstractAsyncContextManager[EventPublisher]:
        return open_publisher(self.options)

    def consumer(
        self, handle: Handle, name: str = "first", counts: ConsumerCounts | None = None
    ) -> AbstractAsyncContextManager[BrokerConsumer]:
        source = source_of(self.options, Subscription(name, TYPES), self.locks.acquire)
        return consuming(name, source, by_subject(handle), counts or consumer_counts(CollectorRegistry()))

    async def publish(self, *events: Event) -> None:
        """Publish those of each subject one after the other, as the relay does."""
        async with self.publisher() as publisher:
            for event in events:
                await publisher.publish(event)

    async def consumed(self, count: int, seen: Seen, name: str = "first") -> Seen:
        async with self.consumer(seen, name) as consumer:
            await until(consumer, lambda: len(seen.events) >= count)
        return seen


def options_of(url: str, timeout_s: float = 5) -> BrokerOptions:
    subscriptions = [Subscription(name, TYPES) for name in ("first", "second")]
    return BrokerOptions(
        url=url,
        topic=f"test.{a_name()}",
        timeout_s=timeout_s,
        kept=100_000,
        max_bytes=128 * 2**20,
        subscriptions=subscriptions,
    )


async def until(consumer: BrokerConsumer, is_done: Callable[[], bool]) -> None:
    """Do as a worker does; confirm all that was taken."""
    async with asyncio.timeout(SOON_S):
        while not is_done():
            await consumer.wait()
            await consumer.step()


def outcome(registry: CollectorRegistry, consumer: str, outcome: str) -> float:
    labels = {"consumer": consumer, "outcome": outcome}
    return registry.get_sample_value("events_consumed_total", labels) or 0
