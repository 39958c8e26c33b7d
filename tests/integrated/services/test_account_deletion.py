"""Deleting an account on PostgreSQL while another transaction adds to it."""

import asyncio
from datetime import timedelta

import pytest
from uuid_utils.compat import uuid7

from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.core.clock import now
from hello.entities.accounts import Account
from hello.entities.errors import UnauthorizedError
from hello.entities.sessions import Session
from hello.services.account_deletion import AccountDeletionService, DeleteAccount
from hello.services.accounts import registration
from hello.services.security import Caller, Role
from hello.services.sessions import BY_ACCOUNT, BY_ADDRESS, BY_PAIR
from tests.support.builders import NOON, a_change, an_account, an_item, an_order
from tests.support.table_locks import until_it_waits_for_a_lock
from tests.twins.security import TwinLimiter, TwinPasswords
from tests.twins.transaction import TwinBus

pytestmark = pytest.mark.integrated
SECRET = "correct horse battery"  # noqa: S105


@pytest.fixture
async def ada(unit_of_work: PostgresUnitOfWork) -> Account:
    account = an_account()
    account.password_hash = f"cheap:{SECRET[::-1]}"
    async with unit_of_work.begin() as tx:
        await tx.accounts.add(account, registration(account))
    return account


def a_session(account: Account) -> Session:
    end = now() + timedelta(days=1)
    return Session(id=uuid7(), account_id=account.id, token_hash=b"hash", expires_at=end)


def deletion(unit_of_work: PostgresUnitOfWork, account: Account) -> asyncio.Task[None]:
    service = AccountDeletionService(
        begin=unit_of_work.begin,
        passwords=TwinPasswords(),
        limiter=TwinLimiter(dict.fromkeys((BY_PAIR, BY_ADDRESS, BY_ACCOUNT))),
        publish=TwinBus().publish,
        now=now,
    )
    wanted = DeleteAccount(password=SECRET, address="192.0.2.1")
    return asyncio.create_task(service.delete(Caller(account.id, Role.USER), wanted))


async def test_rows_added_during_a_deletion_are_deleted(
    unit_of_work: PostgresUnitOfWork, ada: Account
) -> None:
    item, order, session = an_item(ada), an_order(ada.id), a_session(ada)
    async with unit_of_work.begin() as tx:
        await tx.items.add(item, a_change(item.id, "item.created"))
        await tx.orders.add(order)
        await tx.sessions.add(session, NOON)
        work = deletion(unit_of_work, ada)
        await until_it_waits_for_a_lock(unit_of_work, work)
    await work
    async with unit_of_work.begin() as tx:
        found = [
            await tx.accounts.find(ada.id),
            await tx.items.find(item.id),
            await tx.orders.find(order.id),
            await tx.sessions.find(session.id),
        ]
    assert found == [None] * 4


async def test_item_added_to_an_account_that_is_being_deleted_is_401(
    unit_of_work: PostgresUnitOfWork, ada: Account
) -> None:
    async def add() -> None:
        async with unit_of_work.begin() as tx:
            item = an_item(ada)
            await tx.items.add(item, a_change(item.id, "item.created"))

    async with unit_of_work.begin() as tx:
        await tx.accounts.lock(ada.id)
        work = asyncio.create_task(add())
        await until_it_waits_for_a_lock(unit_of_work, work)
        await tx.accounts.remove(ada.id, a_change(ada.id, "account.deleted"))
    with pytest.raises(UnauthorizedError):
        await work
