"""Relays on a real outbox: together, interrupted, beside transactions that are still open, and woken."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import count
from random import Random
from time import monotonic

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.listener import open_listener
from hello.connectors.postgres.outbox import CHANNEL, PostgresOutbox
from hello.connectors.postgres.people import PostgresPeople
from hello.connectors.postgres.shards import PostgresShards
from hello.core.clock import now
from hello.entities.errors import NotFoundError, UnavailableError
from hello.entities.events import PEOPLE_SHARD, Event
from hello.services.event_ports import EventPublisher, Wakeup
from hello.services.relay import Relay
from tests.support.builders import NOON, a_name
from tests.support.outbox_tools import IN_TRANSACTION, kill, left, save_people, shards_of, write
from tests.twins.events import (
    TwinMetrics,
    TwinPublisher,
    TwinWakeup,
    an_event,
    numbered,
    numbers_by_subject,
)

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


async def test_relayed_event_equals_the_stored_event(
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


async def test_every_person_of_one_save_statement_is_published(
    shards: PostgresShards, outbox: async_sessionmaker[AsyncSession]
) -> None:
    names = sorted(a_name() for _ in range(300))
    for born in (date(1980, 6, 15), date(1990, 6, 15)):
        async with outbox.begin() as session:
            await save_people(session, dict.fromkeys(names, born))
    publisher = TwinPublisher()
    while await a_relay(shards, publisher).run_once():
        pass
    assert await left(outbox) == 0
    assert len(publisher.published) == len({event.id for event in publisher.published}) == 600
    for name in (names[0], names[-1]):
        told = [event.data["dateOfBirth"] for event in publisher.published if event.subject == name]
        assert told == ["1980-06-15", "1990-06-15"]


@dataclass
class Writers:
    """Save and remove a few people in long transactions, and note the order in which each was locked."""

    sessions: async_sessionmaker[AsyncSession]
    names: list[str] = field(default_factory=lambda: sorted(a_name() for _ in range(4)))
    locked: dict[str, list[str | None]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)
    random: Random = field(default_factory=Random)

    async def write(self, times: int) -> None:
        for _ in range(times):
            async with self.sessions.begin() as session:
                born = date(1900, 1, 1) + timedelta(next(self.numbers))
                if self.random.random() < 0.3:
                    await self._remove(session, self.random.choice(self.names))
                else:
                    names = self.random.sample(self.names, 2)
                    await save_people(session, dict.fromkeys(names, born))
                    self._note(names, born.isoformat())
                await asyncio.sleep(self.random.random() / 100)

    async def _remove(self, session: AsyncSession, name: str) -> None:
        with suppress(NotFoundError):
            await PostgresPeople(session).remove(name, [])
            await PostgresOutbox(session).add(replace(an_event(name, "person.deleted"), data={}))
            self._note([name], None)

    def _note(self, names: list[str], born: str | None) -> None:
        for name in names:
            self.locked.setdefault(name, []).append(born)


async def test_events_of_a_person_are_published_in_the_order_of_the_writes(
    shards: PostgresShards, outbox: async_sessionmaker[AsyncSession]
) -> None:
    writers, publisher = Writers(outbox), JitteryPublisher()
    relay = a_relay(shards, publisher)
    writing = asyncio.gather(*(writers.write(60) for _ in range(6)))
    while not writing.done() or await left(outbox):
        await relay.run_once()
    await writing
    published: dict[str, list[str | None]] = {}
    for event in publisher.started:
        published.setdefault(event.subject, []).append(event.data.get("dateOfBirth"))
    assert published == writers.locked


async def test_open_transactions_do_not_delay_committed_events(
    own_database: Database, shards: PostgresShards, outbox: async_sessionmaker[AsyncSession]
) -> None:
    """Neither one in this database nor one in another, however long they stay open."""
    url = make_url(own_database.dsn).set(database="postgres")
    elsewhere = replace(own_database, dsn=url.render_as_string(hide_password=False))
    publisher, event = TwinPublisher(), an_event()
    async with (
        open_engine(own_database) as here,
        open_engine(elsewhere) as there,
        here.connect() as one,
        there.connect() as other,
    ):
        for connection in (one, other):
            await connection.execute(text("SELECT pg_current_xact_id()"))
        await write(outbox, event)
        assert await a_relay(shards, publisher).run_once() == 1
    assert publisher.published == [event]


async def test_confirmed_events_are_removed_from_their_row(
    shards: PostgresShards, outbox: async_sessionmaker[AsyncSession]
) -> None:
    names = sorted(a_name() for _ in range(30))
    async with outbox.begin() as session:
        await save_people(session, dict.fromkeys(names, date(1980, 6, 15)))
    async with shards.claim(PEOPLE_SHARD) as shard:
        assert shard
        (before,) = await shard.waiting(100)
        await shard.remove_subjects(before.id, names[:10])
    async with shards.claim(PEOPLE_SHARD) as shard:
        assert shard
        (after,) = await shard.waiting(100)
    kept = [event for event in before.events if event.subject not in names[:10]]
    assert sorted(after.events, key=by_id) == sorted(kept, key=by_id)


def by_id(event: Event) -> str:
    return event.id


async def test_rolled_back_event_does_not_block_later_ones(
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


async def test_event_published_but_not_removed_is_published_again(
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
