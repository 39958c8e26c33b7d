"""The promises of lookups of pages, kept by the twins and by PostgreSQL alike."""

from collections.abc import Mapping
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from hello.connectors.postgres.items import NEAR
from hello.entities.accounts import Account
from hello.entities.orders import PAGE_LINES, OrderView
from hello.services.lookups import ItemPageKey, Lookups, OrderPage, OrderPageKey
from hello.services.ports import Begin
from tests.contracts.connectors.postgres.lookup_tools import (
    LookupStore,
    all_of,
    found_nowait,
    item_view,
    ordered,
    put,
)
from tests.support.builders import NOON, a_line, an_item, an_order
from tests.twins.lookups import order_view


@pytest.fixture
def begin(lookup_store: LookupStore) -> Begin:
    return lookup_store.begin


@pytest.fixture
def lookups(lookup_store: LookupStore) -> Lookups:
    return lookup_store.lookups


async def test_empty_catalogue_has_empty_pages(lookups: Lookups) -> None:
    for skip in (0, 5, NEAR + 1):
        assert await lookups.item_pages.find(ItemPageKey(skip, 20)) == ([], 0)


async def test_pages_begin_with_the_newest_and_count_all(
    lookups: Lookups, begin: Begin, ada: Account, bob: Account
) -> None:
    owners = [ada, bob, ada, bob, ada]
    items = [an_item(owner, str(number)) for number, owner in enumerate(owners)]
    await put(begin, *items)
    newest = [item_view(*one) for one in zip(items, owners, strict=True)][::-1]
    wanted = [ItemPageKey(*key) for key in [(0, 20), (0, 2), (2, 2), (4, 2), (5, 2), (9, 20), (0, 5)]]
    alone = [await lookups.item_pages.find(key) for key in wanted]
    assert alone == [(newest[skip : skip + limit], 5) for skip, limit in wanted]
    assert await all_of(lookups.item_pages, wanted) == alone
    assert [await found_nowait(lookups.item_pages, key) for key in wanted] == alone


async def test_far_pages_are_as_near_ones(lookups: Lookups, begin: Begin, ada: Account) -> None:
    items = [an_item(ada, str(number)) for number in range(NEAR + 5)]
    await put(begin, *items)
    titles = [item.title for item in reversed(items)]
    wanted = [ItemPageKey(skip, 3) for skip in (NEAR - 1, NEAR, NEAR + 1, NEAR + 3, NEAR + 5, 10**6)]
    for page, (skip, limit) in zip(await all_of(lookups.item_pages, wanted), wanted, strict=True):
        assert page
        assert [item.title for item in page.items] == titles[skip : skip + limit]
        assert page.total == len(items)
    assert await found_nowait(lookups.item_pages, wanted[2]) == await lookups.item_pages.find(wanted[2])


async def test_more_pages_than_a_batch_has_are_found_at_once(
    lookups: Lookups, begin: Begin, ada: Account
) -> None:
    items = [an_item(ada, str(number)) for number in range(20)]
    await put(begin, *items)
    titles = [item.title for item in reversed(items)]
    wanted = [ItemPageKey(skip, limit) for skip in range(20) for limit in range(1, 11)]
    for page, (skip, limit) in zip(await all_of(lookups.item_pages, wanted), wanted, strict=True):
        assert page
        assert [item.title for item in page.items] == titles[skip : skip + limit]


async def test_orders_of_a_customer_are_paged_newest_first(
    lookups: Lookups, begin: Begin, ada: Account, bob: Account
) -> None:
    orders = [an_order(ada.id, a_line("A kite"), a_line("A drum")) for _ in range(5)]
    await ordered(begin, *orders, an_order(bob.id))
    newest = [order_view(order) for order in reversed(orders)]
    for before, limit, expected, following in [
        (None, 100, newest, None),
        (None, 2, newest[:2], newest[1].id),
        (newest[1].id, 2, newest[2:4], newest[3].id),
        (newest[3].id, 2, newest[4:], None),
        (newest[3].id, 1, newest[4:], None),
        (newest[4].id, 2, [], None),
    ]:
        key = OrderPageKey(ada.id, None, before, limit)
        assert await lookups.order_pages.find(key) == OrderPage(expected, following)
        assert await found_nowait(lookups.order_pages, key) == OrderPage(expected, following)


async def test_a_page_may_be_of_one_status(lookups: Lookups, begin: Begin, ada: Account) -> None:
    orders = [an_order(ada.id) for _ in range(3)]
    await ordered(begin, *orders)
    orders[1].cancel(NOON)
    async with begin() as tx:
        await tx.orders.save([orders[1]])
    for status, before, expected in [
        ("CANCELLED", None, [orders[1]]),
        ("CREATED", None, [orders[2], orders[0]]),
        ("CREATED", orders[2].id, [orders[0]]),
        ("SHIPPED", None, []),
        (None, None, orders[::-1]),
    ]:
        key = OrderPageKey(ada.id, status, before, 5)
        assert await lookups.order_pages.find(key) == OrderPage(list(map(order_view, expected)), None)


async def test_customer_without_orders_has_an_empty_page(
    lookups: Lookups, begin: Begin, ada: Account, bob: Account
) -> None:
    await ordered(begin, an_order(ada.id))
    for customer_id in (bob.id, uuid7()):
        found = await lookups.order_pages.find(OrderPageKey(customer_id, None, None, 20))
        assert found == OrderPage([], None)


async def test_page_ends_with_the_order_that_fills_it(lookups: Lookups, begin: Begin, ada: Account) -> None:
    third = PAGE_LINES // 3
    orders = [an_order(ada.id, *(a_line() for _ in range(third + 1))) for _ in range(5)]
    await ordered(begin, *orders)
    newest = [order.id for order in reversed(orders)]
    assert await listed(lookups, ada.id, None) == newest[:3]
    assert await listed(lookups, ada.id, newest[2]) == newest[3:]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([PAGE_LINES, 1], 1),
        ([PAGE_LINES - 1, 1, 1], 2),
        ([1, PAGE_LINES - 2, 1, 1], 3),
        ([1, PAGE_LINES + 100, 1], 2),
    ],
    ids=str,
)
async def test_page_ends_at_its_bound_of_lines(
    lookups: Lookups, begin: Begin, ada: Account, lines: list[int], expected: int
) -> None:
    orders = [an_order(ada.id, *(a_line() for _ in range(number))) for number in reversed(lines)]
    await ordered(begin, *orders)
    assert await listed(lookups, ada.id, None) == [order.id for order in reversed(orders)][:expected]


async def listed(lookups: Lookups, customer_id: UUID, before: UUID | None) -> list[UUID]:
    page = await lookups.order_pages.find(OrderPageKey(customer_id, None, before, 100))
    assert page
    assert page.before is None or page.before == page.orders[-1].id
    return [order.id for order in page.orders]


async def test_many_at_once_get_only_their_own_pages(
    lookups: Lookups, begin: Begin, ada: Account, bob: Account
) -> None:
    """More than a batch has, with cursors of the other customer as well."""
    orders = [an_order(customer.id) for _ in range(10) for customer in (ada, bob)]
    await ordered(begin, *orders)
    wanted = [
        OrderPageKey(customer.id, status, before.id if before else None, limit)
        for customer in (ada, bob)
        for status in (None, "CREATED", "SHIPPED")
        for before in (None, *orders)
        for limit in (1, 3, 20)
    ]
    found = await all_of(lookups.order_pages, wanted)
    views = {order.id: order_view(order) for order in orders}
    assert found == [expected_page(views, key) for key in wanted]


def expected_page(views: Mapping[UUID, OrderView], key: OrderPageKey) -> OrderPage:
    newest = [
        views[order_id]
        for order_id in sorted(views, reverse=True)
        if key.before is None or order_id < key.before
    ]
    own = [view for view in newest if view.customer_id == key.customer_id]
    found = [view for view in own if key.status in {None, view.status}]
    return OrderPage(found[: key.limit], found[key.limit - 1].id if len(found) > key.limit else None)
