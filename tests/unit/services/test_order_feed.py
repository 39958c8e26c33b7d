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
class OrderClient:
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
async def order_client(twin: TwinUnitOfWork) -> OrderClient:
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
    return OrderClient(use_cases, feed, notices, twin, ada, await use_cases.item(ada))


async def versions_of(feed: AsyncIterator[object], count: int) -> list[object]:
    async with asyncio.timeout(5):
        return [await anext(feed) for _ in range(count)]


async def test_an_order_that_has_ended_is_told_from_its_creation_on(order_client: OrderClient) -> None:
    order_id = await order_client.use_cases.ordered(order_client.ada, of(order_client.kite))
    await order_client.use_cases.orders.replace(
        order_client.ada, order_id, of(order_client.kite, quantity=2), None
    )
    await order_client.pass_time()
    await order_client.pass_time()
    all_of_it = [(1, CREATED), (2, UPDATED), (3, CONFIRMED), (4, SHIPPED)]
    for after in range(5):
        assert await order_client.told(order_id, after) == all_of_it[after:]
        assert await order_client.feed.is_over(order_client.ada, order_id, after) == (after == 4)
    assert not order_client.notices.waits


async def test_each_change_is_told_when_it_happens(order_client: OrderClient) -> None:
    order_id = await order_client.use_cases.ordered(order_client.ada, of(order_client.kite))
    told = asyncio.create_task(order_client.told(order_id))
    for _ in range(2):
        waits = order_client.notices.waits
        while order_client.notices.waits == waits:
            await asyncio.sleep(0)
        await order_client.pass_time()
    assert await told == [(1, CREATED), (2, CONFIRMED), (3, SHIPPED)]
    assert order_client.notices.waits == 2
    assert not order_client.notices.heard


async def test_a_notice_of_nothing_new_tells_nothing_twice(order_client: OrderClient) -> None:
    order_id = await order_client.use_cases.ordered(order_client.ada, of(order_client.kite))
    async with aclosing(order_client.feed.follow(order_client.ada, order_id, 0)) as feed:  # type: ignore[type-var]
        assert (await anext(feed)).version == 1  # type: ignore[union-attr]
        following = asyncio.ensure_future(anext(feed))
        for waits in (1, 2, 3):
            while order_client.notices.waits < waits:
                await asyncio.sleep(0)
            order_client.notices.heard[order_id].set()
        assert not following.done()
        await order_client.pass_time()
        assert (await following).version == 2  # type: ignore[union-attr]


async def test_a_silent_feed_has_a_heartbeat_without_asking_the_database(order_client: OrderClient) -> None:
    order_id = await order_client.use_cases.ordered(order_client.ada, of(order_client.kite))
    feed = replace(order_client.feed, heartbeat_s=0)
    following = feed.follow(order_client.ada, order_id, 0)
    await anext(following)
    order_client.twin.error = AssertionError("asked the database")
    assert await versions_of(following, 3) == [None, None, None]


async def test_any_number_of_changes_is_told_in_portions(order_client: OrderClient) -> None:
    order_id = await order_client.use_cases.ordered(order_client.ada, of(order_client.kite))
    count = 2 * order_feed.REVISIONS_AT_ONCE + 1
    for quantity in range(1, count + 1):
        await order_client.use_cases.orders.replace(
            order_client.ada, order_id, of(order_client.kite, quantity=quantity), None
        )
    await order_client.use_cases.orders.cancel(order_client.ada, order_id, None)
    async with asyncio.timeout(20):
        found = [one async for one in order_client.feed.follow(order_client.ada, order_id, 0) if one]
    assert [one.version for one in found] == list(range(1, count + 3))
    assert [one.order["lines"][0]["quantity"] for one in found[1:-1]] == list(range(1, count + 1))


async def test_an_outage_of_the_database_is_waited_for(order_client: OrderClient) -> None:
    order_id = await order_client.use_cases.ordered(order_client.ada, of(order_client.kite))
    await order_client.use_cases.orders.cancel(order_client.ada, order_id, None)
    order_client.twin.error = UnavailableError("away")
    told = asyncio.create_task(order_client.told(order_id))
    for _ in range(10):
        await asyncio.sleep(0)
    order_client.twin.error = None
    assert await told == [(1, CREATED), (2, "order.cancelled")]


@pytest.mark.parametrize("is_away", [False, True])
async def test_a_process_that_stops_ends_its_feeds(order_client: OrderClient, *, is_away: bool) -> None:
    order_id = await order_client.use_cases.ordered(order_client.ada, of(order_client.kite))
    following = order_client.feed.follow(order_client.ada, order_id, 0)
    await anext(following)
    ending = asyncio.ensure_future(anext(following, "the end"))
    while not order_client.notices.waits:
        await asyncio.sleep(0)
    order_client.twin.error = UnavailableError("away") if is_away else None
    order_client.feed.stop.set()
    async with asyncio.timeout(5):
        assert await ending == "the end"


async def test_only_the_customer_follows_an_order(order_client: OrderClient) -> None:
    order_id, eve = (
        await order_client.use_cases.ordered(order_client.ada, of(order_client.kite)),
        await order_client.use_cases.somebody(),
    )
    for caller, one in ((eve, order_id), (order_client.ada, uuid7())):
        with pytest.raises(NotFoundError):
            await order_client.feed.is_over(caller, one, 0)
        with pytest.raises(NotFoundError):
            await anext(order_client.feed.follow(caller, one, 0))


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


async def test_who_has_seen_the_same_shares_one_read(order_client: OrderClient) -> None:
    counted, order_id = (
        Counted(order_client.twin),
        await order_client.use_cases.ordered(order_client.ada, of(order_client.kite)),
    )
    feed = replace(order_client.feed, begin=counted.begin)
    assert not any(await asyncio.gather(*(feed.is_over(order_client.ada, order_id, 0) for _ in range(100))))
    assert counted.begun == 1


async def test_only_the_customer_shares_a_read(order_client: OrderClient) -> None:
    order_id, eve = (
        await order_client.use_cases.ordered(order_client.ada, of(order_client.kite)),
        await order_client.use_cases.somebody(),
    )
    asked = (order_client.feed.is_over(caller, order_id, 0) for caller in (order_client.ada, eve))
    mine, not_mine = await asyncio.gather(*asked, return_exceptions=True)
    assert mine is False
    assert isinstance(not_mine, NotFoundError)


async def test_reads_of_many_orders_wait_for_each_other(order_client: OrderClient) -> None:
    counted = Counted(order_client.twin)
    order_ids = [
        await order_client.use_cases.ordered(order_client.ada, of(order_client.kite)) for _ in range(20)
    ]
    feed = replace(order_client.feed, begin=counted.begin, reads=asyncio.Semaphore(3))
    await asyncio.gather(*(feed.is_over(order_client.ada, order_id, 0) for order_id in order_ids))
    assert (counted.begun, counted.most) == (20, 3)


async def test_too_long_a_wait_to_begin_is_busy(order_client: OrderClient) -> None:
    order_id = await order_client.use_cases.ordered(order_client.ada, of(order_client.kite))
    feed = replace(order_client.feed, reads=asyncio.Semaphore(0), patience_s=0)
    with pytest.raises(BusyError):
        await feed.is_over(order_client.ada, order_id, 0)


async def test_a_seat_is_free_again_however_its_follower_ends(order_client: OrderClient) -> None:
    feed = replace(order_client.feed, seats=asyncio.Semaphore(1))
    for _ in range(2):
        with pytest.raises(KeyError):
            async with feed.seat(order_client.ada):
                with pytest.raises(BusyError):
                    await feed.seat(order_client.ada).__aenter__()
                raise KeyError


async def test_streams_above_the_accounts_bound_are_too_many(order_client: OrderClient) -> None:
    feed, eve = replace(order_client.feed, per_account=1), await order_client.use_cases.somebody()
    for _ in range(2):
        async with feed.seat(order_client.ada), feed.seat(eve):
            with pytest.raises(TooManyError):
                await feed.seat(order_client.ada).__aenter__()
    assert not feed.taken


async def test_who_has_logged_out_begins_no_stream(order_client: OrderClient) -> None:
    order_id = await order_client.use_cases.ordered(order_client.ada, of(order_client.kite))
    session = a_session(order_client.twin.stored.accounts.rows[order_client.ada.account_id])
    caller = replace(order_client.ada, session_id=session.id)
    async with order_client.twin.begin() as tx:
        await tx.sessions.add(session, NOON)
    assert not await order_client.feed.is_over(caller, order_id, 0)
    async with order_client.twin.begin() as tx:
        await tx.sessions.end(session.id, a_change(caller.account_id))
    with pytest.raises(UnauthorizedError):
        await order_client.feed.is_over(caller, order_id, 0)


async def test_a_database_that_is_unavailable_is_not_asked_again_at_once(order_client: OrderClient) -> None:
    asked = 0

    @asynccontextmanager
    async def unavailable() -> AsyncIterator[Transaction]:
        nonlocal asked
        asked += 1
        raise UnavailableError("the database is unavailable")
        yield

    feed = replace(order_client.feed, begin=unavailable, retry_s=60)
    following = asyncio.ensure_future(anext(feed.follow(order_client.ada, uuid7(), 0)))
    for _ in range(100):
        await asyncio.sleep(0)
    following.cancel()
    await asyncio.wait([following])
    assert asked == 1
