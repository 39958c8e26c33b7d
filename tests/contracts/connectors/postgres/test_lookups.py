"""The promises of the port `Lookup`, kept by the twins and by PostgreSQL alike: accounts, items, orders."""

from datetime import timedelta

import pytest
from uuid_utils.compat import uuid7

from hello.entities.accounts import Account, AccountView
from hello.entities.errors import UnavailableError
from hello.entities.orders import Order
from hello.entities.sessions import SessionView
from hello.interface.http.json_bodies import account_json, item_json, order_json
from hello.services.lookups import Lookups
from hello.services.ports import Begin
from tests.contracts.connectors.postgres.lookup_tools import (
    LookupStore,
    all_of,
    found_nowait,
    item_view,
    ordered,
    put,
)
from tests.support.builders import NOON, a_change, a_line, a_session, an_item, an_order
from tests.twins.lookups import account_view, order_view, twin_lookups
from tests.twins.transaction import TwinUnitOfWork

HOUR = timedelta(hours=1)
MANY = 30


@pytest.fixture
def begin(lookup_store: LookupStore) -> Begin:
    return lookup_store.begin


@pytest.fixture
def lookups(lookup_store: LookupStore) -> Lookups:
    return lookup_store.lookups


async def test_account_is_found_as_its_owner_sees_it(lookups: Lookups, ada: Account, bob: Account) -> None:
    found = await lookups.accounts.find(ada.id)
    assert found == AccountView(ada.id, ada.email, "Ada Lovelace", NOON)
    assert account_json(found) == account_json(account_view(ada))
    assert await found_nowait(lookups.accounts, bob.id) == account_view(bob)


async def test_unknown_account_is_not_found(lookups: Lookups) -> None:
    assert await lookups.accounts.find(uuid7()) is None
    assert await found_nowait(lookups.accounts, uuid7()) is None


async def test_removed_account_is_not_found(lookups: Lookups, begin: Begin, ada: Account) -> None:
    assert await lookups.accounts.find(ada.id)
    async with begin() as tx:
        await tx.accounts.remove(ada.id, a_change(ada.id, "account.deleted"))
    assert await lookups.accounts.find(ada.id) is None


async def test_session_is_found_with_its_account(lookups: Lookups, begin: Begin, ada: Account) -> None:
    session = a_session(ada)
    async with begin() as tx:
        await tx.sessions.add(session, NOON)
    found = await lookups.sessions.find(session.id)
    assert found == SessionView(
        session.id, session.token_hash, session.expires_at, ada.id, ada.role, ada.email, ada.full_name
    )
    assert await found_nowait(lookups.sessions, uuid7()) is None


async def test_ended_session_is_not_found(lookups: Lookups, begin: Begin, ada: Account) -> None:
    session = a_session(ada)
    async with begin() as tx:
        await tx.sessions.add(session, NOON)
    async with begin() as tx:
        await tx.sessions.end(session.id, a_change(ada.id, "session.ended"))
    assert await lookups.sessions.find(session.id) is None


async def test_item_is_found_with_its_owner(lookups: Lookups, begin: Begin, ada: Account) -> None:
    kite, drum = an_item(ada, "\U0001f381 'kite'\n"), an_item(ada, "A drum")
    drum.description, drum.price_cents = "Loud.", None
    await put(begin, kite, drum)
    for item in (kite, drum):
        found = await lookups.items.find(item.id)
        assert found == item_view(item, ada)
        assert item_json(found) == item_json(item_view(item, ada))
        assert await found_nowait(lookups.items, item.id) == found


async def test_unknown_item_is_not_found(lookups: Lookups) -> None:
    assert await lookups.items.find(uuid7()) is None
    assert await found_nowait(lookups.items, uuid7()) is None


async def test_changes_of_an_item_are_seen_at_once(lookups: Lookups, begin: Begin, ada: Account) -> None:
    item = an_item(ada)
    await put(begin, item)
    for version in range(2, 5):
        async with begin() as tx:
            stored = await tx.items.find(item.id, lock=True)
            assert stored
            stored.version, stored.title = version, f"A kite {version}"
            await tx.items.replace(stored, a_change(item.id, "item.updated"))
        found = await lookups.items.find(item.id)
        assert found
        assert (found.version, found.title) == (version, f"A kite {version}")
    async with begin() as tx:
        await tx.items.remove(item.id, a_change(item.id, "item.deleted"))
    assert await lookups.items.find(item.id) is None


async def test_many_at_once_get_their_own_items(
    lookups: Lookups, begin: Begin, ada: Account, bob: Account
) -> None:
    owned = [(an_item(owner, str(number)), owner) for number in range(MANY) for owner in (ada, bob)]
    await put(begin, *(item for item, _ in owned))
    unknown = uuid7()
    found = await all_of(lookups.items, [unknown, *(item.id for item, _ in owned), unknown])
    assert found == [None, *(item_view(item, owner) for item, owner in owned), None]


async def test_order_is_found_with_lines_and_history_in_order(
    lookups: Lookups, begin: Begin, ada: Account
) -> None:
    lines = [a_line("\U0001f381 'gift'\n", 10**9, 1000), *(a_line(str(number)) for number in range(99))]
    order, other = an_order(ada.id, *lines), an_order(ada.id)
    order.recipient = "John"
    await ordered(begin, order, other)
    order.confirm(NOON + HOUR, HOUR)
    order.ship(NOON + 2 * HOUR)
    await saved(begin, order)
    found = await lookups.orders.find(order.id)
    assert found == order_view(order)
    assert order_json(found) == order_json(order)
    assert [move.status for move in found.history] == ["CREATED", "CONFIRMED", "SHIPPED"]
    assert await found_nowait(lookups.orders, other.id) == order_view(other)


async def saved(begin: Begin, order: Order) -> None:
    """Store the latest move: of each the first is stored with the order, or by an earlier call."""
    moves = order.history
    for last in range(2, len(moves) + 1):
        order.history = moves[:last]
        order.version = last
        async with begin() as tx:
            await tx.orders.save([order])


async def test_unknown_order_is_not_found(lookups: Lookups) -> None:
    assert await lookups.orders.find(uuid7()) is None
    assert await found_nowait(lookups.orders, uuid7()) is None


async def test_replaced_lines_are_seen_at_once(lookups: Lookups, begin: Begin, ada: Account) -> None:
    order = an_order(ada.id, a_line("A kite"), a_line("A drum"))
    await ordered(begin, order)
    for number in (1, 3):
        replaced = order.replace_lines(
            [a_line(f"item {number}", quantity=number) for _ in range(number)], None, NOON
        )
        async with begin() as tx:
            await tx.orders.replace(order, replaced)
        assert await lookups.orders.find(order.id) == order_view(order)


async def test_many_at_once_get_their_own_orders(
    lookups: Lookups, begin: Begin, ada: Account, bob: Account
) -> None:
    orders = [
        an_order(customer.id, *(a_line(str(number)) for _ in range(1 + number % 3)))
        for number in range(MANY)
        for customer in (ada, bob)
    ]
    await ordered(begin, *orders)
    unknown = uuid7()
    found = await all_of(lookups.orders, [unknown, *(order.id for order in orders), unknown])
    assert found == [None, *map(order_view, orders), None]


@pytest.mark.parametrize("kind", ["accounts", "items", "orders"])
async def test_error_of_the_twin_is_given_to_the_callback(twin: TwinUnitOfWork, kind: str) -> None:
    twin.unavailable, answers = 1, list[tuple[object, object]]()
    getattr(twin_lookups(twin.begin), kind).find_nowait(uuid7(), lambda *answer: answers.append(answer))
    [(found, error)] = answers
    assert (found, type(error)) == (None, UnavailableError)
