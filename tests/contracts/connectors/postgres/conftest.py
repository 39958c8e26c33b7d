"""Stores that keep the promises of ports: the twin and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from sqlalchemy import text

from hello.bootstrap.connectors import lookups_of
from hello.connectors.postgres.batches import open_batches
from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.migrate import migrate
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.core.batching import Bounds
from hello.services.ports import Begin
from tests.contracts.connectors.postgres.lookup_tools import LookupStore
from tests.support.builders import a_name
from tests.support.servers import WORKER, create_database, sibling
from tests.twins.lookups import twin_lookups
from tests.twins.transaction import TwinUnitOfWork


@pytest.fixture(params=["twin", pytest.param("postgres", marks=pytest.mark.integrated)])
def begin(request: pytest.FixtureRequest, twin: TwinUnitOfWork) -> Begin:
    if request.param == "twin":
        return twin.begin
    begin: Begin = request.getfixturevalue("rolled_back").begin
    return begin


@pytest.fixture
def consumer() -> str:
    """A name that no other test uses."""
    return a_name()


@pytest.fixture(
    params=[
        "twin",
        pytest.param("sessions", marks=pytest.mark.integrated),
        pytest.param("transactions", marks=pytest.mark.integrated),
    ]
)
def lookup_store(request: pytest.FixtureRequest, twin: TwinUnitOfWork) -> LookupStore:
    """The twin, or PostgreSQL with prepared statements, or as it is beyond a pooler of transactions."""
    if request.param == "twin":
        return LookupStore(twin.begin, twin_lookups(twin.begin))
    store: LookupStore = request.getfixturevalue(f"store_of_{request.param}")
    return store


@pytest.fixture
async def store_of_sessions(catalogue_database: Database) -> AsyncIterator[LookupStore]:
    async with open_store(catalogue_database) as store:
        yield store


@pytest.fixture
async def store_of_transactions(catalogue_database: Database) -> AsyncIterator[LookupStore]:
    async with open_store(replace(catalogue_database, transaction_pooling=True)) as store:
        yield store


@asynccontextmanager
async def open_store(database: Database) -> AsyncIterator[LookupStore]:
    """Begin with an empty catalogue, and without people."""
    pooling = database.transaction_pooling
    async with (
        open_engine(database) as engine,
        open_batches(engine, Bounds(), 2, transaction_pooling=pooling) as batches,
    ):
        async with engine.begin() as connection:
            await connection.execute(text("TRUNCATE accounts, items, orders, people CASCADE"))
        yield LookupStore(PostgresUnitOfWork.of(engine, 60).begin, lookups_of(batches))


@pytest.fixture(scope="session")
async def catalogue_database(database: Database) -> Database:
    """A database whose items and orders only these tests write."""
    name = f"hello_catalogue_{WORKER}"
    await create_database(database.dsn, name)
    own = sibling(database, name)
    await asyncio.to_thread(migrate, own)
    return own
