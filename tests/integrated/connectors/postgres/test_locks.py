"""A lock keeps others from the rows it is about, and from no more; rows are locked in a fixed order."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID

import pytest

from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.entities.accounts import Account
from hello.services.accounts import registration
from hello.services.ports import Transaction
from tests.support.builders import NOON, a_change, a_name, a_session, an_account, an_item, an_order
from tests.support.query_plans import Query, without_savepoints

pytestmark = pytest.mark.integrated
LONG_AGO = NOON - timedelta(days=20_000)
ACCOUNT_ID = UUID(int=1)


@dataclass(frozen=True)
class Stored:
    """An account with an item, an order and a session."""

    account: Account
    item: UUID
    order: UUID
    session: UUID


Step: TypeAlias = Callable[[Transaction, Stored], Awaitable[object]]


@pytest.fixture
async def stored(unit_of_work: PostgresUnitOfWork) -> Stored:
    account = an_account()
    item, order, session = an_item(account), an_order(account.id), a_session(account)
    async with unit_of_work.begin() as tx:
        await tx.accounts.add(account, registration(account))
        await tx.items.add(item, a_change(item.id))
        await tx.orders.add(order)
        await tx.sessions.add(session, NOON)
    return Stored(account, item.id, order.id, session.id)


def lock_account(tx: Transaction, stored: Stored) -> Awaitable[object]:
    return tx.accounts.lock(stored.account.id)


def lock_item(tx: Transaction, stored: Stored) -> Awaitable[object]:
    return tx.items.find(stored.item, lock=True)


def read_item(tx: Transaction, stored: Stored) -> Awaitable[object]:
    return tx.items.find(stored.item)


def lock_order(tx: Transaction, stored: Stored) -> Awaitable[object]:
    return tx.orders.find(stored.order, lock=True)


def read_order(tx: Transaction, stored: Stored) -> Awaitable[object]:
    return tx.orders.find(stored.order)


def lock_session(tx: Transaction, stored: Stored) -> Awaitable[object]:
    return tx.sessions.find(stored.session)


def begin_session(tx: Transaction, stored: Stored) -> Awaitable[object]:
    return tx.sessions.add_verified(a_session(stored.account), stored.account.password_hash, NOON)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(lock_item, read_item, id="a locked item can be read"),
        pytest.param(read_item, lock_item, id="an item that was read can be locked"),
        pytest.param(lock_item, lock_account, id="a locked item leaves its owner free"),
        pytest.param(lock_order, read_order, id="a locked order can be read"),
        pytest.param(read_order, lock_order, id="an order that was read can be locked"),
        pytest.param(lock_session, lock_account, id="a session leaves its account free"),
        pytest.param(begin_session, begin_session, id="two sessions begin at once"),
    ],
)
async def test_second_transaction_does_not_wait_for_the_first(
    unit_of_work: PostgresUnitOfWork, stored: Stored, first: Step, second: Step
) -> None:
    async with unit_of_work.begin() as one, unit_of_work.begin() as other:
        await first(one, stored)
        await second(other, stored)


async def test_inbox_rows_that_another_transaction_clears_are_passed_over(
    unit_of_work: PostgresUnitOfWork,
) -> None:
    consumer, before = a_name(), LONG_AGO + timedelta(1)
    async with unit_of_work.begin() as tx:
        for number in range(3):
            await tx.inbox.add(consumer, str(number), LONG_AGO)
    async with unit_of_work.begin() as one, unit_of_work.begin() as other:
        assert await one.inbox.clear(before, 2) == 2
        assert await other.inbox.clear(before, 2) == 1


@pytest.mark.parametrize(
    ("order", "query"),
    [
        pytest.param("dead_letters.id", lambda tx: tx.dead_letters.page(0, 9), id="dead letters"),
        pytest.param(
            "order_revisions.version", lambda tx: tx.orders.revisions(ACCOUNT_ID, 0, 9, 9), id="revisions"
        ),
        pytest.param(
            "idempotency_keys.created_at", lambda tx: tx.idempotency_keys.forget(NOON, 9), id="old keys"
        ),
        pytest.param(
            "items.id",
            lambda tx: tx.items.remove_owned(ACCOUNT_ID, 9, a_change(ACCOUNT_ID)),
            id="items of one",
        ),
        pytest.param("orders.id", lambda tx: tx.orders.lock_open(ACCOUNT_ID, 9), id="open orders of one"),
        pytest.param("orders.id", lambda tx: tx.orders.remove_final(ACCOUNT_ID, 9), id="final orders of one"),
    ],
)
async def test_rows_are_read_and_locked_in_a_fixed_order(
    rolled_back: PostgresUnitOfWork, queries: list[str], order: str, query: Query
) -> None:
    """So pages continue, the oldest go first, and two transactions that lock the same cannot deadlock."""
    async with rolled_back.begin() as tx:
        await query(tx)
    assert f"ORDER BY {order}" in without_savepoints(queries)[0]
