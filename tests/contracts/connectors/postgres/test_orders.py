"""The promises of the port `Orders`, kept by the twins and by PostgreSQL alike."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from hello.entities.orders import Order, OrderStatus
from hello.services.ports import Begin
from tests.support.builders import NOON, a_change, a_line, an_account, an_order

LONG_AGO = datetime(1000, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
async def ada(begin: Begin) -> UUID:
    return await somebody(begin)


async def somebody(begin: Begin) -> UUID:
    account = an_account()
    async with begin() as tx:
        await tx.accounts.add(account, a_change(account.id, "account.registered"))
    return account.id


async def added(begin: Begin, *orders: Order) -> None:
    async with begin() as tx:
        for order in orders:
            await tx.orders.add(order)


async def found(begin: Begin, order: Order, *, lock: bool = False) -> Order:
    async with begin() as tx:
        stored = await tx.orders.find(order.id, lock=lock)
    assert stored is not None
    assert stored is not order
    return stored


def listed(orders: object) -> list[UUID]:
    assert isinstance(orders, list)
    return [order.id for order in orders]


@pytest.mark.parametrize("lock", [False, True])
async def test_an_order_is_found_as_it_was_added(begin: Begin, ada: UUID, *, lock: bool) -> None:
    order = an_order(ada, a_line("A kite", quantity=1000), a_line("\U0001f381 'gift'\n", 10**9), a_line())
    await added(begin, order, an_order(ada))
    stored = await found(begin, order, lock=lock)
    assert stored.public() == order.public()
    assert (stored.customer_id, stored.due_at) == (ada, order.due_at)


async def test_an_unknown_order_is_not_found(begin: Begin) -> None:
    async with begin() as tx:
        assert await tx.orders.find(uuid7()) is None
        assert await tx.orders.find(uuid7(), lock=True) is None


async def test_many_lines_keep_their_order(begin: Begin, ada: UUID) -> None:
    order = an_order(ada, *(a_line(f"item {number}") for number in range(100)))
    await added(begin, order)
    stored = await found(begin, order)
    assert [line.title for line in stored.lines] == [f"item {number}" for number in range(100)]
    assert len(stored.history) == 1


async def test_order_changes_are_stored_only_by_save(begin: Begin, ada: UUID) -> None:
    order = an_order(ada)
    await added(begin, order)
    for saves in (False, True):
        async with begin() as tx:
            stored = await tx.orders.find(order.id, lock=True)
            assert stored
            stored.confirm(NOON, HOUR)
            if saves:
                await tx.orders.save([stored])
        expected = OrderStatus.CONFIRMED if saves else OrderStatus.CREATED
        assert (await found(begin, order)).status == expected


async def test_moves_of_many_are_saved_with_their_history(begin: Begin, ada: UUID) -> None:
    orders = [an_order(ada) for _ in range(3)]
    await added(begin, *orders)
    orders[0].confirm(NOON + HOUR, HOUR)
    orders[1].cancel(NOON + HOUR)
    async with begin() as tx:
        await tx.orders.save(orders[:2])
    for order in orders:
        stored = await found(begin, order)
        assert (stored.public(), stored.due_at) == (order.public(), order.due_at)


@pytest.mark.parametrize("lines", [1, 2, 5])
async def test_lines_are_replaced(begin: Begin, ada: UUID, lines: int) -> None:
    order, other = an_order(ada, a_line("A kite"), a_line("A drum")), an_order(ada)
    await added(begin, order, other)
    new = [a_line(f"item {number}") for number in range(lines)]
    replaced = order.replace_lines(new, "John", NOON + HOUR)
    async with begin() as tx:
        await tx.orders.replace(order, replaced)
    assert (await found(begin, order)).public() == order.public()
    assert (await found(begin, other)).public() == other.public()


async def test_replaced_revisions_are_kept_in_order(begin: Begin, ada: UUID) -> None:
    order, other = an_order(ada, a_line("A kite")), an_order(ada)
    await added(begin, order, other)
    for title in ("A drum", "A book", "A lamp"):
        replaced = order.replace_lines([a_line(title)], title.removeprefix("A "), NOON + HOUR)
        async with begin() as tx:
            await tx.orders.replace(order, replaced)
    async with begin() as tx:
        kept = await tx.orders.revisions(order.id, 0, 4, 10)
        assert [(one.version, one.recipient, one.lines[0]["title"]) for one in kept] == [
            (2, None, "A kite"),
            (3, "drum", "A drum"),
            (4, "book", "A book"),
        ]
        assert {one.at for one in kept} == {NOON + HOUR}
        for after, until, limit, versions in [(2, 4, 10, [3, 4]), (0, 3, 10, [2, 3]), (0, 4, 1, [2])]:
            found = await tx.orders.revisions(order.id, after, until, limit)
            assert [one.version for one in found] == versions
        assert not await tx.orders.revisions(other.id, 0, 9, 10)


async def test_due_orders_are_claimed_longest_due_first(begin: Begin, ada: UUID) -> None:
    orders = [an_order(ada, due_at=LONG_AGO + hours * HOUR) for hours in (3, 0, 2, 1)]
    await added(begin, *orders)
    async with begin() as tx:
        assert listed(await tx.orders.claim(LONG_AGO + 2 * HOUR, 2)) == [orders[1].id, orders[3].id]
        claimed = await tx.orders.claim(LONG_AGO + 2 * HOUR, 9)
    assert listed(claimed) == [orders[1].id, orders[3].id, orders[2].id]
    assert claimed[2].public() == orders[2].public()


async def test_final_orders_are_never_due(begin: Begin, ada: UUID) -> None:
    order = an_order(ada, due_at=LONG_AGO)
    await added(begin, order)
    order.cancel(NOON)
    async with begin() as tx:
        await tx.orders.save([order])
        assert listed(await tx.orders.claim(LONG_AGO + HOUR, 9)) == []


async def test_the_next_move_of_any_order_is_known(begin: Begin, ada: UUID) -> None:
    await added(begin, *(an_order(ada, due_at=LONG_AGO + hours * HOUR) for hours in (1, 0, 2)))
    async with begin() as tx:
        assert await tx.orders.next_due() == LONG_AGO


async def test_open_orders_of_a_customer_are_locked_and_final_ones_removed(begin: Begin, ada: UUID) -> None:
    grace = await somebody(begin)
    orders = [an_order(customer, a_line()) for customer in (ada, ada, ada, grace, grace)]
    await added(begin, *orders)
    for order in (orders[0], orders[4]):
        order.cancel(NOON)
    async with begin() as tx:
        await tx.orders.save([orders[0], orders[4]])
    async with begin() as tx:
        assert listed(await tx.orders.lock_open(ada, 9)) == [orders[1].id, orders[2].id]
        assert listed(await tx.orders.lock_open(ada, 1)) == [orders[1].id]
        assert await tx.orders.remove_final(ada, 9) == 1
        assert await tx.orders.remove_final(ada, 9) == 0
    async with begin() as tx:
        left = [await tx.orders.find(order.id) is not None for order in orders]
    assert left == [False, True, True, True, True]


async def test_final_orders_are_removed_with_their_revisions_in_batches(begin: Begin, ada: UUID) -> None:
    orders = [an_order(ada, a_line()) for _ in range(3)]
    await added(begin, *orders)
    for order in orders:
        replaced = order.replace_lines([a_line("A drum")], None, NOON)
        async with begin() as tx:
            await tx.orders.replace(order, replaced)
        order.cancel(NOON)
    async with begin() as tx:
        await tx.orders.save(orders)
    async with begin() as tx:
        assert [await tx.orders.remove_final(ada, 2) for _ in range(3)] == [2, 1, 0]
        assert [await tx.orders.find(order.id) for order in orders] == [None] * 3
