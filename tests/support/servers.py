"""Fixtures: a real PostgreSQL and Valkey for each process that runs tests, stopped and removed at the end."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import asyncpg
import pytest
from redis.asyncio import Redis
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker

from hello.connectors.embedded.servers import Servers, destroy, embedded_servers
from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.migrate import migrate
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from tests.support.postgres_releases import RELEASES, servers_of

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
Result = TypeVar("Result")


@contextmanager
def temporary_servers(data_dir: Path) -> Iterator[Servers]:
    """Remove all that they leave at the end, wherever it lies; TEST_POSTGRES=16 starts that PostgreSQL."""
    release = os.environ.get("TEST_POSTGRES")
    try:
        with servers_of(RELEASES[release], data_dir) if release else embedded_servers(data_dir) as servers:
            yield servers
    finally:
        destroy(data_dir)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with temporary_servers(tmp_path_factory.mktemp("servers")) as servers:
        in_thread(lambda: asyncio.run(relax(servers)))
        yield servers


async def relax(servers: Servers) -> None:
    """Answer before a write is on disk. Tests of durability use `temporary_servers`."""
    connection = await asyncpg.connect(servers.database_url)
    await connection.execute("ALTER ROLE CURRENT_USER SET synchronous_commit = off")
    await connection.close()
    async with Redis.from_url(servers.redis_url) as redis:
        await redis.config_set("appendfsync", "no")


def in_thread(work: Callable[[], Result]) -> Result:
    """Run what needs an event loop of its own, even while the caller's loop is running."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


@pytest.fixture(scope="session")
async def database(request: pytest.FixtureRequest) -> Database:
    """A migrated database of our own: in the server of TEST_DATABASE_URL, else in one from wheels."""
    given = os.environ.get("TEST_DATABASE_URL")
    server = given or request.getfixturevalue("servers").database_url
    name = f"hello_test_{WORKER}"
    await create_database(server, name)
    database = sibling(Database(dsn=server, application_name="hello-test"), name)
    await asyncio.to_thread(migrate, database)  # Alembic runs an event loop of its own
    return database


def sibling(database: Database, name: str) -> Database:
    """Return another database of the same server."""
    return replace(database, dsn=urlsplit(database.dsn)._replace(path=f"/{name}").geturl())


async def with_own_database(servers: Servers, name: str) -> Servers:
    """Return the servers with a database that only the tests of one module use."""
    await create_database(servers.database_url, name)
    return replace(servers, database_url=servers.database_url.replace("/hello?", f"/{name}?"))


async def create_database(server: str, name: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()


@pytest.fixture(scope="session")
async def engine(database: Database) -> AsyncIterator[AsyncEngine]:
    async with open_engine(database) as engine:
        yield engine


@pytest.fixture
async def connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Open a transaction around the whole test, and undo it at the end."""
    async with engine.connect() as connection:
        outer = await connection.begin()
        yield connection
        await outer.rollback()


@pytest.fixture
def rolled_back(connection: AsyncConnection) -> PostgresUnitOfWork:
    """Commits end a savepoint only."""
    sessions: async_sessionmaker[AsyncSession] = async_sessionmaker(
        connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
    )
    return PostgresUnitOfWork(sessions, 5)


@pytest.fixture
def unit_of_work(engine: AsyncEngine) -> PostgresUnitOfWork:
    """Truly commits; use names that no other test uses."""
    return PostgresUnitOfWork.of(engine, 5)


@pytest.fixture
def queries(engine: AsyncEngine) -> Iterator[list[str]]:
    """Every statement sent during the test."""
    sent: list[str] = []

    def record(*args: object) -> None:
        sent.append(str(args[2]))

    event.listen(engine.sync_engine, "before_cursor_execute", record)
    yield sent
    event.remove(engine.sync_engine, "before_cursor_execute", record)
