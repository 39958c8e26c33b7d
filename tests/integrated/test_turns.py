"""Turns: taken one at a time, and lost with the line to PostgreSQL."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from hello.connectors.postgres.engine import Database
from hello.connectors.postgres.turns import PostgresTurns
from hello.entities.errors import UnavailableError
from tests.builders import a_name
from tests.outbox_tools import kill

pytestmark = pytest.mark.integrated
SOON_S = 10


async def test_turns_are_taken_one_at_a_time(own_database: Database) -> None:
    turns, name = PostgresTurns(own_database), a_name()
    async with AsyncExitStack() as stack:
        turn = await stack.enter_async_context(turns.take(name))
        turn.check()
        second = asyncio.create_task(taken(turns, name))
        async with turns.take(a_name()):
            pass
        await asyncio.sleep(0.7)
        assert not second.done()
        await stack.aclose()
        await asyncio.wait_for(second, SOON_S)


async def taken(turns: PostgresTurns, name: str) -> None:
    async with turns.take(name):
        pass


async def test_a_turn_is_lost_with_its_line(own_database: Database, own_engine: AsyncEngine) -> None:
    turns, name = PostgresTurns(own_database), a_name()
    async with turns.take(name) as turn:
        await kill(own_engine, "%pg_try_advisory_lock(%", "idle")
        await asyncio.wait_for(taken(turns, name), SOON_S)
        with pytest.raises(UnavailableError):
            turn.check()


async def test_who_waits_for_a_turn_can_give_up(own_database: Database) -> None:
    turns, name = PostgresTurns(own_database), a_name()
    async with turns.take(name):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(taken(turns, name), 0.2)
    await asyncio.wait_for(taken(turns, name), SOON_S)


async def test_a_turn_cannot_be_had_without_a_database() -> None:
    nowhere = Database(dsn="postgresql://nobody@127.0.0.1:1/nothing", application_name="hello-test")
    with pytest.raises(UnavailableError):
        await taken(PostgresTurns(nowhere), "mine")
