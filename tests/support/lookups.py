"""Fixtures and tools: the lookups on a real database."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hello.bootstrap.connectors import lookups_of
from hello.connectors.postgres.batches import Batches, open_batches
from hello.connectors.postgres.prepared_statements import BatchStatement, SqlFor
from hello.connectors.postgres.watched_statements import BatchWatch, MakeStatement
from hello.core.batching import Bounds
from hello.services.lookups import Lookups


@pytest.fixture
async def batches(engine: AsyncEngine) -> AsyncIterator[Batches]:
    """Truly commit, and see what is committed."""
    async with open_batches(engine, Bounds(), 2) as batches:
        yield batches


@pytest.fixture
async def lookups(batches: Batches) -> Lookups:
    return lookups_of(batches)


@pytest.fixture
async def uncommitted_lookups(connection: AsyncConnection, engine: AsyncEngine) -> Lookups:
    """See what the test's own transaction has written."""
    return lookups_of(Batches(engine, Bounds(), OneConnection(connection=connection), None))


@dataclass(frozen=True, slots=True)
class OneConnection(BatchWatch):
    """Runs every statement on the connection, within its transaction."""

    connection: AsyncConnection | None = None

    def statement(self, make: MakeStatement, sql_for: SqlFor) -> BatchStatement:  # noqa: ARG002
        assert self.connection
        return ConnectionStatement(self.connection, sql_for)


@dataclass(frozen=True, slots=True)
class ConnectionStatement:
    connection: AsyncConnection
    sql_for: SqlFor

    async def fetch(self, *arguments: object) -> Sequence[asyncpg.Record]:
        raw: Any = (await self.connection.get_raw_connection()).driver_connection
        sql = self.sql_for(raw.get_server_version().major)
        records: Sequence[asyncpg.Record] = await raw.fetch(sql, *arguments)
        return records
