"""A statement on a connection of its own: planned once, and the connection is given back after a fault."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import TypeAlias

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.prepared_statements import BatchStatement, PooledStatement, PreparedStatement

pytestmark = pytest.mark.integrated
Make: TypeAlias = Callable[[AsyncEngine, Callable[[int], str]], BatchStatement]
PLANS = "SELECT current_setting('plan_cache_mode'), current_setting('enable_seqscan')"


@pytest.fixture
async def pool(database: Database, *, transaction_pooling: bool) -> AsyncIterator[AsyncEngine]:
    """A single connection: what keeps it leaves none."""
    single = replace(database, pool_size=1, pool_overflow=0, connect_timeout_s=0.2)
    async with open_engine(replace(single, transaction_pooling=transaction_pooling)) as pool:
        yield pool


BOTH = pytest.mark.parametrize(
    ("transaction_pooling", "make"), [(False, PreparedStatement), (True, PooledStatement)]
)


@BOTH
async def test_statement_is_planned_once_for_any_number_of_names(pool: AsyncEngine, make: Make) -> None:
    statement = make(pool, lambda _: PLANS)
    for _ in range(2):
        assert [tuple(row) for row in await statement.fetch()] == [("force_generic_plan", "off")]
    await statement.release()


@BOTH
async def test_settings_of_the_plan_stay_with_the_statement(pool: AsyncEngine, make: Make) -> None:
    statement = make(pool, lambda _: PLANS)
    await statement.fetch()
    await statement.release()
    async with pool.connect() as connection:
        assert (await connection.execute(text(PLANS))).one() == ("auto", "on")


@BOTH
async def test_statement_fits_the_release_of_the_server(pool: AsyncEngine, make: Make) -> None:
    statement = make(
        pool, lambda major: f"SELECT {major}, current_setting('server_version_num')::int / 10000"
    )
    [(expected, found)] = await statement.fetch()
    assert expected == found
    await statement.release()


@BOTH
@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("SELEC $1", asyncpg.PostgresSyntaxError),
        ("SELECT current_setting($1)", asyncpg.UndefinedObjectError),
    ],
    ids=["prepared", "run"],
)
async def test_connection_is_given_back_when_a_statement_is_refused(
    pool: AsyncEngine, make: Make, sql: str, error: type[Exception]
) -> None:
    statement = make(pool, lambda _: sql)
    with pytest.raises(error):
        await statement.fetch("no such setting")
    async with pool.connect() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1


@BOTH
async def test_released_statement_can_be_used_again(pool: AsyncEngine, make: Make) -> None:
    statement = make(pool, lambda _: "SELECT 1")
    for _ in range(2):
        assert (await statement.fetch())[0][0] == 1
        await statement.release()
        await statement.release()
