"""What ends a stream: its token's expiry and its session's end, asked for all streams at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from uuid_utils.compat import uuid7

from hello.core.shutdown import ShutdownSignal
from hello.entities.accounts import Account
from hello.entities.errors import UnauthorizedError, UnavailableError
from hello.services.ports import Transaction
from hello.services.security import Caller, Role
from hello.services.session_watch import SessionWatch
from tests.support.builders import NOON, StoppedClock, a_change, a_session, an_account
from tests.twins.transaction import TwinUnitOfWork


@dataclass
class WatchFixture:
    """`begun` counts transactions; `meanwhile` happens during the next one."""

    twin: TwinUnitOfWork
    ada: Account = field(default_factory=an_account)
    begun: int = 0
    meanwhile: Callable[[], None] = lambda: None

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        self.begun += 1
        self.meanwhile()
        async with self.twin.begin() as tx:
            yield tx

    async def caller(self, expires_at: float | None = None) -> Caller:
        session = a_session(self.ada, NOON + timedelta(days=1))
        self.twin.stored.accounts.rows[self.ada.id] = self.ada
        async with self.twin.begin() as tx:
            await tx.sessions.add(session, NOON)
        return Caller(self.ada.id, Role.USER, session.id, expires_at)

    async def end(self, caller: Caller) -> None:
        assert caller.session_id
        async with self.twin.begin() as tx:
            await tx.sessions.end(caller.session_id, a_change(self.ada.id))

    def watch(self) -> SessionWatch:
        return SessionWatch(begin=self.begin, now=StoppedClock(), interval_s=0.001)


@pytest.fixture
def fixture(twin: TwinUnitOfWork) -> WatchFixture:
    return WatchFixture(twin)


async def wait_for(stop: ShutdownSignal) -> None:
    async with asyncio.timeout(5):
        await stop.wait()


async def asked_again(fixture: WatchFixture, times: int = 3) -> None:
    before = fixture.begun
    async with asyncio.timeout(5):
        while fixture.begun < before + times:
            await asyncio.sleep(0)


async def test_end_of_one_session_leaves_the_others(fixture: WatchFixture) -> None:
    watch, ended, kept = fixture.watch(), await fixture.caller(), await fixture.caller()
    with watch.watch(ended) as first, watch.watch(kept) as second:
        await asked_again(fixture)
        assert not first.is_set
        await fixture.end(ended)
        await wait_for(first)
        await asked_again(fixture)
        assert not second.is_set


async def test_expired_token_ends_without_a_session(fixture: WatchFixture) -> None:
    caller = Caller(fixture.ada.id, Role.USER, expires_at=NOON.timestamp() + 0.01)
    with fixture.watch().watch(caller) as ended:
        assert not ended.is_set
        await wait_for(ended)
    assert not fixture.begun


async def test_many_streams_share_one_query(fixture: WatchFixture) -> None:
    watch, callers = fixture.watch(), [await fixture.caller() for _ in range(50)]
    with ExitStack() as stack:
        stops = [stack.enter_context(watch.watch(caller)) for caller in callers * 2]
        for caller in callers:
            await fixture.end(caller)
        for stop in stops:
            await wait_for(stop)
    assert fixture.begun == 1


async def test_outage_ends_no_stream(fixture: WatchFixture) -> None:
    caller = await fixture.caller()
    with fixture.watch().watch(caller) as ended:
        fixture.twin.error = UnavailableError("unavailable")
        await asked_again(fixture)
        assert not ended.is_set
        fixture.twin.error = None
        await fixture.end(caller)
        await wait_for(ended)


async def test_no_query_without_streams(fixture: WatchFixture) -> None:
    watch, caller = fixture.watch(), await fixture.caller()
    for _ in range(2):
        with watch.watch(caller):
            await asked_again(fixture)
    before = fixture.begun
    await asyncio.sleep(0.02)
    assert fixture.begun == before


async def test_ended_or_unknown_session_is_refused(fixture: WatchFixture) -> None:
    watch, caller = fixture.watch(), await fixture.caller()
    await watch.check(caller)
    await watch.check(Caller(fixture.ada.id, Role.USER))
    await fixture.end(caller)
    for refused in (caller, Caller(fixture.ada.id, Role.USER, uuid7())):
        with pytest.raises(UnauthorizedError, match="session is over"):
            await watch.check(refused)


async def test_stream_that_closes_while_its_session_is_asked_for_stops_no_other_watch(
    fixture: WatchFixture,
) -> None:
    watch, gone, ended = fixture.watch(), await fixture.caller(), await fixture.caller()
    with watch.watch(ended) as stop, ExitStack() as closing:
        closing.enter_context(watch.watch(gone))
        await fixture.end(gone)
        fixture.meanwhile = closing.close
        await asked_again(fixture)
        await fixture.end(ended)
        await wait_for(stop)
