"""Fixtures: an outbox of their own for the tests of one module, empty at the start of each."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.migrate import migrate
from hello.connectors.postgres.shards import PostgresShards
from tests.support.servers import WORKER, create_database, sibling


@pytest.fixture(scope="module")
async def own_database(database: Database) -> Database:
    """A database whose outbox only these tests write."""
    name = f"hello_outbox_{WORKER}"
    await create_database(database.dsn, name)
    own = sibling(database, name)
    await asyncio.to_thread(migrate, own)
    return own


@pytest.fixture(scope="module")
async def own_engine(own_database: Database) -> AsyncIterator[AsyncEngine]:
    async with open_engine(own_database) as engine:
        yield engine


@pytest.fixture
async def outbox(own_engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Each session is a writer."""
    async with own_engine.begin() as connection:
        await connection.execute(text("TRUNCATE outbox"))
    return async_sessionmaker(own_engine)


@pytest.fixture
def shards(own_engine: AsyncEngine, outbox: async_sessionmaker[AsyncSession]) -> PostgresShards:
    assert outbox
    return PostgresShards(engine=own_engine, deadline_s=5, hold_s=10)
