"""The promises of the port `Outbox`, kept by the twin and by PostgreSQL alike."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import pytest
from sqlalchemy import select

from hello.connectors.postgres.outbox import events_of
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.entities.events import Event, OutboxRow
from hello.services.ports import Begin
from tests.support.builders import a_name
from tests.twins.events import an_event
from tests.twins.transaction import TwinUnitOfWork

Read: TypeAlias = Callable[[], Awaitable[Sequence[Event]]]


@dataclass(frozen=True)
class Store:
    begin: Begin
    read: Read

    async def events_of(self, subjects: Collection[str]) -> list[Event]:
        return [event for event in await self.read() if event.subject in subjects]


@pytest.fixture(params=["twin", pytest.param("postgres", marks=pytest.mark.integrated)])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "twin":
        return twin_store(TwinUnitOfWork())
    return postgres_store(request.getfixturevalue("rolled_back"))


def twin_store(unit: TwinUnitOfWork) -> Store:
    async def read() -> Sequence[Event]:
        return unit.stored.outbox.events

    return Store(unit.begin, read)


def postgres_store(unit: PostgresUnitOfWork) -> Store:
    async def read() -> Sequence[Event]:
        async with unit.sessions() as session:
            rows = await session.scalars(select(OutboxRow).order_by(OutboxRow.id))
            return [event for row in rows for event in events_of(row)]

    return Store(unit.begin, read)


async def test_added_events_are_stored_in_order(store: Store) -> None:
    subject = a_name()
    events = [an_event(subject, "order.created"), an_event(subject)]
    async with store.begin() as tx:
        await tx.outbox.add(*events)
    assert await store.events_of({subject}) == events


async def test_events_of_a_failed_transaction_are_not_stored(store: Store) -> None:
    subject = a_name()
    with pytest.raises(ZeroDivisionError):
        async with store.begin() as tx:
            await tx.outbox.add(an_event(subject))
            await tx.outbox.add_person_saved({subject: date(1990, 5, 17)})
            raise ZeroDivisionError
    assert await store.events_of({subject}) == []


async def test_each_saved_person_has_an_event_with_its_own_id(store: Store) -> None:
    ada, bob = sorted((a_name(), a_name()))
    births = {bob: date(1, 1, 1), ada: date(1990, 5, 17)}
    for _ in range(2):
        async with store.begin() as tx:
            await tx.outbox.add_person_saved(births)
    events = await store.events_of({ada, bob})
    assert [(event.type, event.data) for event in events] == 2 * [
        ("person.saved", {"username": ada, "dateOfBirth": "1990-05-17"}),
        ("person.saved", {"username": bob, "dateOfBirth": "0001-01-01"}),
    ]
    assert len({event.id for event in events}) == 4


async def test_oldest_event_is_the_first_that_waits(store: Store) -> None:
    async with store.begin() as tx:
        await tx.outbox.add(an_event(a_name()), an_event(a_name(), "order.created"))
    async with store.begin() as tx:
        oldest = await tx.outbox.oldest()
    assert oldest == (await store.read())[0].time
