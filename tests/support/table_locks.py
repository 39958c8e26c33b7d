"""Locks: one on a table, which keeps readers waiting, and waiting until some work waits for one."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
PATIENCE_S = 5


@contextmanager
def locked(url: str, table: str) -> Iterator[None]:
    """Make reads wait for the lock until their deadline."""
    with holding(url, f"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"):
        yield


@contextmanager
def holding(url: str, statements: str) -> Iterator[None]:
    """Keep the session that has executed them, with all its locks, during the block."""
    loop = asyncio.new_event_loop()
    connection = loop.run_until_complete(asyncpg.connect(url))
    try:
        loop.run_until_complete(connection.execute(statements))
        yield
    finally:
        loop.run_until_complete(connection.close())
        loop.close()


async def until_it_waits_for_a_lock(unit_of_work: PostgresUnitOfWork, work: asyncio.Task[Any]) -> None:
    """Fail if the work ends without."""
    async with asyncio.timeout(PATIENCE_S):
        while not work.done():
            async with unit_of_work.begin() as tx:
                if await tx.session.scalar(WAITING):
                    return
    pytest.fail("the work waits for nothing")
