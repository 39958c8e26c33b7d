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
from tests.support.desks import CONFIRM_DELAY, SHIP_DELAY, Desk, of
from tests.twins.transaction import TwinUnitOfWork

CREATED, UPDATED, CONFIRMED, SHIPPED = "order.created", "order.updated", "order.confirmed", "order.shipped"


@dataclass
class Notices:
    """Callback of an order by the test; `heard` are those that are listened for."""

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
class Shop:
    desk: Desk
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
        self.desk.clock.move(max(CONFIRM_DELAY, SHIP_DELAY))
        await self.desk.progress.advance(10)
        for told in self.notices.heard.values():
            told.set()


@pytest.fixture
async def shop(twin: TwinUnitOfWork) -> Shop:
    desk, notices = Desk(twin.begin), Notices()
    ada = await desk.somebody()
    sessions = SessionWatch(begin=twin.begin, now=desk.clock)
    feed = OrderFeed(
        begin=twin.begin,
        listen=notices.listen,
        stop=ShutdownSignal(),
        sessions=sessions,
        heartbeat_s=60,
        retry_s=0,
    )
    return Shop(desk, feed, notices, twin, ada, await desk.item(ada))


async def versions_of(feed: AsyncIterator[object], count: int) -> list[object]:
    async with asyncio.timeout(5):
        return [await anext(feed) for _ in range(count)]


async def test_an_order_that_has_ended_is_told_from_its_creation_on(shop: Shop) -> None:
    order_id = await shop.desk.ordered(shop.ada, of(shop.kite))
    await shop.desk.orders.replace(shop.ada, order_id, of(shop.kite, quantity=2), None)
    await shop.pass_time()
    await shop.pass_time()
    all_of_it = [(1, CREATED), (2, UPDATED), (3, CONFIRMED), (4, SHIPPED)]
    for after in range(5):
        assert await shop.told(order_id, after) == all_of_it[after:]
        assert await shop.feed.is_over(shop.ada, order_id, after) == (after == 4)
    assert not shop.notices.waits


async def test_each_change_is_told_when_it_happens(shop: Shop) -> None:
    order_id = await shop.desk.ordered(shop.ada, of(shop.kite))
    told = asyncio.create_task(shop.told(order_id))
    for _ in range(2):
        waits = shop.notices.waits
        while shop.notices.waits == waits:
            await asyncio.sleep(0)
        await shop.pass_time()
    assert await told == [(1, CREATED), (2, CONFIRMED), (3, SHIPPED)]
    assert shop.notices.waits == 2
    assert not shop.notices.heard


async def test_a_notice_of_nothing_new_tells_nothing_twice(shop: Shop) -> None:
    order_id = await shop.desk.ordered(shop.ada, of(shop.kite))
    async with aclosing(shop.feed.follow(shop.ada, order_id, 0)) as feed:  # type: ignore[type-var]
        assert (await anext(feed)).version == 1  # type: ignore[union-attr]
        following = asyncio.ensure_future(anext(feed))
        for waits in (1, 2, 3):
            while shop.notices.waits < waits:
                await asyncio.sleep(0)
            shop.notices.heard[order_id].set()
        assert not following.done()
        await shop.pass_time()
        assert (await following).version == 2  # type: ignore[union-attr]


async def test_a_silent_feed_has_a_heartbeat_without_asking_the_database(shop: Shop) -> None:
    order_id = await shop.desk.ordered(shop.ada, of(shop.kite))
    feed = replace(shop.feed, heartbeat_s=0)
    following = feed.follow(shop.ada, order_id, 0)
    await anext(following)
    shop.twin.error = AssertionError("asked the database")
    assert await versions_of(following, 3) == [None, None, None]


async def test_any_number_of_changes_is_told_in_portions(shop: Shop) -> None:
    order_id = await shop.desk.ordered(shop.ada, of(shop.kite))
    count = 2 * order_feed.REVISIONS_AT_ONCE + 1
    for quantity in range(1, count + 1):
        await shop.desk.orders.replace(shop.ada, order_id, of(shop.kite, quantity=quantity), None)
    await shop.desk.orders.cancel(shop.ada, order_id, None)
    async with asyncio.timeout(20):
        found = [one async for one in shop.feed.follow(shop.ada, order_id, 0) if one]
    assert [one.version for one in found] == list(range(1, count + 3))
    assert [one.order["lines"][0]["quantity"] for one in found[1:-1]] == list(range(1, count + 1))


async def test_an_outage_of_the_database_is_waited_for(shop: Shop) -> None:
    order_id = await shop.desk.ordered(shop.ada, of(shop.kite))
    await shop.desk.orders.cancel(shop.ada, order_id, None)
    shop.twin.error = UnavailableError("away")
    told = asyncio.create_task(shop.told(order_id))
    for _ in range(10):
        await asyncio.sleep(0)
    shop.twin.error = None
    assert await told == [(1, CREATED), (2, "order.cancelled")]


@pytest.mark.parametrize("is_away", [False, True])
async def test_a_process_that_stops_ends_its_feeds(shop: Shop, *, is_away: bool) -> None:
    order_id = await shop.desk.ordered(shop.ada, of(shop.kite))
    following = shop.feed.follow(shop.ada, order_id, 0)
    await anext(following)
    ending = asyncio.ensure_future(anext(following, "the end"))
    while not shop.notices.waits:
        await asyncio.sleep(0)
    shop.twin.error = UnavailableError("away") if is_away else None
    shop.feed.stop.set()
    async with asyncio.timeout(5):
        assert await ending == "the end"


async def test_only_the_customer_follows_an_order(shop: Shop) -> None:
    order_id, eve = await shop.desk.ordered(shop.ada, of(shop.kite)), await shop.desk.somebody()
    for caller, one in ((eve, order_id), (shop.ada, uuid7())):
        with pytest.raises(NotFoundError):
            await shop.feed.is_over(caller, one, 0)
        with pytest.raises(NotFoundError):
            await anext(shop.feed.follow(caller, one, 0))


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


async def test_who_has_seen_the_same_shares_one_read(shop: Shop) -> None:
    counted, order_id = Counted(shop.twin), await shop.desk.ordered(shop.ada, of(shop.kite))
    feed = replace(shop.feed, begin=counted.begin)
    assert not any(await asyncio.gather(*(feed.is_over(shop.ada, order_id, 0) for _ in range(100))))
    assert counted.begun == 1


async def test_only_the_customer_shares_a_read(shop: Shop) -> None:
    order_id, eve = await shop.desk.ordered(shop.ada, of(shop.kite)), await shop.desk.somebody()
    asked = (shop.feed.is_over(caller, order_id, 0) for caller in (shop.ada, eve))
    mine, not_mine = await asyncio.gather(*asked, return_exceptions=True)
    assert mine is False
    assert isinstance(not_mine, NotFoundError)


async def test_reads_of_many_orders_wait_for_each_other(shop: Shop) -> None:
    counted = Counted(shop.twin)
    order_ids = [await shop.desk.ordered(shop.ada, of(shop.kite)) for _ in range(20)]
    feed = replace(shop.feed, begin=counted.begin, reads=asyncio.Semaphore(3))
    await asyncio.gather(*(feed.is_over(shop.ada, order_id, 0) for order_id in order_ids))
    assert (counted.begun, counted.most) == (20, 3)


async def test_too_long_a_wait_to_begin_is_busy(shop: Shop) -> None:
    order_id = await shop.desk.ordered(shop.ada, of(shop.kite))
    feed = replace(shop.feed, reads=asyncio.Semaphore(0), patience_s=0)
    with pytest.raises(BusyError):
        await feed.is_over(shop.ada, order_id, 0)


async def test_a_seat_is_free_again_however_its_follower_ends(shop: Shop) -> None:
    feed = replace(shop.feed, seats=asyncio.Semaphore(1))
    for _ in range(2):
        with pytest.raises(KeyError):
            async with feed.seat(shop.ada):
                with pytest.raises(BusyError):
                    await feed.seat(shop.ada).__aenter__()
                raise KeyError


async def test_streams_above_the_accounts_bound_are_too_many(shop: Shop) -> None:
    feed, eve = replace(shop.feed, per_account=1), await shop.desk.somebody()
    for _ in range(2):
        async with feed.seat(shop.ada), feed.seat(eve):
            with pytest.raises(TooManyError):
                await feed.seat(shop.ada).__aenter__()
    assert not feed.taken


async def test_who_has_logged_out_begins_no_stream(shop: Shop) -> None:
    order_id = await shop.desk.ordered(shop.ada, of(shop.kite))
    session = a_session(shop.twin.stored.accounts.rows[shop.ada.account_id])
    caller = replace(shop.ada, session_id=session.id)
    async with shop.twin.begin() as tx:
        await tx.sessions.add(session, NOON)
    assert not await shop.feed.is_over(caller, order_id, 0)
    async with shop.twin.begin() as tx:
        await tx.sessions.end(session.id, a_change(caller.account_id))
    with pytest.raises(UnauthorizedError):
        await shop.feed.is_over(caller, order_id, 0)


async def test_a_database_that_is_unavailable_is_not_asked_again_at_once(shop: Shop) -> None:
    asked = 0

    @asynccontextmanager
    async def unavailable() -> AsyncIterator[Transaction]:
        nonlocal asked
        asked += 1
        raise UnavailableError("the database is unavailable")
        yield

    feed = replace(shop.feed, begin=unavailable, retry_s=60)
    following = asyncio.ensure_future(anext(feed.follow(shop.ada, uuid7(), 0)))
    for _ in range(100):
        await asyncio.sleep(0)
    following.cancel()
    await asyncio.wait([following])
    assert asked == 1
