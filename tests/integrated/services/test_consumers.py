"""Consumers on a real PostgreSQL: what happens at once, or in the midst of it."""

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.core.clock import now
from hello.entities.errors import NotFoundError
from hello.entities.events import Event
from hello.services.consumers import Consumer
from hello.services.dead_letters import DeadLetterService
from hello.services.event_ports import Subscription
from hello.services.gifts import count_gift
from hello.services.inbox import Effect
from hello.services.ports import Transaction
from tests.support.builders import a_name
from tests.twins.events import TwinMetrics, an_event

pytestmark = pytest.mark.integrated
MANY = 10


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.fixture
def unit(engine: AsyncEngine) -> PostgresUnitOfWork:
    return PostgresUnitOfWork.of(engine, 5)


@pytest.fixture
def ada() -> str:
    return a_name()


@pytest.fixture
def metrics() -> TwinMetrics:
    return TwinMetrics()


def a_consumer(
    unit: PostgresUnitOfWork, metrics: TwinMetrics, effect: Effect = count_gift, name: str = "test"
) -> Consumer:
    return Consumer(
        subscription=Subscription(name, frozenset({"order.shipped"})),
        effect=effect,
        begin=unit.begin,
        metrics=metrics,
        now=now,
        tries=2,
    )


async def received(unit: PostgresUnitOfWork, username: str) -> int:
    async with unit.begin() as tx:
        return await tx.gifts.received(username)


async def test_deliveries_at_once_have_one_effect(
    unit: PostgresUnitOfWork, metrics: TwinMetrics, ada: str
) -> None:
    consumer, event = a_consumer(unit, metrics), an_event(recipient=ada)
    await asyncio.gather(*(consumer.handle(event) for _ in range(MANY)))
    assert await received(unit, ada) == 1
    assert metrics.outcomes == {"test handled": 1, "test repeated": MANY - 1}


async def test_events_at_once_for_one_recipient_all_count(
    unit: PostgresUnitOfWork, metrics: TwinMetrics, ada: str
) -> None:
    consumer = a_consumer(unit, metrics)
    await asyncio.gather(*(consumer.handle(an_event(recipient=ada)) for _ in range(MANY)))
    assert await received(unit, ada) == MANY


async def test_consumer_that_dies_within_a_transaction_leaves_no_partial_effect(
    unit: PostgresUnitOfWork, metrics: TwinMetrics, ada: str
) -> None:
    event, begun = an_event(recipient=ada), asyncio.Event()

    async def dies(tx: Transaction, event: Event) -> None:
        await count_gift(tx, event)
        begun.set()
        await asyncio.sleep(60)

    dying = asyncio.create_task(a_consumer(unit, metrics, dies).handle(event))
    await begun.wait()
    dying.cancel()
    await asyncio.wait([dying])
    assert await received(unit, ada) == 0
    await a_consumer(unit, metrics).handle(event)
    assert await received(unit, ada) == 1


async def test_a_delivery_waits_for_another_one_that_may_yet_fail(
    unit: PostgresUnitOfWork, metrics: TwinMetrics, ada: str
) -> None:
    event, begun, end = an_event(recipient=ada), asyncio.Event(), asyncio.Event()

    async def fails(_: Transaction, __: Event) -> None:
        begun.set()
        await end.wait()
        raise asyncio.CancelledError

    failing = asyncio.create_task(a_consumer(unit, metrics, fails).handle(event))
    await begun.wait()
    other = asyncio.create_task(a_consumer(unit, metrics).handle(event))
    await asyncio.sleep(0.1)
    assert not other.done()
    end.set()
    await asyncio.wait([failing, other])
    assert await received(unit, ada) == 1
    assert metrics.outcomes == {"test handled": 1}


async def test_redriving_at_once_has_one_effect(
    unit: PostgresUnitOfWork, metrics: TwinMetrics, ada: str
) -> None:
    name, event = a_name(), an_event(recipient=ada)

    async def fails(_: Transaction, __: Event) -> None:
        raise KeyError

    await a_consumer(unit, metrics, fails, name).handle(event)
    service = DeadLetterService(begin=unit.begin, effects={name: count_gift}, now=now)
    (dead,) = [one for one in await service.list(1000) if one.consumer == name]
    results = await asyncio.gather(*(service.redrive(dead.id) for _ in range(5)), return_exceptions=True)
    assert [type(result) for result in results if result] == [NotFoundError] * 4
    assert await received(unit, ada) == 1
    assert not [one for one in await service.list(1000) if one.consumer == name]
