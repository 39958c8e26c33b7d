"""Orders on PostgreSQL: many clients and workers at once, and those that go away in between."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from hello.bootstrap.connectors import lookups_of
from hello.connectors.postgres.batches import Batches
from hello.connectors.postgres.order_store import order_store
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.entities.errors import ConflictError, InvalidError, KeyReusedError, StaleError
from hello.entities.orders import Order
from hello.services.ports import Begin, Transaction
from hello.services.security import Caller
from tests.support.builders import NOON, a_line, a_name, an_order
from tests.support.orders import CONFIRM_DELAY, SHIP_DELAY, OrderUseCases, a_request, of, shown

pytestmark = pytest.mark.integrated
AT_ONCE = 10
DUE, WORKERS = 200, 4


@pytest.fixture
async def use_cases(unit_of_work: PostgresUnitOfWork, batches: Batches) -> OrderUseCases:
    """What it stores stays; its clock stands still."""
    return OrderUseCases(
        unit_of_work.begin, lookups=lookups_of(batches), store=order_store(batches), writes=batches.writes
    )


@pytest.fixture
async def ada(use_cases: OrderUseCases) -> Caller:
    return await use_cases.somebody()


@pytest.fixture
async def kite(use_cases: OrderUseCases, ada: Caller) -> UUID:
    return await use_cases.item(ada)


@pytest.fixture
async def due(use_cases: OrderUseCases, ada: Caller) -> list[UUID]:
    """Orders that are due to be confirmed."""
    orders = [an_order(ada.account_id, a_line(), a_line(), due_at=NOON) for _ in range(DUE)]
    async with use_cases.begin() as tx:
        for order in orders:
            await tx.orders.add(order)
    return [order.id for order in orders]


class DyingError(Exception):
    pass


def dying(begin: Begin) -> Begin:
    """Fail when all is done but not committed."""

    @asynccontextmanager
    async def begin_and_die() -> AsyncIterator[Transaction]:
        async with begin() as tx:
            yield tx
            raise DyingError

    return begin_and_die


async def outcomes(*work: Awaitable[object]) -> list[object]:
    return await asyncio.gather(*work, return_exceptions=True)


async def told(engine: AsyncEngine, order_ids: list[UUID]) -> dict[UUID, str]:
    """Return the types of the events of each in order, as in `created confirmed`."""
    query = """SELECT subject::uuid, string_agg(split_part(type, '.', 2), ' ' ORDER BY id) AS types
        FROM outbox WHERE subject = ANY(:subjects) GROUP BY subject"""
    async with engine.connect() as connection:
        found = await connection.execute(text(query), {"subjects": list(map(str, order_ids))})
        return {row.subject: row.types for row in found}


async def advance_orders(use_cases: OrderUseCases) -> int:
    """Do as a worker does."""
    moved = 0
    while some := await use_cases.progress.advance(7):
        moved += some
    return moved


async def test_concurrent_duplicates_create_one_order(
    use_cases: OrderUseCases, engine: AsyncEngine, ada: Caller, kite: UUID
) -> None:
    request = a_request(ada, a_name())
    found = await outcomes(*(use_cases.order(ada, of(kite), request) for _ in range(AT_ONCE)))
    answers = [one for one in found if isinstance(one, dict)]
    assert found == answers == [answers[0]] * AT_ONCE
    [order], _ = await use_cases.orders.page(ada, None, None, 20)
    assert shown(order) == answers[0]
    assert await told(engine, [order.id]) == {order.id: "created"}
    assert await use_cases.order(ada, of(kite), request) == answers[0]


async def test_concurrent_requests_with_one_key_create_one_order(
    use_cases: OrderUseCases, ada: Caller, kite: UUID
) -> None:
    key = a_name()
    requests = [a_request(ada, key, bytes([number])) for number in range(AT_ONCE)]
    found = await outcomes(*(use_cases.order(ada, of(kite), request) for request in requests))
    assert Counter(map(type, found)) == {dict: 1, KeyReusedError: AT_ONCE - 1}
    assert len((await use_cases.orders.page(ada, None, None, 20))[0]) == 1


async def test_disconnected_client_that_retries_has_one_order(
    use_cases: OrderUseCases, ada: Caller, kite: UUID
) -> None:
    """It goes away after 0, 1, 2, … milliseconds: before, during and after the work."""
    for moment in range(25):
        request = a_request(ada, a_name())
        running = asyncio.create_task(use_cases.order(ada, of(kite), request))
        await asyncio.sleep(moment / 1000)
        running.cancel()
        await outcomes(running)
        await use_cases.order(ada, of(kite), request)
        [order], _ = await use_cases.orders.page(ada, "CREATED", None, 20)
        await use_cases.orders.cancel(ada, order.id, None)


async def test_each_move_happens_once_whatever_number_of_workers(
    use_cases: OrderUseCases, engine: AsyncEngine, ada: Caller, due: list[UUID]
) -> None:
    for delay, states, types in [
        (CONFIRM_DELAY, "CREATED CONFIRMED", "confirmed"),
        (SHIP_DELAY, "CREATED CONFIRMED SHIPPED", "confirmed shipped"),
    ]:
        use_cases.clock.move(delay)
        moved = await asyncio.gather(*(advance_orders(use_cases) for _ in range(WORKERS)))
        await advance_orders(use_cases)
        assert sum(moved) >= DUE
        assert await use_cases.histories(ada, due) == dict.fromkeys(due, states)
        assert await told(engine, due) == dict.fromkeys(due, types)
    assert await advance_orders(use_cases) == 0


async def test_workers_skip_orders_locked_by_others(use_cases: OrderUseCases, due: list[UUID]) -> None:
    async with use_cases.begin() as tx:
        held = {order.id for order in await tx.orders.claim(NOON, DUE // 2)}
        assert await asyncio.wait_for(use_cases.progress.advance(DUE), 1) >= DUE - len(held)
    async with use_cases.begin() as tx:
        assert held & set(due) <= {order.id for order in await tx.orders.claim(NOON, 10 * DUE)}


async def test_dead_worker_has_moved_no_order(
    use_cases: OrderUseCases, engine: AsyncEngine, ada: Caller, due: list[UUID]
) -> None:
    with pytest.raises(DyingError):
        await OrderUseCases(dying(use_cases.begin)).progress.advance(10 * DUE)
    assert set((await use_cases.histories(ada, due)).values()) == {"CREATED"}
    assert await told(engine, due) == {}
    assert await use_cases.progress.advance(10 * DUE) >= DUE


async def test_an_order_is_cancelled_or_goes_on_but_not_both(
    use_cases: OrderUseCases, engine: AsyncEngine, ada: Caller, due: list[UUID]
) -> None:
    """Of all orders half are cancelled, and half of those a second time, while they move."""
    few = asyncio.Semaphore(AT_ONCE)

    async def cancel(order_id: UUID) -> None:
        async with few:
            await use_cases.orders.cancel(ada, order_id, None)

    cancelling = [cancel(order_id) for order_id in due[::2] + due[::4]]
    found = Counter(
        map(type, await outcomes(advance_orders(use_cases), advance_orders(use_cases), *cancelling))
    )
    assert found == {int: 2, type(None): DUE // 2, ConflictError: DUE // 4}
    await advance_orders(use_cases)
    ways = await use_cases.histories(ada, due)
    assert {ways[order_id] for order_id in due[1::2]} == {"CREATED CONFIRMED"}
    assert {ways[order_id].removeprefix("CREATED CONFIRMED") for order_id in due[::2]} <= {
        " CANCELLED",
        "CREATED CANCELLED",
    }
    assert await told(engine, due) == {
        order_id: way.removeprefix("CREATED ").lower() for order_id, way in ways.items()
    }


async def test_concurrent_changes_of_one_order_version_succeed_once(
    use_cases: OrderUseCases, ada: Caller, kite: UUID
) -> None:
    order_id, seen = await use_cases.ordered(ada, of(kite)), frozenset({1})
    contents = [of(kite, quantity=1 + number) for number in range(AT_ONCE)]
    found = await outcomes(*(use_cases.orders.replace(ada, order_id, content, seen) for content in contents))
    assert Counter(map(type, found)) == {Order: 1, StaleError: AT_ONCE - 1}
    [changed] = [one for one in found if isinstance(one, Order)]
    assert shown(await use_cases.orders.read(ada, order_id)) == changed.public()


async def test_an_order_is_read_as_it_was_at_one_moment(
    use_cases: OrderUseCases, ada: Caller, kite: UUID
) -> None:
    order_id = await use_cases.ordered(ada, of(kite))

    async def change() -> None:
        for number in range(1, 100):
            await use_cases.orders.replace(ada, order_id, of(*[kite] * (1 + number % 3)), None)
        reading.cancel()

    async def read() -> None:
        while True:
            page, _ = await use_cases.orders.page(ada, None, None, 1)
            for order in (*page, await use_cases.orders.read(ada, order_id)):
                assert len(order.lines) == 1 + (order.version - 1) % 3

    reading = asyncio.create_task(read())
    await outcomes(change(), reading)
    assert reading.cancelled(), reading.exception()


async def test_locked_read_sees_changes_made_while_it_waited(
    use_cases: OrderUseCases, ada: Caller, kite: UUID
) -> None:
    async def locked() -> Order | None:
        async with use_cases.begin() as tx:
            return await tx.orders.find(order_id, lock=True)

    order_id = await use_cases.ordered(ada, of(kite))
    async with use_cases.begin() as tx:
        order = await tx.orders.find(order_id, lock=True)
        assert order
        waiting = asyncio.create_task(locked())
        await asyncio.sleep(0.1)
        replaced = order.replace_lines([a_line(), a_line()], None, NOON)
        await tx.orders.replace(order, replaced)
        assert not waiting.done()
    found = await waiting
    assert found
    assert found.public() == order.public()


async def test_refused_order_does_not_consume_its_key(
    use_cases: OrderUseCases, ada: Caller, kite: UUID
) -> None:
    request = a_request(ada, a_name())
    with pytest.raises(InvalidError):
        await use_cases.order(ada, of(kite, uuid7()), request)
    found, before = await use_cases.orders.page(ada, None, None, 20)
    assert (list(found), before) == ([], None)
    assert (await use_cases.order(ada, of(kite), request))["status"] == "CREATED"
