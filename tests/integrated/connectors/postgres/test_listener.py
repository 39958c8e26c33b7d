"""Being woken by PostgreSQL: by commits, by one payload, and after the line was lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import replace
from time import monotonic

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from hello.connectors.postgres.engine import Database
from hello.connectors.postgres.listener import HEARTBEAT_S, PAUSE_S, PostgresListener, open_listener
from hello.connectors.postgres.outbox import CHANGES, CHANNEL, IDS_IN_NOTICE, PostgresOutbox
from tests.support.outbox_tools import kill, write
from tests.support.postgres_proxy import proxied
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
        await tell(outbox, "other", "yours,mine,hers")
        assert await mine.wait(SOON_S)
    with pytest.raises(KeyError), listener.listen("unknown"):
        pass


async def test_commit_wakes_those_who_follow_a_changed_order(
    own_database: Database, outbox: async_sessionmaker[AsyncSession]
) -> None:
    orders = [an_event() for _ in range(IDS_IN_NOTICE + 1)]
    item = an_event(event_type="item.updated")
    async with open_listener(own_database, [CHANGES]) as listener:
        with ExitStack() as stack:
            waiters = [stack.enter_context(listener.listen(CHANGES, one.subject)) for one in (*orders, item)]
            for waiter in waiters:
                assert await waiter.wait(SOON_S)
            await write(outbox, *orders, item)
            assert [await waiter.wait(SOON_S) for waiter in waiters[:-1]] == [True] * len(orders)
            assert not await waiters[-1].wait(0)


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


async def test_waiters_look_for_themselves_where_there_are_no_sessions() -> None:
    """Beyond a pooler of transactions."""
    async with open_listener(None, [CHANNEL], poll_s=0.1) as listener:
        with listener.listen(CHANNEL) as wakeup:
            assert await wakeup.wait(SOON_S)
            start = monotonic()
            assert await wakeup.wait(SOON_S)
            assert 0.05 < monotonic() - start < SOON_S


async def test_listener_connects_once_there_is_a_waiter_and_pauses_between_tries() -> None:
    tries = 0

    def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal tries
        tries += 1
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    dsn = f"postgresql://hello@127.0.0.1:{server.sockets[0].getsockname()[1]}/hello?sslmode=disable"
    async with server, open_listener(Database(dsn=dsn, application_name="hello-test"), [CHANNEL]) as listener:
        await asyncio.sleep(0.05)
        assert tries == 0
        with listener.listen(CHANNEL) as wakeup:
            assert not await wakeup.wait(PAUSE_S / 2)
            assert tries == 1
            assert not await wakeup.wait(PAUSE_S)
            assert tries == 2


@pytest.mark.faults
async def test_silent_server_is_noticed_by_a_heartbeat(own_database: Database) -> None:
    async with (
        proxied(own_database) as (proxy, through),
        open_listener(replace(through, deadline_s=0.5), [CHANNEL]) as listener,
    ):
        with listener.listen(CHANNEL) as wakeup:
            assert await wakeup.wait(SOON_S)
            proxy.swallows = True
            await asyncio.wait_for(proxy.swallowed.wait(), HEARTBEAT_S + SOON_S)
            proxy.swallows = False
            assert await wakeup.wait(SOON_S)
