"""The promises of the port `OrderStore`, and of creating orders on it, kept by the twin and by PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from hello.connectors.postgres.engine import Database
from hello.entities.errors import InvalidError, KeyReusedError, UnauthorizedError
from hello.entities.idempotency import StoredAnswer
from hello.entities.orders import LineView, Order
from hello.services.order_creation import OrderCreated, WantedOrder
from hello.services.security import Caller
from tests.support.builders import NOON, a_change, a_name
from tests.support.order_stores import FINGERPRINT, OrderShop, a_new_order, open_shop, twin_shop, wanted
from tests.support.orders import CONFIRM_DELAY, a_request, shown
from tests.twins.transaction import TwinUnitOfWork

LONG_AGO = datetime(1500, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(
    params=[
        "twin",
        pytest.param("sessions", marks=pytest.mark.integrated),
        pytest.param("transactions", marks=pytest.mark.integrated),
    ]
)
def shop(request: pytest.FixtureRequest) -> OrderShop:
    """The twin, or PostgreSQL with prepared statements, or as it is beyond a pooler of transactions."""
    shop: OrderShop = request.getfixturevalue(f"shop_of_{request.param}")
    return shop


@pytest.fixture
async def shop_of_twin(twin: TwinUnitOfWork) -> OrderShop:
    return twin_shop(twin)


@pytest.fixture
async def shop_of_sessions(database: Database) -> AsyncIterator[OrderShop]:
    async with open_shop(database) as shop:
        yield shop


@pytest.fixture
async def shop_of_transactions(database: Database) -> AsyncIterator[OrderShop]:
    async with open_shop(replace(database, transaction_pooling=True)) as shop:
        yield shop


@pytest.fixture
async def ada(shop: OrderShop) -> Caller:
    return await shop.use_cases().somebody()


@pytest.fixture
async def kite(shop: OrderShop, ada: Caller) -> UUID:
    return await shop.use_cases().item(ada)


async def found(shop: OrderShop, order_id: UUID) -> Order | None:
    async with shop.begin() as tx:
        return await tx.orders.find(order_id)


async def created(shop: OrderShop, *requests: WantedOrder) -> list[object]:
    """Create all at once; a request with a key is one with all that are the same."""
    work = [shop.creation.do(one.once or uuid7(), one) for one in requests]
    return await asyncio.gather(*work, return_exceptions=True)


async def orders_of(shop: OrderShop, caller: Caller) -> int:
    async with shop.begin() as tx:
        return len(await tx.orders.lock_open(caller.account_id, 100))


def ids(*orders: object) -> set[UUID]:
    return {new.order.id for new in orders}  # type: ignore[attr-defined]


async def test_items_are_found_with_title_and_price(shop: OrderShop, ada: Caller) -> None:
    use_cases = shop.use_cases()
    drum, free = await use_cases.item(ada, "A drum", 5), await use_cases.item(ada, "Advice", None)
    items = await shop.store.items({drum, free, uuid7()})
    assert {key: (item.title, item.price_cents) for key, item in items.items()} == {
        drum: ("A drum", 5),
        free: ("Advice", None),
    }


async def test_known_people_are_found_by_their_exact_names(shop: OrderShop) -> None:
    name = a_name()
    async with shop.begin() as tx:
        await tx.people.save({name: NOON.date()}, [])
    assert set(await shop.store.known_people({name, name.swapcase(), a_name()})) == {name}


async def test_orders_are_stored_whole(shop: OrderShop, ada: Caller) -> None:
    many = [LineView(uuid7(), f"\U0001f381 '{number}'\n", number, 1000) for number in range(100)]
    orders = [a_new_order(ada.account_id), a_new_order(ada.account_id, a_name(), many)]
    assert set(await shop.store.add(orders)) == ids(*orders)
    for new in orders:
        order = await found(shop, new.order.id)
        assert order
        assert shown(order) == shown(new.order)
        assert (order.customer_id, order.due_at) == (ada.account_id, NOON + CONFIRM_DELAY)


async def test_answer_is_stored_with_its_order_under_the_exact_key(shop: OrderShop, ada: Caller) -> None:
    bob, name = await shop.use_cases().somebody(), a_name()
    keys = [(one.account_id, key) for one in (ada, bob) for key in (name, name.swapcase(), a_name())]
    assert await shop.store.answers(keys) == {}
    new = a_new_order(ada.account_id, name)
    await shop.store.add([new])
    assert await shop.store.answers(keys) == {(ada.account_id, name): StoredAnswer(FINGERPRINT, new.answer)}


async def test_order_whose_key_is_used_is_left_out_alone(shop: OrderShop, ada: Caller) -> None:
    name = a_name()
    first = a_new_order(ada.account_id, name)
    await shop.store.add([first])
    late, other, keyless = (a_new_order(ada.account_id, key) for key in (name, a_name(), None))
    assert set(await shop.store.add([late, other, keyless])) == ids(other, keyless)
    assert await found(shop, late.order.id) is None
    key = (ada.account_id, name)
    assert (await shop.store.answers([key]))[key].answer == first.answer


async def test_no_order_is_stored_if_all_keys_are_used(shop: OrderShop, ada: Caller) -> None:
    name = a_name()
    await shop.store.add([a_new_order(ada.account_id, name)])
    assert not await shop.store.add([a_new_order(ada.account_id, name)])


async def test_two_orders_with_one_key_are_one_order(shop: OrderShop, ada: Caller) -> None:
    name = a_name()
    orders = [a_new_order(ada.account_id, name) for _ in range(2)]
    stored = set(await shop.store.add(orders))
    assert len(stored) == 1
    [answer] = (await shop.store.answers([(ada.account_id, name)])).values()
    assert {new.order.id for new in orders if new.answer == answer.answer} == stored


async def test_old_keys_are_removed_oldest_first(shop: OrderShop, ada: Caller) -> None:
    names, days = [a_name() for _ in range(4)], (2, 0, 1, 3)
    orders = [
        a_new_order(ada.account_id, name, at=LONG_AGO + day * DAY)
        for name, day in zip(names, days, strict=True)
    ]
    await shop.store.add(orders)
    keys, left = [(ada.account_id, name) for name in names], list[tuple[int, Collection[str]]]()
    for limit in (2, 9):
        async with shop.begin() as tx:
            forgotten = await tx.idempotency_keys.forget(LONG_AGO + 3 * DAY, limit)
        left.append((forgotten, {key for _, key in await shop.store.answers(keys)}))
    assert left == [(2, {names[0], names[3]}), (1, {names[3]})]


async def test_order_of_a_deleted_account_fails_alone(shop: OrderShop, ada: Caller, kite: UUID) -> None:
    gone = await shop.use_cases().somebody()
    async with shop.begin() as tx:
        await tx.accounts.remove(gone.account_id, a_change(gone.account_id, "account.deleted"))
    callers = (ada, gone, ada, gone)
    requests = [wanted(one, kite, once=a_request(one, a_name())) for one in callers]
    results = await created(shop, *requests, wanted(gone, kite), wanted(ada, kite))
    kinds = [type(one) for one in results]
    assert kinds == [bytes, UnauthorizedError, bytes, UnauthorizedError, UnauthorizedError, bytes]
    assert (await orders_of(shop, ada), len(shop.bus.published)) == (3, 3)


async def test_bad_order_fails_alone(shop: OrderShop, ada: Caller, kite: UUID) -> None:
    results = await created(shop, wanted(ada, kite), wanted(ada, uuid7()), wanted(ada, kite, kite))
    assert [type(one) for one in results] == [bytes, InvalidError, bytes]
    assert await orders_of(shop, ada) == 2


async def test_requests_with_one_key_have_one_answer(shop: OrderShop, ada: Caller, kite: UUID) -> None:
    same = wanted(ada, kite, once=a_request(ada, a_name()))
    other = wanted(ada, kite, kite, once=replace(same.once, fingerprint=b"other"))  # type: ignore[type-var]
    results = await created(shop, same, same, other, same)
    assert isinstance(results[2], KeyReusedError)
    assert results == [results[0], results[0], results[2], results[0]]
    assert await created(shop, same) == [results[0]]
    assert await orders_of(shop, ada) == 1
    assert [type(event) for event in shop.bus.published] == [OrderCreated]
