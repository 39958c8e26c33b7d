"""The promises of the port `PersonLookup`, kept by the twin and by PostgreSQL alike."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from datetime import date
from itertools import pairwise

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from hello.connectors.postgres.outbox import events_of
from hello.connectors.postgres.person_lookup import open_person_lookup
from hello.core.batching import Bounds
from hello.entities.errors import BusyError, UnavailableError
from hello.entities.events import Event, OutboxRow
from hello.services.ports import PersonLookup
from tests.support.builders import a_name
from tests.twins.transaction import TwinPersonLookup, TwinUnitOfWork

ABOUT = [517]
KILL = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class PersonLookupContract(ABC):
    @abstractmethod
    async def saved_events(self, request: pytest.FixtureRequest, username: str) -> list[Event]:
        """Return the events about the person that wait to be published."""

    async def test_each_save_stores_its_event(
        self, lookup: PersonLookup, request: pytest.FixtureRequest
    ) -> None:
        john, saved = a_name(), asyncio.Event()
        await lookup.save(john, date(1990, 2, 3))
        lookup.save_nowait(john, date(1, 1, 1), lambda _, __: saved.set())
        await asyncio.wait_for(saved.wait(), 5)
        events = await self.saved_events(request, john)
        assert [(event.type, event.data) for event in events] == [
            ("person.saved", {"username": john, "dateOfBirth": born}) for born in ("1990-02-03", "0001-01-01")
        ]

    async def test_saved_person_is_found_by_exact_name(self, lookup: PersonLookup) -> None:
        john = a_name()
        await lookup.save(john, date(1990, 2, 3))
        assert await lookup.find_month_day(john) == 203
        assert await lookup.find_month_day(john.swapcase()) is None

    async def test_lookup_finds_the_last_saved_month_day(self, lookup: PersonLookup) -> None:
        john = a_name()
        for born in (date(1990, 2, 3), date(1, 1, 1), date(2000, 2, 29)):
            await lookup.save(john, born)
        assert await lookup.find_month_day(john) == 229

    async def test_the_stamp_changes_with_each_change_of_a_list(self, lookup: PersonLookup) -> None:
        """Into the list, within it, out of it; and not otherwise."""
        john, stamps = a_name(), [await lookup.list_stamp()]
        for day, month, year in [(17, 5, 1990), (17, 5, 1991), (18, 5, 1991), (19, 5, 1991)]:
            await lookup.save(john, date(year, month, day))
            stamps.append(await lookup.list_stamp())
        assert [after != before for before, after in pairwise(stamps)] == [True, True, True, False]

    async def test_many_lookups_at_once_get_their_own_answers(self, lookup: PersonLookup) -> None:
        names = [a_name() for _ in range(300)]
        await asyncio.gather(*(lookup.save(name, date(1990, 1 + n % 12, 1)) for n, name in enumerate(names)))
        found = await asyncio.gather(*map(lookup.find_month_day, names))
        assert found == [100 * (1 + n % 12) + 1 for n in range(300)]


class TestTwin(PersonLookupContract):
    @pytest.fixture
    def lookup(self, twin: TwinUnitOfWork) -> PersonLookup:
        return TwinPersonLookup(twin, lambda: ABOUT)

    async def saved_events(self, request: pytest.FixtureRequest, username: str) -> list[Event]:
        twin: TwinUnitOfWork = request.getfixturevalue("twin")
        return [event for event in twin.stored.outbox.events if event.subject == username]


@pytest.mark.integrated
class TestPostgres(PersonLookupContract):
    @pytest.fixture
    async def lookup(self, engine: AsyncEngine) -> AsyncIterator[PersonLookup]:
        async with open_person_lookup(engine, lambda: ABOUT, Bounds()) as lookup:
            yield lookup

    async def saved_events(self, request: pytest.FixtureRequest, username: str) -> list[Event]:
        async with AsyncSession(request.getfixturevalue("engine")) as session:
            query = select(OutboxRow).where(OutboxRow.data.has_key(username)).order_by(OutboxRow.id)
            rows = await session.scalars(query)
            return [event for row in rows for event in events_of(row) if event.subject == username]

    async def test_lost_connection_of_the_lookup_is_replaced(
        self, lookup: PersonLookup, engine: AsyncEngine
    ) -> None:
        john = a_name()
        await lookup.save(john, date(1990, 2, 3))
        await lookup.find_month_day(john)
        async with engine.connect() as killer:
            await killer.execute(text(KILL))
        assert await lookup.find_month_day(john) == 203
        await lookup.save(john, date(1990, 2, 4))
        assert await lookup.find_month_day(john) == 204

    @pytest.mark.parametrize("lost", [1, 2])
    async def test_pool_recovers_when_every_connection_was_lost(self, engine: AsyncEngine, lost: int) -> None:
        left = iter(range(lost))

        def lose(connection: DBAPIConnection, *_: object) -> None:
            if next(left, None) is not None:
                connection.driver_connection.terminate()

        event.listen(engine.sync_engine, "checkout", lose)
        try:
            async with open_person_lookup(engine, lambda: ABOUT, Bounds()) as lookup:
                assert await lookup.find_month_day(a_name()) is None
        finally:
            event.remove(engine.sync_engine, "checkout", lose)
        assert next(left, None) is None

    async def test_locked_table_is_unavailable_until_it_is_unlocked(self, engine: AsyncEngine) -> None:
        async with open_person_lookup(engine, lambda: ABOUT, Bounds(deadline_s=0.2)) as lookup:
            async with engine.begin() as locker:
                await locker.execute(text("LOCK TABLE people IN ACCESS EXCLUSIVE MODE"))
                with pytest.raises(UnavailableError):
                    await lookup.find_month_day(a_name())
            assert await lookup.find_month_day(a_name()) is None

    async def test_lookups_above_the_waiting_bound_are_busy(self, engine: AsyncEngine) -> None:
        async with open_person_lookup(engine, lambda: ABOUT, Bounds(waiting=10)) as lookup:
            results = await asyncio.gather(
                *(lookup.find_month_day(a_name()) for _ in range(50)), return_exceptions=True
            )
        assert {type(result) for result in results} == {BusyError, type(None)}
