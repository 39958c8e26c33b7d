"""Events within the process: who hears of them, when, and what a listener that fails does to others."""

import asyncio
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs
from uuid_utils.compat import uuid7

from hello.bootstrap.use_cases import bus_of
from hello.connectors.metrics import domain_event_counts
from hello.services.accounts import AccountRegistered
from hello.services.bus import Bus, DomainEvent
from hello.services.items import ItemChanged
from hello.services.order_creation import OrderCreated
from hello.services.orders import OrderCancelled, OrderReplaced


@dataclass(frozen=True, slots=True)
class Sunrise(DomainEvent):
    name: ClassVar[str] = "sun.risen"
    hour: int


@dataclass(frozen=True, slots=True)
class Sunset(DomainEvent):
    name: ClassVar[str] = "sun.set"


@dataclass
class Sky:
    """A bus whose events are counted, and what its listeners have heard."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    heard: list[object] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bus = Bus(domain_event_counts(self.registry))

    async def wake(self, event: Sunrise) -> None:
        self.heard.append(("wake", event.hour))

    async def crow(self, event: Sunrise) -> None:
        self.heard.append(("crow", event.hour))

    async def oversleep(self, event: Sunrise) -> None:
        raise ValueError(event.hour)


@pytest.fixture
def sky() -> Sky:
    return Sky()


async def test_listeners_are_called_in_the_order_of_registration(sky: Sky) -> None:
    sky.bus.on(Sunrise, sky.crow)
    sky.bus.on(Sunrise, sky.wake)
    await sky.bus.publish(Sunrise(5))
    await sky.bus.publish(Sunrise(6))
    assert sky.heard == [("crow", 5), ("wake", 5), ("crow", 6), ("wake", 6)]


async def test_listeners_of_other_events_are_not_called(sky: Sky) -> None:
    sky.bus.on(Sunrise, sky.wake)
    await sky.bus.publish(Sunset())
    await Sky().bus.publish(Sunrise(5))
    assert not sky.heard


async def test_publish_waits_for_all_listeners(sky: Sky) -> None:
    async def stretch(_: Sunrise) -> None:
        await may_rise.wait()
        sky.heard.append("stretched")

    may_rise = asyncio.Event()
    sky.bus.on(Sunrise, stretch)
    publishing = asyncio.create_task(sky.bus.publish(Sunrise(5)))
    await asyncio.sleep(0)
    assert not publishing.done()
    may_rise.set()
    await publishing
    assert sky.heard == ["stretched"]


async def test_failing_listener_is_logged_and_counted_and_the_others_are_called(sky: Sky) -> None:
    sky.bus.on(Sunrise, sky.oversleep)
    sky.bus.on(Sunrise, sky.wake)
    with capture_logs() as logs:
        await sky.bus.publish(Sunrise(5))
    assert sky.heard == [("wake", 5)]
    assert [(entry["event"], entry["happened"]) for entry in logs] == [("a listener failed", "sun.risen")]
    assert logs[0]["exc_info"]
    assert sky.registry.get_sample_value("domain_event_failures_total", {"event": "sun.risen"}) == 1


async def test_cancelled_publish_is_not_counted_as_a_failure(sky: Sky) -> None:
    async def dream(_: Sunrise) -> None:
        await asyncio.Event().wait()

    sky.bus.on(Sunrise, dream)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await sky.bus.publish(Sunrise(5))
    assert sky.registry.get_sample_value("domain_event_failures_total", {"event": "sun.risen"}) is None


async def test_domain_events_are_counted() -> None:
    subject = uuid7()
    bus = bus_of(domain_event_counts(registry := CollectorRegistry()))
    kinds = {
        "account.registered": AccountRegistered,
        "item.changed": ItemChanged,
        "order.created": OrderCreated,
        "order.replaced": OrderReplaced,
        "order.cancelled": OrderCancelled,
    }
    for kind in kinds.values():
        await bus.publish(kind(subject))
    counted = {name: registry.get_sample_value("domain_events_total", {"event": name}) for name in kinds}
    assert counted == dict.fromkeys(kinds, 1)
