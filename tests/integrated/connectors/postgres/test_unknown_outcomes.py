"""A write whose answer is lost is not repeated: it would undo what others have written since."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import date
from urllib.parse import parse_qs, urlsplit

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

pytestmark = pytest.mark.integrated
MAY, JUNE = date(1990, 5, 17), date(1990, 6, 17)


@dataclass
class Proxy:
    """Stands between a client and PostgreSQL; once told to, it passes no answers on."""

    socket: str
    swallows: bool = False
    swallowed: asyncio.Event = field(default_factory=asyncio.Event)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_unix_connection(self.socket)
        self.writers += [writer, inner_writer]
        await asyncio.gather(self._requests(reader, inner_writer), self._answers(inner_reader, writer))

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            writer.write(data)
        writer.close()

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            if self.swallows:
                self.swallowed.set()
            else:
                writer.write(data)
        writer.close()

    def cut(self) -> None:
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()
        self.swallows = False


@pytest.fixture
async def proxy(database: Database) -> AsyncIterator[tuple[Proxy, Database]]:
    url = urlsplit(database.dsn)
    place = parse_qs(url.query)
    proxy = Proxy(f"{place['host'][0]}/.s.PGSQL.{place['port'][0]}")
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    login = url.netloc.partition("@")[0]
    through = url._replace(netloc=f"{login}@127.0.0.1:{port}", query="sslmode=disable")
    yield proxy, replace(database, dsn=through.geturl())
    proxy.cut()
    server.close()


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
        with pytest.raises(UnknownOutcomeError):
            await task
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


@pytest.mark.parametrize("is_cut", [True, False])
async def test_commit_without_an_answer_is_of_unknown_outcome(
    engine: AsyncEngine, proxy: tuple[Proxy, Database], *, is_cut: bool
) -> None:
    name = a_name()
    async with open_engine(proxy[1]) as through:
        task = asyncio.create_task(save_in_a_transaction(through, proxy[0], name))
        await until_stored(engine, name, MAY)
        if is_cut:
            proxy[0].cut()
        with pytest.raises(UnknownOutcomeError):
            await task
        proxy[0].cut()


async def save_in_a_transaction(through: AsyncEngine, proxy: Proxy, name: str) -> None:
    async with PostgresUnitOfWork.of(through, 1).begin() as tx:
        await tx.people.save({name: MAY}, [])
        proxy.swallows = True


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
