"""Changing a password on PostgreSQL while a log-in or another change is under way."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.core.clock import now
from hello.entities.accounts import Account
from hello.entities.errors import ForbiddenError, UnauthorizedError
from hello.entities.sessions import Session
from hello.services.accounts import registration
from hello.services.password_changes import ChangePassword, PasswordChangeService
from hello.services.security import Caller, Role
from hello.services.sessions import BY_ACCOUNT, BY_ADDRESS, BY_PAIR, LogIn, SessionService
from tests.support.builders import a_change, an_account
from tests.support.table_locks import until_it_waits_for_a_lock
from tests.twins.security import TwinAccessTokens, TwinLimiter, TwinPasswords

pytestmark = pytest.mark.integrated
SECRET, NEW, HOME = "correct horse battery", "staple a new battery", "192.0.2.1"
HASHED, RENEWED = (f"cheap:{secret[::-1]}" for secret in (SECRET, NEW))
Begun = Callable[[PostgresUnitOfWork, Account], Coroutine[Any, Any, object]]


@pytest.fixture
async def ada(unit_of_work: PostgresUnitOfWork) -> Account:
    account = an_account()
    account.password_hash = HASHED
    async with unit_of_work.begin() as tx:
        await tx.accounts.add(account, registration(account))
    return account


def limiter() -> TwinLimiter:
    return TwinLimiter(dict.fromkeys((BY_PAIR, BY_ADDRESS, BY_ACCOUNT)))


def change(unit_of_work: PostgresUnitOfWork, account: Account) -> Coroutine[Any, Any, None]:
    service = PasswordChangeService(
        begin=unit_of_work.begin, passwords=TwinPasswords(), limiter=limiter(), now=now
    )
    wanted = ChangePassword(address=HOME, current=SECRET, new=NEW)
    return service.change(Caller(account.id, Role.USER), wanted)


def log_in(unit_of_work: PostgresUnitOfWork, account: Account) -> Coroutine[Any, Any, object]:
    service = SessionService(
        begin=unit_of_work.begin,
        passwords=TwinPasswords(),
        access_tokens=TwinAccessTokens(now),
        limiter=limiter(),
        enqueue=lambda _: None,
        now=now,
        new_id=uuid7,
        new_secret=lambda: "secret",
        lifetime=timedelta(days=30),
        grace=timedelta(0),
        count_log_in=lambda _: None,
    )
    return service.log_in(LogIn(email=account.email, address=HOME, password=SECRET))


async def test_session_begun_during_a_change_ends_with_it(
    unit_of_work: PostgresUnitOfWork, ada: Account
) -> None:
    end = now() + timedelta(days=1)
    session = Session(id=uuid7(), account_id=ada.id, token_hash=b"hash", expires_at=end)
    async with unit_of_work.begin() as tx:
        assert await tx.sessions.add_verified(session, HASHED, now())
        work = asyncio.create_task(change(unit_of_work, ada))
        await until_it_waits_for_a_lock(unit_of_work, work)
    await work
    async with unit_of_work.begin() as tx:
        assert not await tx.sessions.find_live([session.id], now())


@pytest.mark.parametrize(("begun", "error"), [(log_in, UnauthorizedError), (change, ForbiddenError)])
async def test_former_password_is_refused_when_a_change_is_stored_meanwhile(
    unit_of_work: PostgresUnitOfWork, ada: Account, begun: Begun, error: type[Exception]
) -> None:
    noted = a_change(ada.id, "account.password_changed")
    async with unit_of_work.begin() as tx:
        assert await tx.accounts.change_password(ada.id, HASHED, RENEWED, noted)
        work = asyncio.create_task(begun(unit_of_work, ada))
        await until_it_waits_for_a_lock(unit_of_work, work)
    with pytest.raises(error):
        await work
