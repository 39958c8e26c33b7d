"""Being woken by PostgreSQL: by commits, by one payload, and after the line was lost."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from hello.connectors.postgres.engine import Database
from hello.connectors.postgres.listener import PAUSE_S, PostgresListener, open_listener
from hello.connectors.postgres.outbox import CHANNEL, PostgresOutbox
from tests.support.outbox_tools import kill, write
from tests.twins.events import an_event

pytestmark = pytest.mark.integrated
SOON_S = 10


@pytest.fixture
async def listener(own_database: Database) -> AsyncIterator[PostgresListener]:
    async with open_listener(own_database, [CHANNEL, "other"]) as listener:
        with listener.listen(CHANNEL) as first:
            await first.wait(SOON_S)
        yield listener


async def test_a_commit_wakes_and_nothing_else_does(
    listener: PostgresListener, outbox: async_sessionmaker[AsyncSession]
) -> None:
    with listener.listen(CHANNEL) as wakeup, listener.listen("other") as other:
        async with outbox.begin() as session:
            await PostgresOutbox(session).add(an_event())
            assert not await wakeup.wait(0.2)
        assert await wakeup.wait(SOON_S)
        assert not await wakeup.wait(0.1)
        assert not await other.wait(0)


async def test_notifications_before_the_wait_wake_it_once(
    listener: PostgresListener, outbox: async_sessionmaker[AsyncSession]
) -> None:
    with listener.listen(CHANNEL) as wakeup, listener.listen(CHANNEL) as another:
        for _ in range(3):
            await write(outbox, an_event())
        assert await another.wait(SOON_S)
        await asyncio.sleep(0.1)
        assert await wakeup.wait(0)
        assert not await wakeup.wait(0)


async def test_listener_can_filter_by_payload(
    listener: PostgresListener, outbox: async_sessionmaker[AsyncSession]
) -> None:
    with listener.listen("other", "mine") as mine, listener.listen("other") as everything:
        await tell(outbox, "other", "yours")
        assert await everything.wait(SOON_S)
        assert not await mine.wait(0)
        await tell(outbox, "other", "mine")
        assert await mine.wait(SOON_S)
    with pytest.raises(KeyError), listener.listen("unknown"):
        pass


async def tell(outbox: async_sessionmaker[AsyncSession], channel: str, payload: str) -> None:
    async with outbox.begin() as session:
        await session.execute(
            text("SELECT pg_notify(:channel, :payload)"), {"channel": channel, "payload": payload}
        )


async def test_reconnected_listener_wakes_all_waiters(
    own_engine: AsyncEngine, listener: PostgresListener, outbox: async_sessionmaker[AsyncSession]
) -> None:
    with listener.listen(CHANNEL) as wakeup, listener.listen("other", "mine") as other:
        start = monotonic()
        await kill(own_engine, "LISTEN%")
        assert await wakeup.wait(SOON_S)
        assert await other.wait(SOON_S)
        assert monotonic() - start < PAUSE_S + 2
        await write(outbox, an_event())
        assert await wakeup.wait(SOON_S)


async def test_unreachable_database_wakes_no_waiter() -> None:
    nowhere = Database(dsn="postgresql://nobody@127.0.0.1:1/nothing", application_name="hello-test")
    async with open_listener(nowhere, [CHANNEL]) as listener:
        with listener.listen(CHANNEL) as wakeup:
            assert not await wakeup.wait(0.2)
