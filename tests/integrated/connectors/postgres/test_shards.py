"""The outbox as relays read it: a shard is of one of them, and not for longer than it should be."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.outbox import outbox_values
from hello.connectors.postgres.shards import CLAIM, LOCKS, PostgresShards
from hello.entities.errors import UnavailableError
from hello.entities.events import PEOPLE_SHARD, OutboxRow, shard_of
from tests.support.builders import NOON, a_name
from tests.support.outbox_tools import IN_TRANSACTION, kill, save_people, shards_of, write
from tests.support.postgres_proxy import proxied
from tests.twins.events import an_event

pytestmark = pytest.mark.integrated
SOON_S, PATIENCE_S = 10, 1


async def test_shard_has_one_relay_until_its_transaction_ends(
    shards: PostgresShards,
) -> None:
    async with shards.claim(3) as mine, shards.claim(4) as other:
        assert mine
        assert other
        async with shards.claim(3) as again:
            assert again is None


async def test_shard_is_free_when_its_relay_loses_its_connection(
    own_engine: AsyncEngine, shards: PostgresShards
) -> None:
    with pytest.raises(UnavailableError):
        async with shards.claim(3):
            await kill(own_engine, "%pg_try_advisory_xact%", IN_TRANSACTION)
            await until_free(shards, 3)


async def until_free(shards: PostgresShards, number: int) -> None:
    async with asyncio.timeout(SOON_S):
        while True:
            async with shards.claim(number) as shard:
                if shard:
                    return


async def test_a_shard_is_held_no_longer_than_it_should_be(own_engine: AsyncEngine) -> None:
    shards = shards_of(own_engine, hold_s=0.2)
    with pytest.raises(UnavailableError):
        async with shards.claim(1):
            await asyncio.sleep(5)
    async with shards.claim(1) as shard:
        assert shard


async def test_the_server_ends_the_claim_of_a_relay_that_hangs(
    own_engine: AsyncEngine, shards: PostgresShards
) -> None:
    """Whose own clock does not end it, that is."""
    async with own_engine.connect() as connection:
        await connection.execute(CLAIM, {"hold": "200", "locks": LOCKS, "shard": 5})
        async with shards.claim(5) as shard:
            assert shard is None
        await until_free(shards, 5)
        await connection.invalidate()


async def test_backlog_has_shards_oldest_event_and_depth(
    shards: PostgresShards, outbox: async_sessionmaker[AsyncSession]
) -> None:
    empty = await shards.backlog()
    assert (empty.shards, empty.oldest, empty.depth) == ([], None, 0)
    await write(outbox, *(an_event("a") for _ in range(3)), an_event("b"))
    backlog = await shards.backlog()
    assert sorted(backlog.shards) == sorted({shard_of("a"), shard_of("b")})
    assert (backlog.oldest, backlog.depth) == (NOON, 4)


async def test_the_depth_is_counted_up_to_a_bound(
    shards: PostgresShards, outbox: async_sessionmaker[AsyncSession]
) -> None:
    async with outbox.begin() as session:
        await session.execute(insert(OutboxRow), [outbox_values(an_event("a"))] * 11_000)
    assert (await shards.backlog()).depth == 10_000


@pytest.mark.parametrize("look", [PostgresShards.backlog, PostgresShards.blocker], ids=["backlog", "blocker"])
async def test_look_at_the_outbox_of_a_silent_server_is_bounded(
    own_database: Database, look: Callable[[PostgresShards], Awaitable[object]]
) -> None:
    async with proxied(own_database) as (proxy, through), open_engine(through) as engine:
        shards = PostgresShards(engine=engine, deadline_s=0.2, hold_s=60)
        await look(shards)
        proxy.swallows = True
        with pytest.raises(UnavailableError):
            await asyncio.wait_for(look(shards), 0.2 + PATIENCE_S)


async def test_batch_bounds_events_not_rows(
    shards: PostgresShards, outbox: async_sessionmaker[AsyncSession]
) -> None:
    for _ in range(4):
        async with outbox.begin() as session:
            await save_people(session, {a_name(): date(1980, 6, 15) for _ in range(30)})
    for limit, rows in ((1, 1), (30, 1), (31, 2), (90, 3), (1000, 4)):
        async with shards.claim(PEOPLE_SHARD) as shard:
            assert shard
            assert [len(row.events) for row in await shard.waiting(limit)] == [30] * rows


@pytest.mark.parametrize(
    "lock",
    ["LOCK TABLE outbox", f"SELECT pg_advisory_xact_lock({LOCKS}, 3)", "SELECT FROM outbox FOR UPDATE"],
)
async def test_session_that_keeps_relays_from_the_outbox_is_named(
    own_engine: AsyncEngine, shards: PostgresShards, lock: str
) -> None:
    """Only if it does for longer than a relay holds a shard."""
    impatient = replace(shards, hold_s=0)
    assert await impatient.blocker() is None
    async with own_engine.begin() as stranger:
        pid = await stranger.scalar(text("SELECT pg_backend_pid()"))
        await stranger.execute(text("SET LOCAL application_name = 'a stranger'"))
        await stranger.execute(text(lock))
        blocker = await impatient.blocker()
        assert blocker
        assert (blocker.pid, blocker.application) == (pid, "a stranger")
        assert await shards.blocker() is None
    assert await impatient.blocker() is None
