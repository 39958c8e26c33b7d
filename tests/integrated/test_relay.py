"""Relays on a real outbox: together, interrupted, beside transactions that are still open, and woken."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from time import monotonic

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.listener import open_listener
from hello.connectors.postgres.outbox import CHANNEL, PostgresOutbox
from hello.connectors.postgres.people import PostgresPeople
from hello.connectors.postgres.shards import PostgresShards
from hello.core.clock import now
from hello.entities.errors import UnavailableError
from hello.entities.events import Event
from hello.services.event_ports import EventPublisher, Wakeup
from hello.services.relay import Relay
from tests.builders import NOON, a_name
from tests.event_twins import (
    TwinMetrics,
    TwinPublisher,
    TwinWakeup,
    an_event,
    numbered,
    numbers_by_subject,
)
from tests.outbox_tools import IN_TRANSACTION, kill, left, shards_of, write

pytestmark = pytest.mark.integrated
SOON_S = 10


def a_relay(shards: PostgresShards, publisher: EventPublisher, wakeup: Wakeup | None = None) -> Relay:
    return Relay(
        shards=shards,
        publisher=publisher,
        wakeup=wakeup or TwinWakeup(),
        metrics=TwinMetrics(),
        now=now,
        random=Random(),  # noqa: S311
        batch=50,
        poll_s=0.1,
        deadline_s=5,
    )


@dataclass
class JitteryPublisher:
    """Takes now more, now less time, so that what is published side by side is confirmed in any order."""

    random: Random = field(default_factory=Random)
    started: list[Event] = field(default_factory=list)

    async def publish(self, event: Event) -> None:
        self.started.append(event)
        await asyncio.sleep(self.random.random() / 500)


async def test_relays_share_the_work_and_keep_the_order(
    own_database: Database, outbox: async_sessionmaker[AsyncSession]
) -> None:
    subjects = [a_name() for _ in range(50)]
    events = numbered(subjects, 40)
    publisher, done = JitteryPublisher(), [0, 0, 0]

    async def relay(number: int) -> None:
        async with open_engine(own_database) as engine:
            working = a_relay(shards_of(engine), publisher)
            while len(publisher.started) < 2000 or await left(outbox):
                done[number] += await working.run_once()

    async def writer(subjects: list[str]) -> None:
        for number in range(0, 40, 5):
            few = [event for event in events if event.subject in subjects]
            await write(outbox, *[event for event in few if number <= event.data["number"] < number + 5])

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(relay(number))
        for number in range(5):
            group.create_task(writer(subjects[number * 10 : number * 10 + 10]))
    assert {event.id for event in publisher.started} == {event.id for event in events}
    assert numbers_by_subject(publisher.started) == {subject: list(range(40)) for subject in subjects}
    assert len(publisher.started) == sum(done) == 2000
    assert all(done)
    assert await left(outbox) == 0


async def test_an_event_arrives_as_it_was(
    shards: PostgresShards, outbox: async_sessionmaker[AsyncSession]
) -> None:
    events = [
        Event(
            id="1",
            type="item.created",
            subject="風",
            time=NOON + timedelta(microseconds=1),
            data={"a": [1, None, "ö"]},
            traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ),
        an_event("風"),
    ]
    await write(outbox, *events)
    publisher = TwinPublisher()
    assert await a_relay(shards, publisher).run_once() == 2
    assert publisher.published == events


async def test_all_whom_one_statement_has_saved_are_published(
    shards: PostgresShards, outbox: async_sessionmaker[AsyncSession]
) -> None:
    names = sorted(a_name() for _ in range(300))
    for born in (date(1980, 6, 15), date(1990, 6, 15)):
        async with outbox.begin() as session:
            await PostgresPeople(session).save(dict.fromkeys(names, born), [])
    publisher = TwinPublisher()
    while await a_relay(shards, publisher).run_once():
        pass
    assert await left(outbox) == 0
    assert len(publisher.published) == len({event.id for event in publisher.published}) == 600
    for name in (names[0], names[-1]):
        told = [event.data["dateOfBirth"] for event in publisher.published if event.subject == name]
        assert told == ["1980-06-15", "1990-06-15"]


async def test_an_older_transaction_that_is_still_open_is_not_overtaken(
    shards: PostgresShards, outbox: async_sessionmaker[AsyncSession]
) -> None:
    """Its row has the smaller id, but nobody can see it yet."""
    subject, publisher = a_name(), TwinPublisher()
    older, younger = an_event(subject), an_event(subject)
    relay = a_relay(shards, publisher)
    async with outbox.begin() as session:
        await PostgresOutbox(session).add(older)
        await write(outbox, younger)
        assert await relay.run_once() == 0
    assert await relay.run_once() == 2
    assert publisher.published == [older, younger]


async def test_one_that_is_rolled_back_keeps_nothing_back(
    shards: PostgresShards, outbox: async_sessionmaker[AsyncSession]
) -> None:
    publisher, event = TwinPublisher(), an_event()
    async with outbox() as session:
        await PostgresOutbox(session).add(an_event(event.subject))
        await write(outbox, event)
        await session.rollback()
    await a_relay(shards, publisher).run_once()
    assert publisher.published == [event]


@dataclass
class KillingPublisher(TwinPublisher):
    """Cuts the relay's line to the database as soon as the broker has the first event."""

    engine: AsyncEngine | None = None
    kills: int = 1

    async def publish(self, event: Event) -> None:
        await super().publish(event)
        if self.kills and self.engine:
            self.kills -= 1
            await kill(self.engine, "%FROM outbox%", IN_TRANSACTION)


async def test_what_a_relay_published_but_could_not_remove_is_published_again(
    own_engine: AsyncEngine, shards: PostgresShards, outbox: async_sessionmaker[AsyncSession]
) -> None:
    events = numbered([a_name()], 3)
    await write(outbox, *events)
    publisher = KillingPublisher(engine=own_engine)
    relay = a_relay(shards, publisher)
    with pytest.raises(UnavailableError):
        await relay.run_once()
    assert await left(outbox) == 3
    assert await relay.run_once() == 3
    assert publisher.published == [*events, *events]
    assert await left(outbox) == 0


@pytest.fixture
async def wakeup(own_database: Database) -> AsyncIterator[Wakeup]:
    async with open_listener(own_database, [CHANNEL]) as listener:
        with listener.listen(CHANNEL) as wakeup:
            await wakeup.wait(SOON_S)
            yield wakeup


async def test_a_relay_is_woken_and_publishes_at_once(
    wakeup: Wakeup, shards: PostgresShards, outbox: async_sessionmaker[AsyncSession]
) -> None:
    publisher, event = TwinPublisher(), an_event()
    relay = a_relay(shards, publisher, wakeup)
    relay.poll_s = 60
    working = asyncio.create_task(work(relay))
    await asyncio.sleep(0.2)
    start = monotonic()
    await write(outbox, event)
    async with asyncio.timeout(SOON_S):
        while publisher.published != [event]:
            await asyncio.sleep(0.005)
    assert monotonic() - start < 1
    working.cancel()
    await asyncio.wait([working])


async def work(relay: Relay) -> None:
    while True:
        if not await relay.step():
            await relay.wait()
