"""A write whose answer is lost is not repeated: it would undo what others have written since."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine

from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.person_lookup import PostgresPersonLookup, open_person_lookup
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.core.batching import Bounds
from hello.entities.errors import UnavailableError, UnknownOutcomeError
from tests.support.builders import a_name
from tests.support.postgres_proxy import Proxy, proxied

pytestmark = pytest.mark.integrated
MAY, JUNE = date(1990, 5, 17), date(1990, 6, 17)


@pytest.fixture
async def proxy(database: Database) -> AsyncIterator[tuple[Proxy, Database]]:
    async with proxied(database) as proxy:
        yield proxy


async def stored(engine: AsyncEngine, name: str) -> date | None:
    async with engine.connect() as connection:
        query = text("SELECT date_of_birth FROM people WHERE username = :name")
        found: date | None = await connection.scalar(query, {"name": name})
    return found


async def until_stored(engine: AsyncEngine, name: str, born: date) -> None:
    async with asyncio.timeout(5):
        while await stored(engine, name) != born:  # nothing tells of a commit
            await asyncio.sleep(0.01)


async def lost_after_commit(
    lookup: PostgresPersonLookup, proxy: Proxy, engine: AsyncEngine, name: str
) -> asyncio.Task[None]:
    """Save May; it is stored, and its answer is not passed on."""
    await lookup.save(a_name(), MAY)
    proxy.swallows = True
    task = asyncio.create_task(lookup.save(name, MAY))
    await until_stored(engine, name, MAY)
    return task


async def test_committed_write_does_not_undo_a_later_one(
    engine: AsyncEngine, proxy: tuple[Proxy, Database]
) -> None:
    name = a_name()
    async with (
        open_engine(proxy[1]) as through,
        open_person_lookup(through, list, Bounds()) as lookup,
        open_person_lookup(engine, list, Bounds()) as others,
    ):
        task = await lost_after_commit(lookup, proxy[0], engine, name)
        await others.save(name, JUNE)
        proxy[0].cut()
        with pytest.raises(UnknownOutcomeError) as raised:
            await task
        assert (raised.value.reason or "").startswith("the connection was lost")
        assert await stored(engine, name) == JUNE
        await lookup.save(a_name(), MAY)
        assert await stored(engine, name) == JUNE


async def test_write_of_a_deleted_person_does_not_bring_it_back(
    engine: AsyncEngine, proxy: tuple[Proxy, Database]
) -> None:
    name = a_name()
    async with open_engine(proxy[1]) as through, open_person_lookup(through, list, Bounds()) as lookup:
        task = await lost_after_commit(lookup, proxy[0], engine, name)
        async with engine.begin() as connection:
            await connection.execute(text("DELETE FROM people WHERE username = :name"), {"name": name})
        proxy[0].cut()
        with pytest.raises(UnknownOutcomeError):
            await task
    assert await stored(engine, name) is None


async def test_write_without_an_answer_in_time_is_of_unknown_outcome(
    engine: AsyncEngine, proxy: tuple[Proxy, Database]
) -> None:
    name = a_name()
    bounds = Bounds(deadline_s=0.5)
    async with open_engine(proxy[1]) as through, open_person_lookup(through, list, bounds) as lookup:
        task = await lost_after_commit(lookup, proxy[0], engine, name)
        with pytest.raises(UnknownOutcomeError):
            await task


@pytest.mark.parametrize(
    ("is_cut", "reason"), [(True, "the connection was lost"), (False, "no answer in time")]
)
async def test_commit_without_an_answer_is_of_unknown_outcome(
    engine: AsyncEngine, proxy: tuple[Proxy, Database], reason: str, *, is_cut: bool
) -> None:
    name = a_name()
    async with open_engine(proxy[1]) as through:
        task = asyncio.create_task(save_in_a_transaction(through, proxy[0], name))
        await until_stored(engine, name, MAY)
        if is_cut:
            proxy[0].cut()
        with pytest.raises(UnknownOutcomeError) as raised:
            await task
        assert (raised.value.reason or "").startswith(reason)
        proxy[0].cut()


async def save_in_a_transaction(through: AsyncEngine, proxy: Proxy, name: str) -> None:
    async with PostgresUnitOfWork.of(through, 1).begin() as tx:
        await tx.people.save({name: MAY}, [])
        proxy.swallows = True


@pytest.mark.parametrize(
    ("is_cut", "reason"), [(True, "the connection was lost"), (False, "no answer in time")]
)
async def test_commit_of_a_pooled_write_without_an_answer_is_of_unknown_outcome(
    engine: AsyncEngine, proxy: tuple[Proxy, Database], reason: str, *, is_cut: bool
) -> None:
    def swallow(_: object) -> None:
        proxy[0].swallows = True

    name, pooled = a_name(), replace(proxy[1], transaction_pooling=True)
    async with (
        open_engine(pooled) as through,
        open_person_lookup(through, list, Bounds(deadline_s=1), transaction_pooling=True) as lookup,
    ):
        await lookup.save(a_name(), MAY)
        event.listen(through.sync_engine, "commit", swallow)
        task = asyncio.create_task(lookup.save(name, MAY))
        await until_stored(engine, name, MAY)
        if is_cut:
            proxy[0].cut()
        with pytest.raises(UnknownOutcomeError) as raised:
            await task
        assert raised.value.reason == reason
        proxy[0].cut()


@pytest.mark.parametrize("transaction_pooling", [False, True])
async def test_connection_without_an_answer_is_not_used_again(
    proxy: tuple[Proxy, Database], *, transaction_pooling: bool
) -> None:
    """What it has been asked may still be answered, and taken for the answer to something else."""
    through = replace(proxy[1], transaction_pooling=transaction_pooling, pool_size=1, pool_overflow=0)
    async with (
        open_engine(through) as engine,
        open_person_lookup(
            engine, list, Bounds(deadline_s=0.3), transaction_pooling=transaction_pooling
        ) as lookup,
    ):
        assert await lookup.find_month_day(a_name()) is None
        proxy[0].swallows = True
        with pytest.raises(UnavailableError):
            await lookup.find_month_day(a_name())
        proxy[0].swallows = False
        assert await lookup.find_month_day(a_name()) is None


async def test_fault_before_the_commit_is_no_unknown_outcome(proxy: tuple[Proxy, Database]) -> None:
    async with open_engine(proxy[1]) as through:
        with pytest.raises(UnavailableError) as raised:
            await read_without_an_answer(through, proxy[0])
        assert type(raised.value) is UnavailableError
        proxy[0].cut()


async def read_without_an_answer(through: AsyncEngine, proxy: Proxy) -> None:
    async with PostgresUnitOfWork.of(through, 1).begin() as tx:
        await tx.people.knows(a_name())
        proxy.swallows = True
        await tx.people.knows(a_name())


async def test_write_is_repeated_if_it_was_not_sent(proxy: tuple[Proxy, Database]) -> None:
    lost = asyncio.Event()

    def watch(connection: DBAPIConnection, *_: object) -> None:
        connection.driver_connection.add_termination_listener(lambda _: lost.set())

    async with open_engine(proxy[1]) as through, open_person_lookup(through, list, Bounds()) as lookup:
        event.listen(through.sync_engine, "checkout", watch)
        await lookup.save(a_name(), MAY)
        proxy[0].cut()
        await lost.wait()
        await lookup.save(a_name(), MAY)


async def test_read_is_repeated(engine: AsyncEngine, proxy: tuple[Proxy, Database]) -> None:
    async with (
        open_engine(proxy[1]) as through,
        open_person_lookup(through, list, Bounds()) as lookup,
        open_person_lookup(engine, list, Bounds()) as others,
    ):
        name = a_name()
        await others.save(name, MAY)
        assert await lookup.find_month_day(name) == 517
        proxy[0].swallows = True
        task = asyncio.create_task(lookup.find_month_day(name))
        await proxy[0].swallowed.wait()
        proxy[0].cut()
        assert await task == 517
