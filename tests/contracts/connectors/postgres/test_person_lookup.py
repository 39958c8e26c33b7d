"""The promises of the port `PersonLookup`, kept by the twin and by PostgreSQL alike."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import pairwise
from typing import TypeAlias

import asyncpg
import pytest
from sqlalchemy import event, select, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.outbox import events_of
from hello.connectors.postgres.person_lookup import open_person_lookup
from hello.connectors.postgres.watched_statements import BatchWatch
from hello.core.batching import Bounds, OverloadedError
from hello.entities.errors import BusyError, UnavailableError, UnknownOutcomeError
from hello.entities.events import Event, OutboxRow
from hello.services.ports import PersonLookup
from tests.support.builders import a_name
from tests.twins.transaction import TwinPersonLookup, TwinUnitOfWork

OpenLookup: TypeAlias = Callable[..., AbstractAsyncContextManager[PersonLookup]]
Call: TypeAlias = Callable[[PersonLookup], Awaitable[object]]
Explained: TypeAlias = tuple[type[Exception], str | None]
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

    async def test_found_month_day_is_given_to_the_callback(self, lookup: PersonLookup) -> None:
        john, answers = a_name(), asyncio.Queue[tuple[int | None, Exception | None]]()
        await lookup.save(john, date(1990, 2, 3))
        for name in (john, a_name()):
            lookup.find_nowait(name, lambda *answer: answers.put_nowait(answer))
            expected = 203 if name == john else None
            assert await asyncio.wait_for(answers.get(), 5) == (expected, None)

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
@pytest.mark.parametrize("transaction_pooling", [False, True], ids=["sessions", "transactions"])
class TestPostgres(PersonLookupContract):
    """With prepared statements on connections of its own, and as beyond a pooler of transactions."""

    @pytest.fixture
    async def pool(self, database: Database, *, transaction_pooling: bool) -> AsyncIterator[AsyncEngine]:
        async with open_engine(replace(database, transaction_pooling=transaction_pooling)) as pool:
            yield pool

    @pytest.fixture
    def open_lookup(self, pool: AsyncEngine, *, transaction_pooling: bool) -> OpenLookup:
        return partial(open_person_lookup, pool, lambda: ABOUT, transaction_pooling=transaction_pooling)

    @pytest.fixture
    async def lookup(self, open_lookup: OpenLookup) -> AsyncIterator[PersonLookup]:
        async with open_lookup(Bounds()) as lookup:
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
    async def test_pool_recovers_when_every_connection_was_lost(
        self, open_lookup: OpenLookup, pool: AsyncEngine, lost: int
    ) -> None:
        lose_connections(pool, lost)
        async with open_lookup(Bounds()) as lookup:
            assert await lookup.find_month_day(a_name()) is None
        lose_connections(pool, lost)
        async with open_lookup(Bounds()) as lookup:
            await lookup.save(a_name(), date(1990, 2, 3))

    async def test_three_lost_connections_are_unavailable(
        self, open_lookup: OpenLookup, pool: AsyncEngine
    ) -> None:
        lose_connections(pool, 3)
        async with open_lookup(Bounds()) as lookup:
            with pytest.raises(UnavailableError):
                await lookup.find_month_day(a_name())
            assert await lookup.find_month_day(a_name()) is None

    @pytest.mark.parametrize(
        ("table", "call", "error"),
        [
            ("people", lambda lookup: lookup.find_month_day(a_name()), UnavailableError),
            ("people", lambda lookup: lookup.save(a_name(), date(1990, 2, 3)), UnknownOutcomeError),
            ("birthday_list_stamps", lambda lookup: lookup.list_stamp(), UnavailableError),
        ],
        ids=["find", "save", "stamp"],
    )
    async def test_locked_table_is_unavailable_until_it_is_unlocked(
        self, open_lookup: OpenLookup, engine: AsyncEngine, table: str, call: Call, error: type[Exception]
    ) -> None:
        failures: list[Exception] = []
        async with open_lookup(Bounds(deadline_s=0.2), watch=BatchWatch(failed=failures.append)) as lookup:
            async with engine.begin() as locker:
                await locker.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
                with pytest.raises(error) as raised:
                    await call(lookup)
            await call(lookup)
        assert type(raised.value) is error
        assert raised.value.reason == "no answer in time"  # type: ignore[attr-defined]

    async def test_failed_write_is_reported(self, open_lookup: OpenLookup, pool: AsyncEngine) -> None:
        """Readiness remembers it."""
        failures: list[Exception] = []
        lose_connections(pool, 3)
        async with open_lookup(Bounds(), watch=BatchWatch(failed=failures.append)) as lookup:
            with pytest.raises(UnavailableError):
                await lookup.save(a_name(), date(1990, 2, 3))
            await lookup.save(a_name(), date(1990, 2, 3))
        assert len(failures) == 1

    async def test_name_that_postgresql_cannot_store_fails_alone(
        self, lookup: PersonLookup, pool: AsyncEngine
    ) -> None:
        """And the connection is kept."""
        john = a_name()
        await lookup.save(john, date(1990, 2, 3))
        assert await lookup.find_month_day(john) == 203
        opened: list[object] = []
        event.listen(pool.sync_engine, "connect", lambda *_: opened.append(1))
        both = (lookup.find_month_day(john), lookup.find_month_day("nul \0"))
        found, error = await asyncio.gather(*both, return_exceptions=True)
        assert found == 203
        assert isinstance(error, asyncpg.DataError)
        assert await lookup.find_month_day(john) == 203
        assert opened == []

    async def test_lookups_above_the_waiting_bound_are_busy(self, open_lookup: OpenLookup) -> None:
        async with open_lookup(Bounds(waiting=10)) as lookup:
            results = await asyncio.gather(
                *(lookup.find_month_day(a_name()) for _ in range(50)), return_exceptions=True
            )
        assert {type(result) for result in results} == {BusyError, type(None)}

    @pytest.mark.parametrize(
        ("error", "found", "saved"),
        [
            (
                TimeoutError(),
                (UnavailableError, "no answer in time"),
                (UnknownOutcomeError, "no answer in time"),
            ),
            (OverloadedError(), (BusyError, None), (BusyError, None)),
            (
                UnknownOutcomeError(reason="lost"),
                (UnknownOutcomeError, "lost"),
                (UnknownOutcomeError, "lost"),
            ),
            (KeyError(), (KeyError, None), (KeyError, None)),
        ],
        ids=["no answer", "overload", "unknown outcome", "bug"],
    )
    async def test_error_of_a_callback_is_explained(
        self, lookup: PersonLookup, error: Exception, found: Explained, saved: Explained
    ) -> None:
        for explained, expected in ((lookup.explain_find(error), found), (lookup.explain_save(error), saved)):
            assert (type(explained), getattr(explained, "reason", None)) == expected


def lose_connections(pool: AsyncEngine, number: int) -> None:
    """Close the next connections that the pool gives out, as if they had been lost in it."""
    left = iter(range(number))

    def lose(connection: DBAPIConnection, *_: object) -> None:
        if next(left, None) is not None:
            connection.driver_connection.terminate()

    event.listen(pool.sync_engine, "checkout", lose)
