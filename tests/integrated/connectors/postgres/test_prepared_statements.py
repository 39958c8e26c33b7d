"""Statements on held connections: planned once, and a connection is given back after a fault."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeAlias

import asyncpg
import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from hello.connectors.postgres.batches import Batches, open_batches
from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.prepared_statements import HeldConnections, PreparedStatement
from hello.core.batching import Bounds
from hello.entities.errors import UnknownOutcomeError
from tests.support.postgres_proxy import Proxy, proxied

pytestmark = pytest.mark.integrated
Count: TypeAlias = Callable[[], int]
PLANS = "SELECT current_setting('plan_cache_mode'), current_setting('enable_seqscan')"
BACKEND, SLOW_BACKEND = "SELECT pg_backend_pid()", "SELECT pg_backend_pid(), pg_sleep(0.2)"
BOTH = pytest.mark.parametrize("transaction_pooling", [False, True], ids=["sessions", "transactions"])


@pytest.fixture
async def pool(database: Database, *, transaction_pooling: bool) -> AsyncIterator[AsyncEngine]:
    """A single connection: what keeps it leaves none."""
    single = replace(database, pool_size=1, pool_overflow=0, connect_timeout_s=0.2)
    async with open_engine(replace(single, transaction_pooling=transaction_pooling)) as pool:
        yield pool


@pytest.fixture
async def batches(pool: AsyncEngine, *, transaction_pooling: bool) -> AsyncIterator[Batches]:
    async with open_batches(pool, Bounds(), 1, transaction_pooling=transaction_pooling) as batches:
        yield batches


@BOTH
async def test_statement_is_planned_once_for_any_number_of_names(batches: Batches) -> None:
    statement = batches.reading(PLANS)
    for _ in range(2):
        assert [tuple(row) for row in await statement.fetch()] == [("force_generic_plan", "off")]


@BOTH
async def test_settings_of_the_plan_stay_with_the_statements(
    pool: AsyncEngine, *, transaction_pooling: bool
) -> None:
    async with open_batches(pool, Bounds(), 1, transaction_pooling=transaction_pooling) as batches:
        await batches.reading(PLANS).fetch()
    async with pool.connect() as connection:
        assert (await connection.execute(text(PLANS))).one() == ("auto", "on")


@BOTH
async def test_statement_fits_the_release_of_the_server(batches: Batches) -> None:
    statement = batches.statement(
        lambda major: f"SELECT {major}, current_setting('server_version_num')::int / 10000"
    )
    [(expected, found)] = await statement.fetch()
    assert expected == found


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
    pool: AsyncEngine, batches: Batches, sql: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await batches.reading(sql).fetch("no such setting")
    async with pool.connect() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1


@BOTH
async def test_other_statements_run_after_one_is_refused(batches: Batches) -> None:
    good, bad = batches.reading("SELECT 1"), batches.reading("SELEC 1")
    for _ in range(2):
        assert (await good.fetch())[0][0] == 1
        with pytest.raises(asyncpg.PostgresSyntaxError):
            await bad.fetch()
    assert (await good.fetch())[0][0] == 1


@asynccontextmanager
async def held(database: Database, size: int) -> AsyncIterator[tuple[HeldConnections, Count]]:
    """Yield the connections, and how many the pool has lent for them so far."""
    lent: list[object] = []
    async with open_engine(database) as engine:
        event.listen(engine.sync_engine, "checkout", lambda *_: lent.append(1))
        connections = HeldConnections(engine, size)
        yield connections, lambda: len(lent)
        await connections.release()


async def test_calls_that_do_not_overlap_share_a_connection(database: Database) -> None:
    async with held(database, 3) as (connections, count):
        statements = [PreparedStatement(connections, lambda _, sql=sql: sql) for sql in (BACKEND, "SELECT 7")]  # type: ignore[misc]
        backends = set()
        for _ in range(3):
            backends.add((await statements[0].fetch())[0][0])
            assert (await statements[1].fetch())[0][0] == 7
        assert (len(backends), count()) == (1, 1)


@pytest.mark.parametrize("size", [1, 3])
async def test_calls_that_overlap_share_a_bounded_number_of_connections(
    database: Database, size: int
) -> None:
    async with held(database, size) as (connections, count):
        statement = PreparedStatement(connections, lambda _: SLOW_BACKEND)
        found = await asyncio.gather(*(statement.fetch() for _ in range(2 * size + 1)))
        assert len({rows[0][0] for rows in found}) == count() == size


async def test_the_connection_that_was_used_last_is_next(database: Database) -> None:
    async with held(database, 3) as (connections, count):
        slow, quick = (
            PreparedStatement(connections, lambda _, sql=sql: sql)  # type: ignore[misc]
            for sql in (SLOW_BACKEND, BACKEND)
        )
        await asyncio.gather(slow.fetch(), slow.fetch())
        assert len({(await quick.fetch())[0][0] for _ in range(5)}) == 1
        assert count() == 2


async def test_released_connections_are_opened_again(database: Database) -> None:
    async with held(database, 1) as (connections, count):
        statement = PreparedStatement(connections, lambda _: "SELECT 1")
        for opened in (1, 2):
            assert (await statement.fetch())[0][0] == 1
            assert count() == opened
            await connections.release()
            await connections.release()


async def test_cancelled_call_releases_its_connection_and_the_next_call_works(database: Database) -> None:
    """The answer to a cancelled statement must not be taken for that to the next."""
    async with held(database, 1) as (connections, count):
        slow = PreparedStatement(connections, lambda _: "SELECT 'slow', pg_sleep(5)")
        quick = PreparedStatement(connections, lambda _: "SELECT 'quick'")
        assert (await quick.fetch())[0][0] == "quick"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(slow.fetch(), 0.1)
        assert (await quick.fetch())[0][0] == "quick"
        assert count() == 2


async def test_bad_value_of_a_parameter_keeps_the_connection(database: Database) -> None:
    async with held(database, 1) as (connections, count):
        statement = PreparedStatement(connections, lambda _: "SELECT $1::text")
        assert (await statement.fetch("a"))[0][0] == "a"
        with pytest.raises(asyncpg.DataError):
            await statement.fetch("\0")
        assert (await statement.fetch("b"))[0][0] == "b"
        assert count() == 1


@pytest.fixture
async def proxy(database: Database) -> AsyncIterator[tuple[Proxy, Database]]:
    async with proxied(database) as proxy:
        yield proxy


async def cut_before_the_answer(proxy: Proxy, statement: PreparedStatement) -> int:
    """Return what the statement returns although the connection is lost while it waits for the answer."""
    await statement.fetch()
    proxy.swallows = True
    running = asyncio.create_task(statement.fetch())
    await proxy.swallowed.wait()
    proxy.cut()
    found: int = (await running)[0][0]
    return found


async def test_read_without_an_answer_is_repeated_on_another_connection(
    proxy: tuple[Proxy, Database],
) -> None:
    async with held(proxy[1], 2) as (connections, count):
        statement = PreparedStatement(connections, lambda _: "SELECT 7")
        assert await cut_before_the_answer(proxy[0], statement) == 7
        assert count() == 2


async def test_write_without_an_answer_is_of_unknown_outcome_and_the_next_is_not(
    proxy: tuple[Proxy, Database],
) -> None:
    async with held(proxy[1], 2) as (connections, count):
        statement = PreparedStatement(connections, lambda _: "SELECT 7", is_write=True)
        with pytest.raises(UnknownOutcomeError) as raised:
            await cut_before_the_answer(proxy[0], statement)
        assert (raised.value.reason or "").startswith("the connection was lost")
        assert (await statement.fetch())[0][0] == 7
        assert count() == 2
