"""Following an order: each change once, in order, from any version on; nothing is asked again and again."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from hello.core.shutdown import ShutdownSignal
from hello.entities.errors import (
    BusyError,
    NotFoundError,
    TooManyError,
    UnauthorizedError,
    UnavailableError,
)
from hello.services import order_feed
from hello.services.order_feed import OrderFeed
from hello.services.ports import Transaction
from hello.services.security import Caller
from hello.services.session_watch import SessionWatch
from tests.support.builders import NOON, a_change, a_session
from tests.support.orders import CONFIRM_DELAY, SHIP_DELAY, OrderUseCases, of
from tests.twins.transaction import TwinUnitOfWork

CREATED, UPDATED, CONFIRMED, SHIPPED = "order.created", "order.updated", "order.confirmed", "order.shipped"


@dataclass
class Notices:
    """Changes of orders, published by the test; `heard` are the orders that are listened for."""

    heard: dict[UUID, asyncio.Event] = field(default_factory=dict)
    waits: int = 0

    @contextmanager
    def listen(self, order_id: UUID) -> Iterator["Notices"]:
        self.heard[order_id] = self.told = asyncio.Event()
        yield self
        del self.heard[order_id]

    async def wait(self, timeout_s: float) -> bool:
        self.waits += 1
        try:
            async with asyncio.timeout(timeout_s):
                await self.told.wait()
        except TimeoutError:
            return False
        self.told.clear()
        return True


@dataclass
class FeedFixture:
    use_cases: OrderUseCases
    feed: OrderFeed
    notices: Notices
    twin: TwinUnitOfWork
    ada: Caller
    kite: UUID

    async def told(self, order_id: UUID, after: int = 0) -> list[tuple[int, str]]:
        """Return all that is told until the feed ends."""
        async with asyncio.timeout(5):
            found = [one async for one in self.feed.follow(self.ada, order_id, after)]
        return [(one.version, one.type) for one in found if one]

    async def pass_time(self) -> None:
        self.use_cases.clock.move(max(CONFIRM_DELAY, SHIP_DELAY))
        await self.use_cases.progress.advance(10)
        for told in self.notices.heard.values():
            told.set()


@pytest.fixture
async def fixture(twin: TwinUnitOfWork) -> FeedFixture:
    use_cases, notices = OrderUseCases(twin.begin), Notices()
    ada = await use_cases.somebody()
    sessions = SessionWatch(begin=twin.begin, now=use_cases.clock)
    feed = OrderFeed(
        begin=twin.begin,
        listen=notices.listen,
        stop=ShutdownSignal(),
        sessions=sessions,
        heartbeat_s=60,
        retry_s=0,
    )
    return FeedFixture(use_cases, feed, notices, twin, ada, await use_cases.item(ada))


async def versions_of(feed: AsyncIterator[object], count: int) -> list[object]:
    async with asyncio.timeout(5):
        return [await anext(feed) for _ in range(count)]


async def test_ended_order_is_streamed_from_its_creation(fixture: FeedFixture) -> None:
    order_id = await fixture.use_cases.ordered(fixture.ada, of(fixture.kite))
    await fixture.use_cases.orders.replace(fixture.ada, order_id, of(fixture.kite, quantity=2), None)
    await fixture.pass_time()
    await fixture.pass_time()
    all_of_it = [(1, CREATED), (2, UPDATED), (3, CONFIRMED), (4, SHIPPED)]
    for after in range(5):
        assert await fixture.told(order_id, after) == all_of_it[after:]
        assert await fixture.feed.is_over(fixture.ada, order_id, after) == (after == 4)
    assert not fixture.notices.waits


async def test_each_change_is_streamed_when_it_happens(fixture: FeedFixture) -> None:
    order_id = await fixture.use_cases.ordered(fixture.ada, of(fixture.kite))
    told = asyncio.create_task(fixture.told(order_id))
    for _ in range(2):
        waits = fixture.notices.waits
        while fixture.notices.waits == waits:
            await asyncio.sleep(0)
        await fixture.pass_time()
    assert await told == [(1, CREATED), (2, CONFIRMED), (3, SHIPPED)]
    assert fixture.notices.waits == 2
    assert not fixture.notices.heard


async def test_notification_without_a_change_repeats_nothing(fixture: FeedFixture) -> None:
    order_id = await fixture.use_cases.ordered(fixture.ada, of(fixture.kite))
    async with aclosing(fixture.feed.follow(fixture.ada, order_id, 0)) as feed:  # type: ignore[type-var]
        assert (await anext(feed)).version == 1  # type: ignore[union-attr]
        following = asyncio.ensure_future(anext(feed))
        for waits in (1, 2, 3):
            while fixture.notices.waits < waits:
                await asyncio.sleep(0)
            fixture.notices.heard[order_id].set()
        assert not following.done()
        await fixture.pass_time()
        assert (await following).version == 2  # type: ignore[union-attr]


async def test_a_silent_feed_has_a_heartbeat_without_asking_the_database(fixture: FeedFixture) -> None:
    order_id = await fixture.use_cases.ordered(fixture.ada, of(fixture.kite))
    feed = replace(fixture.feed, heartbeat_s=0)
    following = feed.follow(fixture.ada, order_id, 0)
    await anext(following)
    fixture.twin.error = AssertionError("asked the database")
    assert await versions_of(following, 3) == [None, None, None]


async def test_many_changes_are_streamed_in_pages(fixture: FeedFixture) -> None:
    order_id = await fixture.use_cases.ordered(fixture.ada, of(fixture.kite))
    count = 2 * order_feed.REVISIONS_AT_ONCE + 1
    for quantity in range(1, count + 1):
        await fixture.use_cases.orders.replace(
            fixture.ada, order_id, of(fixture.kite, quantity=quantity), None
        )
    await fixture.use_cases.orders.cancel(fixture.ada, order_id, None)
    async with asyncio.timeout(20):
        found = [one async for one in fixture.feed.follow(fixture.ada, order_id, 0) if one]
    assert [one.version for one in found] == list(range(1, count + 3))
    assert [one.order["lines"][0]["quantity"] for one in found[1:-1]] == list(range(1, count + 1))


async def test_an_outage_of_the_database_is_waited_for(fixture: FeedFixture) -> None:
    order_id = await fixture.use_cases.ordered(fixture.ada, of(fixture.kite))
    await fixture.use_cases.orders.cancel(fixture.ada, order_id, None)
    fixture.twin.error = UnavailableError("away")
    told = asyncio.create_task(fixture.told(order_id))
    for _ in range(10):
        await asyncio.sleep(0)
    fixture.twin.error = None
    assert await told == [(1, CREATED), (2, "order.cancelled")]


@pytest.mark.parametrize("is_away", [False, True])
async def test_a_process_that_stops_ends_its_feeds(fixture: FeedFixture, *, is_away: bool) -> None:
    order_id = await fixture.use_cases.ordered(fixture.ada, of(fixture.kite))
    following = fixture.feed.follow(fixture.ada, order_id, 0)
    await anext(following)
    ending = asyncio.ensure_future(anext(following, "the end"))
    while not fixture.notices.waits:
        await asyncio.sleep(0)
    fixture.twin.error = UnavailableError("away") if is_away else None
    fixture.feed.stop.set()
    async with asyncio.timeout(5):
        assert await ending == "the end"


async def test_only_the_customer_follows_an_order(fixture: FeedFixture) -> None:
    order_id, eve = (
        await fixture.use_cases.ordered(fixture.ada, of(fixture.kite)),
        await fixture.use_cases.somebody(),
    )
    for caller, one in ((eve, order_id), (fixture.ada, uuid7())):
        with pytest.raises(NotFoundError):
            await fixture.feed.is_over(caller, one, 0)
        with pytest.raises(NotFoundError):
            await anext(fixture.feed.follow(caller, one, 0))


@dataclass
class Counted:
    """Counts the transactions of the twin, and how many were open at once."""

    twin: TwinUnitOfWork
    begun: int = 0
    open: int = 0
    most: int = 0

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        self.begun, self.open = self.begun + 1, self.open + 1
        self.most = max(self.most, self.open)
        await asyncio.sleep(0)
        async with self.twin.begin() as tx:
            yield tx
        self.open -= 1


async def test_followers_at_the_same_version_share_one_read(fixture: FeedFixture) -> None:
    counted, order_id = (
        Counted(fixture.twin),
        await fixture.use_cases.ordered(fixture.ada, of(fixture.kite)),
    )
    feed = replace(fixture.feed, begin=counted.begin)
    assert not any(await asyncio.gather(*(feed.is_over(fixture.ada, order_id, 0) for _ in range(100))))
    assert counted.begun == 1


async def test_reads_are_not_shared_with_other_accounts(fixture: FeedFixture) -> None:
    order_id, eve = (
        await fixture.use_cases.ordered(fixture.ada, of(fixture.kite)),
        await fixture.use_cases.somebody(),
    )
    asked = (fixture.feed.is_over(caller, order_id, 0) for caller in (fixture.ada, eve))
    mine, not_mine = await asyncio.gather(*asked, return_exceptions=True)
    assert mine is False
    assert isinstance(not_mine, NotFoundError)


async def test_reads_of_many_orders_wait_for_each_other(fixture: FeedFixture) -> None:
    counted = Counted(fixture.twin)
    order_ids = [await fixture.use_cases.ordered(fixture.ada, of(fixture.kite)) for _ in range(20)]
    feed = replace(fixture.feed, begin=counted.begin, reads=asyncio.Semaphore(3))
    await asyncio.gather(*(feed.is_over(fixture.ada, order_id, 0) for order_id in order_ids))
    assert (counted.begun, counted.most) == (20, 3)


async def test_too_long_a_wait_to_begin_is_busy(fixture: FeedFixture) -> None:
    order_id = await fixture.use_cases.ordered(fixture.ada, of(fixture.kite))
    feed = replace(fixture.feed, reads=asyncio.Semaphore(0), patience_s=0)
    with pytest.raises(BusyError):
        await feed.is_over(fixture.ada, order_id, 0)


async def test_stream_slot_is_freed_when_its_follower_fails(fixture: FeedFixture) -> None:
    feed = replace(fixture.feed, seats=asyncio.Semaphore(1))
    for _ in range(2):
        with pytest.raises(KeyError):
            async with feed.seat(fixture.ada):
                with pytest.raises(BusyError):
                    await feed.seat(fixture.ada).__aenter__()
                raise KeyError


async def test_streams_above_the_accounts_bound_are_too_many(fixture: FeedFixture) -> None:
    feed, eve = replace(fixture.feed, per_account=1), await fixture.use_cases.somebody()
    for _ in range(2):
        async with feed.seat(fixture.ada), feed.seat(eve):
            with pytest.raises(TooManyError):
                await feed.seat(fixture.ada).__aenter__()
    assert not feed.taken


async def test_logged_out_caller_cannot_start_a_stream(fixture: FeedFixture) -> None:
    order_id = await fixture.use_cases.ordered(fixture.ada, of(fixture.kite))
    session = a_session(fixture.twin.stored.accounts.rows[fixture.ada.account_id])
    caller = replace(fixture.ada, session_id=session.id)
    async with fixture.twin.begin() as tx:
        await tx.sessions.add(session, NOON)
    assert not await fixture.feed.is_over(caller, order_id, 0)
    async with fixture.twin.begin() as tx:
        await tx.sessions.end(session.id, a_change(caller.account_id))
    with pytest.raises(UnauthorizedError):
        await fixture.feed.is_over(caller, order_id, 0)


async def test_a_database_that_is_unavailable_is_not_asked_again_at_once(fixture: FeedFixture) -> None:
    asked = 0

    @asynccontextmanager
    async def unavailable() -> AsyncIterator[Transaction]:
        nonlocal asked
        asked += 1
        raise UnavailableError("the database is unavailable")
        yield

    feed = replace(fixture.feed, begin=unavailable, retry_s=60)
    following = asyncio.ensure_future(anext(feed.follow(fixture.ada, uuid7(), 0)))
    for _ in range(100):
        await asyncio.sleep(0)
    following.cancel()
    await asyncio.wait([following])
    assert asked == 1
