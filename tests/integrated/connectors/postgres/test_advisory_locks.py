"""Turns: taken one at a time, and lost with the line to PostgreSQL."""

import asyncio
import re
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from hello.connectors.postgres.advisory_locks import AdvisoryLocksProbe, PostgresAdvisoryLocks
from hello.connectors.postgres.engine import Database
from hello.entities.errors import UnavailableError
from tests.support.builders import a_name
from tests.support.outbox_tools import kill
from tests.support.postgres_proxy import proxied

pytestmark = pytest.mark.integrated
SOON_S = 10


@pytest.mark.parametrize("transaction_pooling", [False, True])
async def test_advisory_lock_has_one_holder_at_a_time(
    own_database: Database, *, transaction_pooling: bool
) -> None:
    database = replace(own_database, transaction_pooling=transaction_pooling)
    locks, name = PostgresAdvisoryLocks(database), a_name()
    async with AsyncExitStack() as stack:
        turn = await stack.enter_async_context(locks.acquire(name))
        turn.check()
        second = asyncio.create_task(taken(locks, name))
        async with locks.acquire(a_name()):
            pass
        await asyncio.sleep(0.7)
        assert not second.done()
        await stack.aclose()
        await asyncio.wait_for(second, SOON_S)


async def taken(locks: PostgresAdvisoryLocks, name: str) -> None:
    async with locks.acquire(name):
        pass


async def test_advisory_lock_beyond_a_pooler_ends_with_its_transaction(own_database: Database) -> None:
    """A lock of a session would stay on the server's connection, for whatever client gets it next."""
    locks, name = PostgresAdvisoryLocks(replace(own_database, transaction_pooling=True)), a_name()
    async with locks.acquire(name) as lock:
        await lock.connection.execute("COMMIT")
        await asyncio.wait_for(taken(locks, name), SOON_S)


async def test_advisory_lock_is_lost_with_its_connection(
    own_database: Database, own_engine: AsyncEngine
) -> None:
    locks, name = PostgresAdvisoryLocks(own_database), a_name()
    async with locks.acquire(name) as turn:
        await kill(own_engine, "%pg_try_advisory_lock(%", "idle")
        await asyncio.wait_for(taken(locks, name), SOON_S)
        with pytest.raises(UnavailableError):
            turn.check()


@pytest.mark.parametrize("transaction_pooling", [False, True])
async def test_advisory_lock_of_a_paused_process_expires(
    own_database: Database, *, transaction_pooling: bool
) -> None:
    """The process is there, its connection too, and nothing is said: as after SIGSTOP."""
    name, clock = a_name(), Clock()
    database = replace(own_database, transaction_pooling=transaction_pooling)
    async with PostgresAdvisoryLocks(database, hold_s=0.4, elapsed=clock).acquire(name) as stopped:
        stopped.hold_s = SOON_S * 100  # its next heartbeat is far away
        await asyncio.wait_for(taken(PostgresAdvisoryLocks(database), name), SOON_S)
        stopped.hold_s = 0.4
        clock.now = 0.4
        with pytest.raises(UnavailableError):
            stopped.check()


async def test_heartbeats_keep_an_advisory_lock(own_database: Database) -> None:
    locks, name = PostgresAdvisoryLocks(own_database, hold_s=0.4), a_name()
    async with locks.acquire(name) as turn:
        begun_at = turn.alive_at
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(taken(PostgresAdvisoryLocks(own_database), name), 1.5)
        assert turn.alive_at > begun_at + 0.4
        turn.check()


@dataclass
class Clock:
    """Counts how often it is asked."""

    now: float = 0
    asked: int = 0

    def __call__(self) -> float:
        self.asked += 1
        return self.now


async def test_heartbeat_without_an_answer_gives_up_the_advisory_lock(own_database: Database) -> None:
    async with proxied(own_database) as (proxy, through):
        locks = PostgresAdvisoryLocks(replace(through, deadline_s=0.2), hold_s=0.4, elapsed=Clock())
        async with locks.acquire(a_name()) as lock:
            proxy.swallows = True
            async with asyncio.timeout(SOON_S):
                while not lock.connection.is_closed():
                    await asyncio.sleep(0.01)
            with pytest.raises(UnavailableError):
                lock.check()


async def test_waiting_for_an_advisory_lock_ends_when_the_server_is_silent(own_database: Database) -> None:
    name = a_name()
    async with proxied(own_database) as (proxy, through), PostgresAdvisoryLocks(own_database).acquire(name):
        locks = PostgresAdvisoryLocks(replace(through, deadline_s=0.2))
        waiting = asyncio.create_task(taken(locks, name))
        while not locks.waiting:
            await asyncio.sleep(0)
        proxy.swallows = True
        with pytest.raises(UnavailableError):
            await asyncio.wait_for(waiting, SOON_S)


async def test_waiting_for_an_advisory_lock_pauses_and_can_be_cancelled(own_database: Database) -> None:
    clock = Clock()
    locks, name = PostgresAdvisoryLocks(own_database, elapsed=clock), a_name()
    async with PostgresAdvisoryLocks(own_database).acquire(name):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(taken(locks, name), 0.2)
    assert (clock.asked, locks.waiting) == (1, set())
    await asyncio.wait_for(taken(locks, name), SOON_S)


async def test_probe_names_the_holder_of_an_awaited_advisory_lock(
    own_database: Database, own_engine: AsyncEngine
) -> None:
    waiter, name = PostgresAdvisoryLocks(own_database), a_name()
    probe = AdvisoryLocksProbe(own_engine, waiter.waiting)
    other = replace(own_database, application_name="other")
    async with PostgresAdvisoryLocks(other).acquire(name):
        assert await probe.check() is None
        waiting = asyncio.create_task(taken(waiter, name))
        while not waiter.waiting:
            await asyncio.sleep(0)
        note = await probe.check()
        assert note
        assert re.fullmatch(rf"waits for {name}, which pid \d+ \(other, database .+\) since .+ has", note)
    await asyncio.wait_for(waiting, SOON_S)
    assert waiter.waiting == set()
    assert await probe.check() is None


async def test_advisory_lock_without_a_database_is_unavailable() -> None:
    nowhere = Database(dsn="postgresql://nobody@127.0.0.1:1/nothing", application_name="hello-test")
    with pytest.raises(UnavailableError):
        await taken(PostgresAdvisoryLocks(nowhere), "mine")
